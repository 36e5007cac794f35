"""The trained ``.keras``: Keras 3's own format, with what NetBuilder needs as one more entry."""

from __future__ import annotations

import zipfile
from pathlib import Path

from netbuilder.core.engine.build.assembly import FileInputModel
from netbuilder.core.engine.build.keras_objects import make_savable
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats import metadata as long_json
from netbuilder.core.formats.metadata import TAKES, TAKES_IN_WORDS, sidecar_of
from netbuilder.core.formats.optimizer_state import copy_optimizer_state
from netbuilder.core.formats.safety.model_file import ZIP_ENTRY
from netbuilder.core.formats.writers.inference import file_input_model, input_sentences
from netbuilder.core.formats.writers.roundtrip_check import check_opens
from netbuilder.core.project.atomic import replace_atomically


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the assembled model and all that stands beside it, whole or not at all.

    Look-ups of words, text vectorisation and resizing are layers in it.

    Args:
        trained: from a session or ``load``.
        path: ends in .keras.

    Returns:
        What it takes, where that is more than raw numbers.

    Raises:
        FormatError: Keras could not open it again, or it answers something else.
        UserError: the place cannot be written; what was there before is unchanged.
    """
    made = file_input_model(trained)
    model = trained.model if made is None else made.model
    copy_optimizer_state(trained.training_model, model)
    ours = sidecar_of(trained)
    if ours and made is not None:
        ours[TAKES] = {name: list(key) for key, name in made.names.items()}
        ours[TAKES_IN_WORDS] = list(input_sentences(trained, made))
    for layer in model._flatten_layers(include_self=False, recursive=True):
        make_savable(layer)
    with replace_atomically(Path(path)) as temporary:
        model.save(temporary, overwrite=True)
        if ours:
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(ZIP_ENTRY, long_json.dumps(ours))
        verify(trained, temporary, made)
    return input_sentences(trained, made)


def verify(trained: TrainedModel, path: Path, made: FileInputModel | None = None) -> None:
    """Open the file at ``path`` with plain Keras and ask it the same rows.

    Args:
        trained: the network.
        path: the file.
        made: the model that was written; None: it is made again.

    Raises:
        FormatError: Keras cannot open it, or it answers something else.
    """
    check_opens(trained, path, ".keras", made or file_input_model(trained))
