"""A trained model from elsewhere: its graph on the canvas, its weights in it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION, DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.build.graph_to_keras import build_training_model, compile_model
from netbuilder.core.engine.build.keras_objects import make_savable
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import BuildError, FormatError
from netbuilder.core.formats.build_config import build_model
from netbuilder.core.formats.importing import import_graph
from netbuilder.core.formats.importing.import_params import OLD_NAMES
from netbuilder.core.formats.importing.memory_check import check_config
from netbuilder.core.formats.importing.rebuild import is_memory_error
from netbuilder.core.formats.importing.weights_only import (
    load_weights,
    shape_problem,
    strange_values,
)
from netbuilder.core.formats.keras_prediction import predict_rows, random_words
from netbuilder.core.formats.mask_layers import without_masks
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.formats.model_weights import weights_file
from netbuilder.core.formats.safety import operations
from netbuilder.core.formats.safety.allowlist import is_layer
from netbuilder.core.formats.safety.config_check import model_layers
from netbuilder.core.formats.safety.keras2_modernize import HARD_SIGMOID
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.sizes import too_large_error
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_list, join_sentences

if TYPE_CHECKING:
    import keras

# What every layer of Keras 3 takes, or takes care of, beside its own arguments.
_COMMON = frozenset(
    {
        "name",
        "trainable",
        "dtype",
        "autocast",
        "batch_shape",
        "batch_input_shape",
        "input_shape",
        "activity_regularizer",
    }
)
# Arguments of Keras 2 that change no answer: sizes that are found again, ways of computing.
_SILENT = frozenset({"implementation", "input_length", "rng_type", "trainable", "dtype", "fused"})
# Nor do these: what the weights begin with, and what they learn with.
_SILENT_ENDINGS = ("_shape", "_initializer", "_regularizer", "_constraint")
_NOTHING: tuple[Any, ...] = (None, False, "", 1, [], {}, [1], [1, 1], [1, 1, 1])


def fit_config(config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A model's config without the arguments that its Keras 3 classes lack; and what those were.

    Args:
        config: of a Keras 2 model, checked and modernised.

    Returns:
        The config, and a sentence for each argument that said something and went.
    """
    notes: list[str] = []
    result = _fitted(config, notes)
    return result, tuple(dict.fromkeys(notes))


def _fitted(value: Any, notes: list[str]) -> Any:
    if isinstance(value, list):
        return [_fitted(one, notes) for one in value]
    if not isinstance(value, Mapping):
        return value
    result = {key: _fitted(one, notes) for key, one in value.items()}
    class_name, inner = value.get("class_name"), result.get("config")
    if not isinstance(class_name, str) or not isinstance(inner, dict):
        return result
    known = _arguments(class_name)
    if known is None:
        _without_inputs(inner)
        return result
    for old, new in OLD_NAMES.get(class_name, {}).items():
        if old in inner and old not in known:
            inner[new] = inner.pop(old)
    for key in [key for key in inner if key not in known]:
        dropped = inner.pop(key)
        if not (
            (dropped is not True and dropped in _NOTHING)
            or key in _SILENT
            or key.endswith(_SILENT_ENDINGS)
        ):
            notes.append(
                _(
                    "'{argument}' ({value}) of {class_name} '{layer}' was left out, "
                    "because Keras 3 does not support it. Predictions may differ slightly.",
                    argument=key,
                    value=f"{dropped!r:.40}",
                    class_name=class_name,
                    layer=inner.get("name", ""),
                )
            )
    sides = _STATES.get(class_name)
    if sides is not None and inner.get("activation") == "hard_sigmoid":
        width = inner.get("units", inner.get("filters"))
        inner["activation"] = _hard_sigmoid_of_keras_2([*[None] * sides, width])
        notes.append(
            _(
                "The state of {class_name} '{layer}' uses hard_sigmoid of Keras 2 (0.2 x + 0.5), "
                "which Keras 3 computes differently: two extra layers reproduce it.",
                class_name=class_name,
                layer=inner.get("name", ""),
            )
        )
    if class_name == "BatchNormalization" and isinstance(inner.get("axis"), list):
        inner["axis"] = inner["axis"][0]
    return result


# Layers whose activation acts on their state as well, where no weight can take up what Keras 3
# changed in it; and how many sides a sample of the state has beside its channels.
_STATES: Mapping[str, int] = {
    "LSTM": 0,
    "LSTMCell": 0,
    "ConvLSTM1D": 1,
    "ConvLSTM2D": 2,
    "ConvLSTM3D": 3,
}


def _hard_sigmoid_of_keras_2(shape: list[Any]) -> dict[str, Any]:
    """clip(0.2 x + 0.5) as a model that Keras 3 takes for an activation, in files as well."""
    layers: tuple[tuple[str, dict[str, Any]], ...] = (
        ("InputLayer", {"batch_shape": [None, *shape], "name": "state"}),
        ("Rescaling", {"scale": HARD_SIGMOID, "offset": 0.0, "name": "of_keras_2"}),
        ("Activation", {"activation": "hard_sigmoid", "name": "hard_sigmoid"}),
    )
    made = [{"module": "keras.layers", "class_name": one, "config": own} for one, own in layers]
    config = {"name": "hard_sigmoid_of_keras_2", "layers": made}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def _without_inputs(model: dict[str, Any]) -> None:
    """Layers behind the first need not say what arrives: that is known, and it may differ."""
    layers = model.get("layers")
    for entry in layers[1:] if isinstance(layers, list) else ():
        if entry.get("class_name") != "InputLayer" and isinstance(entry.get("config"), dict):
            entry["config"].pop("batch_input_shape", None)


@cache
def _arguments(class_name: str) -> frozenset[str] | None:
    """Arguments that a layer of Keras 3 takes; None for what is no layer of ``keras.layers``."""
    import keras

    if class_name == "InputLayer":
        return None
    kind = getattr(keras.layers, class_name, None)
    if not isinstance(kind, type) or not issubclass(kind, keras.layers.Layer):
        return None
    found: set[str] = set()
    for base in kind.__mro__:
        if base is keras.layers.Layer:
            return frozenset(found | _COMMON)  # what is left over reaches the base of all
        made = base.__dict__.get("__init__")
        if made is None:
            continue
        given = inspect.signature(made).parameters
        found |= set(given) - {"self", "args", "kwargs"}
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in given.values()):
            break  # what bases take cannot be given through it
    return frozenset(found)


def scale_hard_sigmoids(layers: list[Any]) -> None:
    """Give layers of Keras 2 weights with which Keras 3's ``hard_sigmoid`` answers the same.

    Keras 2's is clip(0.2 x + 0.5), Keras 3's clip(x / 6 + 0.5): the same of 1.2 x. So what is
    summed before it, kernel and bias, counts 1.2 times. (The state of an LSTM has no weights
    before it: see ``fit_config``.)

    Args:
        layers: built layers with the file's weights; changed in place.
    """
    for layer in layers:
        lanes = _LANES.get(type(layer).__name__)
        if lanes is None:
            if _is_hard(layer, "activation") and type(layer).__name__ != "Activation":
                _scale(layer, 1, (0,), _PLAIN)
            continue
        gates = lanes.gates if _is_hard(layer, "recurrent_activation") else ()
        rest = lanes.candidate if _is_hard(layer, "activation") else ()
        _scale(layer, lanes.count, (*gates, *rest), _RECURRENT)


@dataclass(frozen=True)
class _WeightLanes:
    """Equal parts along the last axis of a cell's weights: how many, and which are what."""

    count: int
    gates: tuple[int, ...]
    candidate: tuple[int, ...] = ()


_LANES: Mapping[str, _WeightLanes] = {
    "LSTMCell": _WeightLanes(4, (0, 1, 3)),
    "ConvLSTMCell": _WeightLanes(4, (0, 1, 3)),
    "GRUCell": _WeightLanes(3, (0, 1), (2,)),
}
_RECURRENT = ("kernel", "recurrent_kernel", "bias")
_PLAIN = ("kernel", "pointwise_kernel", "recurrent_kernel", "bias")


def _is_hard(layer: Any, key: str) -> bool:
    function = getattr(layer, key, None)
    return getattr(function, "__name__", "") == "hard_sigmoid"


def _scale(layer: Any, parts: int, chosen: tuple[int, ...], names: tuple[str, ...]) -> None:
    separable = hasattr(layer, "pointwise_kernel")
    for name in names:
        variable = getattr(layer, name, None)
        if variable is None or (name == "kernel" and separable):
            continue
        values = np.array(variable)
        width = values.shape[-1] // parts
        for part in chosen:
            values[..., part * width : (part + 1) * width] *= HARD_SIGMOID
        variable.assign(values)


# Steps of an input of variable length to try a model with, and numbers of a sample at most.
_STEPS = (8, 128, 12_000)
_MOST = 4_000_000


def load_foreign(file: ModelFile, weights: Path | None = None) -> TrainedModel:
    """The trained network of a checked file that NetBuilder did not write.

    Args:
        file: the checked file.
        weights: the file with its weights, where they are not in it.

    The config that was checked, not the one in the file, is given to Keras; then only numbers
    are read. Where the canvas can say all that the model is, ``training_model`` is built from it
    like any project's; else it is Keras's own model, which answers but cannot be trained further.

    Raises:
        FormatError: it has layers that are not Keras's, or weights that do not fit.
    """
    if file.refused:
        raise FormatError(
            _(
                "'{file}' cannot be loaded with its weights. {reason}",
                file=file.path.name,
                reason=file.refused[0].why,
            ),
            _("Import it as a project and replace the placeholder."),
            code="model_with_placeholder",
            path=str(file.path),
        )
    model, notes = _model(file, weights)
    notes += strange_values(model)
    project = import_graph.project_from_model(_with_shapes(file, model))
    training_model = _core(project, model)
    extra: dict[str, Any] = {"path": str(file.path), "notes": (*file.notes, *notes)}
    if training_model is None:
        training_model = model
        compile_imported(training_model, project)
        extra[KERAS_OWN] = True
        extra["notes"] = (*extra["notes"], _what_remains(project))
    preprocessing = preprocessing_of(project, training_model)
    return TrainedModel(
        project=project,
        training_model=training_model,
        model=training_model,
        preprocessing=preprocessing,
        facts=DataFacts(),
        extra=extra,
    )


def _what_remains(project: Project) -> str:
    """Words for a model of which the cards are not all."""
    strange = [node.id for node in project.graph.nodes if node.layer not in LAYERS]
    said = (
        _("The canvas cannot show these layers of the model: {layers}.",
          layers=format_list(strange))
        if strange
        else _("The canvas does not show everything that this model does.")
    )  # fmt: skip
    more = _(
        "Predict, Evaluate and Export use the original model; Train starts again with the network "
        "on the canvas."
    )
    return join_sentences((said, more))


def _with_shapes(file: ModelFile, model: keras.Model) -> ModelFile:
    """Operations of Keras 2 do not say the shapes of their tensors; the built model does.

    With them an ``a + b`` is known to be an Add layer.
    """
    if not file.by_keras_2 or not any(operations.is_operation(one) for one in _entries(file)):
        return file
    config = {"class_name": "Functional", "config": model.get_config()}
    return replace(file, config=without_masks(json.loads(json.dumps(config)), is_layer))


def _entries(file: ModelFile) -> list[Any]:
    return [one for one in model_layers(file.config) if isinstance(one, dict)]


def _model(file: ModelFile, weights: Path | None) -> tuple[keras.Model, tuple[str, ...]]:
    """Keras's model with the file's weights; and what of the file it could not take."""
    name = file.path.name
    config, notes = fit_config(file.config) if file.by_keras_2 else (file.config, ())
    try:
        check_config(config, file)
        model = build_model(config)
        if weights is None:
            with weights_file(file) as path:
                _load(model, path, name)
        else:
            load_weights(model, weights)
    except FormatError:
        raise
    except Exception as error:
        if is_memory_error(error):
            raise too_large_error(name) from error
        raise FormatError(
            _(
                "Keras cannot build the network of '{file}': {reason}",
                file=name,
                reason=_first_line(error),
            ),
            _(
                "The Keras version that wrote it may be too old or too new: save the file again "
                "with another version."
            ),
            code="keras_cannot_build",
            path=str(file.path),
        ) from error
    layers = list(model._flatten_layers(include_self=False, recursive=True))
    for layer in layers:
        make_savable(layer)
    if file.by_keras_2:
        scale_hard_sigmoids(layers)
    return model, notes


def _load(model: keras.Model, path: Path, name: str) -> None:
    try:
        model.load_weights(path)
    except ValueError as error:
        raise (shape_problem(model, path, name) or error) from error


def _core(project: Project, model: keras.Model) -> keras.Model | None:
    """The project's own model with these weights, if it answers the same; else None."""
    try:
        training_model = build_training_model(project, None)
    except BuildError:
        return None
    values = model.get_weights()
    if [v.shape for v in training_model.get_weights()] != [v.shape for v in values]:
        return None
    training_model.set_weights(values)
    ours: list[Any] = []
    theirs: list[Any] = []
    # Few steps are too few for some, which cut off at both ends.
    for steps in _STEPS:
        probe = [_probe(tensor, steps) for tensor in model.inputs]
        if any(one is None for one in probe) or len(training_model.inputs) != len(probe):
            return None
        # Made-up numbers mean nothing to some: then the model stays Keras's own.
        with suppress(Exception):
            ours, theirs = (predict_rows(one, probe) for one in (training_model, model))
            if all(one.size for one in theirs):
                break
    else:
        return None
    # Threads add up in another order each time; a deep network makes more of that.
    same = len(ours) == len(theirs) and all(
        a.shape == b.shape
        and np.allclose(a, b, rtol=1e-3, atol=1e-4 * max(1.0, _size(b)), equal_nan=True)
        for a, b in zip(ours, theirs, strict=False)
    )
    return training_model if same else None


def _size(values: Any) -> float:
    """The largest of the numbers, without signs; 0 where there are none."""
    finite = np.abs(values[np.isfinite(values)]) if values.dtype.kind in "fiu" else values[:0]
    return float(finite.max()) if finite.size else 0.0


def _probe(tensor: Any, steps: int) -> Any:
    """Two made-up samples for an input: small whole numbers, which are valid as ids too."""
    shape = tuple(steps if side is None else side for side in tensor.shape[1:])
    if int(np.prod(shape, dtype=np.int64)) > _MOST:
        return None
    random = np.random.default_rng(0)
    if str(tensor.dtype) == "string":
        return random_words(random, (2, *shape))
    return random.integers(0, 2, (2, *shape)).astype(str(tensor.dtype))


def compile_imported(model: keras.Model, project: Project) -> None:
    """Compile Keras's own model as its project says, or so that it can be saved at least."""
    try:
        compile_model(model, project, None)
    except (BuildError, ValueError, TypeError):
        model.compile(loss="mean_squared_error")


def preprocessing_of(project: Project, training_model: keras.Model) -> Preprocessing:
    """What the last layers and the loss say about the answers."""
    outputs: dict[str, OutputPreprocessing] = {}
    training = project.training
    for name, tensor in zip(project.graph.outputs, training_model.outputs, strict=False):
        goal = training.outputs.get(name)
        loss = (goal.loss if goal else None) or training.loss
        units = int(tensor.shape[-1] or 1)
        kind = loss.name if loss else ""
        activation = project.graph.by_id[name].params.get("activation")
        if "categorical" in kind or (activation == "softmax" and units > 1):
            task, classes = CLASSES, tuple(str(number) for number in range(units))
        elif kind.startswith("binary") and units == 1:
            task, classes = BINARY, ("0", "1")
        else:
            task, classes = REGRESSION, ()
        columns: tuple[str, ...] = (name,)
        if task == REGRESSION and units > 1:
            columns = tuple(f"{name} {index}" for index in range(units))
        outputs[name] = OutputPreprocessing(
            task, columns, classes, units=units, one_hot=kind.startswith("categorical")
        )
    return Preprocessing({}, outputs)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
