"""A process that is killed at any moment goes on as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("engine_killed.py")
TIMES = 2


def start(folder: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(out), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )


@pytest.mark.timeout(240 + 30 * TIMES)
def test_killed_run_goes_on_with_the_same_curve(tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    assert start(tmp_path / "a", whole).wait() == 0
    out = tmp_path / "killed.npz"
    folder = tmp_path / "b"
    source = random.Random(TIMES)
    for number in range(TIMES):
        process = start(folder, out, "--resume")
        assert process.stdout is not None
        # Killed some time after the first checkpoint, so that each life brings the run forward.
        for line in process.stdout:
            if line.startswith("saved"):
                break
        time.sleep(source.random() * 0.4)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if out.exists():
            assert number > 0
            break
    assert start(folder, out, "--resume").wait() == 0
    with np.load(whole) as expected, np.load(out) as got:
        assert sorted(expected.files) == sorted(got.files)
        for name in expected.files:
            np.testing.assert_array_equal(got[name], expected[name], err_msg=name)
