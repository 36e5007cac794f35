"""Asks Keras what one layer makes of its inputs, without giving its weights memory.

Inside a ``keras.StatelessScope`` a variable has a shape and no value, so a layer builds in the
same time whether it has ten weights or ten billion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.check.phrases import Shape
from netbuilder.core.check.shapes.multiply_adds import layer_costs
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Graph, Node

if TYPE_CHECKING:
    import keras

_KEPT = 2000  # layers; they hold shapes of weights, not weights


@dataclass(frozen=True)
class LayerOutcome:
    """What Keras said about a layer on given input shapes.

    ``held`` counts the numbers of its output, and of all outputs inside a pretrained body.
    ``failure`` is its own message; ``refused`` says that the layer's values are at fault, and no
    input could help.
    """

    output: Shape | None = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    held: int = 0
    failure: str | None = None
    refused: bool = False


class ShapeProber:
    """Asks, and keeps built layers whose weights another size of picture would not change."""

    def __init__(self) -> None:
        self._built: dict[tuple[Any, ...], keras.Layer] = {}

    def ask(self, node: Node, graph: Graph, params: str, inputs: tuple[Shape, ...]) -> LayerOutcome:
        """Make, build and measure the layer of ``node``.

        Args:
            node: the node that holds the layer.
            graph: what it stands in.
            params: its parameters as one string, to recognise them by.
            inputs: what feeds it, batch axis included.
        """
        import keras

        from netbuilder.core.engine.build.graph_to_keras import make_layer
        from netbuilder.core.engine.build.seeds import seeded_random

        spec = LAYERS[node.layer]
        place = _same_weights(spec, node, params, inputs)
        with keras.StatelessScope(initialize_variables=False):
            try:
                layer = self._built.get(place) if place else None
                if layer is None:
                    with seeded_random(0):
                        layer = make_layer(node, graph)
                        output = _output_shape(layer, spec, inputs)
                    if place:
                        self._keep(place, layer)
                else:
                    output = _first(layer.compute_output_shape(inputs[0]))
                operations, held = layer_costs(layer, inputs, output)
                return LayerOutcome(
                    output=output,
                    parameters=sum(prod(v.shape) for v in layer.weights),
                    trainable=sum(prod(v.shape) for v in layer.trainable_weights),
                    multiply_adds=operations,
                    held=held,
                )
            except UserError as error:
                return LayerOutcome(failure=_reason(error, node), refused=True)
            except Exception as error:  # noqa: BLE001  Keras raises many kinds for a bad shape
                return LayerOutcome(failure=str(error) or type(error).__name__)

    def _keep(self, place: tuple[Any, ...], layer: keras.Layer) -> None:
        if len(self._built) >= _KEPT:
            self._built.clear()
        self._built[place] = layer


def _reason(error: UserError, node: Node) -> str:
    """Why the layer could not be made, without the node's name: the answer serves others too."""
    cause = error.__cause__
    if cause is not None and not isinstance(cause, UserError):
        return str(cause)
    return str(error).replace(f" '{node.id}'", "")


def _same_weights(
    spec: LayerSpec, node: Node, params: str, inputs: tuple[Shape, ...]
) -> tuple[Any, ...] | None:
    """What the weights of a convolution or pooling depend on; None for other layers.

    They slide over places, so only rank and channels matter. A layer that refused a shape once
    was not kept, and what it refuses later it says in ``compute_output_shape``.
    """
    if spec.category is not Category.CONVOLUTION or len(inputs) != 1:
        return None
    if node.params.get("data_format") == "channels_first":
        return None
    return (spec.name, params, len(inputs[0]), inputs[0][-1])


def _output_shape(layer: keras.Layer, spec: LayerSpec, inputs: Sequence[Shape]) -> Shape:
    """Build ``layer`` if need be and say what it gives."""
    if spec.ports and len(inputs) == 1:
        inputs = [inputs[0], inputs[0]]  # one wire is query and value: self-attention
    if spec.separate_inputs:
        return _first(layer(*(keras_tensor(shape) for shape in inputs)).shape)
    given: Any = inputs[0] if len(inputs) == 1 else list(inputs)
    if not spec.module.startswith("keras."):
        # A layer of a session's own need not say its shape: Keras finds it by calling the layer.
        tensors = [keras_tensor(shape) for shape in inputs]
        return _first(layer(tensors[0] if len(tensors) == 1 else tensors).shape)
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
