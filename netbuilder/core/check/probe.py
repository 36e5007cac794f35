"""Asks Keras what one layer makes of its inputs, without giving its weights memory.

Inside a ``keras.StatelessScope`` a variable has a shape and no value, so a layer builds in the
same time whether it has ten weights or ten billion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers import LAYERS
from netbuilder.core.catalog.spec import LayerSpec
from netbuilder.core.check.operations import multiply_adds
from netbuilder.core.check.words import Shape
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Graph, Node

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Outcome:
    """What Keras said about a layer on given input shapes; ``failure`` is its own message."""

    output: Shape | None = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    failure: str | None = None


def probe(node: Node, graph: Graph, inputs: Sequence[Shape]) -> Outcome:
    """Make, build and measure the layer of ``node`` on ``inputs`` (batch axis included)."""
    import keras

    from netbuilder.core.engine.build import make_layer
    from netbuilder.core.engine.seeds import seeded

    with seeded(0), keras.StatelessScope(initialize_variables=False):
        try:
            layer = make_layer(node, graph)
            output = _output_shape(layer, LAYERS[node.layer], inputs)
            return Outcome(
                output=output,
                parameters=sum(prod(v.shape) for v in layer.weights),
                trainable=sum(prod(v.shape) for v in layer.trainable_weights),
                multiply_adds=multiply_adds(layer, inputs, output),
            )
        except UserError as error:
            return Outcome(failure=str(error))
        except Exception as error:  # noqa: BLE001  Keras raises many kinds for a shape it rejects
            return Outcome(failure=str(error) or type(error).__name__)


def _output_shape(layer: keras.Layer, spec: LayerSpec, inputs: Sequence[Shape]) -> Shape:
    """Build ``layer`` if need be and say what it gives."""
    if spec.ports and len(inputs) == 1:
        inputs = [inputs[0], inputs[0]]  # one wire is query and value: self-attention
    if spec.separate_inputs:
        return _first(layer(*(keras_tensor(shape) for shape in inputs)).shape)
    given: Any = inputs[0] if len(inputs) == 1 else list(inputs)
    if not layer.built:
        layer.build(given)
    return _first(layer.compute_output_shape(given))


def keras_tensor(shape: Shape) -> keras.KerasTensor:
    """A tensor that has a shape and no value."""
    import keras

    return keras.KerasTensor(shape)


def _first(shape: Any) -> Shape:
    """The first shape where a layer gives several (a recurrent layer with its state)."""
    while shape and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    return tuple(None if n is None else int(n) for n in shape)
