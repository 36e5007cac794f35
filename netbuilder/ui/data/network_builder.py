"""Offer a network that fits the data while the canvas is empty, and tell the reasons for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.project.model import Graph, Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.data.suggestion import Suggestion


class NetworkBuilder(CardList):
    """One card: the offer, or the reasons for what was built. ``failed(error)``."""

    failed = Signal(object)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("network-builder")
        self._store, self._workbench = store, workbench
        self._offer: RoleBox | None = None
        self._asked: Project | None = None  # for which a network is being built
        self._built: tuple[str, ...] = ()  # the data whose network was built here
        store.changed.connect(self._changed)
        self.offer()

    def offer(self) -> None:
        """Offer to build a network, where there is data and none was begun."""
        project = self._store.project
        empty = _is_empty(project.graph)
        if self._asked is not None or (self._built == _source(project) and not empty):
            return
        self._built = ()
        # In a lesson the pupil builds it.
        wanted = bool(project.data.kind) and empty and record_of(project) is None
        if wanted == (self._offer in self.cards) == bool(self.cards):
            return
        self.clear()
        if wanted:
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
        """Build the network in a thread: the data is read for it."""
        project, base = self._store.project, self._workbench.base
        self._asked = project
        self.setEnabled(False)

        def work() -> Suggestion:
            from netbuilder.core.data.suggestion import suggest_network

            return suggest_network(project, base)

        jobs.run_job(work, self._found, self._failed, name="build-network", owner=self)

    def _found(self, found: Suggestion) -> None:
        asked, self._asked = self._asked, None
        self.setEnabled(True)
        if asked is not self._store.project:
            self.offer()  # the data or the network is another meanwhile
            return
        made = found.project
        self._built = _source(made)
        self._store.apply(
            _("Build a network"),
            lambda p: replace(p, graph=made.graph, data=made.data, training=made.training),
        )
        self.clear()
        self.add(
            RoleBox(
                "info",
                _("Why this network?"),
                "\n".join(f"• {reason}" for reason in found.reasons),
                self,
                buttons=((_("Close"), self.clear), (_("Undo"), self._store.undo)),
            )
        )

    def _failed(self, error: Exception) -> None:
        self._asked = None
        self.setEnabled(True)
        self.offer()
        if not isinstance(error, UserError):
            raise error
        self.failed.emit(error)

    def _changed(self, old: Project, new: Project) -> None:
        if old.graph is not new.graph or old.data is not new.data:
            self.offer()


def _is_empty(graph: Graph) -> bool:
    return all(node.layer == "Input" for node in graph.nodes)


def _source(project: Project) -> tuple[str, ...]:
    return (project.data.kind, project.data.name, project.data.path)
