"""What looks wrong with the data, each with its mends; what was concluded is in the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from netbuilder.core.data.findings import ERROR, WARNING, Finding
from netbuilder.core.project.model import Project
from netbuilder.core.wording import counted
from netbuilder.ui.widgets.cards import CardList, RoleBox

SHOWN = 2


class FindingsList(QWidget):
    """Warnings as cards, the first two open, the others on request."""

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
        self.more.clicked.connect(self._show_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.cards)
        layout.addWidget(self.more)
        self.hide()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show the warnings among these.

        An error is told where the data is told, and a question on the row of its column.
        """
        told = (one for one in findings if not one.asked)
        found = tuple(one for one in told if one.severity == WARNING or _mended_error(one))
        if found == self._findings:
            return
        self._findings, self._all = found, False
        self._fill()

    def _show_all(self) -> None:
        self._all = True
        self._fill()

    def _fill(self) -> None:
        self.cards.clear()
        shown = self._findings if self._all else self._findings[:SHOWN]
        for one in shown:
            buttons = tuple(
                (fix.label, partial(self._apply, fix.label, fix.edit)) for fix in one.fixes
            )
            role = "error" if one.severity == ERROR else "warning"
            self.cards.add(RoleBox(role, "", one.message, self, buttons=buttons))
        rest = len(self._findings) - len(shown)
        self.more.setText(f"{counted(rest, 'more remark')} …")
        self.more.setVisible(rest > 0)
        self.setVisible(bool(self._findings))


def _mended_error(one: Finding) -> bool:
    return one.severity == ERROR and one.code != "unreadable"
