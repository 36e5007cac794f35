"""A widget as a picture: points for documents and the clipboard, lines for print."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QRect, QRectF, QSize
from PySide6.QtGui import (
    QColor,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsView, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically, write_bytes
from netbuilder.ui.style import theme

#: Points of a picture to one on the screen: letters stay sharp in a document.
SCALE = 2.0


def widget_image(widget: QWidget, scale: float = SCALE, below: str = "") -> QImage:
    """The widget as it is seen, with so many points to one on the screen.

    ``below``: what the window says beside it, such as what its colours are, as rich text.
    """
    words = _words(widget, below)
    image = QImage(_size(widget, words) * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.colors().panel))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw(widget, painter, words)
    painter.end()
    return image


def image_png_bytes(image: QImage) -> bytes:
    """A picture as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt a str
    return bytes(buffer.data().data())


def widget_svg_bytes(widget: QWidget, below: str = "") -> bytes:
    """The widget as an SVG file, and ``below`` it rich text: lines and letters, sharp at every
    size."""
    words = _words(widget, below)
    size = _size(widget, words)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(0, 0), size))
    # Else axes, which are recorded in the screen's points, are scaled against the curves.
    generator.setResolution(widget.logicalDpiX())
    generator.setTitle(widget.accessibleName())
    painter = QPainter(generator)
    painter.fillRect(QRect(QPoint(0, 0), size), QColor(theme.colors().panel))
    _draw(widget, painter, words)
    painter.end()
    return bytes(buffer.data().data())


def write_picture(widget: QWidget, path: Path, below: str = "") -> None:
    """Write the widget, with rich text ``below`` it, as ``.png`` or ``.svg``.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    match path.suffix.lower():
        case ".png":
            write_bytes(path, image_png_bytes(widget_image(widget, below=below)))
        case ".svg":
            write_bytes(path, widget_svg_bytes(widget, below))
        case ending:
            raise UserError(
                _("An image cannot be saved as “{ending}”.", ending=ending or path.name),
                _("Choose a name that ends in .png or .svg."),
                code="picture_ending",
            )


def _words(widget: QWidget, below: str) -> QTextDocument | None:
    if not below:
        return None
    words = QTextDocument()
    words.setDefaultFont(theme.ui_font(0.9))
    words.setHtml(f'<div style="color:{theme.colors().text}">{below}</div>')
    words.setTextWidth(widget.width())
    return words


def _size(widget: QWidget, words: QTextDocument | None) -> QSize:
    more = 0 if words is None else math.ceil(words.size().height())
    return widget.size() + QSize(0, more)


def _draw(widget: QWidget, painter: QPainter, words: QTextDocument | None) -> None:
    """Without what lies over the picture: its menu, an invitation."""
    if isinstance(widget, QGraphicsView):
        # Told nothing, it takes the points of the image for those of the screen, and is cut off.
        widget.render(painter, QRectF(widget.rect()))
    else:
        widget.render(painter, QPoint(), renderFlags=QWidget.RenderFlag(0))
    if words is not None:
        painter.translate(0, widget.height())
        words.drawContents(painter)


def write_pdf(page: str, path: Path) -> None:
    """Write a page of HTML on sheets of A4."""
    with replace_atomically(path) as temporary:
        writer = QPdfWriter(str(temporary))
        writer.setResolution(96)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
        document = QTextDocument()
        document.setHtml(page)
        document.setPageSize(writer.pageLayout().paintRectPixels(96).size().toSizeF())
        document.print_(writer)
