"""Markdown as high as its text, with formulas and with pictures from the lesson's folder.

A lesson reaches nothing outside its folder: a name such as ``//host/share`` is refused before any
system call, which on Windows would log in there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QRectF, QSize, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QImage,
    QImageReader,
    QPainter,
    QPalette,
    QPixmap,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextImageFormat,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.files.regular_file import read_regular
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.formulas import MOST_FORMULAS, Formula, draw_formula, replace_formulas
from netbuilder.ui.style.shortcuts import with_native_keys

SCHEME = "formula"


@dataclass(frozen=True)
class FormulaPicture:
    """A drawn formula; ``size`` is its size in the text, ``image`` has more pixels."""

    image: QImage
    size: QSizeF


class FormulaPictures:
    """The formulas of a text, by the names of their pictures."""

    def __init__(self) -> None:
        self._formulas: list[Formula] = []
        self._drawn: dict[str, FormulaPicture] = {}

    def markdown(self, text: str) -> str:
        """Replace the first ``MOST_FORMULAS`` formulas by links to their pictures."""
        self._formulas, self._drawn = [], {}

        def link(formula: Formula) -> str:
            if len(self._formulas) >= MOST_FORMULAS:
                return rf"\${formula.latex}\$"
            self._formulas.append(formula)
            picture = f"![formula]({SCHEME}:{len(self._formulas) - 1})"
            return f"\n\n{picture}\n\n" if formula.block else picture

        return replace_formulas(text, link)

    def words(self, text: str) -> str:
        """Return the text for screen readers, with formulas as source."""
        return replace_formulas(text, lambda formula: formula.latex)

    def __bool__(self) -> bool:
        return bool(self._formulas)

    def source(self, name: str) -> str:
        return self._formulas[int(name.rpartition(":")[2])].latex

    def picture(self, name: str, font: QFont, color: str, scale: float) -> FormulaPicture | None:
        """Return a formula's picture, or None if it cannot be drawn.

        ``font`` and ``color`` ("#1B2430") are the text's; ``scale`` is device pixels per pixel.
        """
        if name not in self._drawn:
            formula = self._formulas[int(name.rpartition(":")[2])]
            try:
                self._drawn[name] = _drawn(formula, font, color, scale)
            except ValueError:
                return None
        return self._drawn[name]


def _drawn(formula: Formula, font: QFont, color: str, scale: float) -> FormulaPicture:
    letters = QFontInfo(font).pixelSize() * 1.15  # its letters are lower than a screen font's
    drawing = draw_formula(formula.latex, letters, color, block=formula.block)
    # Qt centres a picture on the x-height; equal room above and below aligns the baselines.
    axis = QFontMetricsF(font).xHeight() / 2
    half = max(drawing.above - axis, drawing.below + axis) + 1
    size = QSizeF(drawing.width + 2, 2 * half)
    image = QImage((size * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(drawing.svg.encode()))
    box = renderer.viewBoxF()  # its zero is where the writing begins, on the line
    with QPainter(image) as painter:
        painter.scale(scale, scale)
        painter.translate(1, half + axis)
        renderer.render(painter, QRectF(box))
    return FormulaPicture(image, size)


#: GitHub's dialect of Markdown, without HTML.
_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
_NO_HTML = QTextDocument.MarkdownFeature.MarkdownNoHTML
_LOOK = (QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.PaletteChange)


_LINKS = frozenset({"http", "https", "mailto"})
_PICTURE_BYTES, _PICTURE_PIXELS = 20 << 20, 40_000_000
# Qt would open any file that an SVG links to.
_SVG_REFERENCE = re.compile(rb"href\s*=\s*[\"'](?!data:|#)", re.IGNORECASE)


def read_picture(folder: Path | None, name: str) -> QImage | None:
    """Return a picture in a lesson's folder or below; None for any other path."""
    parts = name.split("/")
    if folder is None or not all(parts) or ".." in parts or re.search(r"[\\:\0]", name):
        return None
    folder = folder.resolve()
    path = (folder / name).resolve()
    try:
        if not path.is_relative_to(folder) or not path.is_file():
            return None
        content = read_regular(path, _PICTURE_BYTES)
    except (OSError, UserError):
        return None
    if content.startswith(b"\x1f\x8b") or (
        b"<" in content[:64] and _SVG_REFERENCE.search(content)  # Qt looks as far for an SVG
    ):
        return None
    buffer = QBuffer()
    buffer.setData(content)
    reader = QImageReader(buffer)
    size = reader.size()
    if size.width() * size.height() > _PICTURE_PIXELS:
        return None
    image = reader.read()
    return None if image.isNull() else image


_OF_LINKS = (
    QTextFormat.Property.IsAnchor,
    QTextFormat.Property.AnchorHref,
    QTextFormat.Property.ForegroundBrush,
    QTextFormat.Property.TextUnderlineStyle,
    QTextFormat.Property.FontUnderline,
    QTextFormat.Property.TextToolTip,
)


def _opens(url: QUrl) -> bool:
    return url.isValid() and url.scheme().lower() in _LINKS


def _open_link(url: QUrl) -> None:
    if _opens(url):
        QDesktopServices.openUrl(url)


class MarkdownView(QTextBrowser):
    """Shows Markdown at its full height; only links to the web and mail addresses open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._text = ""
        self._formulas = FormulaPictures()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.anchorClicked.connect(_open_link)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setAccessibleName(_("Lesson text"))
        self.setStyleSheet("QTextBrowser { background: transparent; }")
        self.viewport().setAutoFillBackground(False)

    def show_markdown(self, text: str, folder: Path | None = None) -> None:
        self._folder, self._text = folder, text
        marked = self._formulas.markdown(with_native_keys(text))
        # Screen readers read a formula's source instead of its picture.
        self.setAccessibleDescription(self._formulas.words(text) if self._formulas else "")
        self.document().clear()  # with the pictures of the text before
        self.document().setMarkdown(marked, _DIALECT | _NO_HTML)
        self._without_other_links()
        self._undrawn_as_written()
        self._fit()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Return a formula or a picture of the lesson's folder; nothing is downloaded."""
        url = QUrl(name) if isinstance(name, str) else name
        if url.scheme() == SCHEME:
            drawn = self._formula(url.toString())
            image = drawn.image if drawn is not None else None
        else:
            plain = not url.scheme() and not url.authority()
            image = read_picture(self._folder, url.path()) if plain else None
        if image is None:
            # Qt would open the file itself.
            image = QImage(1, 1, QImage.Format.Format_ARGB32)
            image.fill(Qt.GlobalColor.transparent)
        return image

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
        """Yield a cursor that selects each picture, and its format."""
        for cursor, piece in self._pieces():
            if piece.isImageFormat():
                yield cursor, piece.toImageFormat()

    def _pieces(self) -> Iterator[tuple[QTextCursor, QTextCharFormat]]:
        """Yield a cursor that selects each piece of one format, and the format."""
        block = self.document().begin()
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                piece = fragments.fragment()
                cursor = QTextCursor(self.document())
                cursor.setPosition(piece.position())
                end = piece.position() + piece.length()
                cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                yield cursor, piece.charFormat()
                fragments += 1
            block = block.next()

    def _without_other_links(self) -> None:
        for cursor, piece in list(self._pieces()):
            if piece.isAnchor() and not _opens(QUrl(piece.anchorHref())):
                for property_id in _OF_LINKS:
                    piece.clearProperty(property_id)
                cursor.setCharFormat(piece)

    def _undrawn_as_written(self) -> None:
        """Replace what is no formula by its source, missing pictures by their text."""
        for cursor, picture in reversed(list(self._pictures())):
            name = picture.name()
            if not self._natural(picture).isEmpty():
                continue
            text = str(picture.property(QTextFormat.Property.ImageAltText) or name)
            if name.startswith(f"{SCHEME}:"):
                text = f"${self._formulas.source(name)}$"
            cursor.insertText(text, QTextCharFormat())

    def _natural(self, picture: QTextImageFormat) -> QSizeF:
        if picture.name().startswith(f"{SCHEME}:"):
            drawn = self._formula(picture.name())
            return drawn.size if drawn is not None else QSizeF()
        kind = QTextDocument.ResourceType.ImageResource.value
        image = self.document().resource(kind, QUrl(picture.name()))
        known = isinstance(image, QImage | QPixmap) and image.width() * image.height() > 1
        return QSizeF(image.size()) if known else QSizeF()

    def _fit(self) -> None:
        width = max(self.viewport().width(), 120)
        edit = QTextCursor(self.document())
        edit.beginEditBlock()  # one layout for all pictures
        for cursor, picture in list(self._pictures()):
            size = self._natural(picture)
            if size.isEmpty():
                continue
            if size.width() > width:
                size = size * (width / size.width())
            if (picture.width(), picture.height()) == (size.width(), size.height()):
                continue
            picture.setWidth(size.width())
            picture.setHeight(size.height())
            picture.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
            cursor.setCharFormat(picture)
        edit.endEditBlock()
        self.document().setTextWidth(width)
        # The scroll bar of a long line of code must not cover the last line.
        size = self.document().size()
        bar = self.horizontalScrollBar().sizeHint().height() if size.width() > width + 1 else 0
        self.setFixedHeight(round(size.height()) + bar + 4)
