"""What the network sees in one row: found off the GUI thread, shared by canvas and Inside tab."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ActivationsLook:
    """One row on its way through the network.

    ``values``: an array by node id; ``raw``: the row as given, by Input id; ``truth``: the right
    answer in words; ``index`` of ``rows``.
    """

    trained: TrainedModel
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    truth: str
    index: int
    rows: int


def _look(question: tuple[TrainedModel, Path, int]) -> ActivationsLook | None:
    from netbuilder.core.data.load import load
    from netbuilder.core.results.inside import look, sample_of

    trained, base, index = question
    dataset = load(trained.project, base)
    split = dataset.test if dataset.test is not None and len(dataset.test) else dataset.train
    if not len(split):
        return None
    index %= len(split)
    raw = sample_of(split, index)
    values = look(trained, raw)
    truth = ""
    for name, column in split.y.items():
        given = column[index]
        classes = trained.facts.output_classes.get(name) or trained.facts.classes
        number = given.argmax() if getattr(given, "size", 1) > 1 and classes else given
        try:
            truth = str(classes[int(number)]) if classes else ""
        except (IndexError, TypeError, ValueError):
            truth = ""
        break
    return ActivationsLook(trained, values, raw, truth, index, len(split))


class Looking(QObject):
    """Looks at a row with the model trained last. ``changed``: ``look`` is another."""

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.look: ActivationsLook | None = None
        self.index = 0
        self.trouble = ""
        self._worker = jobs.Latest(_look, "look", self)
        self._worker.answered.connect(self._found)
        self._worker.failed.connect(self._failed)
        workbench.trained_changed.connect(self._trained_changed)

    def show_row(self, index: int) -> None:
        """Look at another row of the test data."""
        self.index = index
        trained = self._workbench.trained
        if trained is not None:
            self._worker.ask((trained, self._workbench.base, index))

    @property
    def look_now(self) -> ActivationsLook | None:
        """The look, where it is at the network trained last and no other is being trained."""
        bench = self._workbench
        current = self.look is not None and self.look.trained is bench.trained
        return self.look if current and not bench.training else None

    @property
    def idle(self) -> bool:
        """Whether nothing is being looked for."""
        return self._worker.idle

    def close(self) -> None:
        """End the thread."""
        self._worker.stop()

    def _trained_changed(self) -> None:
        if self._workbench.trained is None:
            self.look = None
            self.changed.emit()
        else:
            self.show_row(self.index)

    def _found(
        self, question: tuple[TrainedModel, Path, int], look: ActivationsLook | None
    ) -> None:
        if question[0] is self._workbench.trained:
            self.look, self.trouble = look, ""
            self.changed.emit()

    def _failed(self, question: tuple[TrainedModel, Path, int], error: Exception) -> None:
        if question[0] is not self._workbench.trained:
            return
        if not isinstance(error, UserError):
            log.error("looking inside failed", exc_info=error)
        self.look, self.trouble = None, str(error)
        self.changed.emit()


class CanvasStrips(QObject):
    """Puts what each layer gives out beside it on the canvas, as long as the layer is the same."""

    def __init__(self, looking: Looking, store: Any, canvas: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._looking, self._store, self._canvas = looking, store, canvas
        self._shown: set[str] = set()
        looking.changed.connect(self.show)
        store.changed.connect(self._project_changed)

    def hide(self) -> None:
        """Take the pictures away: they are of a run that is over, and another one begins."""
        for node_id in self._shown:
            self._canvas.set_preview(node_id, None)
        self._shown = set()

    def show(self) -> None:
        """Show what the trained network makes of the row; nothing while another is trained."""
        from netbuilder.ui.plots.activation_strips import strip

        look = self._looking.look_now
        found = {}
        if look is not None and look.trained.project.graph.nodes:
            graph = look.trained.project.graph
            now = self._store.project.graph
            for node_id, values in look.values.items():
                node, held = now.by_id.get(node_id), graph.by_id.get(node_id)
                if node is None or held is None or node.layer != held.layer:
                    continue
                # Of plain tables the scaled numbers say nothing to the eye.
                if node.layer == "Input" and values.ndim < 2:
                    continue
                if values.size < 2 or (values.ndim < 2 and graph.targets.get(node_id)):
                    continue
                image = strip(values)
                if image is not None:
                    found[node_id] = image
        for gone in self._shown - set(found):
            self._canvas.set_preview(gone, None)
        for node_id, image in found.items():
            self._canvas.set_preview(node_id, image)
        self._shown = set(found)

    def _project_changed(self, old: Any, new: Any) -> None:
        gone = [one for one in self._shown if one not in new.graph.by_id]
        for one in gone:
            self._canvas.set_preview(one, None)
            self._shown.discard(one)
