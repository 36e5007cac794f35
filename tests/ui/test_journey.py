"""The main job with the mouse and the keyboard: from an empty canvas to an answer, for real."""

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.palette.palette_model import LAYER_MIME
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.window.documents import empty_project

MINUTE = 60_000


def panel(window, name):
    return window.docks.show_panel(name)


def drag_to_canvas(window, layer):
    """Drag a layer out of the palette and drop it past the end of the network."""
    palette = window.palette_view
    rows = [palette.model.index(row) for row in range(palette.model.rowCount())]
    index = next(one for one in rows if one.data() == layer)
    mime = palette.model.mimeData([index])
    assert bytes(mime.data(LAYER_MIME).data()).decode() == layer
    drop(window, mime, below_the_end(window))


def below_the_end(window):
    """The place in the viewport a little below the goal, which ends the network."""
    goal = window.canvas.scene_viewport.card_rect("@goal")
    return QPointF(goal.center().x(), goal.bottom() + 20).toPoint()


def drop(window, mime, where):
    target = window.canvas.viewport()
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(target, QDragEnterEvent(where, copy, mime, buttons, keys))
    QApplication.sendEvent(target, QDragMoveEvent(where, copy, mime, buttons, keys))
    QApplication.sendEvent(target, QDropEvent(QPointF(where), copy, mime, buttons, keys))


def test_from_an_empty_canvas_to_an_answer(open_window, qtbot, tmp_path, monkeypatch):
    window = open_window()
    window.resize(1366, 768)
    window.actions_table["new"].trigger()
    assert [node.layer for node in window.store.project.graph.nodes] == ["Input"]

    data = panel(window, "data")
    card = data.gallery.cards["iris"]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    qtbot.waitUntil(lambda: data.preview.model.rowCount() > 50)

    for _time in range(2):
        drag_to_canvas(window, "Dense")
    graph = window.store.project.graph
    assert [node.layer for node in graph.nodes] == ["Input", "Dense", "Dense"]
    assert len(graph.edges) == 2, "dropped past the end, a layer is connected"

    first, last = graph.order[1], graph.order[2]
    window.canvas.select((first,))
    units = window.inspector.form.rows["units"].editor
    units.setFocus()
    units.selectAll()
    QTest.keyClicks(units, "16")
    assert window.store.project.graph.by_id[first].params["units"] == 16

    window.actions_table["fit-data"].trigger()
    end = lambda: window.store.project.graph.by_id[last].params  # noqa: E731
    qtbot.waitUntil(lambda: end()["units"] == 3)
    assert end()["activation"] == "softmax"
    qtbot.waitUntil(lambda: window.workbench.settled)
    assert window.inspector.count.text() == "80 parameters", "4 × 16 + 16, from Keras"

    settings = panel(window, "settings")
    epochs = settings.plan.length.rows["epochs"].editor
    epochs.selectAll()
    QTest.keyClicks(epochs, "60")
    with qtbot.waitSignal(window.runner.began):
        QTest.mouseClick(window.top_bar.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=2 * MINUTE)
    assert window.workbench.run_error is None
    trained = window.workbench.models.trained
    assert trained.epochs == 60
    training = panel(window, "training")
    assert len(training.curves.plot.run.validation("loss")) == 60
    assert window.top_bar.progress.toolTip().endswith("done")

    evaluate = panel(window, "evaluate")
    qtbot.waitUntil(lambda: evaluate.evaluation is not None)
    assert "correct" in evaluate.sentence.text()
    assert not evaluate.heat.isHidden()

    predict = panel(window, "predict")
    field = next(iter(predict.form.rows.values())).editor.box
    field.selectAll()
    QTest.keyClicks(field, "5.1")
    qtbot.waitUntil(lambda: bool(predict.answer.text()))
    assert any(name in predict.answer.text() for name in trained.facts.classes)

    file, model = tmp_path / "iris.netbuilder", tmp_path / "iris.h5"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(file), ""))
    window.actions_table["save-as"].trigger()
    assert not window.store.modified
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(model), ""))
    window.actions_table["save-model"].trigger()
    qtbot.waitUntil(model.exists)

    again = open_window()
    again.documents.open_path(file)
    assert again.store.project == window.store.project
    again.documents.open_path(model)
    qtbot.waitUntil(lambda: not again.documents.opening)
    assert again.workbench.models.trained is not None
    assert again.store.project.graph == window.store.project.graph
    assert again.store.project.name == "iris", "trained before it had a name"
    curves = panel(again, "training").curves
    assert len(curves.plot.run.validation("loss")) == 60


def test_pause_resume_and_stop_answer_at_once(open_window, qtbot, example):
    project = edits.set_training(example("iris"), epochs=100_000)
    window = open_window(project)
    runner = window.runner
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 5)

    def seconds_until(state):
        begin = time.perf_counter()
        qtbot.waitUntil(lambda: runner.state is state)
        return time.perf_counter() - begin

    times = []
    for _time in range(3):
        window.actions_table["pause"].trigger()
        times.append(seconds_until(RunState.PAUSED))
        held = len(runner.record.curves.epochs["loss"])
        qtbot.wait(100)
        assert len(runner.record.curves.epochs["loss"]) == held, "a pause is a pause"
        window.actions_table["pause"].trigger()
        times.append(seconds_until(RunState.RUNNING))
    window.runner.changes.set_learning_rate(0.0005)
    qtbot.waitUntil(lambda: bool(runner.record.curves.marks))
    window.actions_table["stop"].trigger()
    seconds_until(RunState.IDLE)
    assert window.workbench.models.trained is not None, "what was learned is kept"
    # The design asks for 0.2 s, which benchmarks/window.py measures; a loaded machine keeps this.
    assert sorted(times)[len(times) // 2] < 2.0


def test_the_window_stays_fluid_and_says_that_the_run_differs(open_window, qtbot, example):
    window = open_window(edits.set_training(example("iris"), epochs=100_000))
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    node = window.store.project.graph.order[1]
    window.store.apply("Change units", lambda p: edits.set_params(p, node, units=3))
    training = panel(window, "training")
    assert window.runner.differs
    assert training.messages.shown.key == "differs"
    window.store.undo()
    assert not window.runner.differs
    assert "differs" not in {message.key for message in training.messages.messages}


def test_a_run_that_fails_says_why_and_the_app_goes_on(open_window, qtbot, example):
    project = edits.set_training(
        example("diabetes"), epochs=40, optimizer=Choice("SGD", {"learning_rate": 1e6})
    )
    window = open_window(project)
    qtbot.train(window)
    assert window.workbench.run_error is not None
    assert "learning rate" in str(window.workbench.run_error)
    assert window.banner.cards
    window.store.apply("Calm down", lambda p: edits.set_training(p, optimizer=Choice("Adam")))
    window.store.apply("Fewer", lambda p: edits.set_training(p, epochs=3))
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert window.workbench.run_error is None
    assert window.workbench.models.trained.epochs == 3
    assert window.banner.cards == []


def test_missing_data_blocks_training_in_words(open_window, qtbot):
    window = open_window(empty_project())
    window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    assert window.runner.state is RunState.IDLE
    assert "cannot be trained" in window.banner.cards[0].title.text()


def test_a_table_from_disk_is_trained_and_answered_in_a_file(open_window, qtbot, tmp_path):
    rows = [f"{n},{n % 7},{3 * n + 2 * (n % 7)}" for n in range(120)]
    table = tmp_path / "prices.csv"
    table.write_text("size,rooms,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    window = open_window(empty_project())
    data = panel(window, "data")
    data.choose_path(table)
    for units, activation in ((16, "relu"), (1, None)):
        window.palette_view.chosen.emit("Dense")
        node = window.store.project.graph.order[-1]
        window.store.apply(
            "Set up",
            lambda p, n=node, u=units, a=activation: edits.set_params(
                p, n, units=u, activation=a or ...
            ),
        )
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=60, batch_size=8))
    qtbot.waitUntil(lambda: window.workbench.settled)
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert window.workbench.run_error is None
    assert "price" in window.evaluation_service.sentence

    predict = panel(window, "predict")
    out = tmp_path / "answers.csv"
    answers = predict.file_answers
    predict.answer_file(table)
    qtbot.waitUntil(answers.table.isVisible)
    assert not out.exists(), "seen before it is saved"
    assert answers.model.rowCount() == 120
    assert answers.model.headerData(0, Qt.Orientation.Horizontal) == "▸ predicted price"
    assert float(answers.model.data(answers.model.index(5, 0))) == pytest.approx(
        float(answers.found.table["predicted price"].iloc[5]), rel=1e-3
    )
    assert answers.cards.cards[0].title.text() == "120 predictions for prices.csv"
    assert answers.cards.cards[0].button.text() == _("Save predictions…")
    answers.save(out)
    qtbot.waitUntil(lambda: out.name in answers.cards.cards[0].words.text())
    given = answers.found.predictions.first.values[:, 0]
    scaled = tmp_path / "scaled.csv"
    scaled.write_text(
        "size,rooms\n" + "\n".join(f"{n / 119},{n % 7 / 6}" for n in range(120)), encoding="utf-8"
    )
    predict.answer_file(scaled)
    qtbot.waitUntil(lambda: answers.found.looks_scaled)
    card = answers.cards.cards[0]
    assert card.button.text() == _("Use them as scaled")
    QTest.mouseClick(card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not answers.found.looks_scaled)
    # The training rows need not reach from the smallest to the largest of all rows.
    assert answers.found.predictions.first.values[:, 0] == pytest.approx(given, abs=12)

    header, *lines = out.read_text(encoding="utf-8").splitlines()
    assert header == "size,rooms,price,predicted price"
    assert len(lines) == 120


@pytest.mark.slow
def test_a_notice_mends_with_one_click(open_window, qtbot, example):
    project = edits.set_training(example("iris"), epochs=60)
    # A rising validation loss is reported from 20 validation samples on; iris has 12 by default.
    window = open_window(edits.set_data(project, replace(project.data, validation_split=0.3)))
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    messages = panel(window, "training").messages
    assert messages.shown.key.startswith("notice"), "an advice stands before the result"
    shown = messages.shown
    before = window.store.project
    QTest.mouseClick(messages.card.button, Qt.MouseButton.LeftButton)
    assert window.store.project != before
    assert window.store.undo_label == shown.buttons[0][0]
    assert shown.key not in {message.key for message in messages.messages}
    window.store.undo()
    assert window.store.project == before
