"""Offers to build a network for the data while the canvas is empty."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.project.model import Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.results.suggestion.selection import Suggestion


class NetworkBuilder(CardList):
    """A card: the offer, the progress, or the reasons. ``failed(error)``."""

    failed = Signal(object)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("network-builder")
        self._store, self._workbench = store, workbench
        self._offer: RoleBox | None = None
        self._building: Project | None = None  # for which a network is being built
        self._cancelled = threading.Event()
        self._built: tuple[str, ...] = ()  # the data whose network was built here
        store.changed.connect(self._changed)
        self.offer()

    def offer(self) -> None:
        project = self._store.project
        empty = all(node.layer == "Input" for node in project.graph.nodes)
        if self._building is not None or (self._built == _source(project) and not empty):
            return
        self._built = ()
        # In a lesson the pupil builds it.
        offers = bool(project.data.kind) and empty and record_of(project) is None
        if offers == (self._offer in self.cards) == bool(self.cards):
            return
        self.clear()
        if offers:
            self._offer = self.add(
                RoleBox(
                    "info",
                    "",
                    _(
                        "There is no layer between Input and Target yet. NetBuilder can choose "
                        "layers and settings for you."
                    ),
                    self,
                    buttons=((_("Build a network for this data"), self.build),),
                )
            )

    def build(self) -> None:
        """Build the network in a thread: candidates are trained."""
        project, base = self._store.project, self._workbench.base
        self._building, self._cancelled = project, threading.Event()
        cancelled = self._cancelled
        report = jobs.relay_to_gui(self, self._show_progress)
        self.clear()
        card = RoleBox(
            "info", _("Building a network…"), _("Reading the data…"), self,
            buttons=((_("Cancel"), self.cancel),),
        )  # fmt: skip
        self.add(card)

        def work() -> Suggestion:
            from netbuilder.core.results.suggestion.selection import select_network

            return select_network(
                project,
                base,
                progress=lambda title, done, of: report(card, title, done, of),
                cancelled=cancelled.is_set,
            )

        jobs.run_job(work, self._apply, self._failed, name="build-network", owner=self)

    @property
    def building(self) -> bool:
        return self._building is not None

    def cancel(self) -> None:
        """Cancel and leave the project unchanged."""
        self._cancelled.set()
        self.setEnabled(False)

    def _show_progress(self, card: RoleBox, title: str, done: int, of: int) -> None:
        if card in self.cards:
            card.words.setText(
                _("Trying {network} ({number} of {count})…", network=title, number=done + 1,
                  count=of)
            )  # fmt: skip

    def _apply(self, suggestion: Suggestion) -> None:
        project, self._building = self._building, None
        self.clear()
        self.setEnabled(True)
        if project is not self._store.project or self._cancelled.is_set():
            self.offer()  # the data or the network is another meanwhile
            return
        built = suggestion.project
        self._built = _source(built)
        self._store.apply(
            _("Build a network"),
            lambda p: replace(p, graph=built.graph, data=built.data, training=built.training),
        )
        self.add(
            RoleBox(
                "info",
                _("Why this network?"),
                "\n".join(f"• {reason}" for reason in suggestion.reasons),
                self,
                buttons=((_("Close"), self.clear), (_("Undo"), self._store.undo)),
            )
        )

    def _failed(self, error: Exception) -> None:
        self._building = None
        self.clear()
        self.setEnabled(True)
        self.offer()
        if self._cancelled.is_set():
            return
        if not isinstance(error, UserError):
            raise error
        self.failed.emit(error)

    def _changed(self, old: Project, new: Project) -> None:
        if self._building is not None and self._building is not new:
            self._cancelled.set()  # the result would be for other data
        if old.graph is not new.graph or old.data is not new.data:
            self.offer()


def _source(project: Project) -> tuple[str, ...]:
    return (project.data.kind, project.data.name, project.data.path)
