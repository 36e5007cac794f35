"""Texts cut into their tokens, with what is unknown and what is cut off."""

from __future__ import annotations

import html

from PySide6.QtWidgets import QTextBrowser, QWidget

from netbuilder.core.data.data_views.split_view import PARTS
from netbuilder.core.data.data_views.text_view import TextRow, TextsDataView, Token
from netbuilder.ui.style import theme


class TokenText(QTextBrowser):
    """Each token on a patch of its own; unknown ones in ⟨brackets⟩, cut ones struck out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: TextsDataView | None = None
        self.numbers = False
        self.setOpenLinks(False)
        self.setAccessibleName("Texts as the network gets them")
        self.setMinimumHeight(140)
        theme.theme().changed.connect(self._show)

    def show_look(self, look: TextsDataView) -> None:
        """Show other texts."""
        self._look = look
        self._show()

    def show_numbers(self, on: bool) -> None:
        """Write the number that the network gets behind each token."""
        self.numbers = on
        self._show()

    def _show(self) -> None:
        if self._look is None:
            return
        place = self.verticalScrollBar().value()
        self.setHtml("".join(self._row(row, self._look.windows) for row in self._look.rows))
        self.verticalScrollBar().setValue(place)

    def _row(self, row: TextRow, windows: bool) -> str:
        scheme = theme.colors()
        part = PARTS[row.part] if row.part >= 0 else ""
        label = f"→ {row.label}" if windows else row.label
        words = "".join(self._token(token, n % 2) for n, token in enumerate(row.tokens))
        head = f"<b>{html.escape(label)}</b> <span style='color:{scheme.secondary}'>· {part}</span>"
        return f"<p style='margin:0 0 8px 0'>{head}<br>{words}</p>"

    def _token(self, token: Token, odd: int) -> str:
        scheme = theme.colors()
        text = html.escape(token.text)
        number = f"<sub>{token.number}</sub>" if self.numbers and not token.cut else ""
        if token.cut:
            return f"<s style='color:{scheme.secondary}'>{text}</s> "
        if token.unknown:
            style = f"background-color:{scheme.warning_back}; color:{scheme.warning}"
            return f"<span style='{style}'>⟨{text}⟩{number}</span> "
        back = scheme.selection if odd else scheme.info_back
        return f"<span style='background-color:{back}'>&nbsp;{text}{number}&nbsp;</span> "
