"""A text on coloured patches: evidence of each token for and against a prediction."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

_STRONGEST = 0.7  # opacity at which text stays readable


class TokenHeat(QLabel):
    """Tokens with values from -1, against, to 1, for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens: Sequence[tuple[str, float]] = ()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setFont(theme.fixed_font())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(20)
        PictureMenu(self, "why")
        theme.theme().changed.connect(self._show)

    def show_tokens(self, tokens: Sequence[tuple[str, float]]) -> None:
        self._tokens = tuple(tokens)
        self.setAccessibleName("".join(token for token, _ in tokens))
        self._show()

    def colours(self, strongest: tuple[QColor, ...]) -> tuple[QColor, ...]:
        """Return the colours of the patches at both ends, and the panel's in the middle."""
        first, last = strongest[0], strongest[-1]
        return _mixed(first, 1.0), QColor(theme.colors().panel), _mixed(last, 1.0)

    def _show(self) -> None:
        scheme = theme.colors()
        patches = []
        for token, value in self._tokens:
            colour = QColor(scheme.signed(value))
            back = _mixed(colour, abs(value)).name()
            text = html.escape(token).replace(" ", "&nbsp;")
            # Allow line breaks only between patches.
            patches.append(f"<span style='background-color:{back}'>{text}</span>&#8203;")
        self.setText(f"<div style='line-height:140%'>{''.join(patches)}</div>")


def _mixed(colour: QColor, share: float) -> QColor:
    panel, part = QColor(theme.colors().panel), min(max(share, 0.0), 1.0) * _STRONGEST
    mixed = (
        round(below + (above - below) * part)
        for below, above in (
            (panel.red(), colour.red()),
            (panel.green(), colour.green()),
            (panel.blue(), colour.blue()),
        )
    )
    return QColor(*mixed)
