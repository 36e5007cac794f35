"""Colours for Python, by Pygments' tokens and the theme."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from netbuilder.ui.style import theme

#: Token (and all that is below it) -> colour in light, colour in dark, bold.
_COLORS: tuple[tuple[str, str, str, bool], ...] = (
    ("Token.Comment", "#667085", "#98A2B3", False),
    ("Token.Literal.String", "#15703C", "#7FD1A0", False),
    ("Token.Literal.Number", "#9A4B00", "#F0B072", False),
    ("Token.Keyword", "#7A2FA0", "#D0A2F0", True),
    ("Token.Name.Builtin", "#005F99", "#7CC4F0", False),
    ("Token.Name.Function", "#005F99", "#7CC4F0", False),
    ("Token.Name.Class", "#005F99", "#7CC4F0", True),
    ("Token.Name.Namespace", "#1B2430", "#E6E9EE", True),
    ("Token.Operator.Word", "#7A2FA0", "#D0A2F0", True),
)


class PythonColors(QSyntaxHighlighter):
    """Colours the whole text at once, so that strings over several lines are right."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._spans: dict[int, list[tuple[int, int, str]]] = {}
        theme.theme().changed.connect(self.rehighlight)

    def show_text(self, text: str) -> None:
        """Find the tokens of a text, before the document gets it."""
        from pygments.lexers import PythonLexer

        self._spans = {}
        line = column = 0
        for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
            name = str(kind)
            for number, part in enumerate(value.split("\n")):
                if number:
                    line, column = line + 1, 0
                if part:
                    self._spans.setdefault(line, []).append((column, len(part), name))
                    column += len(part)

    def highlightBlock(self, text: str) -> None:
        for start, length, name in self._spans.get(self.currentBlock().blockNumber(), ()):
            look = _look(name)
            if look is not None:
                self.setFormat(start, length, look)


def _look(name: str) -> QTextCharFormat | None:
    for prefix, light, dark, bold in _COLORS:
        if name.startswith(prefix):
            look = QTextCharFormat()
            look.setForeground(QColor(dark if theme.theme().dark else light))
            if bold:
                look.setFontWeight(QFont.Weight.DemiBold)
            return look
    return None
