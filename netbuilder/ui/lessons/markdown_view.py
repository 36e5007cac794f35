"""A piece of Markdown that is as high as its text: pictures from the lesson's folder only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import QResizeEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

#: Of Qt's Markdown: GitHub's dialect, and no HTML in it.
_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
_NO_HTML = QTextDocument.MarkdownFeature.MarkdownNoHTML


class MarkdownView(QTextBrowser):
    """Shows Markdown; grows and shrinks with it. Links open in the system's browser."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenExternalLinks(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setStyleSheet("QTextBrowser { background: transparent; }")
        self.viewport().setAutoFillBackground(False)
        self._folder: Path | None = None

    def show_markdown(self, text: str, folder: Path | None = None) -> None:
        """Show a text; its pictures lie in ``folder``."""
        self._folder = folder
        self.document().setMarkdown(text, _DIALECT | _NO_HTML)
        self._fit()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A picture, of the lesson's folder and none else: nothing is fetched from elsewhere."""
        url = QUrl(name) if isinstance(name, str) else name
        if self._folder is None or url.scheme() not in ("", "file"):
            return None
        folder = self._folder.resolve()
        path = (folder / (url.toLocalFile() or url.path())).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            return None
        return super().loadResource(kind, QUrl.fromLocalFile(str(path)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.minimumHeight())

    def _fit(self) -> None:
        self.document().setTextWidth(max(self.viewport().width(), 120))
        self.setFixedHeight(round(self.document().size().height()) + 4)
