"""Texts as the network gets them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from netbuilder.core.data.looks.texts import TextsLook
from netbuilder.core.project.model import Project
from netbuilder.core.wording import counted, number
from netbuilder.ui.plots.samples.lengths_plot import LengthsPlot
from netbuilder.ui.plots.samples.token_text import TokenText
from netbuilder.ui.widgets.labels import note_label


class TextsTab(QWidget):
    """The tokens of some texts, and how long all are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label("", self)
        self.tokens = TokenText(self)
        self.numbers = QCheckBox("numbers that the network gets", self)
        self.numbers.toggled.connect(self.tokens.show_numbers)
        self.lengths = LengthsPlot(self)
        self.lengths.setFixedHeight(130)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.words)
        layout.addWidget(self.tokens, 1)
        layout.addWidget(self.numbers)
        layout.addWidget(self.lengths)

    def show_look(self, look: TextsLook, project: Project, base: Path) -> None:
        """Show other texts."""
        self.tokens.show_look(look)
        self.words.setText(text_words(look))
        self.lengths.setVisible(bool(look.lengths))
        self.lengths.show_look(look)


def text_words(look: TextsLook) -> str:
    """What the network gets of the texts, in words."""
    if look.windows:
        return (
            f"{number(look.count)} windows of {counted(look.cut, 'token')} of one long text, and "
            f"what comes next (→). {counted(look.vocabulary, 'token')} known."
        )
    said = [
        f"{counted(look.count, 'text')}, {counted(look.vocabulary, 'word')} known.",
        f"⟨Unknown⟩ words: {look.unknown:.1%}." if look.unknown else "No word is unknown.",
    ]
    if look.longer:
        said.append(
            f"{look.longer / look.measured:.0%} of the texts are longer than "
            f"{counted(look.cut, 'word')} and lose their end (struck out)."
        )
    else:
        said.append(f"No text is longer than {counted(look.cut, 'word')}: none is cut.")
    return " ".join(said)
