"""Settings for the whole suite: one torch thread, no telemetry, no hub, every optimum solved by the code under test."""

import gc
import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["DIALOGYM_CACHE"] = ""


SOLVE_ALL = (
    "test_conformance.py", "test_exact.py", "test_references.py", "test_exits.py", "test_datasets.py", "test_docs.py",
    "test_exact_scores.py", "test_failures.py", "test_curiosity.py",
)  # fmt: skip
"""They ask for the optimum of most environments, as files of one family do for its own. On one worker each is solved
once.
"""
OF_A_FAMILY = ("test_family.py", "test_optimum.py")
MOST_WORK = ("test_numbers.py", "test_format.py", "test_acts_env.py", "test_gpu.py")


def pytest_collection_modifyitems(items):
    """What takes long comes first: in the end no worker waits long for the other."""
    slow = ("trainers", "policies", "simulated_users")

    def place(item):
        if item.path.name in SOLVE_ALL + MOST_WORK:
            return -2 if item.path.name in SOLVE_ALL else -1
        return next((k for k, folder in enumerate(slow) if folder in item.path.parts), len(slow))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Of ``--dist loadfile``: a file on one worker, and those that solve what others have solved on the same."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "all solved" if file.rpartition("/")[2] in SOLVE_ALL + OF_A_FAMILY else file

    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish():
    """What was imported and collected is not looked through for garbage, and during a test nothing is.

    Solutions are millions of objects that stay: to look through them again and again took a sixth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


def pytest_runtest_logfinish():
    """A trainer and its model hold each other: what a test has made is looked through after it, solutions once."""
    solved = gc.get_count()[0] > 500_000
    gc.collect(0)
    if solved:
        gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def garbage_is_looked_for_after_each_file():
    """What the tests of a file shared; what is kept, such as solutions, is not looked through again."""
    yield
    gc.collect()
    gc.freeze()
