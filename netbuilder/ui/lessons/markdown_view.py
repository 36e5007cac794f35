"""A piece of Markdown that is as high as its text: pictures from the lesson's folder, formulas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QImage,
    QPalette,
    QPixmap,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.lessons.formula_pictures import SCHEME, FormulaPicture, FormulaPictures
from netbuilder.ui.style.shortcuts import with_native_keys

#: Of Qt's Markdown: GitHub's dialect, and no HTML in it.
_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
_NO_HTML = QTextDocument.MarkdownFeature.MarkdownNoHTML
_LOOK = (
    QEvent.Type.FontChange,
    QEvent.Type.StyleChange,
    QEvent.Type.PaletteChange,
)


class MarkdownView(QTextBrowser):
    """Shows Markdown; grows and shrinks with it. Links open in the system's browser."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._text = ""
        self._formulas = FormulaPictures()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenExternalLinks(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setAccessibleName(_("Lesson text"))
        self.setStyleSheet("QTextBrowser { background: transparent; }")
        self.viewport().setAutoFillBackground(False)

    def show_markdown(self, text: str, folder: Path | None = None) -> None:
        """Show a text; its pictures lie in ``folder``."""
        self._folder, self._text = folder, text
        marked = self._formulas.markdown(with_native_keys(text))
        # A picture is no word to a screen reader: it reads the formula as it was written.
        self.setAccessibleDescription(self._formulas.words(text) if self._formulas else "")
        self.document().clear()  # with the pictures of the text before
        self.document().setMarkdown(marked, _DIALECT | _NO_HTML)
        self._undrawn_as_written()
        self._fit()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A formula, or a picture of the lesson's folder: nothing is fetched from elsewhere."""
        url = QUrl(name) if isinstance(name, str) else name
        if url.scheme() == SCHEME:
            drawn = self._formula(url.toString())
            return drawn.image if drawn is not None else None
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
        if event.type() not in _LOOK:
            return
        if self._formulas:
            self.show_markdown(self._text, self._folder)  # in the new size and colour
        else:
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.minimumHeight())

    def _formula(self, name: str) -> FormulaPicture | None:
        color = self.palette().color(QPalette.ColorRole.Text).name()
        return self._formulas.picture(name, self.font(), color, self.devicePixelRatioF())

    def _pictures(self) -> Iterator[tuple[QTextCursor, QTextImageFormat]]:
        """Each picture in the text: a cursor that has it selected, and how it is shown."""
        block = self.document().begin()
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                piece = fragments.fragment()
                if piece.charFormat().isImageFormat():
                    cursor = QTextCursor(self.document())
                    cursor.setPosition(piece.position())
                    cursor.setPosition(
                        piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor
                    )
                    yield cursor, piece.charFormat().toImageFormat()
                fragments += 1
            block = block.next()

    def _undrawn_as_written(self) -> None:
        """What is no formula stands there as it was written."""
        for cursor, shown in reversed(list(self._pictures())):
            name = shown.name()
            if name.startswith(f"{SCHEME}:") and self.loadResource(0, name) is None:
                cursor.insertText(f"${self._formulas.source(name)}$", QTextCharFormat())

    def _natural(self, shown: QTextImageFormat) -> QSizeF:
        """The size of a picture that is not made smaller."""
        if shown.name().startswith(f"{SCHEME}:"):
            drawn = self._formula(shown.name())
            return drawn.size if drawn is not None else QSizeF()
        kind = QTextDocument.ResourceType.ImageResource.value
        image = self.document().resource(kind, QUrl(shown.name()))
        return QSizeF(image.size()) if isinstance(image, QImage | QPixmap) else QSizeF()

    def _fit(self) -> None:
        """As wide as there is room, as high as the text; no picture wider than the text."""
        width = max(self.viewport().width(), 120)
        for cursor, shown in list(self._pictures()):
            size = self._natural(shown)
            if size.isEmpty():
                continue
            if size.width() > width:
                size = size * (width / size.width())
            if (shown.width(), shown.height()) == (size.width(), size.height()):
                continue
            shown.setWidth(size.width())
            shown.setHeight(size.height())
            shown.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
            cursor.setCharFormat(shown)
        self.document().setTextWidth(width)
        # A line of code that is too long brings a bar, which must not lie over the last line.
        size = self.document().size()
        bar = self.horizontalScrollBar().sizeHint().height() if size.width() > width + 1 else 0
        self.setFixedHeight(round(size.height()) + bar + 4)
