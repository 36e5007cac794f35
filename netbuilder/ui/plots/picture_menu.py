"""What can be done with every picture: copy it, or save it as a file."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton, QToolTip, QWidget

from netbuilder.core.errors import UserError
from netbuilder.ui.plots.picture_export import image_of, write_picture
from netbuilder.ui.widgets.questions import ask
from netbuilder.ui.widgets.save_dialog import FileType, ask_save, with_ending

PICTURE_TYPES = (FileType("Picture", (".png",)), FileType("Drawing", (".svg",)))


class PictureMenu(QToolButton):
    """A button in a picture's upper right corner, and its menu on a right click.

    A plot makes one of its own. The button is seen while the mouse is over the picture, or the
    keyboard on the button; what is copied or saved never shows it.
    """

    def __init__(self, picture: QWidget, name: str) -> None:
        super().__init__(picture)
        self._picture, self._name = picture, name
        self.setText("⋯")
        self.setProperty("role", "quiet")
        self.setToolTip("Copy or save this picture")
        self.setAccessibleName("Copy or save this picture")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addAction("Copy picture", self.copy)
        menu.addAction("Save picture…", self._ask)
        self.setMenu(menu)
        picture.installEventFilter(self)
        if isinstance(picture, pg.GraphicsView):
            # Dragging with the right button zooms there: only a click is one.
            picture.scene().sigMouseClicked.connect(self._plot_clicked)
        else:
            picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            picture.customContextMenuRequested.connect(self._popup)
        self._place()

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(image_of(self._picture))
        QToolTip.showText(QCursor.pos(), "Copied", self._picture)

    def save(self, path: Path) -> Path:
        """Write the picture, as PNG where the name has no known ending; where it was written.

        Raises:
            UserError: the file cannot be written.
        """
        path = with_ending(path, PICTURE_TYPES, PICTURE_TYPES[0])
        write_picture(self._picture, path)
        return path

    def _ask(self) -> None:
        path = ask_save(self, "Save picture", f"{self._name}.png", PICTURE_TYPES)
        if path is None:
            return
        try:
            self.save(path)
        except UserError as error:
            ask(self, "The picture was not saved", str(error), ("OK",))
        else:
            QToolTip.showText(QCursor.pos(), f"Saved as {path.name}", self._picture)

    def _popup(self, place: QPoint) -> None:
        self.menu().popup(self._picture.mapToGlobal(place))

    def _plot_clicked(self, event: object) -> None:
        if event.button() == Qt.MouseButton.RightButton:  # type: ignore[attr-defined]
            self.menu().popup(QCursor.pos())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        elif event.type() in {QEvent.Type.Enter, QEvent.Type.Leave}:
            self.update()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.resize(self.sizeHint())
        self.move(self._picture.width() - self.width() - 2, 2)
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.underMouse() or self.hasFocus():
            super().paintEvent(event)
