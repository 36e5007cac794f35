"""All variants that were tried, the best first: a click chooses one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number
from netbuilder.ui.plots.table_preview import TextTable, sorts_by_headers, text_table

if TYPE_CHECKING:
    from netbuilder.core.results.tuning.study import Study
    from netbuilder.core.results.tuning.trial import Trial

_HEIGHT = 200
_ALIKE = N_("≈: as good as the best, as far as the validation rows can tell")


class TrialTable(QTableView):
    """What was varied stands right beside the loss. ``chosen`` is the variant of the chosen row."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows = TextTable(self)
        self._trials: list[Trial] = []
        text_table(self.rows, _("Trials"), parent, self)
        sorts_by_headers(self)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.setMinimumHeight(_HEIGHT)

    @property
    def chosen(self) -> Trial | None:
        """The variant of the row that is chosen, where that is one, and could train."""
        rows = {self.rows.place(index.row()) for index in self.selectedIndexes()}
        chosen = [self._trials[row] for row in rows]
        return chosen[0] if len(chosen) == 1 and chosen[0].score is not None else None

    def show_study(self, study: Study) -> None:
        """Show all trials of a study."""
        from netbuilder.core.results.tuning.search_space import display_name, format_setting
        from netbuilder.core.results.tuning.trial_evaluation import describe_score as measured

        paths = [one.path for one in study.plan.varied]
        alike = {id(one) for one in study.as_good}
        self._trials = sorted(
            study.trials, key=lambda one: math.inf if one.score is None else one.score
        )
        cells = [
            (
                _score(one, id(one) in alike),
                *(format_setting(one.values[path]) for path in paths),
                measured(one.measured, one.unit),
                _epochs(one),
            )
            for one in self._trials
        ]
        tips = (
            _(_ALIKE),
            *(display_name(path, study.plan.project) for path in paths),
            _("Result of its best epoch on the validation set"),
            _("The best epoch, and the number of epochs"),
        )
        numbers = any("mean_absolute_error" in one.measured for one in self._trials)
        reached = _("mean absolute error") if numbers else _("correct")
        self.rows.show_rows((_("loss"), *_short(paths), reached, _("epochs")), cells, tips)
        self.resizeColumnsToContents()


def _score(trial: Trial, alike: bool) -> str:
    if trial.score is None:
        return _("failed")
    return f"{trial.score:.4g}{' ≈' if alike else ''}"


def _epochs(trial: Trial) -> str:
    """ "8 of 60", "25 of 41, ended early"."""
    early = ", " + _("pruned") if trial.pruned else ""
    best = (
        _("{epoch} of", epoch=format_number(trial.best_epoch, ",.0f")) + " "
        if 0 < trial.best_epoch < trial.epochs
        else ""
    )
    return f"{best}{trial.epochs:,}{early}"


def _short(paths: Sequence[str]) -> list[str]:
    """Heads of columns: "units", and "dense units" where another layer's are varied too."""
    names = [path.rpartition(".")[2] for path in paths]
    found = []
    for path, name in zip(paths, names, strict=True):
        layer = path.rpartition(".")[0]
        whole = layer if name == "on" else f"{layer} {name}"
        found.append((whole if names.count(name) > 1 or name == "on" else name).replace("_", " "))
    return found
