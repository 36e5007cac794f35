"""The project at a glance: what it says has the room that it needs, at once."""

from netbuilder.core.project import edits


def test_what_was_found_while_a_layer_was_selected_is_not_squeezed(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.resize(1366, 768)
    line = window.inspector.summary.lines["result"]
    qtbot.waitUntil(lambda: line.text() == "not trained")
    window.inspector.set_selection(("dense",))
    qtbot.train(window)
    qtbot.waitUntil(
        lambda: bool(window.evaluation_service.sentence) and not window.workbench.run_words
    )
    window.inspector.set_selection(())
    assert "test rows correct" in line.text()
    needed = line.heightForWidth(line.width())
    assert needed > 2 * line.fontMetrics().lineSpacing()
    assert line.height() >= needed


def test_a_result_of_before_a_change_is_called_so(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    line = window.inspector.summary.lines["result"]
    qtbot.train(window)
    qtbot.waitUntil(lambda: "test rows correct" in line.text())
    assert "Before" not in line.text()
    window.store.apply("Units", lambda project: edits.set_params(project, "dense", units=7))
    qtbot.waitUntil(lambda: line.text().startswith("Before you changed the network:"))
    window.store.undo()
    qtbot.waitUntil(lambda: "Before" not in line.text())
