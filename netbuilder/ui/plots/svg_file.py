"""An SVG as a file: as it is, as dots, or on a page for the printer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgRenderer

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically, write_bytes

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
        UserError: another ending, or the file cannot be written.
    """
    match path.suffix.lower():
        case ".svg":
            write_bytes(path, svg.encode("utf-8"))
        case ".png":
            with replace_atomically(path) as temporary:
                if not svg_image(svg).save(str(temporary), "PNG"):  # type: ignore[call-overload]
                    raise OSError(5, "the picture could not be written")
        case ".pdf":
            with replace_atomically(path) as temporary:
                _write_pdf(svg, temporary)
        case ending:
            raise UserError(
                _("An image cannot be saved as “{ending}”.", ending=ending or path.name),
                _("Choose a name that ends in .svg, .png or .pdf."),
                code="picture_ending",
            )


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
