"""The dock of a lesson: steps, questions, progress that is kept, lessons that were left open."""

import json
import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons import library
from netbuilder.core.lessons.callout_places import PLACES
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.lessons.parse import parse_lesson
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Choice, Data
from netbuilder.ui import app
from netbuilder.ui.lessons.lesson_panel import LessonPanel
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import lesson_session, recovery
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.widgets.callout import MARGIN
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.guide.welcome import STOPS
from tests.processes import run_python


def done(window: MainWindow) -> list[int]:
    return [one.number for one in window.welcome.session.results if one.done]


def test_every_place_that_a_lesson_may_name_is_found(open_window):
    window = open_window(keras=False)
    places = window.welcome.places
    assert frozenset(PLACES) <= places.known
    for name in sorted(places.known):
        rect = places.rect(name)
        assert rect is not None, name
        assert window.rect().intersects(rect), name
    for stop in STOPS:
        assert places.rect(stop.place) is not None
    assert places.layer("Dense") is not None
    assert places.layer("MobileNetV2") is not None


def test_steps_tick_as_the_network_changes_and_tell_where_they_come_undone(
    qtbot, open_window, tmp_path
):
    window = open_window()
    session = window.welcome.session
    window.welcome.open_lesson(library.find_lesson("first_model"))
    qtbot.waitUntil(lambda: len(session.results) == 10)
    assert window.welcome.lessons.panel.isVisible()
    assert [node.layer for node in window.store.project.graph.nodes] == ["Input"]
    assert done(window) == []
    # The second step does not tick before its turn.
    window.store.apply("Add", lambda p: edits.append_layer(p, "Dense", params={"units": 16}))
    qtbot.waitUntil(
        lambda: (
            session.results[1].missing
            == (_("This step counts after step {number} is done.", number=1),)
        )
    )
    assert done(window) == []
    window.store.apply("Data", lambda p: edits.set_data(p, Data(kind="builtin", name="iris")))
    qtbot.waitUntil(lambda: done(window) == [1, 2], timeout=10_000)
    session.go(2)
    window.store.undo()
    panel = window.welcome.lessons.panel
    dots = panel.dots
    qtbot.waitUntil(lambda: done(window) == [2])
    assert dots[0].text() == "!"
    assert "no longer done" in dots[0].accessibleName()
    assert panel.undone.text().startswith("Step 1 ")
    assert panel.undone.isVisible()
    window.store.redo()
    qtbot.waitUntil(lambda: done(window) == [1, 2])
    assert not panel.undone.isVisible()
    assert dots[0].text() == "✓"
    assert "done" in dots[0].accessibleName()
    assert "not done" in dots[2].accessibleName()
    # What was reached is in the file, and in the settings of whoever learns here.
    assert window.documents.save_to(tmp_path / "mine.netbuilder")
    kept = record_of(files.read(tmp_path / "mine.netbuilder"))
    assert kept.done == {1, 2}
    assert lesson_session.kept("first_model").done == {1, 2}
    window.welcome.lessons.close()
    assert not window.welcome.lessons.panel.isVisible()
    window.welcome.open_lesson(library.find_lesson("first_model"))
    assert session.current == 2
    assert window.store.project.graph.by_id["dense"].params["units"] == 16
    window.welcome.lessons.restart()
    assert session.record.done == frozenset()
    assert not lesson_session.is_finished(session.lesson)
    # An example is another network: the lesson goes with it, and its dock too.
    window.store.mark_saved()
    window.welcome.open_example("xor")
    assert session.lesson is None
    assert not window.welcome.lessons.panel.isVisible()


def test_what_was_seen_of_a_result_is_to_be_seen_again_of_the_next_one(qtbot, open_window):
    window = open_window()
    session = window.welcome.session
    window.welcome.open_lesson(library.find_lesson("confusion_and_bias"))
    window.store.apply("", lambda p: edits.set_training(p, epochs=1))

    def train() -> None:
        window.docks.show_panel("data")
        qtbot.waitUntil(lambda: window.workbench.settled)
        before = window.workbench.models.trained
        window.runner.start()
        qtbot.waitUntil(lambda: window.workbench.models.trained is not before)
        qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)

    def seen() -> set[str]:
        return session.state().events & {"evaluated", "grouped:age"}

    train()
    session.note("grouped:age")
    window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: seen() == {"evaluated", "grouped:age"})
    train()
    assert not seen()
    window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: seen() == {"evaluated"})
    # "Show me" opens the page, scrolls to the confusion matrix and points at it.
    page = window.docks.pages["evaluate"].fill().waiting.scroll_area
    page.verticalScrollBar().setValue(page.verticalScrollBar().maximum())
    window.docks.show_panel("data")
    session.go(2)
    qtbot.mouseClick(window.welcome.lessons.panel.show_button, Qt.MouseButton.LeftButton)
    assert page.isVisible()
    matrix = window.docks.pages["evaluate"].fill().heat

    def points_at_matrix() -> bool:
        ring = window.welcome.lessons.callout.ring.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        return QRect(matrix.mapTo(window, QPoint(0, 0)), matrix.size()).contains(ring)

    qtbot.waitUntil(points_at_matrix)


def test_a_step_trusts_only_problems_of_the_network_as_it_is(qtbot, open_window, example):
    window = open_window(example("iris"))
    bench, seen = window.workbench, []
    assert bench.current_problems == bench.problems
    bench.shapes_changed.connect(lambda: seen.append(window.welcome.session.state().problems))
    output = window.store.project.graph.outputs[0]
    window.store.apply("Units", lambda p: edits.set_params(p, output, units=7))
    assert bench.current_problems is None and window.welcome.session.state().problems is None
    qtbot.waitUntil(lambda: bench.current_problems is not None)
    assert seen and set(seen) == {None}, "shapes are found before the problems are"
    assert "output-units" in [one.code for one in bench.current_problems]
    with qtbot.waitSignal(bench.diagnosed):
        window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=61))
    qtbot.waitUntil(lambda: bench.current_problems is not None)


def test_a_lesson_that_was_begun_asks_for_its_network(qtbot, open_window, tmp_path, monkeypatch):
    """Another day: the steps are ticked, and on the canvas lies something else."""
    first = open_window(keras=False)
    lesson = library.find_lesson("first_model")
    first.welcome.open_lesson(lesson)
    work = first.welcome.session.record.work
    assert len(work) == 32
    first.store.apply("Data", lambda p: edits.set_data(p, Data(kind="builtin", name="iris")))
    qtbot.waitUntil(lambda: done(first) == [1], timeout=10_000)
    mine = tmp_path / "mine.netbuilder"
    assert first.documents.save_to(mine)

    again = open_window(keras=False)
    other = again.store.project
    asked: list[str] = []

    def answer(button: str) -> None:
        def press() -> None:
            box = QApplication.activeModalWidget()
            asked.append(box.text())
            next(one for one in box.buttons() if one.text() == button).click()

        QTimer.singleShot(100, press)

    answer("Cancel")
    again.welcome.open_lesson(lesson)
    assert "1 of 10 steps" in asked[0]
    assert again.welcome.session.lesson is None
    assert again.store.project is other
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: ("", ""))
    answer("Open my file…")
    again.welcome.open_lesson(lesson)
    session = again.welcome.session
    assert (session.lesson, again.store.project) == (None, other), "no file was chosen"
    assert not again.welcome.lessons.panel.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(mine), ""))
    answer("Open my file…")
    again.welcome.open_lesson(lesson)
    assert again.store.project.data.name == "iris"
    assert (session.current, session.record.done) == (1, {1})
    assert session.record.work == work, "a copy of the work, and no other one"
    # It is on the canvas now: closed and opened again it goes on without a question.
    again.welcome.lessons.close()
    again.welcome.open_lesson(lesson)
    assert len(asked) == 3
    # Begun anew it is another work.
    again.welcome.lessons.restart()
    assert session.record.done == frozenset()
    assert session.record.work not in ("", work)
    assert not again.store.project.data.name


@pytest.mark.parametrize("way", ["file", "example"])
def test_a_network_that_is_not_of_the_lesson_closes_it_and_shows_the_way_back(
    qtbot, open_window, tmp_path, way
):
    window = open_window(keras=False)
    session = window.welcome.session
    window.welcome.open_lesson(library.find_lesson("first_model"))
    window.store.apply("Data", lambda p: edits.set_data(p, Data(kind="builtin", name="iris")))
    qtbot.waitUntil(lambda: done(window) == [1], timeout=10_000)
    mine = tmp_path / "mine.netbuilder"
    assert window.documents.save_to(mine)
    window.documents.open_path(mine)
    assert session.lesson is not None, "the lesson's own file goes on with it"
    if way == "example":
        window.welcome.open_example("xor")
    else:
        other = tmp_path / "houses.netbuilder"
        files.write(library.start_project(library.find_lesson("scaling")), other)
        window.documents.open_path(other)
    assert session.lesson is None
    assert not window.welcome.lessons.panel.isVisible()
    assert record_of(session.stamp(window.store.project)) is None

    def buttons() -> dict[str, QPushButton]:
        cards = window.banner.cards
        return {one.text(): one for card in cards for one in card.findChildren(QPushButton)}

    qtbot.waitUntil(lambda: "Return to the lesson" in buttons())
    asked: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        asked.append(box.text())
        next(one for one in box.buttons() if one.text() == "Cancel").click()

    QTimer.singleShot(100, answer)
    qtbot.mouseClick(buttons()["Return to the lesson"], Qt.MouseButton.LeftButton)
    assert "1 of 10 steps" in asked[0]
    assert lesson_session.kept("first_model").done == {1}


TRAIN = """---
title: Train
level: beginner
minutes: 5
start: xor
---
## Train with SGD
```check
optimizer: SGD
trained: true
```
```explore
Which optimizer learns **faster**?
```
"""


@pytest.mark.slow
def test_who_reads_on_and_changes_a_setting_while_it_trains_loses_nothing(qtbot, open_window):
    window = open_window()
    panel = window.welcome.lessons.panel
    window.welcome.open_lesson(parse_lesson(TRAIN, "train"))

    def choose(name: str) -> None:
        window.store.apply("", lambda p: edits.set_training(p, optimizer=Choice(name), epochs=60))

    choose("SGD")
    qtbot.waitUntil(lambda: window.workbench.settled)
    session = window.welcome.session
    untrained = session.result.missing
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is not RunState.IDLE)
    # What the run before lacks says nothing while another one is under way.
    qtbot.waitUntil(lambda: session.result.missing not in ((), untrained))
    choose("Adam")
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=120_000)
    qtbot.waitUntil(lambda: window.welcome.session.record.done == {1}, timeout=10_000)
    # The lesson is over for good, and says on what a submission is judged.
    qtbot.waitUntil(panel.next.isEnabled)
    explore = panel.findChild(QWidget, "explore-further")
    assert explore.isVisible()
    # What it costs to go on stands before what to do.
    assert explore.toPlainText().index(_("Submit…")) < explore.toPlainText().index("optimizer")


LOSS = """---
title: Settings
level: beginner
minutes: 5
start: xor
---
## Choose a loss
```check
loss: mean_squared_error
```
```show
place: loss
```
## Let the rare ones count
```check
class_weight: balanced
```
```show
place: class_weight
```
"""


def test_show_me_brings_a_setting_of_the_plan_to_the_front(qtbot, open_window):
    """Once something was trained the tab shows curves, with a list "loss" that is another."""
    window = open_window(keras=False)
    window.welcome.open_lesson(parse_lesson(LOSS, "settings"))
    lessons = window.welcome.lessons
    settings = window.docks.show_panel("settings")
    window.docks.show_panel("training")
    qtbot.mouseClick(lessons.panel.show_button, Qt.MouseButton.LeftButton)
    assert settings.plan.loss.isVisible()
    corner = settings.plan.loss.mapTo(window, settings.plan.loss.rect().center())
    assert lessons.callout.ring.contains(corner)
    assert "loss" in lessons.callout.bubble.accessibleName()
    # Whoever goes on elsewhere is not held, and nothing is pointed at where it is no more.
    window.docks.show_panel("training")
    qtbot.waitUntil(lambda: lessons.callout is None)
    assert window.docks.in_front("training")
    # What is folded, and below the edge, comes into sight.
    window.welcome.session.go(1)
    qtbot.mouseClick(lessons.panel.show_button, Qt.MouseButton.LeftButton)
    field = settings.plan.length.rows["class_weight"].editor
    assert not field.visibleRegion().isEmpty()
    assert lessons.callout.ring.contains(field.mapTo(window, field.rect().center()))
    # Another step is about something else.
    window.welcome.session.go(0)
    assert lessons.callout is None


LONG = """---
title: Long answers
level: beginner
minutes: 5
start: xor
---
## A choice
```question
ask: For which of these is a network with memory made?
choices: A house | Tomorrow's temperature from what the last two weeks were like, day after day
answer: A house
```
```show
layer: Dropout
after: Input
```
"""


def test_a_long_answer_goes_on_in_the_next_line_and_a_drag_goes_onto_its_wire(qtbot, open_window):
    window = open_window(keras=False)
    window.resize(1366, 768)
    window.welcome.open_lesson(parse_lesson(LONG, "long"))
    lessons = window.welcome.lessons
    question = lessons.panel.question
    short, long = question.choices
    view = lessons.panel.scroller.viewport()
    qtbot.waitUntil(lambda: long.isVisible() and lessons.panel.width() >= 290)
    assert long.mapTo(view, long.rect().topRight()).x() <= view.width()
    assert long.height() > 1.7 * short.height()
    # Its second line is pressed too.
    qtbot.mouseClick(long, Qt.MouseButton.LeftButton, pos=QPoint(60, long.height() - 4))
    assert window.welcome.session.record.answers == {1: long.text()}
    drawn = long.grab().toImage()
    dark = [
        y for y in range(drawn.height())
        if any(drawn.pixelColor(x, y).lightness() < 100 for x in range(30, drawn.width()))
    ]  # fmt: skip
    assert min(dark) < drawn.height() / 2 < max(dark), "both lines are there"
    point = window.welcome.places.drop_point("Input")
    cards = [window.canvas.scene_viewport.card_rect(name) for name in ("input", "dense")]
    inside = window.canvas.viewport().mapFrom(window, point)
    assert cards[0].bottom() < inside.y() < cards[1].top()
    assert window.welcome.places.drop_point().y() > point.y()


def test_eight_steps_stand_in_one_line_and_do_not_move_as_they_tick(qtbot, open_window):
    window = open_window(keras=False)
    head, steps = LOSS.split("## Choose", 1)
    more = "".join(f"## More {number}\nRead.\n" for number in range(6))
    window.welcome.open_lesson(parse_lesson(f"{head}## Choose{steps}{more}", "eight"))
    dots = window.welcome.lessons.panel.dots
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: dots[-1].isVisible() and window.welcome.lessons.panel.width() >= 290)
    before = [dot.geometry() for dot in dots]
    assert len({one.y() for one in before}) == 1
    window.store.apply("Loss", lambda p: edits.set_training(p, loss=Choice("mean_squared_error")))
    qtbot.waitUntil(lambda: dots[0].text() == "✓")
    assert [dot.geometry() for dot in dots] == before

    def ink(button: QWidget) -> int:
        image = button.grab().toImage()
        around = image.pixel(image.width() // 2, 3)
        rows = range(4, image.height() - 4)
        return sum(image.pixel(x, y) != around for x in range(4, image.width() - 4) for y in rows)

    shown = [ink(dot) for dot in dots]
    for dot in dots:
        dot.setFixedSize(120, dot.height())
    assert [ink(dot) for dot in dots] == pytest.approx(shown, rel=0.2), "no number is cut off"


def test_a_lesson_is_written_from_the_present_project(open_window, tmp_path, qtbot):
    window = open_window(keras=False)
    writer = LessonWriter(window.store.project, window)
    qtbot.addWidget(writer)
    assert writer.lesson is not None
    writer.edit.setPlainText(writer.edit.toPlainText().replace("trained: true", "trianed: true"))
    writer.refresh()
    assert writer.lesson is None
    assert "Did you mean 'trained'" in writer.complaint.text()
    assert not writer.save_button.isEnabled()
    assert writer.go.isVisibleTo(writer)
    writer.edit.setPlainText(writer.edit.toPlainText().replace("trianed", "trained"))
    writer.refresh()
    writer.save_to(tmp_path / "own.md")
    lesson = library.find_lesson(str(tmp_path / "own.md"))
    assert library.start_project(lesson).graph == window.store.project.graph


@pytest.mark.parametrize("skip", [True, False])
def test_the_tour_points_at_six_places_and_comes_by_itself_only_once(qtbot, open_window, skip):
    window = open_window(keras=False)
    tour = window.welcome.tour
    assert len(STOPS) == 6
    assert not tour.seen
    tour.start()
    for number in range(6):
        assert tour.at == number
        buttons: list[QPushButton] = tour.callout.buttons
        if skip:
            assert buttons[0].text() == "Skip"
            qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
            break
        assert buttons[-1].hasFocus() or not window.isActiveWindow()
        qtbot.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)
    assert tour.at == -1
    assert tour.seen


def test_the_tour_is_offered_once(open_window, qtbot):
    """It came back after each visit to the gallery, and moved the canvas."""
    window = open_window(keras=False)
    window.welcome.show_page()
    window.welcome.page.shut()
    qtbot.waitUntil(lambda: len(window.banner.cards) == 1)
    window.banner.clear()  # as Train does
    window.welcome.show_page()
    window.welcome.page.shut()
    another = open_window(keras=False)
    another.welcome.show_page()
    another.welcome.page.shut()
    qtbot.wait(50)
    assert window.banner.cards == another.banner.cards == []


def test_the_tour_by_keyboard(qtbot, open_window):
    """Enter goes on, Back goes back, Escape ends it at any step."""
    window = open_window(keras=False)
    tour = window.welcome.tour
    window.welcome.show_page()
    window.activateWindow()
    page = window.welcome.page
    qtbot.waitUntil(page.watch_card.hasFocus)
    page.tour_button.setFocus()
    qtbot.keyClick(page.tour_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: tour.at == 0)
    for number in range(1, 6):
        qtbot.keyClick(tour.callout.buttons[-1], Qt.Key.Key_Return)
        assert tour.at == number
    back = tour.callout.buttons[-2]
    assert back.text() == "Back"
    qtbot.keyClick(back, Qt.Key.Key_Return)
    assert tour.at == 4
    qtbot.keyClick(tour.callout.buttons[-1], Qt.Key.Key_Return)
    qtbot.keyClick(tour.callout.bubble, Qt.Key.Key_Escape)
    assert tour.at == -1
    assert tour.seen


def test_what_is_tried_after_the_end_takes_nothing_away(qtbot, open_window):
    text = "---\ntitle: a\nlevel: beginner\nminutes: 15\n---\n## Add\n```check\nlayers: >= 1\n```\n"
    window = open_window(keras=False)
    window.welcome.open_lesson(parse_lesson(text, "add"))
    window.store.apply("Add", lambda p: edits.append_layer(p, "Dense", params={"units": 16}))
    qtbot.waitUntil(lambda: done(window) == [1])
    window.store.undo()
    qtbot.wait(400)
    panel = window.welcome.lessons.panel
    assert done(window) == [1]
    assert panel.dots[0].text() == "✓"
    assert not panel.undone.isVisible()
    # Begun again: the steps start anew, the lesson was finished all the same.
    lesson = window.welcome.session.lesson
    window.store.mark_saved()
    window.welcome.lessons.restart()
    assert done(window) == [] and lesson_session.kept("add").done == frozenset()
    assert lesson_session.is_finished(lesson)


def test_questions_hints_and_showing(qtbot, open_window):
    window = open_window(keras=False)
    window.welcome.open_lesson(library.find_lesson("what_is_a_network"))
    panel, session = window.welcome.lessons.panel, window.welcome.session
    window.docks.show_panel("data")
    session.see("data")
    question = panel.question
    question.line.setText("three")
    qtbot.keyClick(question.line, Qt.Key.Key_Return)
    assert question.verdict.text() and question.line.isEnabled() and question.another is None
    question.line.setText("6/2")
    qtbot.keyClick(question.line, Qt.Key.Key_Return)
    assert question.question.wrong in question.verdict.text()
    assert done(window) == []
    second = question.another
    second.line.setText(second.question.answer)
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    assert second.question.why in second.verdict.text()
    assert done(window) == [1]
    qtbot.mouseClick(panel.hint_button, Qt.MouseButton.LeftButton)
    assert "Count the columns" in panel.hint.text()
    assert panel.hint.isVisible()
    qtbot.mouseClick(panel.show_button, Qt.MouseButton.LeftButton)
    callout = window.welcome.lessons.callout
    assert callout.ring.intersects(window.welcome.places.rect("data"))
    qtbot.mouseClick(callout.buttons[-1], Qt.MouseButton.LeftButton)
    assert window.welcome.lessons.callout is None


OPEN_TASK = """---
title: One question
level: beginner
minutes: 15
---
## Count
```question
ask: How many?
kind: number
answer: 2
why: One and one.
wrong: Count again.
```
```explore
How few units are **enough**?
```
"""


def test_a_wrong_answer_says_why_and_the_open_task_comes_at_the_end(qtbot, open_window):
    window = open_window(keras=False)
    window.welcome.open_lesson(parse_lesson(OPEN_TASK, "count"))
    panel = window.welcome.lessons.panel
    task = panel.findChild(QWidget, "explore-further")
    assert task.isHidden()
    panel.question.line.setText("3")
    qtbot.keyClick(panel.question.line, Qt.Key.Key_Return)
    assert "Count again." in panel.question.verdict.text()
    assert task.isHidden()
    panel.question.line.setText("2")
    qtbot.keyClick(panel.question.line, Qt.Key.Key_Return)
    assert "One and one." in panel.question.verdict.text()
    assert "How few units are enough?" in task.toPlainText()
    assert task.isVisible()
    assert panel.next.isEnabled()
    # Another lesson that is over has its own open task.
    other = OPEN_TASK.replace("How few units are", "How many epochs are")
    window.welcome.open_lesson(parse_lesson(other, "epochs"))
    panel.question.line.setText("2")
    qtbot.keyClick(panel.question.line, Qt.Key.Key_Return)
    window.welcome.session.open(parse_lesson(OPEN_TASK, "count"))
    assert "How few units are enough?" in task.toPlainText()


def test_a_question_without_a_right_answer_takes_any():
    lesson = parse_lesson(
        "---\ntitle: a\nlevel: beginner\nminutes: 1\n---\n## s\n```question\nask: Why?\n"
        "kind: prediction\n```\n"
    )
    question = lesson.steps[0].question
    assert question.right("whatever")
    assert not question.right("  ")


TWO_QUESTIONS = """---
title: Two questions
level: beginner
minutes: 15
---
## Count
```question
ask: Which is even?
choices: 3 | 4 | 5
answer: 4
why: Twice two.
wrong: An even number is twice a whole number.
```
```question
ask: How much is twice three?
kind: number
answer: 6
why: Three and three.
wrong: Add three and three.
```
"""


def test_after_a_wrong_answer_another_question_is_asked(qtbot, open_window):
    window = open_window(keras=False)
    lesson = parse_lesson(TWO_QUESTIONS, "two")
    window.welcome.open_lesson(lesson)
    panel, session = window.welcome.lessons.panel, window.welcome.session
    first = panel.question
    assert first is not None and first.another is None
    # An arrow key goes to another answer and gives none.
    first.choices[0].setFocus()
    qtbot.keyClick(first.choices[0], Qt.Key.Key_Up)
    qtbot.waitUntil(first.choices[2].hasFocus)
    assert session.record.answers == {}
    qtbot.keyClick(first.choices[2], Qt.Key.Key_Return)
    assert lesson.steps[0].question.wrong in first.verdict.text()
    second = first.another
    assert second is not None and second.line is not None
    assert not any(one.isEnabled() for one in first.choices), "trying all choices does not help"
    second.line.setText("5")
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    assert second.question.wrong in second.verdict.text()
    assert done(window) == []
    second.line.setText("6")
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    assert second.question.why in second.verdict.text()
    assert done(window) == [1]
    assert session.record.answers == {1: "5\n6"}
    # Opened again it stands as it was left.
    window.welcome.session.open(parse_lesson(OPEN_TASK, "count"))
    window.welcome.session.open(lesson)
    assert panel.question.another is not None and panel.question.another.line is not None
    assert panel.question.another.line.text() == "6"
    assert panel.question.choices[2].isChecked()


def test_of_two_questions_the_first_alone_is_asked_where_it_is_answered_correctly(
    qtbot, open_window
):
    window = open_window(keras=False)
    window.welcome.open_lesson(parse_lesson(TWO_QUESTIONS, "two"))
    question = window.welcome.lessons.panel.question
    qtbot.mouseClick(question.choices[1], Qt.MouseButton.LeftButton)
    assert question.another is None
    assert done(window) == [1]
    assert question.question.right("4") and not question.question.right("5")
    assert question.question.right("5\n6") and not question.question.right("5\n4")
    # The last answer counts, even when the lesson was over.
    qtbot.mouseClick(question.choices[0], Qt.MouseButton.LeftButton)
    assert done(window) == [] and question.another is not None
    question.another.line.setText("6")
    qtbot.keyClick(question.another.line, Qt.Key.Key_Return)
    assert done(window) == [1]


def in_view(panel: LessonPanel, widget: QWidget) -> bool:
    """Whether a widget's lower edge is in the visible part of the step."""
    page = panel.scroller.viewport()
    return page.rect().contains(widget.mapTo(page, widget.rect().bottomLeft()))


def test_what_an_answer_brings_is_scrolled_into_view(qtbot, open_window):
    window = open_window(keras=False)
    window.resize(1024, 500)
    lines = "\n\n".join(["A line to read."] * 20)
    text = (
        TWO_QUESTIONS.replace("## Count", f"## Count\n{lines}\n")
        + OPEN_TASK[OPEN_TASK.index("```explore") :]
    )
    window.welcome.open_lesson(parse_lesson(text, "long"))
    panel = window.welcome.lessons.panel
    panel.scroller.ensureWidgetVisible(panel.question)
    qtbot.mouseClick(panel.question.choices[0], Qt.MouseButton.LeftButton)
    second = panel.question.another
    qtbot.waitUntil(lambda: in_view(panel, second.line) and in_view(panel, second.button))
    second.line.setText("6")
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: done(window) == [1] and in_view(panel, second.verdict))


KEEP = """
from netbuilder.core.lessons.lesson_record import LessonRecord
from netbuilder.ui.services import lesson_session as lesson_progress
from netbuilder.ui.services.settings import settings
settings().setValue(lesson_progress.PUPIL, {name!r})
lesson_progress.keep(LessonRecord("first_model", frozenset({steps})))
"""
READ = """
from netbuilder.ui.services import lesson_session as lesson_progress
from netbuilder.ui.services.settings import settings
for name in ("Ada", "Bob"):
    settings().setValue(lesson_progress.PUPIL, name)
    print(sorted(lesson_progress.kept("first_model").done))
"""


def test_each_pupil_goes_on_where_they_were(tmp_path):
    profile, share = tmp_path / "profile", tmp_path / "share"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    env = {**kept, "HOME": str(profile), "NETBUILDER_DATA_DIR": str(share)}

    def python(code: str) -> str:
        profile.mkdir()
        done = run_python(code, env=env, check=True)
        written = [path.name for path in profile.rglob("*") if path.is_file()]
        assert not written, "something of the program's own lies in the profile"
        shutil.rmtree(profile)
        return done.stdout

    python(KEEP.format(name="Ada", steps="{1, 2}"))
    python(KEEP.format(name="Bob", steps="{1}"))
    assert python(READ).split("\n")[:2] == ["[1, 2]", "[1]"]


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
