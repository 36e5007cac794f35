"""Show the activations of the chosen sample beside each layer on the canvas."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Node, Project
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import ActivationService, SampleActivations
from netbuilder.ui.style import theme

_MOST_WORK = 2_000_000  # multiplications per picture: about 10 ms


class CanvasStrips(QObject):
    """Shows each layer's output beside it, as long as the layer is unchanged.

    During a run the output comes from the run, afterwards from the model.
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
        self._stale = False  # whether the canvas differed from the network on show
        activations_service.changed.connect(self.show)
        live.changed.connect(self._show_run)
        store.changed.connect(self._project_changed)
        # Pictures contain text in the colours of the scheme.
        theme.theme().changed.connect(self._repaint)
        for view in (canvas.layer_popup, canvas.shown_sample):
            view.row_requested.connect(
                lambda steps: activations_service.show_row(activations_service.index + steps)
            )

    @property
    def look(self) -> SampleActivations | None:
        return self._live.look or self._activations_service.look_now

    def _show_run(self) -> None:
        if self._live.look is None:  # a run has begun
            self._canvas.previews.fade()
            self._canvas.layer_popup.fade()
            self._canvas.set_wire_weights({})
            self.shown = set()
        else:
            self._show(self._live.look)

    def show(self) -> None:
        """Show the trained network's activations; nothing while another is trained."""
        self._live.forget()
        activations = self._activations_service.look_now
        # Keep the run's last activations until the model's are computed.
        pending = (
            self._activations_service.workbench.models.trained is not None
            and not self._activations_service.idle
        )
        if activations is not None or (self._activations_service.look is None and not pending):
            self._show(activations)

    def _show(self, look: SampleActivations | None) -> None:
        if self._canvas.isHidden():  # the neurons are shown
            return
        images: dict[str, QImage] = {}
        if look is not None:
            graph = self._store.project.graph
            trained_graph = look.project.graph
            for node_id, values in look.values.items():
                node, trained_node = graph.by_id.get(node_id), trained_graph.by_id.get(node_id)
                if node is None or trained_node is None or node.layer != trained_node.layer:
                    continue
                image = picture_of(look, trained_node, values)
                if image is not None:
                    images[node_id] = image
        for removed in (self.shown | self._canvas.previews.ids) - set(images):
            self._canvas.set_preview(removed, None)
        for node_id, image in images.items():
            self._canvas.set_preview(node_id, image)
        self.shown = set(images)
        wires = {} if look is None or self._canvas.previews.stale else look.wires
        self._canvas.set_wire_weights(wires)
        # Update the popup in the next turn of the event loop: both are slow after a run. With the
        # first pictures, it can be opened.
        if look is None or self._canvas.layer_popup.look is None:
            self._canvas.show_look(look, self._activations_service.trouble)
        else:
            QTimer.singleShot(0, self, lambda: self._show_in_popup(look))

    def show_again(self) -> None:
        """Show what was left out while the canvas was hidden."""
        self._live.show_surfaces(not self._canvas.isHidden())
        if not self._canvas.isHidden() and self.look is not None:
            self._show(self.look)

    def _show_in_popup(self, look: SampleActivations) -> None:
        if look in (self._live.look, self._activations_service.look):
            self._canvas.show_look(look, self._activations_service.trouble)

    def _repaint(self) -> None:
        look = self.look
        if look is None:
            return
        for node_id in self.shown:
            node = look.project.graph.by_id.get(node_id)
            image = picture_of(look, node, look.values[node_id]) if node is not None else None
            if image is not None:
                self._canvas.previews.paint_over(node_id, image)

    def _project_changed(self, old: Project, new: Project) -> None:
        removed = [node_id for node_id in self.shown if node_id not in new.graph.by_id]
        for node_id in removed:
            self._canvas.set_preview(node_id, None)
            self.shown.discard(node_id)
        if _source(old) != _source(new):  # the sample is from other data
            self._canvas.previews.fade()
            self._canvas.layer_popup.fade()
        was_stale, self._stale = self._stale, self._canvas.previews.stale
        if self._stale:
            self._canvas.set_wire_weights({})
        elif was_stale and self.look is not None:
            self._show(self.look)


def _source(project: Project) -> tuple[object, ...]:
    data = project.data
    return data.kind, data.name, data.path


def picture_of(look: SampleActivations, node: Node, values: Any) -> QImage | None:
    """Return the picture beside a node; None if there is nothing to show."""
    from netbuilder.ui.plots import activation_strips
    from netbuilder.ui.plots.live import layer_strips

    graph = look.project.graph
    surface = look.surfaces.get(node.id)
    output = not graph.targets.get(node.id)
    # For many classes, the likeliest ones say more than the surfaces of the first.
    if surface is not None and not (output and surface.shape[2] > activation_strips.MOST_SURFACES):
        return activation_strips.surface_strip(surface, look.classes.get(node.id, ()))
    scores = attention_shares(look, node.id)
    if scores is not None:
        return layer_strips.attention_strip(scores)
    words = embedded_words(look, node.id)
    if words:
        return layer_strips.words_strip(values, words)
    if node.id in look.told:
        return layer_strips.lines_strip(look.told[node.id])
    # The scaled numbers of a table row say nothing.
    if node.layer == "Input" and values.ndim < 2:
        return None
    if output and values.ndim == 1:
        return answer_picture(look, node.id, values)
    if values.size < 2:
        return None
    if values.ndim == 1:  # show all states of a recurrent layer
        states = recurrent_states(look, node.id, _MOST_WORK)
        if states is not None and len(states) > 1:
            return activation_strips.states_strip(states)
    colored = activation_strips.colors_of(node.layer)
    return activation_strips.activation_strip(values, colored=colored)


def answer_picture(look: SampleActivations, node_id: str, values: Any) -> QImage | None:
    """Draw an output's prediction: class probabilities, or numbers in the target's units."""
    import numpy as np

    from netbuilder.core.wording import format_measure, format_number
    from netbuilder.ui.plots import activation_strips
    from netbuilder.ui.plots.live import layer_strips

    predictions = look.answers.get(node_id, values)
    names = look.classes.get(node_id, ())
    probabilities = shares_of(predictions, names)
    if probabilities is not None:
        return activation_strips.answer_strip(probabilities, names)
    columns = look.targets.get(node_id, ())
    if not np.isfinite(predictions).all():
        return activation_strips.word_strip(_("not a number"))
    if len(columns) == predictions.size and predictions.size <= layer_strips.MOST_LINES:
        units = look.units.get(node_id) or ("",) * len(columns)
        lines = [
            (name, format_measure(float(value), unit))
            for name, unit, value in zip(columns, units, predictions, strict=True)
        ]
        return layer_strips.lines_strip(lines)
    if predictions.size == 1:
        return activation_strips.word_strip(format_number(float(predictions[0])))
    return activation_strips.activation_strip(predictions)


def attention_shares(look: SampleActivations, node_id: str) -> Any:
    """Return the attention between steps, (heads, steps, steps); None for other layers."""
    from netbuilder.core.results.computation_trace.attention_trace import LAYERS, attention_shares
    from netbuilder.core.results.computation_trace.trace_value import mask_at, node_inputs

    graph = look.project.graph
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    if owner.layer not in LAYERS:
        return None
    inputs = node_inputs(graph, node_id, look.values)
    if not inputs:
        return None
    mask = mask_at(graph, graph.sources[node_id][min(1, len(inputs) - 1)], look.values)
    return attention_shares(owner.layer, owner.params, look.weights_of(owner.id), inputs, mask)


def recurrent_states(look: SampleActivations, node_id: str, most: int | None = None) -> Any:
    """Return a recurrent layer's states, (steps, units); None for other layers.

    Also None if it takes more than ``most`` multiplications.
    """
    from netbuilder.core.results.computation_trace.recurrent_trace import (
        is_recurrent,
        recurrent_states,
    )
    from netbuilder.core.results.computation_trace.trace_value import mask_at, node_inputs

    graph = look.project.graph
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    inputs, weights = node_inputs(graph, node_id, look.values), look.weights_of(owner.id)
    if not is_recurrent(owner.layer) or len(inputs) != 1 or "recurrent_kernel" not in weights:
        return None
    size = sum(weights[name].size for name in ("kernel", "recurrent_kernel"))
    if most is not None and len(inputs[0]) * size > most:
        return None
    mask = mask_at(graph, graph.sources[node_id][0], look.values)
    states = recurrent_states(owner.layer, owner.params, weights, inputs[0], mask)
    return states if len(states) else None


def embedded_words(look: SampleActivations, node_id: str) -> tuple[str, ...]:
    """Return the words that an Embedding encodes; () for other layers and data."""
    from netbuilder.core.results.live.sample_summary import step_names

    node, values = look.project.graph.by_id[node_id], look.values[node_id]
    if node.layer != "Embedding" or values.ndim != 2:
        return ()
    return step_names(look.values, look.words, len(values))


def shares_of(values: Any, names: tuple[str, ...]) -> Any:
    """Return an output's values as one probability per class; None if they are none."""
    import numpy as np

    if len(names) == 2 and values.size == 1 and 0 <= float(values[0]) <= 1:
        return np.array([1 - float(values[0]), float(values[0])])
    if len(names) > 1 and len(names) == values.size and values.min() >= 0 and values.max() <= 1:
        return values
    return None
