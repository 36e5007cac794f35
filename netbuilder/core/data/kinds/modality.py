"""What a sample is (a row, a picture, a text, …): how its preprocessing is fitted and applied.

Several kinds of data share a modality: a CSV file, an array with two axes and a generated set of
points are all tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.data_facts import Shape
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.keras_inputs import KerasForm
from netbuilder.core.data.readers.excluded_files import SampleFolder
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Rows: TypeAlias = "NDArray[np.int64]"
Fitted = tuple[InputPreprocessing, tuple[str, ...]]


@dataclass(frozen=True)
class PreviewSamples:
    """First samples for the preview: as cells, as thumbnails, or as sequences.

    ``cells`` by column; ``images`` uint8 (n, height, width, channels); ``sequences`` float
    (n, steps, features).
    """

    cells: Mapping[str, Any] = field(default_factory=dict)
    images: NDArray[np.uint8] | None = None
    sequences: Array | None = None


@dataclass(frozen=True)
class Modality:
    """One sort of sample.

    Attributes:
        name: as ``Samples.role`` and ``InputPreprocessing.kind`` say it.
        takes: what a model of it takes, in words.
        fit: (project, Input id, samples, training rows) to preprocessing and notes.
        read: (samples, preprocessing, rows) to raw values, (rows, *shape).
        show: (samples, count) to what the preview shows of the first ones.
        endings: of files that hold one sample each; empty: there are none.
        of_files: raw values of such files, for a trained model.
        of_texts: raw values of texts as they are typed, for a trained model.
        labelled: (recipe, preprocessing, path) to samples with answers, read as the trained
            model takes them; None: rows of a table.
        labelled_tables: ``labelled`` reads tables too.
        decoded: bytes that a sample takes once it is read, for samples that stay in their files
            until they are needed; None: they are in memory anyway.
        check_all: (files, their home): raises ``DataError`` where one is damaged, of so many that
            ``fit`` looked at some only; None: all were looked at.
        keras_form: how a model takes it as it stands in a file; None: it takes raw values.
    """

    name: str
    takes: str
    fit: Callable[[Project, str, Samples, Rows], Fitted]
    read: Callable[[Samples, InputPreprocessing, Rows | slice], Array]
    show: Callable[[Samples, int], PreviewSamples]
    endings: tuple[str, ...] = ()
    of_files: Callable[[Sequence[Path], InputPreprocessing], Array] | None = None
    of_texts: Callable[[Sequence[str], InputPreprocessing], Array] | None = None
    labelled: Callable[[Data, Preprocessing, Path], Samples] | None = None
    labelled_tables: bool = False
    decoded: Callable[[Samples, InputPreprocessing], int | None] | None = None
    check_all: Callable[[Sequence[Path], SampleFolder], None] | None = None
    keras_form: KerasForm | None = None


def source_of(project: Project, key: str, samples: Samples) -> str:
    """Name of the array that Input node ``key`` reads: as the recipe says, else the first.

    Raises:
        DataError: there is no array of that name.
    """
    given = project.data.inputs.get(key) or ()
    source = given[0] if given else next(iter(samples.arrays))
    if source not in samples.arrays:
        raise DataError(
            f"There is no '{source}' in {samples.source}.",
            f"It holds {format_list(samples.arrays)}.",
        )
    return source


def values_of(samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice) -> Array:
    """Some rows of the array that ``preprocessing`` was fitted on.

    A test set of its own may name its one array otherwise.
    """
    only = next(iter(samples.arrays.values()))
    chosen: Array = samples.arrays.get(preprocessing.source, only)[rows]
    return chosen


def reshape_values(values: Array, preprocessing: InputPreprocessing) -> Array:
    """Values in the type and shape that the model takes, (n, *pre.shape)."""
    import numpy as np

    known = tuple(-1 if size is None else size for size in preprocessing.shape)
    return np.asarray(values, preprocessing.dtype).reshape(len(values), *known)


def input_node_shape(project: Project, key: str) -> tuple[Any, ...]:
    """The shape that the Input node says, or ()."""
    node = project.graph.by_id.get(key)
    return tuple((node.params.get("shape") if node else None) or ())


def wanted_shape(project: Project, key: str, shape: Shape) -> Shape:
    """The shape that the Input node asks for, where the data's values fit into it.

    Nine columns can be a 3×3 picture: ``Input`` with ``shape`` [3, 3, 1] makes it so. A shape
    that does not fit is left to the checks, which say so on the node.
    """
    import numpy as np

    given = input_node_shape(project, key)
    if not given or any(not isinstance(size, int) for size in given):
        return shape
    if any(size is None for size in shape):
        return shape
    fits = int(np.prod(given)) == int(np.prod([size or 0 for size in shape]))
    return tuple(given) if fits else shape
