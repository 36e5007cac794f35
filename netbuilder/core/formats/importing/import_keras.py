"""A trained model from elsewhere: its graph on the canvas, its weights in it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.keras_workarounds import make_savable
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION, DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.build.graph_to_keras import build_training_model, compile_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import BuildError, FormatError
from netbuilder.core.formats.build_config import build_model
from netbuilder.core.formats.importing import import_graph
from netbuilder.core.formats.importing.keras2_compat import fit_config, scale_hard_sigmoids
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
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.sizes import too_large_error
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import keras

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
    return f"{said} {more}"


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
