"""The inputs of a model that takes what stands in a file: a column each, texts, whole pictures.

A ``.keras`` and a SavedModel hold look-ups of strings, so in them even what turns words and
categories into numbers is a layer. (A ``.h5`` and Keras 2 cannot: there it stands in the file's
attributes.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.project.model import Data

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
#: What an input is about: ("column", its name) or ("node", id of an Input node).
Key: TypeAlias = tuple[str, str]


@dataclass
class KerasInputs:
    """Inputs as they are asked for; two Input nodes that read one column share its input.

    ``tensors`` are Keras's, by what they are about, in the order in which they were asked for.
    """

    tensors: dict[Key, keras.KerasTensor] = field(default_factory=dict)

    def column(self, name: str, dtype: str = "float32") -> keras.KerasTensor:
        """The cells of a column, (rows, 1)."""
        return self._take(("column", name), (1,), dtype)

    def node(
        self, name: str, shape: tuple[int | None, ...], dtype: str = "float32"
    ) -> keras.KerasTensor:
        """Samples of an Input node, (rows, *shape)."""
        return self._take(("node", name), shape, dtype)

    def _take(self, key: Key, shape: tuple[int | None, ...], dtype: str) -> keras.KerasTensor:
        import keras

        if key not in self.tensors:
            taken = {str(one.name) for one in self.tensors.values()}
            base = name = key[1].replace("/", "_") or "column"
            number = 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            self.tensors[key] = keras.Input(shape, dtype=dtype, name=name)
        return self.tensors[key]


@dataclass(frozen=True)
class KerasForm:
    """How a sort of sample goes into a model as it stands in a file.

    Attributes:
        layers: (preprocessing, recipe, Input id, inputs) to the raw value as Keras layers make
            it, the tensor that scaling and network go on from; None: it cannot, or need not, be
            said in layers, and the model takes raw values as ever.
        made_up: (preprocessing, Input id, count) to samples to try it with: what the inputs get,
            by key, (count, ...), and the raw values that the program makes of the same samples.
        takes: (preprocessing) to what the model then takes, in words.
    """

    layers: Callable[[InputPreprocessing, Data, str, KerasInputs], Any | None]
    made_up: Callable[[InputPreprocessing, str, int], tuple[Mapping[Key, Array], Array]]
    takes: Callable[[InputPreprocessing], str]
