"""A network that continues a text: written on, and looked into token by token."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.token_attention import token_attention
from netbuilder.ui.kinds.texts import _GIVEN
from netbuilder.ui.plots.attention_lines import AttentionLines


def test_a_click_chooses_the_token_whose_attention_is_told(qtbot):
    lines = AttentionLines()
    qtbot.addWidget(lines)
    shares = np.array([[[1.0, 0, 0], [0.9, 0.1, 0], [0.2, 0.7, 0.1]],
                       [[1.0, 0, 0], [0.5, 0.5, 0], [0.6, 0.1, 0.3]]])  # fmt: skip
    lines.show_attention(("the", "king", "sees"), shares)
    lines.show()
    assert lines.place == 2, "the last token, which the prediction follows"
    # The mean of the heads: 40 %, 40 %, 20 %.
    assert lines.sentence() == "“sees” attends to “the” (40%), “king” (40%) and “sees” (20%)."
    row = lines.height() // 3
    qtbot.mouseClick(lines, Qt.MouseButton.LeftButton, pos=QPoint(5, row + row // 2))
    assert lines.sentence().startswith(["“king” attends to “the” (70%)", " “king” (30%)"][0])
    qtbot.keyClick(lines, Qt.Key.Key_Up)
    assert lines.accessibleName() == "“the” attends to “the” (100%)."
    qtbot.keyClick(lines, Qt.Key.Key_Up)
    assert lines.place == 0
    lines.show_attention(("king", "sees", "a"), shares[:1], 0)
    assert lines.place == 2, "another text: its last token again"


def small(folder):
    """Each letter of the text has one follower; attention looks back at four of them."""
    (folder / "t.txt").write_text("abcd " * 300)
    nodes = (
        Node("input", "Input"),
        Node("e", "Embedding", {"input_dim": 7, "output_dim": 8}),
        Node("look", "MultiHeadAttention", {"num_heads": 2, "key_dim": 4, "use_causal_mask": True}),
        Node("sum", "Add"),
        Node("flat", "Flatten"),
        Node("out", "Dense", {"units": 5, "activation": "softmax"}),
    )
    edges = (("input", "e"), ("e", "look"), ("e", "sum"), ("look", "sum"))
    graph = Graph(nodes, (*edges, *pairwise(("sum", "flat", "out"))))
    options = {"task": "next_token", "window": 4}
    data = Data("text", path=str(folder / "t.txt"), options=options)
    return Project(graph=graph, data=data, training=Training(epochs=15))


@pytest.mark.slow
def test_one_token_after_the_other_with_its_bars_and_lines(open_window, tmp_path, qtbot):
    window = open_window(small(tmp_path))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    view = panel.forms["texts"].generate
    button = view.findChild(QPushButton, "next-token")
    panel.forms["texts"].text.setPlainText("abcd a")
    qtbot.waitUntil(lambda: button.isEnabled() and view.found.tokens == tuple("cd␣a"))
    trained = window.workbench.models.trained
    known = token_attention(trained, "abcd a")
    heads = view.attention.heads
    assert [heads.itemText(n) for n in range(heads.count())] == ["All heads", "Head 1", "Head 2"]
    assert view.attention.layers.currentText() == "look"
    heads.setCurrentIndex(2)
    shown = view.attention.lines.shares
    assert shown == pytest.approx(known.attention["look"][1:2])
    # The bars are what is drawn from: at temperature 1 the network's own probabilities.
    best = float(known.probabilities.max())
    assert view.shares.rows[0][:2] == ("b", pytest.approx(best))
    view.temperature_slider.setValue(20)
    assert view.temperature.value() == 2.0
    assert view.shares.rows[0][1] < best
    view.top_k.setValue(1)
    assert view.top_k_slider.value() == 1
    assert view.shares.rows == [("b", 1.0, "100.0%")]
    window.resize(1024, 620)
    qtbot.wait(300)
    page = panel.waiting.scroll_area
    page.ensureWidgetVisible(button)
    button.setFocus()
    place = button.mapTo(window, QPoint())
    seen, places = [], []
    panel.forms["texts"].text.textChanged.connect(
        lambda: seen.append(panel.forms["texts"].text.toPlainText())
    )
    for _step in range(4):  # the second to fourth before it is known what follows
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        places.append(button.mapTo(window, QPoint()))
    qtbot.waitUntil(lambda: view.found.tokens == tuple("bcd␣"))
    assert seen == ["abcd ab", "abcd abc", "abcd abcd", "abcd abcd "]
    qtbot.wait(300)
    assert {*places, button.mapTo(window, QPoint())} == {place}, "it stays under the mouse"
    assert button.hasFocus()
    # A text shorter than the window: what stands before it is told as its start.
    panel.forms["texts"].text.setPlainText("ab")
    qtbot.waitUntil(lambda: view.found is not None and view.found.tokens == ("▷", "a", "b"))
    assert view.attention.lines.sentence().startswith("“b” attends to ")


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
