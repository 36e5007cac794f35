"""Work off the GUI thread, and what becomes of its answer."""

import os
import sys
import threading
import time

import pytest
from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QWidget

from netbuilder.ui.services import jobs


def test_a_panel_that_is_gone_hears_nothing(qtbot):
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


def test_answers_come_one_a_turn_in_their_order(qtbot):
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


def test_an_answer_that_opens_a_dialog_keeps_no_other_one_back(qtbot):
    owner, loop, heard = QObject(), QEventLoop(), []

    def first(_word):
        QTimer.singleShot(5000, loop.quit)
        loop.exec()
        heard.append("first")

    def second(_word):
        heard.append("second")
        loop.quit()

    jobs.relay_to_gui(owner, first)("")
    jobs.relay_to_gui(owner, second)("")
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["second", "first"]


def test_work_begins_when_the_window_has_drawn_what_led_to_it(qtbot):
    order: list[str] = []

    class Window(QWidget):
        def paintEvent(self, event):
            order.append("painted")

    window = Window()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(20)
    order.clear()
    window.update()
    job = jobs.run_job(lambda: order.append("work"), name="late", owner=window)
    time.sleep(0.02)  # what else the press does
    with qtbot.waitSignal(job.finished):
        pass
    assert order == ["painted", "work"]


def test_work_is_done_without_an_event_loop_too(qtbot):
    owner, done = QObject(), list[str]()
    job = jobs.run_job(lambda: done.append("work"), name="late", owner=owner)
    assert job.wait(10)
    assert done == ["work"]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_the_window_goes_first_where_both_want_a_processor(qtbot):
    owner, found = QObject(), list[int]()

    def look():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    job = jobs.run_job(look, found.append, name="low", owner=owner)
    with qtbot.waitSignal(job.finished):
        pass
    assert found[0] == min(look() + 5, 19) > look() or look() == 19
