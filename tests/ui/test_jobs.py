"""Work off the GUI thread, and what becomes of its answer."""

from __future__ import annotations

import threading

from PySide6.QtCore import QEventLoop, QObject, QTimer
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


def test_answers_come_one_a_turn_in_their_order(qtbot: QtBot) -> None:
    """Answers that are there at once leave the window a turn between them."""
    heard: list[str] = []
    tick = QTimer(interval=0)
    tick.timeout.connect(lambda: heard.append("turn"))
    tell = jobs.relay_to_gui(tick, heard.append)
    for word in "abc":
        tell(word)
    tick.start()
    qtbot.waitUntil(lambda: "c" in heard)
    assert [one for one in heard if one != "turn"] == ["a", "b", "c"]
    first, last = heard.index("a"), heard.index("c")
    assert heard[first:last].count("turn") >= 2


def test_an_answer_that_opens_a_dialog_keeps_no_other_one_back(qtbot: QtBot) -> None:
    owner, loop, heard = QObject(), QEventLoop(), []

    def first(_word: str) -> None:
        QTimer.singleShot(5000, loop.quit)
        loop.exec()
        heard.append("first")

    def second(_word: str) -> None:
        heard.append("second")
        loop.quit()

    jobs.relay_to_gui(owner, first)("")
    jobs.relay_to_gui(owner, second)("")
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["second", "first"]
