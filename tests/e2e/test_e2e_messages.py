"""Words for what goes wrong around the program: libraries, the screen, a fault of its own."""

import os
import subprocess
import sys

import pytest

from netbuilder.cli.app import missing_library_error
from netbuilder.cli.output import report_unexpected, to_json_value
from netbuilder.core import folders


@pytest.mark.parametrize(
    ("library", "debian", "fedora"),
    [
        ("libEGL.so.1", "libegl1", "mesa-libEGL"),
        ("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
        ("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    ],
)
def test_a_missing_library_says_what_to_install(library, debian, fedora):
    text = f"{library}: cannot open shared object file: No such file or directory"
    told = missing_library_error(text)
    assert library.split(".so", maxsplit=1)[0] in told.what
    assert debian in told.fix
    assert fedora in told.fix
    assert missing_library_error("No module named 'PySide6'") is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a screen")
def test_without_a_screen(root):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "netbuilder"],
        check=False,
        capture_output=True,
        text=True,
        cwd=root,
        env=env,
        timeout=60,
    )
    assert done.returncode == 1
    assert "DISPLAY" in done.stderr


def test_a_fault_of_the_program(home, capsys):
    try:
        raise RuntimeError("the flux\nis off")
    except RuntimeError as error:
        assert report_unexpected(error, as_json=True) == 1
    out, err = capsys.readouterr()
    log = folders.state() / "netbuilder.log"
    assert str(log) in err
    assert "Traceback" not in out + err
    assert "the flux" in err
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_numbers_that_are_none_become_null():
    import numpy as np

    value = {"a": float("nan"), "b": [np.float32("inf"), np.int64(3)], 1: np.array([1.5, np.nan])}
    assert to_json_value(value) == {"a": None, "b": [None, 3], "1": [1.5, None]}


@pytest.mark.slow
def test_no_chatter_of_tensorflow(root, diabetes_job):
    assert diabetes_job.done.code == 0
    for word in ("cudart", "oneDNN", "absl", "cuda", "I0000", "retracing", "XLA", "cpu_feature"):
        assert word not in diabetes_job.done.err


def test_quiet_stderr_keeps_what_others_say():
    script = (
        "import os, sys\n"
        "from netbuilder.core.process.tensorflow_output import filter_stderr\n"
        "with filter_stderr():\n"
        "    os.write(2, b'I0000 00:00:1.2 1 port.cc:153] oneDNN\\n')\n"
        "    sys.stderr.write('mine\\n')\n"
        "try:\n"
        "    with filter_stderr():\n"
        "        os.write(2, b'E0000 00:00:1.2 1 x.cc:1] reason\\n')\n"
        "        raise ImportError\n"
        "except ImportError:\n"
        "    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stderr.splitlines() == ["mine", "E0000 00:00:1.2 1 x.cc:1] reason"]
