"""What the program concluded by itself, a line each, with the choice to have it otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from netbuilder.core.data.findings import INFO, Finding
from netbuilder.core.project.model import Project
from netbuilder.core.wording import counted
from netbuilder.ui.widgets.labels import note_label

SHOWN = 2
Apply = Callable[[str, Callable[[Project], Project]], object]


def conclusions_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those to tell: about the whole file first, then columns where something can be changed.

    What a column's row says already (its unit), and what was done on request, is none.
    """
    told = [one for one in findings if one.severity == INFO and one.code != "done"]
    whole = [one for one in told if not one.column]
    return (*whole, *(one for one in told if one.column and one.fixes))


class Conclusion(QWidget):
    """A sentence, and a button whose menu holds what can be done instead."""

    def __init__(self, finding: Finding, apply: Apply, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.words = note_label(finding.message, self)
        row.addWidget(self.words, 1)
        self.menu = QMenu(self)
        for fix in finding.fixes:
            self.menu.addAction(fix.label.replace("&", "&&"), partial(apply, fix.label, fix.edit))
        if finding.fixes:
            button = QPushButton("Change", self)
            button.setProperty("small", True)
            button.setMenu(self.menu)
            button.setAccessibleName(f"Change: {finding.message}")
            row.addWidget(button)


class Conclusions(QWidget):
    """The first lines, the others on request."""

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._findings: tuple[Finding, ...] = ()
        self._all = False
        self.lines: list[Conclusion] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self.more = QPushButton("", self)
        self.more.setProperty("role", "link")
        self.more.setMinimumWidth(1)  # a long line must not make the panel wider than its place
        self.more.clicked.connect(self._show_all)
        self._layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show what was concluded, of all that was found."""
        found = conclusions_of(findings)
        if found != self._findings:
            self._findings, self._all = found, False
            self._fill()

    def _show_all(self) -> None:
        self._all = True
        self._fill()

    def _fill(self) -> None:
        for line in self.lines:
            self._layout.removeWidget(line)
            line.hide()
            line.deleteLater()
        shown = self._findings if self._all else self._findings[:SHOWN]
        self.lines = [Conclusion(one, self._apply, self) for one in shown]
        for place, line in enumerate(self.lines):
            self._layout.insertWidget(place, line)
        rest = len(self._findings) - len(shown)
        self.more.setText(f"{counted(rest, 'more thing')} concluded …")
        self.more.setVisible(rest > 0)
        self.setVisible(bool(self._findings))
