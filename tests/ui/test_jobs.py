"""Work off the GUI thread, and what becomes of its answer."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from netbuilder.ui.services import jobs


def test_a_panel_that_is_gone_hears_nothing(qtbot: QtBot) -> None:
    """Its label would be a dead object: the answer is dropped with the panel."""
    from PySide6.QtWidgets import QLabel

    go = threading.Event()
    label = QLabel()
    job = jobs.run_job(
        lambda: go.wait(5), lambda _answer: label.setText("done"), name="late", owner=label
    )
    with qtbot.waitSignal(label.destroyed):
        label.deleteLater()
    with qtbot.waitSignal(job.finished, timeout=10_000):
        go.set()
    assert job.cancelled
