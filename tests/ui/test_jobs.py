"""Work off the GUI thread: values that are derived, and what becomes of the answers."""

import os
import sys
import threading
import time

import pytest
from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QWidget

from netbuilder.core.errors import UserError
from netbuilder.ui.services import derived, jobs
from netbuilder.ui.services.derived import Derived, Rank


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


@pytest.fixture
def owner():
    return QObject()


def test_idle_only_once_the_answer_has_been_delivered(qtbot, owner):
    found = threading.Event()

    def work(question):
        found.set()
        return question * 2

    told: list[tuple[object, object]] = []
    value = Derived(owner, work, lambda answer: told.append((*value.inputs, answer)))
    assert value.idle
    value.ask(21)
    assert found.wait(10)
    # The thread has answered and waits for more, but nobody has been told yet.
    time.sleep(0.1)
    assert not told
    assert not value.idle
    qtbot.waitUntil(lambda: value.idle, timeout=10_000)
    assert told == [(21, 42)]


def test_questions_that_a_newer_one_overtook_do_not_keep_it_busy(qtbot, owner):
    go = threading.Event()

    def work(question):
        go.wait(10)
        if question == 3:
            raise UserError("three", "")
        return question

    told: list[object] = []
    value = Derived(
        owner,
        work,
        lambda _answer: told.append(value.inputs[0]),
        lambda error: told.append((value.inputs[0], error.what)),
    )
    for question in (1, 2, 3):
        value.ask(question)
    assert not value.idle
    go.set()
    qtbot.waitUntil(lambda: value.idle, timeout=10_000)
    assert told[-1] == (3, "three"), "the newest is always answered"


def test_an_owner_that_goes_while_its_thread_answers_does_not_end_the_program(qtbot):
    """A signal sent by a thread while its sender is taken apart here is a segmentation fault."""
    from PySide6.QtCore import QCoreApplication
    from shiboken6 import delete

    for _ in range(300):
        owner = QObject()
        told: list[int] = []
        values = [Derived(owner, lambda number: number, told.append) for _ in range(3)]
        for number in range(20):
            for value in values:
                value.ask(number)
            QCoreApplication.processEvents()
        delete(owner)
        before = len(told)
        QCoreApplication.processEvents()
        assert len(told) == before
        assert all(value.idle for value in values)


def test_many_values_share_three_threads(qtbot, owner):
    """There was a thread for each: 25 in a window."""
    names: set[str] = set()
    at_once: list[int] = []
    lock, running = threading.Lock(), [0]

    def work(number):
        with lock:
            running[0] += 1
            at_once.append(running[0])
            names.add(threading.current_thread().name)
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        return number

    told: list[int] = []
    values = [Derived(owner, work, told.append, rank=rank) for rank in Rank for _ in range(8)]
    for number, value in enumerate(values):
        value.ask(number)
    qtbot.waitUntil(lambda: all(value.idle for value in values))
    assert sorted(told) == list(range(24))
    assert len(names) <= 3
    assert max(at_once) <= 3


def test_what_takes_long_leaves_a_thread_to_what_is_quick(qtbot, owner):
    go = threading.Event()
    told: list[str] = []
    slow = [
        Derived(owner, lambda: go.wait(30), lambda _: told.append("slow"), rank=rank)
        for rank in (Rank.BACKGROUND, Rank.BACKGROUND, Rank.ORDINARY, Rank.ORDINARY)
    ]
    quick = Derived(owner, lambda: None, lambda _: told.append("quick"), rank=Rank.QUICK)
    for value in (*slow, quick):
        value.ask()
    qtbot.waitUntil(lambda: quick.idle)
    assert told == ["quick"]
    go.set()
    qtbot.waitUntil(lambda: all(value.idle for value in slow))
    assert told.count("slow") == 4


def test_the_same_inputs_are_computed_once(qtbot, owner):
    """The same are the same objects: equal ones may be dear to compare."""
    seen: list[object] = []

    def work(one):
        seen.append(one)
        if one == ["bad"]:
            raise ValueError("bad")

    value = Derived(owner, work)
    good, alike, bad = ["good"], ["good"], ["bad"]
    for one, count in ((good, 1), (good, 1), (alike, 2), (alike, 2), (bad, 3), (bad, 4)):
        value.follow(one)
        value.follow(one)
        qtbot.waitUntil(lambda: value.idle)
        assert len(seen) == count, one
    value.ask(bad)
    qtbot.waitUntil(lambda: value.idle)
    assert len(seen) == 5, "asked outright, it is computed anew"


def test_an_answer_about_something_else_is_dropped(qtbot, owner):
    shown = [object()]
    told: list[str] = []
    value = Derived(owner, lambda _of, name: name, told.append, of=lambda: shown[0])
    value.ask(shown[0], "old")
    before, shown[0] = shown[0], object()
    qtbot.waitUntil(lambda: value.idle)
    assert told == []
    shown[0] = before
    value.follow(before, "old")
    qtbot.waitUntil(lambda: value.idle)
    assert told == ["old"], "what was dropped was not told: it is computed again"


def test_what_is_cancelled_is_not_told_and_hears_of_it(qtbot, owner):
    begun, heard = threading.Event(), threading.Event()

    def work(_number):
        begun.set()
        while derived.wanted():
            time.sleep(0.005)
        heard.set()

    told: list[object] = []
    value = Derived(owner, work, told.append, told.append)
    value.ask(1)
    assert begun.wait(10)
    value.cancel()
    assert value.idle
    assert heard.wait(10)
    qtbot.wait(50)
    assert told == []


def test_what_was_not_foreseen_fails_as_an_error_for_people(qtbot, owner, caplog):
    told: list[UserError] = []
    value = Derived(owner, lambda: 1 / 0, failed=told.append)
    value.ask()
    qtbot.waitUntil(lambda: value.idle)
    (error,) = told
    assert error.code == derived.UNEXPECTED
    assert "division" in error.what
    assert "ZeroDivisionError" in caplog.text


def test_a_long_computation_shows_a_sign_and_a_short_one_none(qtbot, owner, monkeypatch):
    monkeypatch.setattr(derived, "SLOW_MS", 50)
    goes_on, signs = threading.Event(), []
    value = Derived(owner, lambda long: long and goes_on.wait(60), slow=lambda: signs.append(1))
    value.ask(True)
    qtbot.waitUntil(lambda: signs == [1])
    goes_on.set()
    qtbot.waitUntil(lambda: value.idle)
    monkeypatch.setattr(derived, "SLOW_MS", 500)
    value.ask(False)
    qtbot.waitUntil(lambda: value.idle)
    qtbot.wait(600)
    assert signs == [1]
