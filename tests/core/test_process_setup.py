"""What a process sets up first, and the bounds of its workers."""

import ctypes
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from netbuilder.core.errors import UserError
from netbuilder.core.process import process_setup, tensorflow_output, worker_process
from netbuilder.core.process.worker_process import ResourceLimits, WorkerProcess
from tests.processes import run_python

WITHOUT = "processor\t: 0\nmodel name\t: Celeron(R) N4020\nflags\t\t: fpu sse sse2 sse4_2 rdrand\n"
WITH = "processor\t: 0\nflags\t\t: fpu sse sse2 avx f16c\n"
#: A name that cp1252 has no letters for.
LODZ = "Łódź"

NO_AVX = """
import sys
from pathlib import Path
from netbuilder.core.process import process_setup
process_setup.CPU_INFO = Path(sys.argv.pop(1))
from netbuilder.__main__ import main
sys.exit(main())
"""


def _run(root, *words: object, code="", **more: str):
    start = ["-c", code] if code else ["-m", "netbuilder"]
    return subprocess.run(
        [sys.executable, *start, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(root), **more},
        capture_output=True, check=False, timeout=200,
    )  # fmt: skip


@pytest.fixture
def cpu_info(tmp_path, monkeypatch):
    if not hasattr(os, "uname") or os.uname().machine != "x86_64":
        pytest.skip("simulates a processor of the x86 family")
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(process_setup, "CPU_INFO", path)
    return path


@pytest.mark.parametrize(("text", "has"), [(WITHOUT, False), (WITH, True), ("nothing\n", True)])
def test_linux_says_whether_the_processor_has_avx(cpu_info, text, has):
    cpu_info.write_text(text)
    assert process_setup.has_avx() is has


def test_a_processor_that_cannot_be_asked_is_taken_for_able(cpu_info):
    assert not cpu_info.exists()
    assert process_setup.has_avx()


@pytest.mark.parametrize(
    ("feature", "state", "has"),
    # A release of Windows 10 before 2004 does not know the feature, but the state.
    [(0, 0b011, False), (0, 0b111, True), (1, 0b111, True)],
)
def test_windows_says_whether_the_processor_has_avx(monkeypatch, feature, state, has):
    def enabled():
        return state

    asked = []
    kernel = SimpleNamespace(
        IsProcessorFeaturePresent=lambda number: asked.append(number) or feature,
        GetEnabledXStateFeatures=enabled,
    )
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="AMD64"), raising=False)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert process_setup.has_avx() is has
    assert asked in ([], [39])


def test_another_family_of_processors_needs_no_avx(cpu_info, monkeypatch):
    cpu_info.write_text("processor\t: 0\nFeatures\t: fp asimd\n")
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="aarch64"))
    assert process_setup.has_avx()


def test_tensorflow_is_not_even_looked_for_without_avx(cpu_info, monkeypatch):
    cpu_info.write_text(WITHOUT)
    process_setup.require_tensorflow_needs()
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(UserError) as told:
        importlib.import_module("tensorflow")
    assert told.value.code == "processor_without_avx"
    assert "AVX" in told.value.what


@pytest.mark.slow
def test_without_avx_commands_say_so_and_the_others_work(root, cpu_info, tmp_path):
    cpu_info.write_text(WITHOUT)
    project = tmp_path / "iris.netbuilder"
    for words in (
        ("examples",),
        ("examples", "iris", "-o", project),
        ("data", project),
        ("lessons",),
        ("export", project, "-o", tmp_path / "iris.py"),
        ("export", project, "-o", tmp_path / "iris.svg"),
    ):
        done = _run(root, cpu_info, *words, code=NO_AVX)
        assert done.returncode == 0, (words, done.stderr.decode())
    table = tmp_path / "t.csv"
    table.write_text("a\n1\n")
    for words in (("train", project), ("check", project), ("predict", project, table)):
        done = _run(root, cpu_info, *words, "--json", code=NO_AVX)
        assert done.returncode == 1, words
        assert b"Traceback" not in done.stderr
        if words[0] != "predict":
            assert json.loads(done.stdout.splitlines()[-1])["code"] == "processor_without_avx"


def test_windows_finds_the_runtime_of_pyside_before_tensorflow(monkeypatch):
    added: list[str] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "add_dll_directory", added.append, raising=False)
    monkeypatch.setattr(process_setup, "has_avx", lambda: True)
    assert process_setup.TensorFlowGate().find_spec("tensorflow") is None
    assert [Path(one).name for one in added] == ["shiboken6"]
    assert process_setup.TensorFlowGate().find_spec("keras") is None
    assert len(added) == 1


def test_a_library_that_does_not_load_is_told_with_its_reason(monkeypatch):
    failed = ImportError("Could not find the DLL(s) 'msvcp140.dll'. TensorFlow requires ...")
    told = process_setup.load_error(failed)
    assert told.code == "tensorflow_not_loaded"
    assert "msvcp140.dll" in told.what
    monkeypatch.setattr(sys, "platform", "win32")
    on_windows = process_setup.load_error(failed)
    assert process_setup.REDISTRIBUTABLE in on_windows.fix
    assert process_setup.load_error(ImportError("No module named 'x'", name="x")) is None
    assert process_setup.load_error(ValueError("tensorflow")) is None


@pytest.mark.parametrize("as_json", [False, True])
def test_redirected_output_is_utf_8_in_a_country_s_code_page(root, tmp_path, as_json):
    table = tmp_path / "t.csv"
    rows = "".join(f"{i % 3},{i}\n" for i in range(40))
    table.write_text(f"{LODZ},price\n{rows}", encoding="utf-8")
    words = ["data", table, "--json"] if as_json else ["data", table]
    done = _run(root, *words, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert LODZ in done.stdout.decode("utf-8")
    failed = _run(root, "data", tmp_path / f"{LODZ}.csv", PYTHONIOENCODING="cp1252")
    assert failed.returncode == 1
    assert LODZ in failed.stderr.decode("utf-8")


def test_a_name_that_is_no_text_is_written_all_the_same(root, tmp_path):
    done = _run(root, "data", "no\udcff.csv", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"].count("no\udcff.csv") == 1


@pytest.mark.skipif(os.name != "posix", reason="closes the streams with a POSIX shell")
def test_a_program_without_streams_runs(root, tmp_path):
    """As ``pythonw`` does on Windows: no file that is opened later takes the place of stderr."""
    project = tmp_path / "iris.netbuilder"
    code = (
        "import os, sys\n"
        "from netbuilder.__main__ import main\n"
        "assert sys.stdout is None and sys.stderr is None and sys.stdin is None\n"
        "code = main()\n"
        f"with open({str(tmp_path / 'number')!r}, 'w') as file:\n"
        "    file.write(f'{code} {file.fileno() > 2}')\n"
    )
    env = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", code, "examples", "iris", "-o", str(project)]
    subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *command], env=env, check=True)
    assert project.is_file()
    assert (tmp_path / "number").read_text() == "0 True"


def test_hdf5_opens_files_where_a_share_knows_no_locks(root):
    code = (
        "import os\n"
        "from netbuilder.core.process.process_setup import prepare\n"
        "prepare()\n"
        "print(os.environ['HDF5_USE_FILE_LOCKING'])\n"
    )
    assert _run(root, code=code).stdout.strip() == b"BEST_EFFORT"
    chosen = _run(root, code=code, HDF5_USE_FILE_LOCKING="FALSE")
    assert chosen.stdout.strip() == b"FALSE", "who has set it knows why"


@pytest.mark.parametrize(
    "start", ["import netbuilder as nb; nb.load", "from netbuilder.__main__ import main; main()"]
)
def test_no_process_lets_a_file_load_a_filter_as_a_program(root, start):
    """HDF5 searches ``HDF5_PLUGIN_PATH`` for filters that it lacks, unless it is told not to."""
    code = (
        "import atexit, os, sys; sys.argv[1:] = ['examples']; "
        "atexit.register(lambda: print(os.environ['HDF5_PLUGIN_PRELOAD'])); " + start
    )
    done = _run(root, code=code, HDF5_PLUGIN_PATH="/tmp", HDF5_PLUGIN_PRELOAD="")
    assert done.stdout.split()[-1:] == [b"::"], done.stderr


def test_only_a_release_that_knows_the_flags_is_told(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    tensorflow_output.set_up_xla("3.0.1")
    assert os.environ["XLA_FLAGS"] == "--xla_dump_to=x"
    tensorflow_output.set_up_xla("2.21.0")
    told = os.environ["XLA_FLAGS"].split()
    assert told == [
        "--xla_dump_to=x",
        *(f"{name}={value}" for name, value in tensorflow_output.FLAGS.items()),
    ]
    tensorflow_output.set_up_xla("2.21.1")
    assert os.environ["XLA_FLAGS"].split() == told


def test_flags_of_the_person_s_own_stay(monkeypatch):
    own = "--xla_backend_extra_options=xla_cpu_optimize_for_size"
    monkeypatch.setenv("XLA_FLAGS", own)
    tensorflow_output.set_up_xla("2.21.0")
    assert os.environ["XLA_FLAGS"].count("--xla_backend_extra_options") == 1
    assert own in os.environ["XLA_FLAGS"]


@pytest.mark.slow
def test_the_tensorflow_that_is_here_compiles_with_what_it_is_told():
    """XLA ends the process at a flag that it does not know."""
    code = (
        "from netbuilder.core.process.tensorflow_output import load_tensorflow\n"
        "load_tensorflow()\n"
        "import tensorflow as tf\n"
        "print(tf.function(tf.square, jit_compile=True)(tf.constant(3.0)).numpy())\n"
    )
    done = run_python(code)
    assert done.stdout.strip() == "9.0", done.stderr


SMALL_LOOP = """
import os
from netbuilder.core.process.tensorflow_output import load_tensorflow
load_tensorflow()
os.environ["XLA_FLAGS"] += " --xla_dump_to=" + os.environ["DUMP"]
import tensorflow as tf
v = tf.Variable(tf.ones([4, 4]))
@tf.function(jit_compile=True)
def loop(x):
    return tf.while_loop(lambda i, x: i < 9, lambda i, x: (i + 1, tf.tanh(x @ v)), (0, x))[1]
print(loop(tf.ones([3, 4])).shape)
"""


@pytest.mark.slow
def test_a_small_loop_becomes_one_function(tmp_path):
    """Else each of its operations, some nanoseconds long, is handed to other threads."""
    environment = {**os.environ, "DUMP": str(tmp_path), "XLA_FLAGS": ""}
    done = run_python(SMALL_LOOP, env=environment)
    assert done.stdout.strip() == "(3, 4)", done.stderr
    programs = [one.read_text("utf-8") for one in tmp_path.glob("*cpu_after_optimizations.txt")]
    assert any("while(" in text and "xla_cpu_small_call" in text for text in programs)


#: Starts the rest of its words and waits, as ``python.exe`` of a virtual environment on Windows.
LAUNCHER = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
#: The worker: takes so many MB, or computes for so many seconds, when it is asked.
WORKER = """
import time
from netbuilder.core.process.worker_process import serve_requests

kept = []


def answer(request, tell):
    kept.append(bytearray(request.get("mb", 0) * 2**20))
    end = time.process_time() + request.get("seconds", 0)
    while time.process_time() < end:
        pass
    time.sleep(request.get("rest", 0))
    return {"done": True}


serve_requests(lambda: None, answer)
"""


@pytest.fixture(params=["started", "behind a launcher"])
def start(request, monkeypatch):
    real = [sys.executable, "-c", WORKER]
    behind = [sys.executable, "-c", LAUNCHER, *real]
    command = real if request.param == "started" else behind
    monkeypatch.setattr(worker_process, "worker_command", lambda _module: command)


def _worker(bounds):
    return WorkerProcess("netbuilder.none", bounds, lambda: False, "It died.")


def _gone(process):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.usefixtures("start")
def test_memory_is_bounded():
    worker = _worker(ResourceLimits(60, 300))
    assert worker.ask({"mb": 20}) == {"done": True}
    assert worker._watched is not None
    process = worker._watched
    assert worker.ask({"mb": 450, "rest": 20})["reason"] == "memory"
    assert _gone(process), "the process that works ends, not only the one that was started"


@pytest.mark.usefixtures("start")
def test_processor_time_is_bounded():
    worker = _worker(ResourceLimits(0.5, 300))
    assert worker.ask({"rest": 1}) == {"done": True}, "who only waits computes nothing"
    begin = time.monotonic()
    assert worker.ask({"seconds": 8})["reason"] == "time"
    assert time.monotonic() - begin < 6, "not by the clock, which may go twenty times as long"
    worker.end()
