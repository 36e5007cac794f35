"""A process that is killed at any moment goes on as if nothing had happened."""

import random
import runpy
import time
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.engine.loop.compilation import Decision
from netbuilder.core.engine.session import RunStorage, Session
from tests.core.engine.forked import Forked

SCRIPT = Path(__file__).with_name("engine_killed.py")
STEPS_PER_EPOCH = 7
CHANGE = 250


def start(folder, out, *more: str):
    return Forked(SCRIPT, str(folder), str(out), *more)


def change_compilation_in(epoch):
    """Remember, as an earlier run would, that this network goes over to XLA within ``epoch``."""
    script = runpy.run_path(str(SCRIPT))
    session = Session(script["project"](), script["data"](), storage=RunStorage(record=False))
    session._prepare()
    remembered = session.trainer.compilation.remembered
    remembered.write(Decision("loop", step=epoch * STEPS_PER_EPOCH + 3))


def killed(process, behind, more):
    """Kill a run ``more`` seconds after its first checkpoint behind an epoch; gives its epoch."""
    for line in process.stdout:
        what, _, number = line.partition(" ")
        if what == "saved" and int(number) > behind:
            break
    time.sleep(more)
    process.kill()
    process.wait()
    return int(number)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_run_goes_on_with_the_same_curve(tmp_path):
    change_compilation_in(CHANGE)
    whole, out, folder = tmp_path / "whole.npz", tmp_path / "killed.npz", tmp_path / "b"
    assert start(tmp_path / "a", whole).wait() == 0
    source = random.Random(2)
    # Once in the graph loop, soon after the first checkpoint; once behind the change to XLA.
    first = killed(start(folder, out, "--resume"), 0, source.random() * 0.1)
    assert first < CHANGE
    assert killed(start(folder, out, "--resume"), CHANGE, source.random() * 0.1) > CHANGE
    assert not out.exists()
    assert start(folder, out, "--resume").wait() == 0
    with np.load(whole) as expected, np.load(out) as got:
        assert str(expected["kind"]) == "loop"
        assert sorted(expected.files) == sorted(got.files)
        for name in expected.files:
            np.testing.assert_array_equal(got[name], expected[name], err_msg=name)
