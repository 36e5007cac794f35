"""One draws as the pictures of the set look: with a black pen where they are black on white."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project
from netbuilder.core.results.predict import predict_files
from netbuilder.ui.kinds.pictures import _CAMERA


def bars(path):
    """Thick lines from top to bottom (0) and from left to right (1), black on white."""
    rng = np.random.default_rng(1)
    pictures, answers = np.full((200, 28, 28, 1), 255.0, np.float32), np.arange(200) % 2
    for picture, answer in zip(pictures, answers, strict=True):
        at, begin = rng.integers(9, 18), rng.integers(2, 6)
        (picture if answer == 0 else picture.swapaxes(0, 1))[begin:-begin, at : at + 3] = 0.0
    np.savez(path, x=pictures, y=np.array(["up", "along"])[answers])


@pytest.mark.slow
def test_the_pad_is_white_and_the_answer_is_right(open_window, tmp_path, qtbot):
    bars(tmp_path / "bars.npz")
    nodes = (Node("input", "Input"), Node("flat", "Flatten"),
             Node("out", "Dense", {"units": 2, "activation": "softmax"}))  # fmt: skip
    graph = Graph(nodes, (("input", "flat"), ("flat", "out")))
    project = Project(graph=graph, data=Data("arrays", path="bars.npz"))
    quick = Choice("Adam", {"learning_rate": 0.01})
    project = edits.set_training(project, epochs=30, optimizer=quick)
    window = open_window(project, tmp_path / "bars.netbuilder")
    qtbot.train(window)
    assert window.workbench.models.trained is not None, window.workbench.run_error
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    pad = panel.pictures.pad
    panel.pictures.draw_button.click()
    middle = pad.width() // 2
    spots = range(20, pad.width() - 20, 10)
    ways = {
        "up": [QPoint(middle, at) for at in spots],
        "along": [QPoint(at, middle) for at in spots],
    }
    for answer, way in ways.items():
        panel.pictures.clear_button.click()
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=way[0])
        for spot in way:
            QTest.mouseMove(pad, spot)
        QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=way[-1])
        seen = pad.grab().toImage()
        assert seen.pixelColor(12, 12) == QColor("white"), "the page is that of the pictures"
        assert seen.pixelColor(middle, middle).lightness() < 30
        assert pad.ink()[84, 84] > 0.9, "what is drawn is ink, however it is shown"
        qtbot.waitUntil(lambda said=answer: f": {said} " in panel.answer.text())
        beside = panel.pictures.picture.pixmap().toImage()
        assert beside.pixelColor(4, 4) == QColor("white"), "what the network sees looks the same"
        assert beside.pixelColor(beside.rect().center()).lightness() < 40


@pytest.mark.slow
def test_ink_on_paper_is_turned_for_digits_that_are_bright_on_dark(
    open_window, example, tmp_path, qtbot
):
    paper = QImage(64, 64, QImage.Format.Format_RGB32)
    paper.fill(QColor("#F4F0E8"))
    painter = QPainter(paper)
    painter.fillRect(28, 4, 10, 56, QColor("#202030"))
    painter.end()
    turned = paper.copy()
    turned.invertPixels()
    for name, image in (("paper", paper), ("turned", turned)):
        assert image.save(str(tmp_path / f"{name}.png"))
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "" and panel.idle)
    right, wrong = (
        predict_files(window.workbench.models.trained, [tmp_path / name]).first.probabilities
        for name in ("turned.png", "paper.png")
    )

    def answers(wanted):
        qtbot.waitUntil(lambda: np.allclose(panel.predictions.first.probabilities, wanted))

    view = panel.pictures
    assert view.turn_button.isHidden()
    view.answer_picture(tmp_path / "paper.png")
    answers(right)
    assert view.turn_button.isChecked() and view.turn_button.isVisible()
    assert panel.about.text() != f"{(tmp_path / 'paper.png').name}.", "that it is inverted is said"
    view.turn_button.click()
    answers(wrong)
    assert "exchanged" not in panel.about.text()
    view.answer_picture(tmp_path / "turned.png")
    answers(right)
    assert not view.turn_button.isChecked()
    # Of the camera's pictures a choice by hand holds for the next ones.
    answer = view._answer
    answer(paper, "Seen.", _CAMERA)
    answers(right)
    view.turn_button.click()
    answers(wrong)
    answer(paper, "Seen.", _CAMERA)
    qtbot.waitUntil(lambda: panel.idle)
    assert not view.turn_button.isChecked()
    panel.another.click()
    qtbot.waitUntil(view.turn_button.isHidden)
