"""What is told of the data, one below the other: the first ones, the others on request."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from netbuilder.core.data.findings import Finding
from netbuilder.ui.widgets.fix_buttons import Apply


class FindingsPreview(QWidget):
    """The first findings of a sort, and a link to the others; nothing at all of none.

    ``apply(label, edit)`` is what a finding's fix is done with.
    """

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._findings: tuple[Finding, ...] = ()
        self._all = False
        self.more = QPushButton("", self)
        self.more.setProperty("role", "link")
        self.more.setMinimumWidth(1)  # a long line must not make the panel wider than its place
        self.more.clicked.connect(self._show_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def put(self, shown: QWidget) -> None:
        """What shows the findings, above the link to the others."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, shown)

    @abstractmethod
    def wanted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Those among all findings that are told here, in their order."""

    @abstractmethod
    def at_first(self, findings: Sequence[Finding]) -> int:
        """How many of them are shown before more are asked for."""

    @abstractmethod
    def fill(self, findings: Sequence[Finding]) -> None:
        """Show these and no others."""

    @abstractmethod
    def rest_in_words(self, rest: Sequence[Finding], *, more: bool) -> str:
        """What the link to the others says; ``more``: some are shown above it."""

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Tell what belongs here of all that was found."""
        found = self.wanted(findings)
        if found != self._findings:
            self._findings, self._all = found, False
            self._fill()

    def _show_all(self) -> None:
        self._all = True
        self._fill()

    def _fill(self) -> None:
        first = len(self._findings) if self._all else self.at_first(self._findings)
        shown, rest = self._findings[:first], self._findings[first:]
        self.fill(shown)
        self.more.setText(self.rest_in_words(rest, more=bool(shown)) if rest else "")
        self.more.setVisible(bool(rest))
        self.setVisible(bool(self._findings))
