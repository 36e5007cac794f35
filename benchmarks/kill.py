"""Kills a training (``kill -9``) at random moments and compares what comes of it.

    python benchmarks/kill.py [--times 20]

Trains a small network once undisturbed and once in lives that are cut short at random times;
each goes on from the last checkpoint. Prints JSON: lives, epochs at which each began again, and
whether curves and weights are the same to the last bit. Exits 1 if they are not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parent.parent / "tests" / "core" / "engine" / "engine_killed.py"


def start(home: Path, folder: Path, out: Path, epochs: int) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NETBUILDER_HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "NETBUILDER_KILLED_EPOCHS": str(epochs),
    }
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(out), "--resume"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=4000)
    options = parser.parse_args()
    begun: list[int] = []
    with tempfile.TemporaryDirectory() as place:
        home, folder = Path(place) / "home", Path(place) / "run"
        whole, out = Path(place) / "whole.npz", Path(place) / "killed.npz"
        start(home, Path(place) / "undisturbed", whole, options.epochs).communicate()
        source = random.Random()
        for _ in range(options.times):
            process = start(home, folder, out, options.epochs)
            assert process.stdout is not None
            # Any moment from the first step on: before, in and after the writing of a checkpoint.
            line = process.stdout.readline()
            begun.append(int(line.split()[1]) if line.startswith("started") else -1)
            time.sleep(source.random() * 1.5)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            if out.exists():
                break
        start(home, folder, out, options.epochs).communicate()
        with np.load(whole) as expected, np.load(out) as got:
            same = all(np.array_equal(expected[name], got[name]) for name in expected.files)
            differs = np.flatnonzero((expected["steps"] != got["steps"]).any(axis=1))
        decided = [json.loads(path.read_text()) for path in home.glob("cache/compiled/*.json")]
    result = {
        "kills": len(begun),
        "began_at_epoch": begun,
        "compilation": decided,
        "same_to_the_last_bit": same,
        "first_step_that_differs": int(differs[0]) if len(differs) else None,
    }
    print(json.dumps(result))
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
