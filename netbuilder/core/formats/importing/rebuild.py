"""Rebuild the models of a file that NetBuilder wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.engine.build.assembly import assemble, assemble_for_files
from netbuilder.core.engine.build.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import BuildError, FormatError
from netbuilder.core.formats import metadata
from netbuilder.core.formats.flat_model import flat_model, has_inner_model
from netbuilder.core.formats.importing.memory_check import check_project
from netbuilder.core.formats.importing.weights_only import shape_problem, strange_values
from netbuilder.core.formats.metadata import TAKES, Sidecar
from netbuilder.core.formats.model_weights import weights_file
from netbuilder.core.formats.optimizer_state import copy_optimizer_state, restore_optimizer
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.sizes import check_sizes, too_large_error
from netbuilder.core.history_columns import epoch_count
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Node, Project

if TYPE_CHECKING:
    import keras


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
        if not is_memory_error(error):
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
            raise FormatError(
                _(
                    "The weights in '{file}' do not fit the project in it: {reason}",
                    file=file.path.name,
                    reason=str(error).splitlines()[0],
                ),
                _("The file is damaged, or was changed by another program."),
                code="weights_do_not_fit",
                path=str(file.path),
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


def is_memory_error(error: BaseException) -> bool:
    """Return whether Python or TensorFlow ran out of memory."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


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
