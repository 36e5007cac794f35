"""A card with other methods that suit the data better than the network."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.wording import join_sentences
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.results.method_comparison import score_rows
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.other_methods import Comparison

#: Numbers of training rows that are compared without being asked for: some seconds' work.
_MOST_NUMBERS = 200_000
#: Some methods take minutes for a thousand classes.
_MOST_CLASSES = 100


class BetterMethodCard(CardList):
    """Compares with other methods and shows a significantly better one. ``network_requested()``:
    better networks are to be tried."""

    network_requested = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("better_method")
        self._workbench = workbench
        self._trained: TrainedModel | None = None
        self._stop = threading.Event()
        self.table: ShortTable | None = None

    def compare(self, trained: TrainedModel | None) -> None:
        """Compare a network trained on the user's own table in the background; not in lessons."""
        if trained is self._trained:
            return
        self._stop.set()
        self._stop, self._trained = threading.Event(), trained
        self.clear()
        project = self._workbench.store.project
        if trained is None or not trained.project.data.path or record_of(project) is not None:
            return
        stop, base = self._stop, self._workbench.base

        def work() -> Comparison | None:
            from netbuilder.core.data.load import load_dataset
            from netbuilder.core.results.other_methods import can_compare, compare

            if len(trained.facts.classes) > _MOST_CLASSES:
                return None
            dataset = load_dataset(trained.project, base)
            if stop.is_set() or not can_compare(trained, dataset, _MOST_NUMBERS):
                return None
            return compare(trained, dataset, cancelled=stop.is_set)

        def show(comparison: Comparison | None) -> None:
            if comparison is not None and not stop.is_set():
                self._show(comparison)

        jobs.run_job(work, show, lambda _error: None, name="compare first result", owner=self)

    def _show(self, comparison: Comparison) -> None:
        if not comparison.advice:
            return
        words = join_sentences((comparison.advice, *comparison.notes))
        card = RoleBox(
            "info", _("Another method is better here"), words, self,
            buttons=((_("Try better networks"), self.network_requested.emit),),
        )  # fmt: skip
        self.table = ShortTable(_("Other methods"), card)
        columns, rows = score_rows(comparison)
        self.table.show_rows(columns[:3], [row[:3] for row in rows], narrow=2)
        layout = card.layout()
        assert layout is not None
        layout.addWidget(self.table)
        self.add(card)
