"""Formulas as pictures in a text: drawn in its letters' size and colour, on its line."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetricsF, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from netbuilder.core.lessons.formulas import Formula, draw_formula, replace_formulas

SCHEME = "formula"


@dataclass(frozen=True)
class FormulaPicture:
    """A drawn formula; ``size`` is what it takes in the text, ``image`` is sharper than that."""

    image: QImage
    size: QSizeF


class FormulaPictures:
    """The formulas of one text, by the name that the text has for each."""

    def __init__(self) -> None:
        self._formulas: list[Formula] = []
        self._drawn: dict[str, FormulaPicture] = {}

    def markdown(self, text: str) -> str:
        """The text with a picture's link in the place of each formula."""
        self._formulas, self._drawn = [], {}

        def link(formula: Formula) -> str:
            self._formulas.append(formula)
            picture = f"![formula]({SCHEME}:{len(self._formulas) - 1})"
            return f"\n\n{picture}\n\n" if formula.block else picture

        return replace_formulas(text, link)

    def words(self, text: str) -> str:
        """The text as it is read aloud: each formula as it was written."""
        return replace_formulas(text, lambda formula: formula.latex)

    def __bool__(self) -> bool:
        return bool(self._formulas)

    def source(self, name: str) -> str:
        """How the formula with this name was written."""
        return self._formulas[int(name.rpartition(":")[2])].latex

    def picture(self, name: str, font: QFont, color: str, scale: float) -> FormulaPicture | None:
        """The formula with this name; None where it cannot be drawn.

        Args:
            name: as it stands in the text.
            font: of the words around it.
            color: of the words around it, "#1B2430".
            scale: dots of the screen a pixel.
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
    # Qt puts the middle of a picture on the middle of the small letters: as much room above
    # that line as below, and the formula stands on the line of writing.
    axis = QFontMetricsF(font).xHeight() / 2
    half = max(drawing.above - axis, drawing.below + axis) + 1
    size = QSizeF(drawing.width + 2, 2 * half)
    image = QImage((size * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(drawing.svg.encode()))
    box = renderer.viewBoxF()  # its zero is where the writing begins, on the line
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.translate(1, half + axis)
    renderer.render(painter, QRectF(box))
    painter.end()
    return FormulaPicture(image, size)
