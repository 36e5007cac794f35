"""Import any file that contains a network, by its kind."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.files.regular_file import MAX_CHARACTERS, read_regular, require_regular_file
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.importing.report import (
    AS_IS,
    LEFT_OUT,
    Imported,
    ReportItem,
    report_of,
)
from netbuilder.core.formats.safety.inspect_file import inspect_architecture, inspect_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.project.atomic import translate_disk_full
from netbuilder.core.project.edits_data import relocate_data
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.formats.safety.model_file import ModelFile

MODEL_FILES = (".h5", ".hdf5", ".keras")
CODE_FILES = (".py", ".ipynb")
#: What ``import`` and File > Open read besides projects.
IMPORT_ENDINGS = (*MODEL_FILES, ".onnx", ".json", *CODE_FILES)

# Files of other programs, by their first bytes or their ending, with advice on converting them.
_OTHERS: Mapping[str, list[str]] = resource_json("texts.json")["other_programs"]
OTHER_ENDINGS = tuple(ending for endings in _OTHERS for ending in endings.split())


def is_importable(path: Path) -> bool:
    """Return whether a file contains a network (a ``.json`` is judged by its content)."""
    ending = path.suffix.lower()
    if ending != ".json":
        return ending in IMPORT_ENDINGS or ending in OTHER_ENDINGS
    try:
        return b'"class_name"' in read_regular(path, MAX_CHARACTERS)[:100_000]
    except (OSError, FormatError):
        return False


def load_network(path: Path | str) -> TrainedModel:
    """Load a trained ``.h5`` or ``.keras``; raise FormatError if damaged, unsafe or custom."""
    path = Path(path)
    with translate_disk_full(path):
        return _trained(inspect_file(path, placeholders=True))


def _trained(file: ModelFile) -> TrainedModel:
    from netbuilder.core.formats.importing import import_keras

    if not file.is_ours:
        return import_keras.load_foreign(file)
    trained = import_keras.load_own(file)
    return replace(trained, project=relocate_data(trained.project, file.path.parent))


def project_of(file: ModelFile) -> Project:
    """Return the project stored in a checked file, or converted from its graph."""
    from netbuilder.core.formats import metadata
    from netbuilder.core.formats.importing import import_graph

    if file.is_ours:
        project = metadata.sidecar_from_json(file.ours, file.path.name).project
        return relocate_data(project, file.path.parent)
    return import_graph.project_from_model(file)


def import_file(
    path: Path | str, weights: Path | str | None = None, *, trained: bool = True, model: str = ""
) -> Imported:
    """Import a project, a model file, an architecture ``.json``, an ``.onnx`` or Keras code.

    ``path``: the file; ``weights``: a file with the weights, if they are not in ``path``;
    ``trained``: create the trained model too, if there are weights; needs TensorFlow; ``model``:
    name or number of a model in code, if there are several. Raise FormatError if it cannot be
    read, or contains no network for NetBuilder.
    """
    path = Path(path)
    weights = None if weights is None else Path(weights)
    refuse_other_kinds(path)
    with translate_disk_full(path):
        ending = path.suffix.lower()
        if ending == ".onnx":
            from netbuilder.core.formats.importing.onnx.import_onnx import import_onnx

            imported = import_onnx(path)
        elif ending in CODE_FILES:
            from netbuilder.core.formats.importing.keras_code.import_code import import_code

            imported = import_code(path, model)
        elif ending == ".json":
            imported = _from_architecture(path, weights, trained)
            weights = None if imported.trained is not None else weights
        elif ending == files.ENDING:
            project = files.read(path)
            imported = Imported(project, report_of(project, ours=True))
        else:
            imported = _from_model(path, trained and weights is None)
        if weights is not None and trained:
            imported = onto_project(imported, weights, path.parent)
    return imported


def refuse_other_kinds(path: Path) -> None:
    """Raise FormatError for a file of another program, with advice on converting it."""
    ending = path.suffix.lower()
    if path.is_dir() and (path / "saved_model.pb").exists():
        ending = ".pb"
    elif path.is_file():
        with path.open("rb") as file:
            start = file.read(16)
        if start[4:8] == b"TFL3":
            ending = ".tflite"
        elif start[8:10] == b'{"' and ending not in IMPORT_ENDINGS:
            ending = ".safetensors"
        elif start[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
            ending = ending if ending in OTHER_ENDINGS else ".pkl"
        elif start[:4] == b"PK\x03\x04" and _is_torch(path):
            ending = ".pt"
    for endings, (problem, fix) in _OTHERS.items():
        if ending in endings.split():
            require_regular_file(path)
            raise FormatError(
                _(problem, file=path.name),
                _(fix),
                path=str(path),
                code=f"other_kind_{endings.split()[0].lstrip('.')}",
            )


def _is_torch(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return False


def _from_model(path: Path, trained: bool) -> Imported:
    file = inspect_file(path, placeholders=True)
    project = project_of(file)
    if file.is_ours or not trained or file.refused:
        model = _trained(file) if trained and not file.refused else None
        notes = tuple(model.extra.get("notes", ())) if model is not None else ()
        report = report_of(project, (*file.notes, *notes), ours=file.is_ours)
        return Imported(project if model is None else model.project, report, model)
    model = _trained(file)
    return Imported(model.project, report_of(model.project, model.extra["notes"]), model)


def _from_architecture(path: Path, weights: Path | None, trained: bool) -> Imported:
    from netbuilder.core.hdf5.container_check import numbers_in

    file = inspect_architecture(path, 0 if weights is None else numbers_in(weights))
    project = project_of(file)
    if weights is None or not trained or file.refused:
        return Imported(project, report_of(project, file.notes))
    from netbuilder.core.formats.importing import import_keras

    model = import_keras.load_foreign(file, weights)
    report = report_of(model.project, model.extra["notes"])
    return Imported(model.project, (*report, ReportItem("weights", AS_IS, weights.name)), model)


def onto_project(imported: Imported, weights: Path, base: Path) -> Imported:
    """Load weights onto a project, built on its own data if readable, else on its Inputs' shapes.

    ``base`` is the folder that the project's relative paths start from. Raise UserError if the
    network cannot be built, or the weights are for another one.
    """
    from netbuilder.core.data.load import load_dataset as load_data
    from netbuilder.core.engine.networks.assembly import assemble
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.formats.importing.import_keras import without_data
    from netbuilder.core.formats.importing.weights_only import load_weights, strange_values

    project, facts, preprocessing = imported.project, None, None
    report = list(imported.report)
    if project.data.kind:
        try:
            dataset = load_data(project, base)
            facts, preprocessing = dataset.facts, dataset.preprocessing
        except UserError as error:
            report.append(ReportItem("data", LEFT_OUT, str(error)))
    training_model = build_training_model(project, facts, learned=False)
    load_weights(training_model, weights)
    notes = strange_values(training_model)
    report += [ReportItem("weights", AS_IS, weights.name)]
    report += [ReportItem("weights", LEFT_OUT, note) for note in notes]
    if preprocessing is None or facts is None:
        trained = without_data(project, training_model, weights, notes)
        return replace(imported, report=tuple(report), trained=trained)
    trained = TrainedModel(
        project=project,
        training_model=training_model,
        model=assemble(training_model, project, preprocessing, facts),
        preprocessing=preprocessing,
        facts=facts,
        extra={"path": str(weights), "notes": notes},
    )
    return replace(imported, report=tuple(report), trained=trained)
