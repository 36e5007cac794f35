"""A lesson that was open when the program was killed stands beside what is put back."""

import json
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data
from netbuilder.ui import app
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import recovery
from netbuilder.ui.window import dialogs


def left_by(window: MainWindow, home: Path, qtbot: QtBot, name: str) -> Path:
    """What is on disk now, as if the process that wrote it were gone."""
    folder = home / "state" / "recovery"

    def kept() -> dict | None:
        for file in folder.glob("[!.]*.json"):  # a hidden one is still being written
            raw = json.loads(file.read_text("utf-8"))
            if raw["lesson"] and name in raw["project"]:
                return raw
        return None

    qtbot.waitUntil(lambda: kept() is not None)
    file = folder / "0123-a.json"
    text = json.dumps(kept())
    window.documents.close()
    file.write_text(text, "utf-8")
    return file


def put_back(window: MainWindow) -> None:
    def press() -> None:
        box = QApplication.activeModalWidget()
        next(b for b in box.buttons() if b.text().replace("&", "") == dialogs.BACK).click()

    QTimer.singleShot(300, press)
    app.offer_recovery(window)


def test_it_is_open_again_at_its_step(open_window, home, qtbot):
    first = open_window(keras=False)
    first.welcome.open_lesson(library.find_lesson("first_model"))
    first.store.apply("Data", lambda p: edits.set_data(p, Data(kind="builtin", name="iris")))
    qtbot.waitUntil(lambda: first.welcome.session.record.done == {1})
    first.welcome.session.go(3)
    first.store.apply("Add", lambda p: edits.append_layer(p, "GaussianNoise"))
    left_by(first, home, qtbot, "GaussianNoise")

    window = open_window(keras=False)
    assert window.welcome.session.lesson is None
    put_back(window)
    session = window.welcome.session
    assert session.lesson is not None and session.lesson.name == "first_model"
    assert session.current == 3
    assert session.record.done == {1}
    assert window.welcome.lessons.panel.isVisible()
    assert "GaussianNoise" in {node.layer for node in window.store.project.graph.nodes}


def test_what_was_drawn_before_the_first_step_is_done_stays(open_window, home, qtbot):
    first = open_window(keras=False)
    lesson = library.find_lesson("first_model")
    first.welcome.open_lesson(lesson)
    first.store.apply("Add", lambda p: edits.append_layer(p, "GaussianNoise"))
    drawn = first.store.project
    # Put away and opened again from the gallery: the work goes on, it does not begin anew.
    first.welcome.lessons.close()
    first.welcome.open_lesson(lesson)
    assert first.store.project is drawn
    left_by(first, home, qtbot, "GaussianNoise")

    window = open_window(keras=False)
    put_back(window)
    assert window.welcome.session.lesson == lesson
    assert "GaussianNoise" in {node.layer for node in window.store.project.graph.nodes}


def test_a_lesson_that_was_put_away_stays_away(open_window, home, qtbot):
    first = open_window(keras=False)
    first.welcome.open_lesson(library.find_lesson("first_model"))
    first.welcome.lessons.close()
    first.store.apply("Add", lambda p: edits.append_layer(p, "GaussianNoise"))
    folder = home / "state" / "recovery"

    def kept() -> list[recovery.OpenLesson]:
        raws = [json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")]
        return [(raw["lesson"], raw["step"]) for raw in raws if "GaussianNoise" in raw["project"]]

    qtbot.waitUntil(lambda: bool(kept()))
    assert kept() == [("", 0)]
