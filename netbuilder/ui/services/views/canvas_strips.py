"""What each layer makes of the chosen sample, as pictures beside it on the canvas."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from netbuilder.core.i18n import gettext as _, rerendered
from netbuilder.core.project.model import Node, Project
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import ActivationService, SampleActivations
from netbuilder.ui.style import theme

_MOST_WORK = 2_000_000  # multiplications for a picture: about 10 ms


class CanvasStrips(QObject):
    """Puts what each layer gives out beside it, as long as the layer is the same.

    While a run goes on it is what the run makes of the sample just now; afterwards the model's.
    """

    def __init__(
        self,
        activations_service: ActivationService,
        live: LiveActivationsService,
        store: ProjectStore,
        canvas: Any,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._activations_service = activations_service
        self._live = live
        self._store = store
        self._canvas = canvas
        self.shown: set[str] = set()
        self._stale = False  # whether the canvas was another network than the one on show
        activations_service.changed.connect(self.show)
        live.changed.connect(self._show_run)
        store.changed.connect(self._project_changed)
        # What was painted has the letters of the scheme before, unreadable on this one.
        theme.theme().changed.connect(self._paint_again)
        for asks in (canvas.closer, canvas.shown_sample):
            asks.row_requested.connect(
                lambda steps: activations_service.show_row(activations_service.index + steps)
            )

    @property
    def look(self) -> SampleActivations | None:
        """What is shown: the run's, or the model's."""
        return self._live.look or self._activations_service.look_now

    def _show_run(self) -> None:
        if self._live.look is None:  # a run has begun: what is there is of an earlier one
            self._canvas.previews.fade()
            self._canvas.closer.fade()
            self._canvas.set_wire_weights({})
            self.shown = set()
        else:
            self._show(self._live.look)

    def show(self) -> None:
        """Show what the trained network makes of the row; nothing while another is trained."""
        self._live.forget()
        found = self._activations_service.look_now
        # While the model is asked, what the run showed last stays, and a card that is opened too.
        # Of a model that is gone nothing does: its answer may still be on its way.
        asked = (
            self._activations_service.workbench.models.trained is not None
            and not self._activations_service.idle
        )
        if found is not None or (self._activations_service.look is None and not asked):
            self._show(found)

    def _show(self, look: SampleActivations | None) -> None:
        found: dict[str, QImage] = {}
        if look is not None:
            now = self._store.project.graph
            held = look.project.graph
            for node_id, values in look.values.items():
                node, before = now.by_id.get(node_id), held.by_id.get(node_id)
                if node is None or before is None or node.layer != before.layer:
                    continue
                image = picture_of(look, before, values)
                if image is not None:
                    found[node_id] = image
        for gone in (self.shown | self._canvas.previews.ids) - set(found):
            self._canvas.set_preview(gone, None)
        for node_id, image in found.items():
            self._canvas.set_preview(node_id, image)
        self.shown = set(found)
        wires = {} if look is None or self._canvas.previews.stale else look.wires
        self._canvas.set_wire_weights(wires)
        # What is looked at closely follows in a turn of its own: after a run both take their time.
        if look is None:
            self._canvas.show_look(None, self._activations_service.trouble)
        else:
            QTimer.singleShot(0, self, lambda: self._follow(look))

    def _follow(self, look: SampleActivations) -> None:
        if look in (self._live.look, self._activations_service.look):
            self._canvas.show_look(look, self._activations_service.trouble)

    def _paint_again(self) -> None:
        look = self.look
        if look is None:
            return
        for node_id in self.shown:
            node = look.project.graph.by_id.get(node_id)
            image = picture_of(look, node, look.values[node_id]) if node is not None else None
            if image is not None:
                self._canvas.previews.paint_over(node_id, image)

    def retranslate(self) -> None:
        """Paint words and numbers in another language."""
        self._paint_again()

    def _project_changed(self, old: Project, new: Project) -> None:
        gone = [one for one in self.shown if one not in new.graph.by_id]
        for one in gone:
            self._canvas.set_preview(one, None)
            self.shown.discard(one)
        if _source(old) != _source(new):  # what it saw is no row of these data
            self._canvas.previews.fade()
            self._canvas.closer.fade()
        was, self._stale = self._stale, self._canvas.previews.stale
        if self._stale:  # the weights are those of another network
            self._canvas.set_wire_weights({})
        elif was and self.look is not None:
            self._show(self.look)


def _source(project: Project) -> tuple[object, ...]:
    data = project.data
    return data.kind, data.name, data.path


def picture_of(look: SampleActivations, node: Node, values: Any) -> QImage | None:
    """The picture beside a node; None where nothing can be shown."""
    from netbuilder.ui.plots import activation_strips
    from netbuilder.ui.plots.live import layer_strips

    graph = look.project.graph
    surface = look.surfaces.get(node.id)
    answers = not graph.targets.get(node.id)
    # Of an answer of many classes the likeliest say more than where the first six of them are.
    if surface is not None and not (answers and surface.shape[2] > activation_strips.MOST_SURFACES):
        return activation_strips.surface_strip(surface, look.classes.get(node.id, ()))
    scores = attention_shares(look, node.id)
    if scores is not None:
        return layer_strips.attention_strip(scores)
    words = embedded_words(look, node.id)
    if words:
        return layer_strips.words_strip(values, words)
    if node.id in look.told:
        return layer_strips.lines_strip([(a, rerendered(b)) for a, b in look.told[node.id]])
    # Where nobody knows what they are, the scaled numbers of a row say nothing to the eye.
    if node.layer == "Input" and values.ndim < 2:
        return None
    if answers and values.ndim == 1:
        return answer_picture(look, node.id, values)
    if values.size < 2:
        return None
    if values.ndim == 1:  # a layer that gives its last state only shows the way to it
        states = recurrent_states(look, node.id, _MOST_WORK)
        if states is not None and len(states) > 1:
            return activation_strips.states_strip(states)
    colored = activation_strips.colors_of(node.layer)
    return activation_strips.activation_strip(values, colored=colored)


def answer_picture(look: SampleActivations, node_id: str, values: Any) -> QImage | None:
    """An output's answer: classes with their shares, or numbers in the data's own units."""
    import numpy as np

    from netbuilder.core.wording import format_measure, format_number
    from netbuilder.ui.plots import activation_strips
    from netbuilder.ui.plots.live import layer_strips

    own = look.answers.get(node_id, values)
    names = look.classes.get(node_id, ())
    shares = shares_of(own, names)
    if shares is not None:
        return activation_strips.answer_strip(shares, names)
    columns = look.targets.get(node_id, ())
    if not np.isfinite(own).all():
        return activation_strips.word_strip(_("not a number"))
    if len(columns) == own.size and own.size <= layer_strips.MOST_LINES:
        units = look.units.get(node_id) or ("",) * len(columns)
        lines = [
            (name, format_measure(float(one), unit))
            for name, unit, one in zip(columns, units, own, strict=True)
        ]
        return layer_strips.lines_strip(lines)
    if own.size == 1:
        return activation_strips.word_strip(format_number(float(own[0])))
    return activation_strips.activation_strip(own)


def attention_shares(look: SampleActivations, node_id: str) -> Any:
    """How much each step looks at each other, (heads, steps, steps); None of other layers."""
    from netbuilder.core.results.computation_trace.attention_trace import LAYERS, attention_shares
    from netbuilder.core.results.computation_trace.trace_value import mask_at, node_inputs

    graph = look.project.graph
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    if owner.layer not in LAYERS:
        return None
    given = node_inputs(graph, node_id, look.values)
    if not given:
        return None
    mask = mask_at(graph, graph.sources[node_id][min(1, len(given) - 1)], look.values)
    return attention_shares(owner.layer, owner.params, look.weights_of(owner.id), given, mask)


def recurrent_states(look: SampleActivations, node_id: str, most: int | None = None) -> Any:
    """What a recurrent layer remembered after each step, (steps, units); None of other layers.

    ``most`` multiplications: where it takes more, None.
    """
    from netbuilder.core.results.computation_trace.recurrent_trace import (
        is_recurrent,
        recurrent_states,
    )
    from netbuilder.core.results.computation_trace.trace_value import mask_at, node_inputs

    graph = look.project.graph
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    given, weights = node_inputs(graph, node_id, look.values), look.weights_of(owner.id)
    if not is_recurrent(owner.layer) or len(given) != 1 or "recurrent_kernel" not in weights:
        return None
    size = sum(weights[name].size for name in ("kernel", "recurrent_kernel"))
    if most is not None and len(given[0]) * size > most:
        return None
    mask = mask_at(graph, graph.sources[node_id][0], look.values)
    found = recurrent_states(owner.layer, owner.params, weights, given[0], mask)
    return found if len(found) else None


def embedded_words(look: SampleActivations, node_id: str) -> tuple[str, ...]:
    """The words whose vectors an Embedding gives; () of other layers and of other data."""
    from netbuilder.core.results.live.token_names import step_names

    node, values = look.project.graph.by_id[node_id], look.values[node_id]
    if node.layer != "Embedding" or values.ndim != 2:
        return ()
    return step_names(look.values, look.words, len(values))


def shares_of(values: Any, names: tuple[str, ...]) -> Any:
    """An output's numbers as one share a class; None where they are no shares."""
    import numpy as np

    if len(names) == 2 and values.size == 1 and 0 <= float(values[0]) <= 1:
        return np.array([1 - float(values[0]), float(values[0])])
    if len(names) > 1 and len(names) == values.size and values.min() >= 0 and values.max() <= 1:
        return values
    return None
