"""The answers about a whole file: as a table, which can be saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.wording import format_count
from netbuilder.ui.plots.table_preview import TextTable, sorts_by_headers, text_table
from netbuilder.ui.services import jobs
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.results.predict_file import FilePredictions

SHOWN_ROWS = 200


class FilePredictionsView(QWidget):
    """``failed(error)``: the answers could not be written; ``scaled(path)``: the file's numbers
    were brought to 0 to 1 before, says the person who asks."""

    failed = Signal(object)
    scaled = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: FilePredictions | None = None
        self._path = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.cards = CardList(self)
        self.model = TextTable(self)
        self.table = text_table(self.model, "Answers about a file", self)
        sorts_by_headers(self.table)
        self.table.setMinimumHeight(220)
        layout.addWidget(self.cards)
        layout.addWidget(self.table)
        self.hide()

    def forget(self) -> None:
        """Show nothing any more."""
        self.found = None
        self.cards.clear()
        self.hide()

    def show_answers(self, found: FilePredictions, path: str) -> None:
        """Show the answers about a file."""
        self.found, self._path = found, path
        columns, rows = found.text_rows(SHOWN_ROWS)
        self.model.show_rows(columns, rows, marked=frozenset(range(len(found.answers))))
        self.table.resizeColumnsToContents()
        self.table.show()
        self.show()
        self._tell("")

    def show_trouble(self, error: UserError) -> None:
        """Say why a file could not be answered, where its answers would stand."""
        self.found = None
        self.cards.clear()
        self.cards.add(RoleBox("error", error.what, error.fix, self))
        self.table.hide()
        self.show()

    def _tell(self, words: str) -> None:
        found = self.found
        if found is None:
            return
        self.cards.clear()
        if found.looks_scaled:
            from netbuilder.core.results.predict_file import LOOKS_SCALED_SENTENCE

            self.cards.add(
                RoleBox(
                    "warning", "Are these numbers scaled?", LOOKS_SCALED_SENTENCE, self,
                    button="Take them as scaled", do=self._take_as_scaled,
                )
            )  # fmt: skip
        rows = len(found.table)
        shown = f"Below are the first {SHOWN_ROWS} of {rows:,}." if rows > SHOWN_ROWS else ""
        title = f"{format_count(len(found.predictions), 'answer')} about {Path(self._path).name}"
        said = " ".join(part for part in (words, shown) if part)
        self.cards.add(
            RoleBox("info", title, said, self, button="Save the answers…", do=self._ask_out)
        )
        for note in found.predictions.notes:
            self.cards.add(RoleBox("info", "", note, self))

    def _take_as_scaled(self) -> None:
        self.scaled.emit(Path(self._path))

    def _ask_out(self) -> None:
        path = Path(self._path)
        suggested = str(path.with_name(f"{path.stem} answers.csv"))
        out = ask_save(self, "Write the answers", suggested, (FileType("Table", (".csv",)),))
        if out is not None:
            self.save(out)

    def save(self, out: Path) -> None:
        """Write the answers about the file, with all that the file holds."""
        found = self.found
        if found is None:
            return
        jobs.run_job(
            lambda: found.write(out),
            lambda _none: self._tell(f"Wrote {out}."),
            self.failed.emit,
            name="answers",
            owner=self,
        )
