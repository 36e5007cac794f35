"""The time that is left goes by the clock: a run that is slowed down is not done in a moment."""

from __future__ import annotations

import pytest

from netbuilder.core.engine.events import Steps
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs import run_tracker
from netbuilder.ui.services.runs.run_tracker import Tracker


def test_waiting_between_epochs_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    tracker = Tracker(RunCurves(), planned=100)
    tracker.steps_per_epoch = 10
    now = 0.0
    monkeypatch.setattr(run_tracker.time, "monotonic", lambda: now)
    left = ""
    # Five epochs of ten steps a second by the clock, while the steps themselves go 5,000 a second.
    for epoch in range(20):
        now = 100.0 + epoch / 5
        tracker.steps(
            Steps(epoch * 10, {"loss": np.ones(10, np.float32)}, epoch, 10, 5000.0, now - 100)
        )
        left = tracker.progress().left
    assert left == "16 s left"  # 80 epochs at 5 a second
