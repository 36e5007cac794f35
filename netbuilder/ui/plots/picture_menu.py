"""What can be done with every picture: copy it, or save it as a file."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QWidget

from netbuilder.ui.plots.picture_export import image_of, write_picture
from netbuilder.ui.widgets.corner_menu import CornerMenu
from netbuilder.ui.widgets.save_dialog import FileType, ask_save, with_ending

PICTURE_TYPES = (FileType("Picture", (".png",)), FileType("Drawing", (".svg",)))


class PictureMenu(CornerMenu):
    """A plot makes one of its own. What is copied or saved never shows the button."""

    def __init__(self, picture: QWidget, name: str) -> None:
        self._picture, self._name = picture, name
        super().__init__(
            picture,
            "Copy or save this picture",
            (("Copy picture", self.copy), ("Save picture…", self._ask)),
        )
        if isinstance(picture, pg.GraphicsView):
            # Dragging with the right button zooms there: only a click is one.
            picture.scene().sigMouseClicked.connect(self._plot_clicked)
        else:
            self.offer_on_right_click()

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(image_of(self._picture))
        self.tell("Copied")

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
        if path is not None and self.trying("The picture was not saved", lambda: self.save(path)):
            self.tell(f"Saved as {path.name}")

    def _plot_clicked(self, event: object) -> None:
        if event.button() == Qt.MouseButton.RightButton:  # type: ignore[attr-defined]
            self.menu().popup(QCursor.pos())
