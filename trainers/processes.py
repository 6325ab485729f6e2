"""Several processes: which one this is, what only one of them does, how a batch is shared out, how it ends.

Nothing here happens in a run of one process. Several are started by `torchrun`, `accelerate launch` or MPI, which tell
each process its number through the environment.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

X = TypeVar("X")
PATIENCE = timedelta(hours=24)  # others wait so long while one collects demonstrations or evaluates
_SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
_RANKS = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")


def count() -> int:
    """How many processes train together.

    Raises:
        ValueError: If `accelerate launch --cpu` was asked for several and has started one.
    """
    size = _from_environment(_SIZES)
    if size is None and os.environ.get("MASTER_PORT") and _on_cpu():
        raise ValueError(
            "accelerate launch --cpu starts one process, whatever --num_processes says (it leaves the others to MPI): "
            "use torchrun --nproc-per-node N -m ..., "
            "or ACCELERATE_USE_CPU=true accelerate launch --multi_gpu --num_processes N -m ..."
        )
    return size or 1


def index() -> int:
    """The number of this process, from 0."""
    return (_from_environment(_RANKS) or 0) if count() > 1 else 0


def is_main() -> bool:
    """Whether this process is the one that writes and evaluates."""
    return index() == 0


def join() -> None:
    """Meet the other processes, if there are any: over NCCL where there are GPUs, over gloo where there are none."""
    if count() > 1:
        _meet()


def main_only(work: Callable[[], X]) -> X:
    """Let the main process do something while the others wait.

    Returns:
        What it has come to, in every process; it must be possible to pickle it.

    Raises:
        Exception: What the main process has raised, in every process: so none waits for one that is gone.
    """
    if count() == 1:
        return work()
    result: list[Any] = [None, None]
    if is_main():
        try:
            result[0] = work()
        except Exception as error:
            result[1] = error
    _meet()
    import torch.distributed as dist

    dist.broadcast_object_list(result, src=0)
    if result[1] is not None:
        raise result[1]
    return result[0]


def gather(items: list[X]) -> list[X]:
    """The items of all processes, those of process 0 first."""
    if count() == 1:
        return items
    _meet()
    import torch.distributed as dist

    parts: list[Any] = [None] * count()
    dist.all_gather_object(parts, items)
    return [item for part in parts for item in part]


def share(total: int, name: str) -> int:
    """This process's part of something that is counted over all.

    Raises:
        ValueError: If it cannot be shared out evenly; the message starts with `name`.
    """
    if total % count():
        raise ValueError(f"{name} must be a multiple of the number of processes ({count()}), got {total}")
    return total // count()


def well_done() -> None:
    """The run has ended as it should, so that the processes may part at exit.

    After an error they must not: one would wait for the other.
    """
    if count() > 1:
        global _parted_in_peace
        _parted_in_peace = True


_parted_in_peace = False


@cache
def _meet() -> None:
    import torch
    from accelerate import PartialState

    if not torch.cuda.is_available():
        os.environ.setdefault("ACCELERATE_USE_CPU", "true")  # without it accelerate takes each process for the only one
    PartialState(cpu=_on_cpu(), timeout=PATIENCE)
    atexit.register(_part)


def _part() -> None:
    import torch.distributed as dist

    if _parted_in_peace and dist.is_initialized():
        dist.destroy_process_group()


def _on_cpu() -> bool:
    return os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true")


def _from_environment(names: tuple[str, ...]) -> int | None:
    return next((int(os.environ[name]) for name in names if os.environ.get(name)), None)
