"""Work off the GUI thread: the newest question is answered, and idle means that it was told."""

from __future__ import annotations

import threading
import time

from pytestqt.qtbot import QtBot

from netbuilder.ui.services import jobs


def test_idle_only_once_the_answer_has_been_delivered(qtbot: QtBot) -> None:
    found = threading.Event()

    def work(question: int) -> int:
        found.set()
        return question * 2

    told: list[tuple[object, object]] = []
    worker = jobs.LatestJob(work, "test")
    worker.answered.connect(lambda question, answer: told.append((question, answer)))
    assert worker.idle
    worker.ask(21)
    assert found.wait(10)
    # The thread has answered and waits for more, but nobody has been told yet.
    time.sleep(0.1)
    assert not told
    assert not worker.idle
    qtbot.waitUntil(lambda: worker.idle, timeout=10_000)
    assert told == [(21, 42)]
    worker.stop()


def test_questions_that_a_newer_one_overtook_do_not_keep_it_busy(qtbot: QtBot) -> None:
    go = threading.Event()

    def work(question: int) -> int:
        go.wait(10)
        if question == 3:
            raise ValueError("three")
        return question

    told: list[object] = []
    worker = jobs.LatestJob(work, "test")
    worker.answered.connect(lambda question, _answer: told.append(question))
    worker.failed.connect(lambda question, error: told.append((question, str(error))))
    for question in (1, 2, 3):
        worker.ask(question)
    assert not worker.idle
    go.set()
    qtbot.waitUntil(lambda: worker.idle, timeout=10_000)
    assert told[-1] == (3, "three"), "the newest is always answered"
    worker.stop()


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


def test_an_owner_that_goes_while_its_thread_answers_does_not_end_the_program(
    qtbot: QtBot,
) -> None:
    """A signal sent by a thread while its sender is taken apart here is a segmentation fault."""
    from PySide6.QtCore import QCoreApplication, QObject
    from shiboken6 import delete

    for _ in range(300):
        owner = QObject()
        workers = [jobs.LatestJob(lambda question: question, "test", owner) for _ in range(3)]
        for number in range(20):
            for worker in workers:
                worker.ask(number)
            QCoreApplication.processEvents()
        delete(owner)
        for worker in workers:
            worker.stop()
