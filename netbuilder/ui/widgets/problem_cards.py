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
        self._standing: list[tuple[tuple[Problem, bool], RoleBox]] = []

    def show_problems(
        self, problems: Iterable[Problem], explained: frozenset[Problem] = frozenset()
    ) -> None:
        """Show these, and no others of those that were shown before.

        Those ``explained`` stand beside their card in words, with their fix: here a line is enough.
        """
        keys = tuple((problem, problem in explained) for problem in problems)
        standing = [entry for entry in self._standing if entry[1] in self.cards]
        for key, card in standing:
            if key not in keys:
                self.remove(card)
        cards = {key: card for key, card in standing if key in keys}
        known = {problem for (problem, _told), _card in standing}
        self._standing = [
            (key, cards.get(key) or self.add(self._card(*key), aloud=key[0] not in known))
            for key in keys
        ]

    def _card(self, problem: Problem, explained: bool) -> RoleBox:
        fixes = problem.others if explained else problem.fixes
        buttons = tuple((fix.label, partial(self._apply, fix.label, fix.edit)) for fix in fixes)
        words = "" if explained else problem.message
        return RoleBox(role_of(problem.tone), problem.title, words, self, buttons=buttons)
