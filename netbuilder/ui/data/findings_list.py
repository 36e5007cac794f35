"""Findings about the data: problems with fixes, and automatic decisions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from netbuilder.core.data.findings import ERROR, INFO, WARNING, Finding
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_list, labelled
from netbuilder.ui.widgets.fix_buttons import Apply
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox


class FindingsPreview(QWidget):
    """The first findings of a type, and a link to the others. ``apply(label, edit)`` makes
    fixes."""

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._findings: tuple[Finding, ...] = ()
        self._all, self._rest = False, ""
        self.more = prepared(QPushButton("", self), role="link")
        self.more.setMinimumWidth(1)  # a long line must not make the panel wider than its place
        self.more.clicked.connect(self._show_all)
        vbox((self.more, 0, Qt.AlignmentFlag.AlignLeft), parent=self, margins=0, spacing=4)
        self.hide()

    def put(self, widget: QWidget) -> None:
        """Set the widget of the findings, above the link."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, widget)

    @abstractmethod
    def wanted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Return the findings that are shown here, in order."""

    @abstractmethod
    def at_first(self, findings: Sequence[Finding]) -> int:
        """Return how many are shown before the link is pressed."""

    @abstractmethod
    def fill(self, findings: Sequence[Finding]) -> None:
        """Show these findings."""

    @abstractmethod
    def rest_in_words(self, rest: Sequence[Finding], *, more: bool) -> str:
        """Return the link's text; ``more``: some are shown above it."""

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show those of all findings that belong here."""
        chosen = self.wanted(findings)
        if chosen != self._findings:
            self._findings, self._all = chosen, False
            self._fill()

    def _show_all(self) -> None:
        self._all = True
        self._fill()

    def _fill(self) -> None:
        first = len(self._findings) if self._all else self.at_first(self._findings)
        first_findings, rest = self._findings[:first], self._findings[first:]
        self.fill(first_findings)
        self._rest = self.rest_in_words(rest, more=bool(first_findings)) if rest else ""
        self._name_rest()
        self.more.setVisible(bool(rest))
        self.setVisible(bool(self._findings))

    def _name_rest(self) -> None:
        """Elide the link: a button would cut it at both ends."""
        metrics, right = self.more.fontMetrics(), Qt.TextElideMode.ElideRight
        self.more.setText(metrics.elidedText(self._rest, right, self.width() - 8))
        self.more.setToolTip("" if self.more.text() == self._rest else self._rest)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_rest()


class FindingsList(FindingsPreview):
    """Warnings as cards, the first one open.

    Those about a column are marked on its row (⚠) too, questions only there. Errors that prevent
    reading are shown with the data source.
    """

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(apply, parent)
        self.cards = CardList(self)
        self.put(self.cards)

    def wanted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        chosen = [finding for finding in findings if not finding.asked]
        chosen = [
            finding for finding in chosen if finding.severity == WARNING or _mended_error(finding)
        ]
        return tuple(
            sorted(chosen, key=lambda finding: (finding.severity != ERROR, bool(finding.column)))
        )

    def at_first(self, findings: Sequence[Finding]) -> int:
        return 1 if len(findings) == 1 or (findings and not findings[0].column) else 0

    def fill(self, findings: Sequence[Finding]) -> None:
        self.cards.clear()
        for finding in findings:
            buttons = tuple(
                (fix.label, partial(self._apply, fix.label, fix.edit)) for fix in finding.fixes
            )
            role = "error" if finding.severity == ERROR else "warning"
            self.cards.add(RoleBox(role, "", finding.message, self, buttons=buttons))

    def rest_in_words(self, rest: Sequence[Finding], *, more: bool) -> str:
        names = list(dict.fromkeys(finding.column for finding in rest if finding.column))
        if names:
            columns = format_list(names, 2)
            if more:
                return ngettext(
                    "⚠ {count} more warning about {columns} …",
                    "⚠ {count} more warnings about {columns} …",
                    len(rest),
                    columns=columns,
                )
            return ngettext(
                "⚠ {count} warning about {columns} …",
                "⚠ {count} warnings about {columns} …",
                len(rest),
                columns=columns,
            )
        if more:
            return ngettext("⚠ {count} more warning …", "⚠ {count} more warnings …", len(rest))
        return ngettext("⚠ {count} warning …", "⚠ {count} warnings …", len(rest))


def _mended_error(finding: Finding) -> bool:
    return finding.severity == ERROR and finding.code != "unreadable"


SHOWN = 2


class ConclusionRow(QWidget):
    """A sentence, and a menu of alternatives; answers to a question about all data have buttons."""

    def __init__(self, finding: Finding, apply: Apply, parent: QWidget) -> None:
        super().__init__(parent)
        self.words = note_label(finding.message, self)
        row = hbox((self.words, 1), parent=self, margins=0)
        self.menu = QMenu(self)
        answers = [fix for fix in finding.fixes if fix.short and not finding.column]
        for fix in answers:
            answer = prepared(QPushButton(fix.short.replace("&", "&&"), self), small=True)
            answer.setAccessibleName(labelled(fix.label, finding.message))
            answer.clicked.connect(partial(apply, fix.label, fix.edit))
            row.addWidget(answer)
        others = [fix for fix in finding.fixes if fix not in answers]
        for fix in others:
            self.menu.addAction(fix.label.replace("&", "&&"), partial(apply, fix.label, fix.edit))
        if others:
            button = prepared(QPushButton(_("Change"), self), small=True)
            button.setMenu(self.menu)
            button.setAccessibleName(_("Change: {finding}", finding=finding.message))
            row.addWidget(button)


class ConclusionsList(FindingsPreview):
    """Automatic decisions that can be changed, first those about the whole file.

    Left out: what a column's row shows, what was requested, and the target if ``TargetPicker`` asks
    for it (``target_asked``).
    """

    target_asked = True

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(apply, parent)
        self._box = QWidget(self)
        self.put(self._box)
        self.lines: list[ConclusionRow] = []
        self._layout = vbox(parent=self._box, margins=0, spacing=4)

    def wanted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        elsewhere = ("done", "default-target") if self.target_asked else ("done",)
        chosen = [
            finding
            for finding in findings
            if finding.severity == INFO and finding.code not in elsewhere
        ]
        whole = [finding for finding in chosen if not finding.column]
        return (*whole, *(finding for finding in chosen if finding.column and finding.fixes))

    def at_first(self, findings: Sequence[Finding]) -> int:
        return SHOWN

    def fill(self, findings: Sequence[Finding]) -> None:
        for line in self.lines:
            self._layout.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [ConclusionRow(finding, self._apply, self._box) for finding in findings]
        for line in self.lines:
            self._layout.addWidget(line)

    def rest_in_words(self, rest: Sequence[Finding], *, more: bool) -> str:
        return ngettext(
            "{count} more automatic choice …", "{count} more automatic choices …", len(rest)
        )
