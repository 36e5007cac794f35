"""Kills a training (``kill -9``) at random moments and compares what comes of it.

    python benchmarks/kill.py [--times 20]

Trains a small network in lives that are cut short at random times, each going on from the last
checkpoint, and once undisturbed to the same epoch. Of four lives three are killed some time after
their first checkpoint, so that the run comes on, and one at any moment at all. Half of the lives
run before, half after the step at which the run goes over to XLA: where no life has found one
worth going over to by then, it is remembered for them as a decision of an earlier run would be.

Prints JSON: of each life the epoch it began at, the last one it told before it died and the
checkpoints it had written by then; how many died before and after the change of compilation; and
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
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from netbuilder.core.engine.loop.compilation import CachedDecision, Decision  # noqa: E402

SCRIPT = ROOT / "tests" / "core" / "engine" / "engine_killed.py"
STEPS_PER_EPOCH = 7
ENDLESS = 10**6


def start(home: Path, folder: Path, out: Path, epochs: int) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NETBUILDER_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "NETBUILDER_KILLED_EPOCHS": str(epochs),
    }
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(out), "--resume"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )


@dataclass
class Life:
    """One process and what it told.

    Attributes:
        began: epochs done when it began, -1 if it died before it told.
        at: the last epoch that it told.
        saved: checkpoints that it told of; ``kept``: the epoch of the last one.
    """

    process: subprocess.Popen[str]
    began: int = -1
    at: int = -1
    saved: int = 0
    kept: int = 0
    ended: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # A line that the kill cut through says nothing.
            what, _, number = line.rstrip("\n").partition(" ")
            if not (line.endswith("\n") and number.isdigit()):
                continue
            with self._changed:
                self.at = max(self.at, int(number))
                if what == "started":
                    self.began = int(number)
                elif what == "saved":
                    self.saved, self.kept = self.saved + 1, int(number)
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait until it told something, or ended."""
        with self._changed:
            self._changed.wait_for(lambda: until() or self.ended, 300)

    def kill(self) -> bool:
        """End it as a power cut would; False if it was over already."""
        alive = self.process.poll() is None
        if alive:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        return alive and self.process.returncode == -signal.SIGKILL

    def told(self) -> dict[str, int]:
        return {"began": self.began, "died": self.at, "checkpoints": self.saved}


def lives(begin: Callable[[], Life], times: int, half: Callable[[int], float]) -> list[Life]:
    """Lives that are cut short, one after the other.

    Args:
        begin: starts one.
        times: how many.
        half: told, after half of them, how far they came; gives the epoch that is to be passed.
    """
    source, found, passed = random.Random(), [], 0.0
    for number in range(times):
        if number == times // 2:
            passed = half(max((life.at for life in found), default=0))
        life = begin()
        if number % 4 == 3:
            # Any moment from the first step on.
            life.wait(lambda life=life: life.began >= 0)
        else:
            # In and after the writing of its first checkpoint, and of later ones.
            life.wait(lambda life=life, passed=passed: life.kept > max(passed, life.began))
        time.sleep(source.random() * 1.5)
        if not life.kill():
            raise SystemExit(f"life {number} ended by itself at epoch {life.at}")
        found.append(life)
    return found


def decided(home: Path) -> tuple[CachedDecision, Decision]:
    """What is remembered about the network's compilation."""
    (path,) = home.glob("cache/compiled/*.json")
    remembered = CachedDecision(path.stem, path.parent)
    return remembered, remembered.read()


def change_soon(home: Path, epoch: int) -> float:
    """Let the next lives go over to XLA a little behind ``epoch``, if none has gone over yet.

    Returns:
        The epoch of the change.
    """
    remembered, decision = decided(home)
    if decision.kind not in ("loop", "step"):
        decision = Decision("loop", step=(epoch + 10) * STEPS_PER_EPOCH + 3)
        remembered.write(decision)
    return decision.step / STEPS_PER_EPOCH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        home, folder = Path(place) / "home", Path(place) / "run"
        whole, out = Path(place) / "whole.npz", Path(place) / "killed.npz"
        # A first epoch, so that there is something to remember the decision with.
        start(home, Path(place) / "first", Path(place) / "first.npz", 1).communicate()
        killed = lives(
            lambda: Life(start(home, folder, out, ENDLESS)),
            options.times,
            lambda epoch: change_soon(home, epoch),
        )
        epochs = max(life.at for life in killed) + 200
        start(home, folder, out, epochs).communicate()
        _, decision = decided(home)
        start(home, Path(place) / "undisturbed", whole, epochs).communicate()
        with np.load(whole) as expected, np.load(out) as got:
            same = all(np.array_equal(expected[name], got[name]) for name in expected.files)
            differs = np.flatnonzero((expected["steps"] != got["steps"]).any(axis=1))
    changed = decision.step / STEPS_PER_EPOCH
    result = {
        "kills": len(killed),
        "with_a_checkpoint": sum(life.saved > 0 for life in killed),
        "compilation": decision.kind,
        "changed_at_epoch": round(changed, 1),
        "died_before_the_change": sum(life.at < changed for life in killed),
        "died_after_the_change": sum(life.at >= changed for life in killed),
        "epochs": epochs,
        "lives": [life.told() for life in killed],
        "same_to_the_last_bit": same,
        "first_step_that_differs": int(differs[0]) if len(differs) else None,
    }
    print(json.dumps(result))
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
