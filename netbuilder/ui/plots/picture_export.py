"""A widget as a picture: points for documents and the clipboard, lines for print."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSizeF,
)
from PySide6.QtGui import (
    QColor,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgGenerator, QSvgRenderer
from PySide6.QtWidgets import QGraphicsView, QWidget

from netbuilder.core import i18n
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically, write_bytes
from netbuilder.ui.style import theme

ENDINGS = (".svg", ".png", ".pdf")
_SHARP = 2.0  # dots a pixel
_LONGEST = 16_000  # dots
_DOTS = 1200
#: On paper a network is so many times as large as on a screen of 96 dots an inch, where the page
#: has room: its letters have 13 points, and its lines are long enough to write a number on.
_LARGER = 1.5


def write_svg(svg: str, path: Path) -> None:
    """Write a picture as ``.svg``, ``.png`` or ``.pdf``. Needs an application, but no window.

    Raises:
        UserError: another ending, the file cannot be written, or no font has the letters of the
            language.
    """
    match path.suffix.lower():
        case ".svg":
            write_bytes(path, svg.encode("utf-8"))
        case ".png":
            _need_letters()
            with replace_atomically(path) as temporary:
                if not svg_image(svg).save(str(temporary), "PNG"):  # type: ignore[call-overload]
                    raise OSError(5, "the picture could not be written")
        case ".pdf":
            _need_letters()
            with replace_atomically(path) as temporary:
                _write_pdf(svg, temporary)
        case ending:
            raise UserError(
                _("An image cannot be saved as “{ending}”.", ending=ending or path.name),
                _("Choose a name that ends in .svg, .png or .pdf."),
                code="picture_ending",
            )


def _need_letters() -> None:
    """Write no page of boxes.

    Raises:
        UserError: no font has the letters of the language.
    """
    if (error := theme.font_error(i18n.language())) is not None:
        raise error


def svg_image(svg: str) -> QImage:
    """The picture as dots, at twice its size."""
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = renderer.defaultSize()
    scale = min(_SHARP, _LONGEST / max(size.width(), size.height(), 1))
    image = QImage(size * scale, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def _write_pdf(svg: str, path: Path) -> None:
    """One page of A4, upright or lying as the picture is."""
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = QSizeF(renderer.defaultSize())
    writer = QPdfWriter(str(path))
    writer.setResolution(_DOTS)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    lying = size.width() > size.height() * 1.2
    writer.setPageOrientation(
        QPageLayout.Orientation.Landscape if lying else QPageLayout.Orientation.Portrait
    )
    writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
    page = writer.pageLayout().paintRectPixels(_DOTS)
    scale = min(
        _LARGER * _DOTS / 96,
        page.width() / max(size.width(), 1),
        page.height() / max(size.height(), 1),
    )
    painter = QPainter(writer)
    # The painter's zero is the corner of the margins.
    left = (page.width() - size.width() * scale) / 2
    renderer.render(painter, QRectF(left, 0, size.width() * scale, size.height() * scale))
    painter.end()


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
    """Write a page of HTML on sheets of A4.

    Raises:
        UserError: the file cannot be written, or no font has the letters of the language.
    """
    _need_letters()
    with replace_atomically(path) as temporary:
        writer = QPdfWriter(str(temporary))
        writer.setResolution(96)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
        document = QTextDocument()
        document.setHtml(page)
        document.setPageSize(writer.pageLayout().paintRectPixels(96).size().toSizeF())
        document.print_(writer)
