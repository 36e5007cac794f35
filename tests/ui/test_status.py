"""What the status bar and the summary say is of this project and of this run, and all of it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.widgets.role_boxes import CardStack, RoleBox


@pytest.mark.slow
def test_what_a_run_finds_inside_is_counted_gone_to_and_mended(open_window, example, qtbot):
    project = example("iris")
    node = next(n.id for n in project.graph.nodes if n.layer == "Dense")
    asleep = {"name": "Constant", "params": {"value": -1000.0}}
    project = edits.set_params(project, node, activation="relu", bias_initializer=asleep)
    window = open_window(edits.set_training(project, epochs=1_000_000))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    bench, status = window.workbench, window.status
    assert status.problems.text() == "No problems"
    window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: bool(bench.all_problems))
    window.actions_table["stop"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert [(one.code, one.node) for one in bench.all_problems] == [("dead-units", node)]
    assert status.problems.text() == "1 suggestion"
    assert bench.problems == (), "it does not keep the network from being trained"

    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F8)
    assert window.canvas.selection() == (node,)
    assert window.canvas.state.offered.code == "dead-units"
    assert window.inspector.cards.cards, "it stands in the inspector too"
    assert window.banner.cards == []
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert window.store.project.graph.by_id[node].params["activation"] == "leaky_relu"
    assert status.problems.text() == "No problems"
    assert window.canvas.picture.cards[node].problems == ()
    assert window.banner.cards == []
    window.store.undo()
    assert status.problems.text() == "1 suggestion", "that is the network that was looked into"
    window.documents.show_project(example("xor"), None)
    assert status.problems.text() == "No problems"


@pytest.mark.slow
def test_the_end_of_a_run_is_no_news_of_another(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    news, result = window.status.news, window.inspector.summary.lines["result"]
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    assert result.text() == _("training is running")
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: "accuracy" in news.text())
    assert "2 epochs" not in news.text(), "the card on the page Curves says it"
    assert "After 2 epochs" in result.text()

    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=1_000_000))
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    assert news.text() == ""
    assert result.text() == _("training is running"), "not what the run before came to"
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    window.docks.show_panel("training")
    panels = [window.docks.show_panel(name) for name in ("evaluate", "predict")]
    window.actions_table["pause"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
    assert result.text() == _("training is paused")
    for panel in panels:
        assert panel.stale.text().startswith("⚠ Training is paused")
    window.actions_table["pause"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    assert result.text() == _("training is running")
    window.actions_table["stop"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: news.text().startswith("Trained"))

    window.documents.show_project(example("xor"), None)
    assert news.text() == ""
    assert result.text() == "not trained"
    window.status.tell("Saved it.")
    window.runner.forget()
    assert news.text() == "Saved it.", "what is not of a run stays"


def test_of_several_banners_the_most_serious_is_seen_with_their_count(qtbot):
    stack = CardStack()
    qtbot.addWidget(stack)
    stack.show()
    hint, error, warning = (
        stack.add(RoleBox(role, role, "words", stack)) for role in ("info", "error", "warning")
    )
    assert stack.shown is error
    assert [card.isVisible() for card in (hint, error, warning)] == [False, True, False]
    seen = []
    for _press in range(3):
        seen.append((stack.shown, stack.next.text()))
        qtbot.mouseClick(stack.next, Qt.MouseButton.LeftButton)
    assert seen == [(error, "1 of 3 ›"), (warning, "2 of 3 ›"), (hint, "3 of 3 ›")]
    stack.remove(error)
    assert stack.shown is warning
    stack.remove(warning)
    assert stack.shown is hint and not stack.next.isVisible()
    stack.remove(hint)
    assert not stack.isVisible()
