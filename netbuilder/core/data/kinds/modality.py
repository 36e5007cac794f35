"""The sort of sample (a row, a picture, a text, …): how its preprocessing is fitted and applied.

Several kinds of data share a modality: a CSV file, an array with two axes and a generated set of
points are all tables.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import Shape
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    FittedColumn,
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.readers.excluded_files import SampleFolder
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    from netbuilder.core.data.dataset import PreparedData

Array: TypeAlias = "NDArray[Any]"
Rows: TypeAlias = "NDArray[np.int64]"
Fitted = tuple[InputPreprocessing, tuple[str, ...]]
#: What an input is about: ("column", its name) or ("node", id of an Input node).
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class PreviewSamples:
    """First samples for the preview: as cells, as thumbnails, or as sequences.

    ``cells`` by column; ``images`` uint8 (n, height, width, channels); ``sequences`` float
    (n, steps, features).
    """

    cells: Mapping[str, Any] = field(default_factory=dict)
    images: NDArray[np.uint8] | None = None
    sequences: Array | None = None


@dataclass
class KerasInputs:
    """Keras inputs, created on request; two Input nodes that read one column share its input."""

    tensors: dict[Key, keras.KerasTensor] = field(default_factory=dict)

    def column(self, name: str, dtype: str = "float32") -> keras.KerasTensor:
        """Return the input for a column, (rows, 1)."""
        return self._take(("column", name), (1,), dtype)

    def node(
        self, name: str, shape: tuple[int | None, ...], dtype: str = "float32"
    ) -> keras.KerasTensor:
        """Return the input for an Input node, (rows, *shape)."""
        return self._take(("node", name), shape, dtype)

    def _take(self, key: Key, shape: tuple[int | None, ...], dtype: str) -> keras.KerasTensor:
        import keras

        if key not in self.tensors:
            taken = {str(tensor.name) for tensor in self.tensors.values()}
            own = keras_name(key[1]) if key[0] == "node" else key[1].replace("/", "_")
            base = name = own or "column"
            number = 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            self.tensors[key] = keras.Input(shape, dtype=dtype, name=name)
        return self.tensors[key]


class Modality(ABC):
    """One sort of sample. The defaults are for sorts without the feature: None, or an error.

    Attributes:
        name: as in ``Samples.role``, ``InputPreprocessing.kind``, project and trained files.
        takes: what a model of it takes, in words.
        endings: of files that hold one sample each; empty: there are none.
        tabular: a sample is a row of a table.
        labelled_tables: ``labelled`` reads tables too.
        no_web_page: why a web page cannot ask for a sample, in words; "": it can.
    """

    name = ""
    takes = ""
    endings: tuple[str, ...] = ()
    tabular = False
    labelled_tables = False
    no_web_page = ""

    @abstractmethod
    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        """Return the preprocessing of Input node ``key``, fitted on rows ``train``, and notes."""

    @abstractmethod
    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        """Return the raw values of some rows, (rows, *shape)."""

    @abstractmethod
    def show(self, samples: Samples, count: int) -> PreviewSamples:
        """Return what the preview shows of the first samples."""

    def view(self, plan: PreparedData, project: Project, base: Path) -> object | None:
        """Return a view of the samples beyond their columns; None: there is none."""
        return None

    def of_files(self, files: Sequence[Path], entry: InputPreprocessing) -> Array:
        """Return the raw values of files with one sample each, or raise DataError."""
        raise data_error("model_takes_no_files", what=_(self.takes))

    def of_texts(self, texts: Sequence[str], entry: InputPreprocessing) -> Array:
        """Return the raw values of typed texts for a trained model, or raise DataError."""
        raise data_error("model_takes_no_texts", what=_(self.takes))

    def labelled(self, data: Data, preprocessing: Preprocessing, path: Path) -> Samples | None:
        """Return labelled samples as the trained model takes them; None: rows of a table."""
        return None

    def decoded(self, samples: Samples, preprocessing: InputPreprocessing) -> int | None:
        """Return the bytes of a decoded sample; None where samples are in memory anyway."""
        return None

    def check_all(self, files: Sequence[Path], home: SampleFolder) -> None:  # noqa: B027 - most need none
        """Check every file, where ``fit`` checked only some; raise DataError if one is damaged."""

    def layers(
        self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs
    ) -> Any | None:
        """Compute the raw value from the file's content with Keras layers.

        Returns the tensor before scaling; None: the model takes raw values.
        """
        return None

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        """Return samples to test ``layers``: inputs by key, (count, ...), and raw values."""
        raise NotImplementedError

    def layers_take(self, entry: InputPreprocessing) -> str:
        """Return what a model with ``layers`` takes, in words."""
        return ""

    def explained_as(self, entry: InputPreprocessing) -> str:
        """Return "table", "picture", "text", "tokens" or "series", for explanations; "": none."""
        return ""

    def is_picture(self, entry: InputPreprocessing) -> bool:
        return len(entry.shape) == 3

    def is_sequence(self, entry: InputPreprocessing) -> bool:
        """Return whether a sample is steps of numbers, (steps, columns)."""
        return False

    def is_series(self, entry: InputPreprocessing) -> bool:
        return self.is_sequence(entry) and bool(entry.columns)

    def is_row(self, entry: InputPreprocessing) -> bool:
        return self.tabular and len(entry.shape) == 1

    def row_columns(self, entry: InputPreprocessing) -> tuple[FittedColumn, ...]:
        """Return the columns of the table that a sample is a row of; else ()."""
        return entry.columns if self.tabular else ()


def source_of(project: Project, key: str, samples: Samples) -> str:
    """Return the array that Input ``key`` reads (default: the first), or raise DataError."""
    names = project.data.inputs.get(key) or ()
    source = names[0] if names else next(iter(samples.arrays))
    if source not in samples.arrays:
        raise data_error(
            "samples_lack_array",
            name=source,
            file=samples.source,
            names=format_list(samples.arrays),
        )
    return source


def values_of(samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice) -> Array:
    """Return rows of the array of ``preprocessing``; a test set may name its only one otherwise."""
    only = next(iter(samples.arrays.values()))
    chosen: Array = samples.arrays.get(preprocessing.source, only)[rows]
    return chosen


def reshape_values(values: Array, preprocessing: InputPreprocessing) -> Array:
    """Convert values to the type and shape that the model takes, (n, *pre.shape)."""
    import numpy as np

    known = tuple(-1 if size is None else size for size in preprocessing.shape)
    return np.asarray(values, preprocessing.dtype).reshape(len(values), *known)


def input_node_shape(project: Project, key: str) -> tuple[Any, ...]:
    """Return the shape set on the Input node, or ()."""
    node = project.graph.by_id.get(key)
    return tuple((node.params.get("shape") if node else None) or ())


def wanted_shape(project: Project, key: str, shape: Shape) -> Shape:
    """Return the shape of the Input node, if the data's values fit into it.

    Nine columns can be a 3×3 picture: ``Input`` with ``shape`` [3, 3, 1] makes it so. A shape
    that does not fit is reported by the graph checks.
    """
    import numpy as np

    node_shape = input_node_shape(project, key)
    if not node_shape or any(not isinstance(size, int) for size in node_shape):
        return shape
    if any(size is None for size in shape):
        return shape
    fits = int(np.prod(node_shape)) == int(np.prod([size or 0 for size in shape]))
    return tuple(node_shape) if fits else shape


def fill_sequences(values: Array, columns: Sequence[FittedColumn]) -> Array:
    """Fill missing values of sequences, (n, steps, columns), with each column's ``fill``."""
    import numpy as np

    fills = [column.fill for column in columns]
    if not any(isinstance(fill, float) for fill in fills) or not np.isnan(values).any():
        return values
    out = np.array(values, np.float64)
    for place, fill in enumerate(fills):
        if isinstance(fill, float):
            out[..., place] = np.where(np.isnan(out[..., place]), fill, out[..., place])
    return out
