"""Cards of what a check found: what is found again stays as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from netbuilder.core.check.problems import Problem
from netbuilder.core.project.model import Project
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox, role_of

Apply = Callable[[str, Callable[[Project], Project]], Any]


class ProblemCards(CardList):
    """Cards with a button for each mend.

    Every edit brings the problems anew. A card that was built again each time would be read out
    again each time, and would lose the focus to who had just tabbed to its button.
    """

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._shown: list[tuple[Problem, RoleBox]] = []

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Show these, and no others of those that were shown before."""
        wanted = tuple(problems)
        standing = [one for one in self._shown if one[1] in self.cards]
        for problem, card in standing:
            if problem not in wanted:
                self.remove(card)
        kept = {problem: card for problem, card in standing if problem in wanted}
        self._shown = [(one, kept.get(one) or self.add(self._card(one))) for one in wanted]

    def _card(self, problem: Problem) -> RoleBox:
        buttons = tuple(
            (fix.label, partial(self._apply, fix.label, fix.edit)) for fix in problem.fixes
        )
        role = role_of(problem.tone)
        return RoleBox(role, problem.title, problem.message, self, buttons=buttons)
