"""Load models that NetBuilder did not write: graph, weights and preprocessing."""

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
from netbuilder.core.engine.history_columns import epoch_count
from netbuilder.core.engine.networks.assembly import assemble, assemble_for_files
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, compile_model
from netbuilder.core.engine.networks.keras_objects import first_line, is_out_of_memory, make_savable
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import BuildError, FormatError
from netbuilder.core.folders import resource_json
from netbuilder.core.formats import build_config, metadata
from netbuilder.core.formats.build_config import build_model, flat_model, has_inner_model
from netbuilder.core.formats.importing import import_graph
from netbuilder.core.formats.importing.import_params import OLD_NAMES
from netbuilder.core.formats.importing.memory_check import check_config, check_project
from netbuilder.core.formats.importing.weights_only import (
    load_weights,
    shape_problem,
    strange_values,
)
from netbuilder.core.formats.keras_prediction import predict_rows, random_words
from netbuilder.core.formats.mask_layers import without_masks
from netbuilder.core.formats.metadata import KERAS_OWN, TAKES, Sidecar
from netbuilder.core.formats.model_weights import (
    copy_optimizer_state,
    restore_optimizer,
    weights_file,
)
from netbuilder.core.formats.safety import operations
from netbuilder.core.formats.safety.allowlist import is_layer
from netbuilder.core.formats.safety.config_check import model_layers
from netbuilder.core.formats.safety.keras2_modernize import HARD_SIGMOID
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.sizes import check_sizes, too_large_error
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_list, join_sentences

if TYPE_CHECKING:
    import keras


_NAMES = resource_json("keras_names.json")
# Accepted by every Keras 3 layer besides its own arguments.
_COMMON = frozenset(_NAMES["common_arguments"])
# Keras 2 arguments that do not affect predictions.
_SILENT = frozenset({"implementation", "input_length", "rng_type", "trainable", "dtype", "fused"})
# Nor do initial shapes and values, and how weights are regularized.
_SILENT_ENDINGS = ("_shape", "_initializer", "_regularizer", "_constraint")
_NOTHING: tuple[Any, ...] = (None, False, "", 1, [], {}, [1], [1, 1], [1, 1, 1])


def fit_config(config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Remove arguments that Keras 3 lacks from a checked, modernized Keras 2 config.

    Also returns a sentence for each meaningful argument that was removed.
    """
    notes: list[str] = []
    result = _fitted(config, notes)
    return result, tuple(dict.fromkeys(notes))


def _fitted(value: Any, notes: list[str]) -> Any:
    if isinstance(value, list):
        return [_fitted(item, notes) for item in value]
    if not isinstance(value, Mapping):
        return value
    result = {key: _fitted(item, notes) for key, item in value.items()}
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


# Layers that also apply their activation to their state, so that scaling weights does not help,
# and the number of spatial axes of the state.
_STATES: Mapping[str, int] = _NAMES["state_axes"]


def _hard_sigmoid_of_keras_2(shape: list[Any]) -> dict[str, Any]:
    """Return Keras 2's clip(0.2 x + 0.5) as a model that Keras 3 accepts as activation."""
    layers: tuple[tuple[str, dict[str, Any]], ...] = (
        ("InputLayer", {"batch_shape": [None, *shape], "name": "state"}),
        ("Rescaling", {"scale": HARD_SIGMOID, "offset": 0.0, "name": "of_keras_2"}),
        ("Activation", {"activation": "hard_sigmoid", "name": "hard_sigmoid"}),
    )
    own = [{"module": "keras.layers", "class_name": kind, "config": c} for kind, c in layers]
    config = {"name": "hard_sigmoid_of_keras_2", "layers": own}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def _without_inputs(model: dict[str, Any]) -> None:
    """Remove the input shapes of all layers but the first: they are inferred, and may differ."""
    layers = model.get("layers")
    for entry in layers[1:] if isinstance(layers, list) else ():
        if entry.get("class_name") != "InputLayer" and isinstance(entry.get("config"), dict):
            entry["config"].pop("batch_input_shape", None)


@cache
def _arguments(class_name: str) -> frozenset[str] | None:
    """Return the arguments of a class in ``keras.layers``, or None if it is no such layer."""
    import keras

    if class_name == "InputLayer":
        return None
    kind = getattr(keras.layers, class_name, None)
    if not isinstance(kind, type) or not issubclass(kind, keras.layers.Layer):
        return None
    arguments: set[str] = set()
    for base in kind.__mro__:
        if base is keras.layers.Layer:
            return frozenset(arguments | _COMMON)  # the rest reaches the base class
        init = base.__dict__.get("__init__")
        if init is None:
            continue
        parameters = inspect.signature(init).parameters
        arguments |= set(parameters) - {"self", "args", "kwargs"}
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            break  # it does not forward arguments to its bases
    return frozenset(arguments)


def scale_hard_sigmoids(layers: list[Any]) -> None:
    """Scale the weights of built Keras 2 layers, in place, for Keras 3's ``hard_sigmoid``.

    Keras 2 computes clip(0.2 x + 0.5), Keras 3 clip(x / 6 + 0.5), so kernel and bias are multiplied
    by 1.2. For the state of an LSTM see ``fit_config``.
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
    """How many equal parts a cell's weights have along the last axis, and which are what."""

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


# Step counts to probe inputs of variable length with, and the maximum of numbers per sample.
_STEPS = (8, 128, 12_000)
_MOST = 4_000_000


def load_foreign(file: ModelFile, weights: Path | None = None) -> TrainedModel:
    """Load a checked file that NetBuilder did not write; ``weights`` is a separate weights file.

    ``training_model`` is built from the project if that predicts the same; else it is Keras's own
    model, which predicts but cannot be trained further. Raise FormatError if it has custom layers,
    or weights that do not fit.
    """
    if file.refused:
        raise format_error("model_with_placeholder", file.path, reason=file.refused[0].why)
    model, notes = _model(file, weights)
    _check_vocabularies(model, file.path)
    notes += strange_values(model)
    statistics = _adapted_statistics(model)
    file = replace(file, config=_with_statistics(file.config, statistics))
    project = import_graph.project_from_model(_with_shapes(file, model))
    training_model = _training_model_like(project, model)
    notes = (*file.notes, *notes)
    if training_model is not None:
        return without_data(project, training_model, file.path, notes)
    compile_imported(model, project)
    notes = (*notes, _incomplete_note(project))
    return without_data(project, model, file.path, notes, **{KERAS_OWN: True})


def without_data(
    project: Project, model: keras.Model, path: Path, notes: tuple[str, ...] = (), **extra: Any
) -> TrainedModel:
    """Return a model from elsewhere, whose preprocessing follows from its outputs."""
    return TrainedModel(
        project=project,
        training_model=model,
        model=model,
        preprocessing=preprocessing_of(project, model),
        facts=DataFacts(),
        extra={"path": str(path), "notes": notes, **extra},
    )


def _adapted_statistics(model: keras.Model) -> dict[str, dict[str, Any]]:
    """Return the mean and variance of adapted Normalization layers, by their names."""
    return {
        layer.name: {"mean": np.array(layer.adapt_mean).tolist(),
                     "variance": np.array(layer.adapt_variance).tolist()}
        for layer in model._flatten_layers(include_self=False) if _is_adapted(layer)
    }  # fmt: skip


def _is_adapted(layer: Any) -> bool:
    return type(layer).__name__ == "Normalization" and layer.input_mean is None


def _with_statistics(value: Any, statistics: Mapping[str, dict[str, Any]]) -> Any:
    """Return a config whose Normalization layers have the ``statistics`` as arguments."""
    if isinstance(value, list):
        return [_with_statistics(item, statistics) for item in value]
    if not isinstance(value, Mapping) or not statistics:
        return value
    result = {key: _with_statistics(item, statistics) for key, item in value.items()}
    if value.get("class_name") == "Normalization" and isinstance(result.get("config"), dict):
        result["config"].update(statistics.get(result["config"].get("name"), {}))
    return result


def _check_vocabularies(model: keras.Model, path: Path) -> None:
    """Raise FormatError if a layer has lost its vocabulary, which a ``.h5`` does not hold."""
    import tensorflow as tf

    for layer in model._flatten_layers(include_self=False):
        if not hasattr(layer, "get_vocabulary"):
            continue
        words: list[Any] = []
        with suppress(tf.errors.FailedPreconditionError):  # of a table that was never filled
            words = layer.get_vocabulary(include_special_tokens=False)
        if not words:
            raise format_error("vocabulary_missing", path, layer=layer.name)


def _incomplete_note(project: Project) -> str:
    strange = [node.id for node in project.graph.nodes if node.layer not in LAYERS]
    message = (
        _("The canvas cannot show these layers of the model: {layers}.",
          layers=format_list(strange))
        if strange
        else _("The canvas does not show everything that this model does.")
    )  # fmt: skip
    more = _(
        "Predict, Evaluate and Export use the original model; Train starts again with the network "
        "on the canvas."
    )
    return join_sentences((message, more))


def _with_shapes(file: ModelFile, model: keras.Model) -> ModelFile:
    """Add the tensor shapes that Keras 2 operations lack, so ``a + b`` is recognized as Add."""
    entries = [entry for entry in model_layers(file.config) if isinstance(entry, dict)]
    if not file.by_keras_2 or not any(map(operations.is_operation, entries)):
        return file
    config = {"class_name": "Functional", "config": model.get_config()}
    return replace(file, config=without_masks(json.loads(json.dumps(config)), is_layer))


def _model(file: ModelFile, weights: Path | None) -> tuple[keras.Model, tuple[str, ...]]:
    """Build the Keras model with the file's weights; also return notes on dropped arguments."""
    name = file.path.name
    config, notes = fit_config(file.config) if file.by_keras_2 else (file.config, ())
    try:
        check_config(config, file)
        model = build_model(config)
        with build_config.layers_as_in(config, model):
            if weights is None:
                with weights_file(file) as path:
                    _load(model, path, name)
            else:
                load_weights(model, weights)
    except FormatError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise too_large_error(name) from error
        raise format_error(
            "keras_cannot_build", file.path, file=name, reason=first_line(error)
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


def _training_model_like(project: Project, model: keras.Model) -> keras.Model | None:
    """Return the project's own model with these weights if it predicts the same, else None."""
    try:
        training_model = build_training_model(project, None)
    except BuildError:
        return None
    adapted = filter(_is_adapted, model._flatten_layers(include_self=False))
    fixed = {id(weight) for layer in adapted for weight in layer.weights}
    values = [weight.numpy() for weight in model.weights if id(weight) not in fixed]
    if [v.shape for v in training_model.get_weights()] != [v.shape for v in values]:
        return None
    training_model.set_weights(values)
    ours: list[Any] = []
    theirs: list[Any] = []
    # Models that crop both ends need more steps.
    for steps in _STEPS:
        probe = [_probe(tensor, steps) for tensor in model.inputs]
        if any(samples is None for samples in probe) or len(training_model.inputs) != len(probe):
            return None
        # Random inputs may be invalid: then Keras's own model is kept.
        with suppress(Exception):
            ours, theirs = (predict_rows(net, probe) for net in (training_model, model))
            if all(array.size for array in theirs):
                break
    else:
        return None
    # Threads sum in varying order; deep networks amplify the difference.
    same = len(ours) == len(theirs) and all(
        a.shape == b.shape
        and np.allclose(a, b, rtol=1e-3, atol=1e-4 * max(1.0, _size(b)), equal_nan=True)
        for a, b in zip(ours, theirs, strict=False)
    )
    return training_model if same else None


def _size(values: Any) -> float:
    """Return the largest finite magnitude, or 0."""
    finite = np.abs(values[np.isfinite(values)]) if values.dtype.kind in "fiu" else values[:0]
    return float(finite.max()) if finite.size else 0.0


def _probe(tensor: Any, steps: int) -> Any:
    """Return two random samples for an input: 0 and 1, which are valid ids too."""
    shape = tuple(steps if side is None else side for side in tensor.shape[1:])
    if int(np.prod(shape, dtype=np.int64)) > _MOST:
        return None
    random = np.random.default_rng(0)
    if str(tensor.dtype) == "string":
        return random_words(random, (2, *shape))
    return random.integers(0, 2, (2, *shape)).astype(str(tensor.dtype))


def compile_imported(model: keras.Model, project: Project) -> None:
    """Compile Keras's own model as the project says, or at least so that it can be saved."""
    try:
        compile_model(model, project, None)
    except (BuildError, ValueError, TypeError):
        model.compile(loss="mean_squared_error")


def preprocessing_of(project: Project, training_model: keras.Model) -> Preprocessing:
    """Derive tasks and classes from the output layers and the loss."""
    outputs: dict[str, OutputPreprocessing] = {}
    training = project.training
    for name, tensor in zip(project.graph.outputs, training_model.outputs, strict=False):
        settings = training.outputs.get(name)
        loss = (settings.loss if settings else None) or training.loss
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


def rebuild(parts: Sidecar, file: ModelFile) -> tuple[keras.Model, keras.Model]:
    """Return ``(training_model, model)`` of a project: compiled, sharing random weights.

    Raise FormatError if the project cannot be built, or is larger than the weights in the file.
    """
    name = file.path.name
    check_sizes(
        [{"id": node.id, "params": node.params} for node in parts.project.graph.nodes],
        file.numbers,
        name,
    )
    project = without_downloads(parts.project)
    try:
        check_project(project, parts.facts, file)
        training_model = build_training_model(project, parts.facts)
        return training_model, assemble(training_model, project, parts.preprocessing, parts.facts)
    except BuildError as error:
        raise FormatError(
            _("The network in '{file}' cannot be built: {reason}", file=name, reason=error.what),
            error.fix,
            path=str(file.path),
        ) from error
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise too_large_error(name) from error


def load_own(file: ModelFile) -> TrainedModel:
    """Load a file that NetBuilder wrote, as ``with_weights``, with its optimizer's state."""
    trained = with_weights(file)
    if file.kind == "h5" and restore_optimizer(file.path, trained.model):
        copy_optimizer_state(trained.model, trained.training_model)
    return trained


def with_weights(file: ModelFile) -> TrainedModel:
    """Load a file that NetBuilder wrote, ``.h5`` or ``.keras``, without its optimizer's state.

    The network is built from the project: nothing of the file's Keras config reaches Keras. Raise
    FormatError if the project is damaged, or the weights do not fit it.
    """
    parts = metadata.sidecar_from_json(file.ours, file.path.name)
    training_model, model = rebuild(parts, file)
    target = model
    if file.ours.get(TAKES):
        export = assemble_for_files(training_model, parts.project, parts.preprocessing, parts.facts)
        target = model if export is None else export.model
    elif file.kind == "h5" and not has_inner_model(file.config):
        target = flat_model(model)
    with weights_file(file) as path:
        try:
            target.load_weights(path)
        except (ValueError, OSError, KeyError, TypeError) as error:
            problem = shape_problem(target, path, file.path.name)
            if problem is not None:
                problem.path = str(file.path)
                raise problem from error
            raise format_error(
                "weights_do_not_fit", file.path, reason=str(error).splitlines()[0]
            ) from error
    return TrainedModel(
        project=parts.project,
        training_model=training_model,
        model=model,
        preprocessing=parts.preprocessing,
        facts=parts.facts,
        history=parts.history,
        test=parts.test,
        seconds=float(parts.run.get("seconds") or 0.0),
        steps_per_second=float(parts.run.get("steps_per_second") or 0.0),
        epochs=int(parts.run.get("epochs") or epoch_count(parts.history)),
        best_epoch=int(parts.run.get("best_epoch") or 0),
        kept_epoch=int(parts.run.get("kept_epoch") or 0),
        novelty=parts.novelty,
        extra={"path": str(file.path), "notes": strange_values(training_model)},
    )


def without_downloads(project: Project) -> Project:
    """Return the project with randomly initialized backbones: the file has their weights."""

    def local(node: Node) -> Node:
        spec = LAYERS.get(node.layer)
        if spec is None or not spec.is_backbone:
            return node
        params = {key: value for key, value in node.params.items() if key != "weights_file"}
        return replace(node, params={**params, "weights": "none"})

    graph = project.graph
    return replace(project, graph=replace(graph, nodes=tuple(local(node) for node in graph.nodes)))
