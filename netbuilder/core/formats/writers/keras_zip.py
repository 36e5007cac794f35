"""Write a trained ``.keras`` with NetBuilder's data as an additional entry."""

from __future__ import annotations

import zipfile
from pathlib import Path

from netbuilder.core.engine.networks.assembly import FileInputModel
from netbuilder.core.engine.networks.keras_objects import make_savable
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats import metadata as long_json
from netbuilder.core.formats.metadata import TAKES, TAKES_IN_WORDS, sidecar_of
from netbuilder.core.formats.model_weights import copy_optimizer_state
from netbuilder.core.formats.safety.model_file import ZIP_ENTRY
from netbuilder.core.formats.writers.inference import file_input_model, input_sentences
from netbuilder.core.formats.writers.roundtrip_check import check_opens
from netbuilder.core.project.atomic import replace_atomically


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the model with its preprocessing layers, and NetBuilder's data, atomically.

    Returns a sentence on what it takes, if that is more than raw numbers.
    """
    file_model = file_input_model(trained)
    model = trained.model if file_model is None else file_model.model
    copy_optimizer_state(trained.training_model, model)
    ours = sidecar_of(trained)
    if ours and file_model is not None:
        ours[TAKES] = {name: list(key) for key, name in file_model.names.items()}
        ours[TAKES_IN_WORDS] = list(input_sentences(trained, file_model))
    for layer in model._flatten_layers(include_self=False, recursive=True):
        make_savable(layer)
    with replace_atomically(Path(path)) as temporary:
        model.save(temporary, overwrite=True)
        if ours:
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(ZIP_ENTRY, long_json.dumps(ours))
        verify(trained, temporary, file_model)
    return input_sentences(trained, file_model)


def verify(trained: TrainedModel, path: Path, file_model: FileInputModel | None = None) -> None:
    """Open a file with plain Keras and compare its predictions with those of ``trained``."""
    check_opens(trained, path, ".keras", file_model or file_input_model(trained))
