"""A picture that is pasted or dropped onto Predict is answered as its file would be."""

import sys

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPainter

from netbuilder.core.project import edits
from netbuilder.core.results.predict import predict_files
from netbuilder.ui.services.devices import PictureSource, whole_picture


@pytest.mark.slow
def test_pasted_and_dropped(open_window, example, qtbot, tmp_path):
    one = QImage(64, 64, QImage.Format.Format_RGB32)
    one.fill(QColor("black"))
    painter = QPainter(one)
    painter.fillRect(28, 4, 10, 56, QColor("white"))
    painter.end()
    file = tmp_path / "one.png"
    assert one.save(str(file))
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    expected = predict_files(window.workbench.models.trained, [file]).first.probabilities
    nodes = len(window.store.project.graph.nodes)

    QGuiApplication.clipboard().setText("no picture")
    said = panel.about.text()
    panel.pictures.paste_button.click()
    assert panel.about.text() != said
    QGuiApplication.clipboard().setImage(one)
    before = panel.predictions
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "pasted" in panel.about.text()
    qtbot.waitUntil(lambda: panel.predictions is not before)
    assert (panel.predictions.first.probabilities == expected).all()
    assert len(window.store.project.graph.nodes) == nodes, "the canvas pastes nothing"

    before, given = panel.predictions, QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, given, buttons, keys)
    panel.dragEnterEvent(enter)
    assert enter.isAccepted()
    panel.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, given, buttons, keys))
    assert panel.about.text() == "one.png"
    qtbot.waitUntil(lambda: panel.predictions is not before)
    assert (panel.predictions.first.probabilities == expected).all()

    table = QMimeData()
    table.setUrls([QUrl.fromLocalFile(str(tmp_path / "t.csv"))])
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, table, buttons, keys)
    panel.dragEnterEvent(enter)
    assert not enter.isAccepted(), "a table is the window's to open"


class Steady(PictureSource):
    """A camera that sees one picture, again and again, until it is closed."""

    sees = QImage()
    closed = 0

    def __init__(self, parent=None):
        super().__init__(parent)
        self._shutter = QTimer(self, interval=20)
        self._shutter.timeout.connect(lambda: self.see(Steady.sees))

    def open(self, device=0):
        self._shutter.start()

    def close(self):
        Steady.closed += 1
        self._shutter.stop()


def test_the_camera_is_answered_while_it_looks(open_window, example, qtbot, tmp_path, monkeypatch):
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    camera = panel.pictures.camera
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    qtbot.mouseClick(camera, Qt.MouseButton.LeftButton)
    assert not camera.isChecked()
    assert "netbuilder-studio[capture]" in panel.about.text()

    Steady.sees, Steady.closed = QImage(300, 200, QImage.Format.Format_RGB32), 0
    Steady.sees.fill(QColor("black"))
    painter = QPainter(Steady.sees)
    painter.fillRect(138, 20, 26, 160, QColor("white"))
    painter.end()
    file = tmp_path / "seen.png"
    assert whole_picture(Steady.sees).save(str(file))
    expected = predict_files(window.workbench.models.trained, [file]).first.probabilities
    camera.make = Steady
    before = panel.predictions
    qtbot.mouseClick(camera, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.predictions is not before)
    assert (panel.predictions.first.probabilities == expected).all()
    assert panel.about.text() == panel.pictures.own_picture[1]
    seen = panel.predictions
    qtbot.waitUntil(lambda: panel.predictions is not seen)  # it goes on looking
    window.docks.show_panel("code")  # nobody sees it any more
    qtbot.waitUntil(lambda: Steady.closed > 0)
    assert not camera.isChecked()
