"""An autoencoder's answer is a picture again, and its many numbers are not cut through."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from netbuilder.core.project import edits
from netbuilder.core.results.classification_curves import metric_meaning
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.predict import prediction_picture


@pytest.mark.slow
def test_the_picture_that_is_answered_hangs_beside_the_one_that_was_asked(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("autoencoder"), epochs=1))
    window.resize(1366, 768)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    view, found, trained = panel.pictures, panel.predictions, window.workbench.models.trained
    assert not view.drawn_again.isHidden()
    image = prediction_picture(trained, found)
    assert image.shape == (8, 8, 1)
    assert np.array_equal(image.reshape(-1), found.first.values[0])
    shown = view.drawn_again.pixmap().toImage()
    brightest = np.unravel_index(image[..., 0].argmax(), (8, 8))
    side = shown.width() / 8
    spot = [round((at + 0.5) * side) for at in brightest]
    color = shown.pixelColor(spot[1], spot[0])
    assert color == QColor("white"), "it is a picture as the one that was asked about is"
    qtbot.waitUntil(lambda: panel.head.sure.text().startswith("pixel 0: "))
    # Two pictures have room: an explanation takes the place of the answer, and nothing is cut off.
    window.resize(1024, 700)
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    assert view.drawn_again.isHidden()
    panel.why.method.setCurrentIndex(panel.why.method.findData("occlusion"))
    panel.why.method.activated.emit(panel.why.method.currentIndex())
    qtbot.waitUntil(lambda: "becomes lower" in panel.why.sentence.text())
    panel.why.button.click()
    assert not view.drawn_again.isHidden()
    view.draw_button.click()
    assert view.drawn_again.isHidden(), "nothing is drawn, so nothing is answered"
    qtbot.mouseClick(view.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 80))
    qtbot.waitUntil(lambda: panel.about.text() == view.beside and view.answered)
    assert not view.drawn_again.isHidden() and view.picture.isHidden()
    view.draw_button.click()
    assert view.picture.isHidden(), "the pad shows the test picture"
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    # The answer's words end where their room ends, and no line is cut through.
    lines = panel.answer.shown_lines()
    assert len(lines) == 2
    assert len(lines) * panel.answer.fontMetrics().lineSpacing() <= panel.answer.height()
    # As many numbers are told as such, and not by the names of the first.
    judged = evaluate(trained, window.runner.record.dataset.test)
    words = metric_meaning("mean_absolute_error", 0.5, judged)
    assert words.startswith("the 64 numbers") and "0.5" in words
