"""Write the lines that load a saved model and predict one sample."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.escaping.python_text import (
    LONGEST_LINE,
    format_call,
    format_items,
    format_literal,
)
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.script.literals import identifier
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Project
from netbuilder.core.wording import join_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netbuilder.core.data.dataset import Dataset

    Array = NDArray[Any]

#: Longer samples are not written out.
_MOST_VALUES = 200
#: By file ending: imports, the line that loads, and the prediction of ``arrays``.
_LOADERS: Mapping[str, list[str]] = resource_json("keras_names.json")["loaders"]
MODEL_ENDINGS = tuple(_LOADERS)


def example_sample(trained: TrainedModel, dataset: Dataset | None) -> dict[str, Array]:
    """Return the raw values of a held-out sample by Input id; without data, typical values."""
    import numpy as np

    if dataset is not None:
        split = dataset.test or dataset.validation or dataset.train
        return {key: np.asarray(values[0]) for key, values in split.raw_x.items()}
    return {
        key: np.array(
            [
                float(value == column.typical) if column.kind == "category"
                else column.typical if isinstance(column.typical, int | float) else 0.0
                for column in entry.columns
                for value in (column.categories if column.kind == "category" else ("",))
            ],
            "float32",
        )
        if entry.columns and len(entry.shape) == 1
        else np.zeros([side or 1 for side in entry.shape], entry.dtype)
        for key, entry in trained.preprocessing.inputs.items()
    }  # fmt: skip


def model_stem(project: Project) -> str:
    """Return the name of the project's model file, without its ending."""
    return identifier(project.name, set())


def use_code(trained: TrainedModel, file: str, sample: Mapping[str, Array]) -> str:
    """Return a script that loads the model in ``file`` and predicts ``sample``.

    ``file`` ends in one of ``MODEL_ENDINGS``; ``sample``: raw values by Input id.
    """
    ending = file[file.rindex(".") :]
    imported, load, predict = _LOADERS[ending]
    names: set[str] = {"model", "run", "session"}
    lines, arrays, named = [], [], []
    for key, values in sample.items():
        name = identifier("row" if len(sample) == 1 else key, names)
        entry = trained.preprocessing.inputs.get(key, InputPreprocessing())
        lines += _sample_lines(name, entry, values)
        arrays.append(name)
        named.append(f"{keras_name(key)}={name}")
    listed = f"[{', '.join(arrays)}]"
    only = arrays[0] if len(arrays) == 1 else listed
    taken = predict.format(arrays=only, list=listed, named=", ".join(named))
    code = [load.format(file=format_literal(file)), *lines, f"print({taken})"]
    labels = trained.facts.classes if trained.facts.task != REGRESSION else ()
    outputs = trained.model.outputs
    if len(labels) == 2 and len(outputs) == 1 and outputs[0].shape[-1] == 1:
        labels = (_("probability of {target}", target=labels[1]),)
    code += _comment(join_values(labels or trained.facts.target_names))
    numpy = ["import numpy as np"] if any("np." in line for line in code) else []
    keras = ["import keras"] if any("keras." in line for line in code) else []
    imports = sorted({imported, *numpy, *keras})
    return "\n".join([*imports, "", *code]) + "\n"


def _comment(words: str) -> list[str]:
    return wrap(words, LONGEST_LINE, initial_indent="# ", subsequent_indent="# ")


def _sample_lines(name: str, entry: InputPreprocessing, values: Array) -> list[str]:
    """Return lines that leave a batch of one sample in ``name``."""
    dtype = format_literal(entry.dtype)
    is_picture = values.ndim == 3 and values.shape[-1] in (1, 3)
    if is_picture and values.size > _MOST_VALUES:
        gray = ', color_mode="grayscale"' if values.shape[-1] == 1 else ""
        size = f"target_size={tuple(values.shape[:2])}{gray}"
        return [
            f'{name} = keras.utils.load_img("picture.png", {size})',
            f"{name} = keras.utils.img_to_array({name})[np.newaxis]",
        ]
    if values.size > _MOST_VALUES:
        shape = ", ".join(map(str, (1, *values.shape)))
        return [f"{name} = np.zeros(({shape}), {dtype})  # {_('put your own sample here')}"]
    features = [feature for column in entry.columns for feature in column.features]
    if values.ndim == 1 and len(features) == len(values):
        pairs = zip(features, values, strict=True)
        items = [f"{format_literal(feature)}: {_decimals(value)}" for feature, value in pairs]
        array = f"np.array([[*{name}.values()]], {dtype})"
        return [format_items(f"{name} = {{", items, "}"), f"{name} = {array}"]
    head = _comment(join_values(features)) if features else []
    end = "[..., np.newaxis]" if values.ndim == 3 and values.shape[-1] == 1 else ""
    values = values[..., 0] if end else values
    parts = [format_literal(part) for part in _decimals(values)]
    grid = values.ndim == 2 and max(map(len, parts)) < LONGEST_LINE - 8
    rows = (
        ",\n      ".join(parts)
        if grid
        else "\n     ".join(wrap(", ".join(parts), LONGEST_LINE - 6))
    )
    return [*head, format_call(f"{name} = np.array", [f"[[{rows}]]", dtype]) + end]


def _decimals(values: Any) -> Any:
    """Return nested lists of the shortest decimals that give the same numbers."""
    if values.ndim:
        return [_decimals(part) for part in values]
    number = float(str(values))
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
