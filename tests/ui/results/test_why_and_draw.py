"""In the Predict tab one draws, and asks why."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from netbuilder.core.errors import UserError
from netbuilder.core.project import edits


@pytest.mark.slow
def test_a_drawing_is_answered_and_explained(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=2))
    window.resize(1366, 560)  # so low that the page scrolls with an error and without
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert panel.pictures.drawn_again.isHidden(), "ten numbers are no picture"
    panel.pictures.draw_button.click()
    assert panel.answer.text() == ""
    assert "The drawing is empty" in panel.about.text()
    # An error of the file before is gone with the first stroke: the pad stays under the pen.
    panel.tell_trouble(UserError("This is no picture.", "Choose another one."))
    qtbot.waitUntil(lambda: not panel.cards.visibleRegion().isEmpty())
    qtbot.wait(50)  # it has been scrolled to
    place = panel.pictures.pad.mapTo(panel, QPoint(0, 0))
    qtbot.mousePress(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(panel.pictures.pad, QPoint(80, y))
    qtbot.mouseRelease(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 150))
    assert not panel.pictures.pad.empty
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    qtbot.waitUntil(lambda: panel.cards.visibleRegion().isEmpty())
    assert panel.pictures.pad.mapTo(panel, QPoint(0, 0)) == place
    window.resize(1366, 768)
    panel.waiting.restart()  # from where it was scrolled to for the error
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    assert panel.why.sentence.text()
    assert panel.why.method.count() == 3
    # Answer, drawing and why are seen together on the screen of a classroom laptop.
    why = panel.why
    parts = (why.sentence, panel.pictures.pad, why.picture, why.legend, why.method)
    qtbot.waitUntil(lambda: all(_in_view(panel, part) for part in parts))
    assert panel.pictures.picture.isHidden(), "beside the pad is room for one picture"
    assert panel.about.text() == panel.pictures.beside, "the words are of what hangs there"
    assert "no influence" in panel.why.legend.accessibleName()
    listed = [name for name, _value, _text in panel.bars.rows]
    assert listed == [str(number) for number in range(10)], "each class has its place"
    panel.why.button.click()
    assert not panel.pictures.picture.isHidden()
    assert panel.why.picture.isHidden() and panel.why.isHidden()
    assert panel.about.text() == panel.pictures.beside
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    panel.pictures.clear_button.click()
    qtbot.waitUntil(lambda: panel.answer.text() == "")

    # What was drawn, and why it was answered so, is of that network: another begins with neither.
    qtbot.mouseClick(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 80))
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert panel.why.button.isChecked()
    window.documents.show_project(edits.set_training(example("digits"), epochs=1), None)
    assert panel.answer.text() == ""
    window.runner.start()
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert panel.pictures.pad.empty
    assert not panel.pictures.draw_button.isChecked()
    assert panel.why.picture.isHidden()
    assert panel.why.sentence.isHidden()
    assert not panel.why.button.isChecked()


@pytest.mark.slow
def test_a_row_is_explained(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=5))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.bars.isHidden())
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: _in_view(panel, panel.why.bars))
    assert "No other column changes this prediction more" in panel.why.sentence.text()
    assert panel.why.method.currentData() == "occlusion"
    panel.why.method.setCurrentIndex(0)
    panel.why.method.activated.emit(0)
    qtbot.waitUntil(lambda: "matters most" in panel.why.sentence.text())
    # Along each column: the mean over all rows stands, dashed, beside the row's own curve.
    panel.why.method.setCurrentIndex(2)
    panel.why.method.activated.emit(2)
    view = panel.rows.response
    qtbot.waitUntil(lambda: not view.words.isHidden())
    widest = panel.why.bars.rows[0][0]
    assert view.column.currentText() == widest
    assert f"{widest} changes" in panel.why.sentence.text()
    assert "%" in panel.why.sentence.text() and "+" not in panel.why.bars.rows[0][2]
    mean = view.means[widest]
    assert np.allclose(view.mean.yData, mean.answers) and len(mean.answers) == 40
    panel.why.method.setCurrentIndex(0)
    panel.why.method.activated.emit(0)
    qtbot.waitUntil(view.words.isHidden)
    panel.rows.response.follow("sepal length (cm)")
    before, value = panel.answer.text(), panel.rows.row["petal width (cm)"]
    view, slide = panel.rows.response, panel.form.rows["petal width (cm)"].editor
    assert view.column.currentText() != "petal width (cm)"
    assert slide.slider.value() == round(200 * (value - 0.1) / 2.4)
    slide.slider.setValue(0)
    assert panel.rows.row["petal width (cm)"] == 0.1
    assert view.column.currentText() == "petal width (cm)", "the curve is of what is slid"
    qtbot.waitUntil(lambda: panel.answer.text() != before)
    qtbot.waitUntil(lambda: view.curve.xData is not None and len(view.curve.xData) == 40)
    assert view.here.value() == 0.1
    view.here.setPos(9.0)
    view.here.sigDragged.emit(view.here)
    assert panel.rows.row["petal width (cm)"] == 2.5, "no further than the training rows"
    assert slide.box.text() == "2.5"
    slide.box.selectAll()
    qtbot.keyClicks(slide.box, "30")
    qtbot.waitUntil(lambda: "the prediction is a guess" in _told(panel))
    assert view.here.value() == 30.0, "the line stands where the row is"
    qtbot.waitUntil(lambda: view.curve.xData[-1] == 30.0)  # and the curve is there


@pytest.mark.slow
def test_why_of_a_series_is_brought_into_sight(open_window, example, qtbot):
    """It stands below a curve that fills a small screen."""
    window = open_window(edits.set_training(example("temperatures"), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    qtbot.mouseClick(panel.why.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.why.sentence.visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: "Hiding this step" in panel.why.sentence.text())


def _in_view(panel, widget):
    """Whether all of a widget is seen, without scrolling."""
    whole = widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect()
    return whole and panel.answer.isVisible()


def _told(panel):
    return " ".join(label.text() for label in panel.cards.findChildren(QLabel))


@pytest.mark.slow
def test_in_a_narrow_dock_what_colours_mean_is_written_out(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.why.button.click()
    qtbot.waitUntil(panel.why.legend.isVisible)
    qtbot.waitUntil(lambda: panel.why.legend.width() >= panel.why.legend.sizeHint().width())
    assert not panel.why.legend.geometry().intersects(panel.why.method.geometry())


@pytest.mark.slow
def test_a_drawing_and_why_stay_in_sight_when_the_training_goes_on_and_ends(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.pictures.draw_button.click()
    qtbot.mousePress(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(panel.pictures.pad, QPoint(80, y))
    qtbot.mouseRelease(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 150))
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.why.button.setFocus()
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    before = window.workbench.models.trained
    window.runner.train_more(1)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not before)
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    assert panel.why.button.isChecked() and not panel.pictures.pad.empty
    assert _in_view(panel, panel.pictures.pad)
    assert window.focusWidget() is not panel.file_button
