"""Train pressed again and again fills no memory: a few runs of ``benchmarks/memory.py``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "memory.py"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", ["changed", "window"])
def test_runs_leave_little_behind(part):
    """A graph that stays is 2 to 4 MB a run, what TensorFlow made ready for it 1 MB."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), part, "--runs", "12"],
        check=True,
        capture_output=True,
        text=True,
    )
    figures = json.loads(done.stdout)[part]
    if figures["kept"] is None:
        pytest.skip("only glibc tells what it has handed out")
    assert figures["kept"] <= 0.8
    assert figures["lines_on_stderr"] == 0
