"""A network that learned the next token writes on, token by token, and can be stopped."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt

from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.ui.kinds.texts import _GIVEN


def alphabet(folder):
    """Each letter of the text has one follower."""
    (folder / "t.txt").write_text("abcd " * 300)
    nodes = (
        Node("input", "Input"), Node("e", "Embedding", {"input_dim": 7, "output_dim": 8}),
        Node("flat", "Flatten"), Node("out", "Dense", {"units": 5, "activation": "softmax"}),
    )  # fmt: skip
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    options = {"task": "next_token", "window": 3}
    path = str(folder / "t.txt")
    training = Training(epochs=15)
    return Project(graph=graph, data=Data("text", path=path, options=options), training=training)


@pytest.mark.slow
def test_it_writes_on_and_stops(open_window, tmp_path, qtbot):
    window = open_window(alphabet(tmp_path))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    view = panel.forms["texts"].generate
    qtbot.waitUntil(lambda: not view.isHidden())
    # A beginning out of the text stands there: Generate works at once.
    qtbot.waitUntil(lambda: panel.forms["texts"].text.toPlainText() != "")
    given = panel.forms["texts"].text.toPlainText()
    assert given in "abcd " * 300
    qtbot.waitUntil(lambda: panel.about.text() == _GIVEN)
    panel.why.button.click()
    why = panel.why
    qtbot.waitUntil(lambda: "strongest evidence for" in why.sentence.text())
    assert why.text.accessibleName() == given.replace(" ", "␣"), "the whole text, on patches"
    strongest = max(why.bars.rows, key=lambda row: abs(row[1]))
    token, where = strongest[0].split(", ")
    assert why.sentence.text().startswith(f"{token} ({where}) is the strongest evidence for next: ")
    assert len(why.bars.rows) == len(given), "each stands once, told apart by its place"
    assert "evidence against" in why.legend.accessibleName()
    why.button.click()
    assert why.isHidden()
    assert not window.activations_service.look.own, "it is a row of the data, as on the canvas"
    view.length.setValue(8)
    view.temperature.setValue(0)
    qtbot.mouseClick(view.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not view.running)
    assert view.output.toPlainText() in "abcd " * 300
    assert len(view.output.toPlainText()) == len(given) + 8

    panel.forms["texts"].text.setPlainText("cd ab")
    qtbot.waitUntil(lambda: "c" in panel.answer.text())
    assert "'cd'" not in panel.about.text(), "letters are its tokens, not words"
    view.temperature.setValue(0)
    view.length.setValue(10)
    seen: list[str] = []
    view.output.textChanged.connect(lambda: seen.append(view.output.toPlainText()))
    qtbot.mouseClick(view.button, Qt.MouseButton.LeftButton)
    assert view.running
    qtbot.waitUntil(lambda: not view.running)
    assert view.output.toPlainText() == "cd abcd abcd ab"
    assert [len(one) for one in seen[-10:]] == list(range(6, 16)), "one token after the other"
    assert view.button.text() == "Generate"
    view.length.setValue(5000)
    view.button.click()
    qtbot.waitUntil(lambda: len(view.output.toPlainText()) > 20)
    view.button.click()
    made = view.output.toPlainText()
    assert not view.running
    qtbot.wait(150)
    assert view.output.toPlainText() == made != ""
    panel.forms["texts"].text.setPlainText("a€b")
    qtbot.waitUntil(lambda: "'€'" in panel.about.text())


def test_a_blank_at_the_end_is_a_letter_that_one_goes_on_from(open_window, tmp_path, qtbot):
    window = open_window(alphabet(tmp_path))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.forms["texts"].text.toPlainText() != "")
    for beginning, follows in (("bcd", "␣"), ("cd ", "a"), ("cd a", "b")):
        panel.forms["texts"].text.setPlainText(beginning)
        qtbot.waitUntil(lambda wanted=follows: f": {wanted} (" in panel.answer.text())
