"""A small button beside a picture: copy it, or save it as a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from netbuilder.ui.widgets.save_dialog import FileType, ask_save, with_ending

PICTURE = FileType("Picture", (".png",))


class PictureMenu(QToolButton):
    """Copies or saves a widget as it is seen, at twice its size."""

    def __init__(self, picture: QWidget, name: str) -> None:
        super().__init__(picture.parentWidget())
        self._picture, self._name = picture, name
        self.setText("⋯")
        self.setProperty("role", "quiet")
        self.setToolTip("Copy or save this picture")
        self.setAccessibleName("Copy or save this picture")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addAction("Copy picture", self.copy)
        menu.addAction("Save picture…", self._ask)
        self.setMenu(menu)

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setPixmap(self._picture.grab())

    def _ask(self) -> None:
        path = ask_save(self, "Save picture", f"{self._name}.png", (PICTURE,))
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> bool:
        """Write the picture as PNG; the ending is added where it lacks. Whether it was written."""
        return self._picture.grab().save(str(with_ending(path, (PICTURE,), PICTURE)))
