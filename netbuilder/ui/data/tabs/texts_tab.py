"""Texts as the network gets them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from netbuilder.core.data.data_views.text_view import TextsDataView
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_count, format_number
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

    def show_look(self, look: TextsDataView, project: Project, base: Path) -> None:
        """Show other texts."""
        self.tokens.show_look(look)
        self.words.setText(texts_summary(look))
        self.lengths.setVisible(bool(look.lengths))
        self.lengths.show_look(look)


def texts_summary(look: TextsDataView) -> str:
    """What the network gets of the texts, in words."""
    if look.windows:
        return (
            f"{format_number(look.count)} windows of {format_count(look.cut, 'token')} of one long"
            f" text, and "
            f"what comes next (→). {format_count(look.vocabulary, 'token')} known."
        )
    said = [
        f"{format_count(look.count, 'text')}, {format_count(look.vocabulary, 'word')} known.",
        f"⟨Unknown⟩ words: {look.unknown:.1%}." if look.unknown else "No word is unknown.",
    ]
    if look.longer:
        said.append(
            f"{look.longer / look.measured:.0%} of the texts are longer than "
            f"{format_count(look.cut, 'word')} and lose their end (struck out)."
        )
    else:
        said.append(f"No text is longer than {format_count(look.cut, 'word')}: none is cut.")
    return " ".join(said)
