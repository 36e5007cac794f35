"""From what Keras and TensorFlow raise to words for the person at the screen."""

from __future__ import annotations

import re

from netbuilder.core.engine.build.graph_to_keras import keras_name
from netbuilder.core.engine.build.keras_objects import first_line, is_out_of_memory
from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.project.model import Graph


def explain_error(error: BaseException, graph: Graph) -> UserError:
    """The error to show for ``error``, with the node it speaks of where that can be told."""
    if isinstance(error, UserError):
        return error
    text = str(error)
    if is_out_of_memory(error):
        return TrainingError(
            "The computer's memory is full.",
            "Make the batch size or the layers smaller, or close other programs.",
        )
    node = node_in(text, graph)
    where = f" at '{node}'" if node else ""
    if "incompatible" in text or "shape" in text.lower() or "must have the same" in text:
        return TrainingError(
            f"The shapes do not fit{where}: {first_line(error)}",
            "Make the last layer's units and the loss fit the target.",
            node=node or (graph.outputs[0] if graph.outputs else None),
        )
    return TrainingError(
        f"Training failed{where}: {first_line(error)}",
        "Change the network or the training plan and try again.",
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
            f"The network cannot be trained: {holes}.",
            "Fill these values or leave the rows out in the Data panel; the learning rate is not"
            " to blame.",
        )
    return TrainingError(
        f"The loss became infinite in epoch {epoch + 1}: the network's numbers grew too large.",
        f"Try a learning rate of {_rate(rate / 10)} instead of {_rate(rate)}, or scale the data.",
    )


def _rate(rate: float) -> str:
    """As people write it: 0.003, 1,000; of what float32 makes of 1e12, 1e+12."""
    return f"{rate:,.0f}" if 10 <= rate < 1e7 else f"{rate:.2g}"
