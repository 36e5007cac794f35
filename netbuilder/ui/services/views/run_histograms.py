"""How weights, gradients and activations spread over a run, recorded though nobody looks yet.

What the canvas asks of a run for its own sake holds all of it: recording asks nothing more.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.events import ProbeAnswered
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.histograms import HistogramHistory

#: Seconds between two moments: of the first few of a run, which may be over soon, and later.
SOON, EVERY = 0.2, 1.0
_FEW = 12


class RunHistograms:
    """Moments of the newest run by the name of their view. No Qt here; of one thread."""

    def __init__(self) -> None:
        self._moments: dict[str, HistogramHistory] = {}
        self._project: Project | None = None
        self._trained: TrainedModel | None = None
        self._large: frozenset[str] = frozenset()
        self._weighed = 0.0

    def begin(self, project: Project) -> None:
        """Another run begins, from the start."""
        from netbuilder.core.results.live import histograms

        nodes = histograms.learning_nodes(project)
        kinds = (histograms.WEIGHTS, histograms.GRADIENTS, histograms.ACTIVATIONS)
        self._moments = {what: histograms.HistogramHistory(what, nodes) for what in kinds}
        self._project, self._trained, self._weighed = project, None, 0.0

    def weigh(self, answer: ProbeAnswered) -> None:
        """Take the weights of a moment, unless the last ones are of just now."""
        now = time.monotonic()
        if now - self._weighed >= self.every("weights"):
            self._weighed = now
            self._add("weights", answer)

    def every(self, what: str) -> float:
        """Seconds until the next moment is wanted."""
        moments = self._moments.get(what)
        return SOON if moments is not None and len(moments) < _FEW else EVERY

    def examine(self, answer: ProbeAnswered) -> None:
        """Take gradients and outputs of a moment."""
        self._add("gradients", answer)
        self._add("activations", answer)

    def _add(self, what: str, answer: ProbeAnswered) -> None:
        moments = self._moments.get(what)
        if moments is None:
            return
        # Layers that are not followed would have fewer moments than the others.
        if what == "activations" or not self._large.intersection(moments.nodes):
            moments.add(answer)

    def leave_out(self, large: frozenset[str]) -> None:
        """Layers of whose weights nothing is asked while it trains."""
        self._large = large

    def end(self, trained: TrainedModel | None) -> None:
        """The run is over, and this came of it."""
        self._trained = trained

    def of(self, project: Project, trained: TrainedModel | None) -> dict[str, HistogramHistory]:
        """Copies of what is known of the run that trains ``project`` now (``trained`` None), or
        that ``trained`` came of; {} of other runs."""
        same = self._project is not None and self._project.graph == project.graph
        if not same or trained is not self._trained:
            return {}
        return {what: moments.copy() for what, moments in self._moments.items() if len(moments)}
