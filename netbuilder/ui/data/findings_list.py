"""What looks wrong with the data, each with its mends; what was concluded stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from netbuilder.core.data.findings import ERROR, WARNING, Finding
from netbuilder.core.wording import format_count, format_list
from netbuilder.ui.data.told import FindingsPreview
from netbuilder.ui.widgets.fix_buttons import Apply
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox


class FindingsList(FindingsPreview):
    """Warnings as cards: the first one open, the others on request.

    Those about a column stand on its row too (⚠), and what is asked of one only there: several of
    them leave the room to the table, and are named in one line. An error that keeps the data from
    being read is told where the data is told.
    """

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(apply, parent)
        self.cards = CardList(self)
        self.put(self.cards)

    def wanted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        told = [one for one in findings if not one.asked]
        told = [one for one in told if one.severity == WARNING or _mended_error(one)]
        return tuple(sorted(told, key=lambda one: (one.severity != ERROR, bool(one.column))))

    def at_first(self, findings: Sequence[Finding]) -> int:
        return 1 if len(findings) == 1 or (findings and not findings[0].column) else 0

    def fill(self, findings: Sequence[Finding]) -> None:
        self.cards.clear()
        for one in findings:
            buttons = tuple(
                (fix.label, partial(self._apply, fix.label, fix.edit)) for fix in one.fixes
            )
            role = "error" if one.severity == ERROR else "warning"
            self.cards.add(RoleBox(role, "", one.message, self, buttons=buttons))

    def rest_in_words(self, rest: Sequence[Finding], *, more: bool) -> str:
        names = list(dict.fromkeys(one.column for one in rest if one.column))
        what = format_count(len(rest), "more remark" if more else "remark")
        return f"⚠ {what}{f' about {format_list(names, 2)}' if names else ''} …"


def _mended_error(one: Finding) -> bool:
    return one.severity == ERROR and one.code != "unreadable"
