"""From what Keras and TensorFlow raise to words for the person at the screen."""

from __future__ import annotations

import re

from netbuilder.core.engine.build.graph_to_keras import keras_name
from netbuilder.core.engine.build.keras_objects import first_line, is_out_of_memory
from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph
from netbuilder.core.wording import format_number


def explain_error(error: BaseException, graph: Graph) -> UserError:
    """The error to show for ``error``, with the node it speaks of where that can be told."""
    if isinstance(error, UserError):
        return error
    text = str(error)
    if is_out_of_memory(error):
        return TrainingError(
            _("The memory of this computer is full."),
            _("Make the batch size or the layers smaller, or close other programs."),
            code="memory_full",
        )
    node = node_in(text, graph)
    reason = first_line(error)
    if "incompatible" in text or "shape" in text.lower() or "must have the same" in text:
        return TrainingError(
            _("The shapes do not fit at '{name}': {reason}", name=node, reason=reason)
            if node
            else _("The shapes do not fit: {reason}", reason=reason),
            _("Choose the units of the last layer and the loss to fit the target."),
            code="shapes_do_not_fit",
            node=node or (graph.outputs[0] if graph.outputs else None),
        )
    return TrainingError(
        _("Training failed at '{name}': {reason}", name=node, reason=reason)
        if node
        else _("Training failed: {reason}", reason=reason),
        _("Change the network or the training settings and try again."),
        code="training_failed",
        node=node,
    )


def node_in(text: str, graph: Graph) -> str | None:
    """The first node of ``graph`` whose layer ``text`` names in quotes."""
    names = {keras_name(node.id): node.id for node in graph.nodes}
    for match in re.finditer(r"['\"<]([\w .\-]+)['\",>]|name=([\w.\-]+)", text):
        found = names.get(match[1] or match[2])
        if found:
            return found
    return None


def not_a_number_error(epoch: int, rate: float, holes: str = "") -> TrainingError:
    """The loss is no number any more: nothing that comes later can mend it.

    ``holes`` says, in words, what in the data is no number.
    """
    if holes:
        return TrainingError(
            _("The network cannot be trained. {reason}", reason=holes),
            _(
                "Fill in these values or leave out the rows on the Data page. The "
                "learning rate is not the cause."
            ),
            code="data_not_finite",
        )
    return TrainingError(
        _(
            "The loss became infinite in epoch {epoch}: the numbers in the network became too "
            "large.",
            epoch=epoch + 1,
        ),
        _(
            "Use a learning rate of {lower} instead of {rate}, or scale the data.",
            lower=_rate(rate / 10),
            rate=_rate(rate),
        ),
        code="loss_not_finite",
    )


def _rate(rate: float) -> str:
    """As people write it: 0.003, 1,000; of what float32 makes of 1e12, 1e+12."""
    return format_number(rate, ",.0f") if 10 <= rate < 1e7 else format_number(rate, ".2g")
