"""What looks wrong with the data, each with its mends; what was concluded stands beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from netbuilder.core.data.findings import ERROR, WARNING, Finding
from netbuilder.core.project.model import Project
from netbuilder.core.wording import counted, listed
from netbuilder.ui.widgets.cards import CardList, RoleBox


class FindingsList(QWidget):
    """Warnings as cards: the first one open, the others on request.

    Those about a column stand on its row too (⚠), and what is asked of one only there: several of
    them leave the room to the table, and are named in one line.
    """

    def __init__(
        self,
        store_apply: Callable[[str, Callable[[Project], Project]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._apply = store_apply
        self._findings: tuple[Finding, ...] = ()
        self._all = False
        self.cards = CardList(self)
        self.more = QPushButton("", self)
        self.more.setProperty("role", "link")
        self.more.setMinimumWidth(1)  # a long line must not make the panel wider than its place
        self.more.clicked.connect(self._show_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.cards)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show the warnings among these. An error is told where the data is told."""
        told = [one for one in findings if not one.asked]
        told = [one for one in told if one.severity == WARNING or _mended_error(one)]
        found = tuple(sorted(told, key=lambda one: (one.severity != ERROR, bool(one.column))))
        if found == self._findings:
            return
        self._findings, self._all = found, False
        self._fill()

    def _show_all(self) -> None:
        self._all = True
        self._fill()

    def _fill(self) -> None:
        self.cards.clear()
        count = len(self._findings)
        first = 1 if count == 1 or (count and not self._findings[0].column) else 0
        first = count if self._all else first
        shown, rest = self._findings[:first], self._findings[first:]
        for one in shown:
            buttons = tuple(
                (fix.label, partial(self._apply, fix.label, fix.edit)) for fix in one.fixes
            )
            role = "error" if one.severity == ERROR else "warning"
            self.cards.add(RoleBox(role, "", one.message, self, buttons=buttons))
        self.more.setText(_told(rest, more=bool(shown)))
        self.more.setVisible(bool(rest))
        self.setVisible(bool(self._findings))


def _told(rest: Sequence[Finding], *, more: bool) -> str:
    names = list(dict.fromkeys(one.column for one in rest if one.column))
    what = counted(len(rest), "more remark" if more else "remark")
    return f"⚠ {what}{f' about {listed(names, 2)}' if names else ''} …"


def _mended_error(one: Finding) -> bool:
    return one.severity == ERROR and one.code != "unreadable"
