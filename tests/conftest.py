"""What all tests share: an own home, no screen, quiet TensorFlow, the course's data."""

import contextlib
import faulthandler
import gc
import os
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.plain_python import PlainPython

# Random tests draw the same each time: whether a change passes must not hang on luck.
# NETBUILDER_SEARCH=1 draws anew, to find what they missed so far.
settings.register_profile("same", derandomize=True, database=None)
if not os.environ.get("NETBUILDER_SEARCH"):
    settings.load_profile("same")

# Where it runs in the background, Ctrl+C is ignored, also by the programs that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Hundreds of processes are started by tests: without byte code each compiles all it imports anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Before Qt or TensorFlow is imported by anything.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.fonts=false")
os.environ["MPLBACKEND"] = "Agg"  # an exported script's plot must not wait for somebody to close it
for name in ("NETBUILDER_DATA_DIR", "NETBUILDER_LESSONS", "NETBUILDER_SITE_SETTINGS"):
    os.environ.pop(name, None)  # who works with one of them tests without it
os.environ["NETBUILDER_HOME"] = tempfile.mkdtemp(prefix="netbuilder-tests-")

ROOT = Path(__file__).resolve().parent.parent
#: So many tests between two collections of all garbage, and between two of what lives long.
SELDOM, HARDLY_EVER = 50, 1000
_ended: list[int] = [0]
#: Exit status if one process died and another ran the rest; pytest's own end at 5.
PROCESS_DIED = 9


#: Where each process writes the trace of its crash; the processes of pytest-xdist inherit it.
_CRASHES = Path(
    os.environ.setdefault(
        "NETBUILDER_TESTS_CRASHES", tempfile.mkdtemp(prefix="netbuilder-crashes-")
    )
)
_crash_file: list[int] = []
_ended_workers: list[str] = []


def pytest_configure() -> None:
    """Open the file that a crash of this process would be written to."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    _crash_file[:] = [os.open(_CRASHES / f"{name}-{os.getpid()}.txt", os.O_CREAT | os.O_WRONLY)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one part of the files with slow tests, as NETBUILDER_SLOW_PART says: "0/3" to "2/3"."""
    part, _, parts = os.environ.get("NETBUILDER_SLOW_PART", "").partition("/")
    if not parts:
        return
    others = [
        item
        for item in items
        if item.get_closest_marker("slow")
        and zlib.crc32(item.nodeid.partition("::")[0].encode()) % int(parts) != int(part)
    ]
    config.hook.pytest_deselected(items=others)
    dropped = set(others)
    items[:] = [item for item in items if item not in dropped]


def pytest_runtest_setup() -> None:
    """Trace a crash to that file, also after a test of the program's own trace files."""
    faulthandler.enable(_crash_file[0])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Keep how a process of pytest-xdist died: -9 was killed (memory?), -11 crashed."""
    if error:
        process = node.gateway._io.popen
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        _ended_workers.append(f"{node.gateway.id} ended with {process.returncode}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End with another status than for failed tests: a crash is tried again more than once."""
    if len(_ended_workers) > 1:
        session.exitstatus = pytest.ExitCode.INTERRUPTED  # perhaps not all tests have run
    elif _ended_workers:
        session.exitstatus = PROCESS_DIED


def pytest_unconfigure() -> None:
    """Say after everything else why a process died, and where: the failures may be long."""
    if not _ended_workers:
        return
    import resource  # not on Windows

    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    lines = [f"Died: {'; '.join(_ended_workers)}; the largest process took {largest:.1f} GiB"]
    for file in sorted(_CRASHES.iterdir()):
        reason, _, threads = file.read_text(errors="replace").partition("\n\n")
        if reason:
            crashed = [each for each in threads.split("\n\n") if each.startswith("Current")]
            lines += [f"{file.name}: {reason}", *(crashed or [threads])[0].splitlines()[:20]]
    sys.stdout.write("\n".join([*lines, ""]))


def pytest_runtest_teardown() -> None:
    """Collect garbage between two tests; what has lived long is not looked at each time.

    Each training ends with a full collection: of TensorFlow's objects alone it takes a third of a
    second, after thousands of tests far more. Where a window has taken the collector over, its
    event loop rests by now.
    """
    _ended[0] += 1
    if _ended[0] % HARDLY_EVER == 1:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
    elif not gc.isenabled():
        gc.collect(2 if _ended[0] % SELDOM == 0 else 1)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of the program for one test."""
    # The first of the two that the program looks at: a machine may have it set.
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def symlink() -> Callable[[Path, Path], None]:
    """Make a link; the test is skipped where an ordinary user may not (Windows)."""

    def make(link: Path, target: Path) -> None:
        try:
            link.symlink_to(target, target_is_directory=target.is_dir())
        except OSError as error:
            pytest.skip(f"links cannot be made here: {error}")

    return make


@pytest.fixture
def limit_file_size() -> Iterator[Callable[[int | None], None]]:
    """``limit_file_size(n)``: no file grows beyond n bytes, as on a full disk; None lifts it.

    No byte code is written meanwhile: Python before 3.13.1 keeps what was cut off at the limit, and
    each later import of that module, in any process, fails with "marshal data too short".
    """
    resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int | None) -> None:
        sys.dont_write_bytecode = size is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft if size is None else size, hard))

    yield limit
    limit(None)


@pytest.fixture(scope="session")
def plain_python() -> Iterator[PlainPython]:
    """Runs programs where NetBuilder is not installed."""
    made = PlainPython()
    yield made
    made.end()


@pytest.fixture(scope="session")
def sales() -> Path:
    """The folder with the course's sales data, which is not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not (folder / "sales_training.csv").is_file():
        pytest.skip("the course's sales data is not here")
    return folder
