"""Export widgets and drawings as PNG, SVG or PDF."""

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
from netbuilder.core.error_texts import user_error
from netbuilder.core.project.atomic import replace_atomically, write_bytes
from netbuilder.ui.style import theme

ENDINGS = (".svg", ".png", ".pdf")
_SHARP = 2.0  # dots per pixel
_LONGEST = 16_000  # dots
_DOTS = 1200
#: Size of a network on paper relative to a 96 dpi screen, if the page has room.
_LARGER = 1.5


def write_svg(svg: str, path: Path) -> None:
    """Write a picture as ``.svg``, ``.png`` or ``.pdf``, or raise UserError; needs no window."""
    match path.suffix.lower():
        case ".svg":
            write_bytes(path, svg.encode("utf-8"))
        case ".png":
            _check_font()
            with replace_atomically(path) as temporary:
                if not svg_image(svg).save(str(temporary), "PNG"):  # type: ignore[call-overload]
                    raise OSError(5, "the picture could not be written")
        case ".pdf":
            _check_font()
            with replace_atomically(path) as temporary:
                _write_pdf(svg, temporary)
        case ending:
            raise user_error("picture_ending", ending=ending or path.name)


def _check_font() -> None:
    """Raise UserError if no font has the letters of the language."""
    if (error := theme.font_error(i18n.language())) is not None:
        raise error


def svg_image(svg: str) -> QImage:
    """Draw an SVG at twice its size."""
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = renderer.defaultSize()
    scale = min(_SHARP, _LONGEST / max(size.width(), size.height(), 1))
    image = QImage(size * scale, QImage.Format.Format_ARGB32)
    image.fill(0)
    with QPainter(image) as painter:
        renderer.render(painter)
    return image


def _write_pdf(svg: str, path: Path) -> None:
    """Write one page of A4, portrait or landscape."""
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = QSizeF(renderer.defaultSize())
    writer = QPdfWriter(str(path))
    writer.setResolution(_DOTS)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    landscape = size.width() > size.height() * 1.2
    writer.setPageOrientation(
        QPageLayout.Orientation.Landscape if landscape else QPageLayout.Orientation.Portrait
    )
    writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
    page = writer.pageLayout().paintRectPixels(_DOTS)
    scale = min(
        _LARGER * _DOTS / 96,
        page.width() / max(size.width(), 1),
        page.height() / max(size.height(), 1),
    )
    with QPainter(writer) as painter:
        # The painter's origin is inside the margins.
        left = (page.width() - size.width() * scale) / 2
        renderer.render(painter, QRectF(left, 0, size.width() * scale, size.height() * scale))


#: Resolution of exported images relative to the screen.
SCALE = 2.0


def widget_image(widget: QWidget, scale: float = SCALE, below: str = "") -> QImage:
    """Render a widget, with rich text ``below`` it."""
    caption = _caption(widget, below)
    image = QImage(_size(widget, caption) * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.colors().panel))
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw(widget, painter, caption)
    return image


def image_png_bytes(image: QImage) -> bytes:
    """Return an image as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt a str
    return bytes(buffer.data().data())


def widget_svg_bytes(widget: QWidget, below: str = "") -> bytes:
    """Return a widget, with rich text ``below`` it, as SVG."""
    caption = _caption(widget, below)
    size = _size(widget, caption)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(0, 0), size))
    # Axes are recorded at the screen's resolution.
    generator.setResolution(widget.logicalDpiX())
    generator.setTitle(widget.accessibleName())
    with QPainter(generator) as painter:
        painter.fillRect(QRect(QPoint(0, 0), size), QColor(theme.colors().panel))
        _draw(widget, painter, caption)
    return bytes(buffer.data().data())


def write_picture(widget: QWidget, path: Path, below: str = "") -> None:
    """Write a widget, with rich text ``below`` it, as ``.png`` or ``.svg``; may raise UserError."""
    match path.suffix.lower():
        case ".png":
            write_bytes(path, image_png_bytes(widget_image(widget, below=below)))
        case ".svg":
            write_bytes(path, widget_svg_bytes(widget, below))
        case ending:
            raise user_error("picture_ending:2", ending=ending or path.name)


def _caption(widget: QWidget, below: str) -> QTextDocument | None:
    if not below:
        return None
    caption = QTextDocument()
    caption.setDefaultFont(theme.ui_font(theme.SMALL))
    caption.setHtml(f'<div style="color:{theme.colors().text}">{below}</div>')
    caption.setTextWidth(widget.width())
    return caption


def _size(widget: QWidget, caption: QTextDocument | None) -> QSize:
    extra = 0 if caption is None else math.ceil(caption.size().height())
    return widget.size() + QSize(0, extra)


def _draw(widget: QWidget, painter: QPainter, caption: QTextDocument | None) -> None:
    """Draw the widget without overlays such as its menu."""
    if isinstance(widget, QGraphicsView):
        # Without a target rectangle, high resolutions are cut off.
        widget.render(painter, QRectF(widget.rect()))
    else:
        widget.render(painter, QPoint(), renderFlags=QWidget.RenderFlag(0))
    if caption is not None:
        painter.translate(0, widget.height())
        caption.drawContents(painter)


def write_pdf(page: str, path: Path) -> None:
    """Write a page of HTML as PDF on A4; may raise UserError."""
    _check_font()
    with replace_atomically(path) as temporary:
        writer = QPdfWriter(str(temporary))
        writer.setResolution(96)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
        document = QTextDocument()
        document.setHtml(page)
        document.setPageSize(writer.pageLayout().paintRectPixels(96).size().toSizeF())
        document.print_(writer)
