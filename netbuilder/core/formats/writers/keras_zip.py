"""The trained ``.keras``: Keras 3's own format, with what NetBuilder needs as one more entry."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from netbuilder.core.catalog.keras_workarounds import mend
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats.metadata import beside_of
from netbuilder.core.formats.optimizer_state import copy_optimizer_state
from netbuilder.core.formats.safety.model_file import ZIP_ENTRY
from netbuilder.core.formats.writers.same_answers import must_open
from netbuilder.core.project.atomic import replacing


def save(trained: TrainedModel, path: Path) -> None:
    """Write the assembled model and all that stands beside it, whole or not at all.

    Args:
        trained: from a session or ``load``.
        path: ends in .keras.

    Raises:
        FormatError: Keras could not open it again, or it answers something else.
        UserError: the place cannot be written; what was there before is unchanged.
    """
    copy_optimizer_state(trained.core, trained.model)
    ours = beside_of(trained)
    for layer in trained.model._flatten_layers(include_self=False, recursive=True):
        mend(layer)
    with replacing(Path(path)) as temporary:
        trained.model.save(temporary, overwrite=True)
        if ours:
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(ZIP_ENTRY, json.dumps(ours, ensure_ascii=False))
        verify(trained, temporary)


def verify(trained: TrainedModel, path: Path) -> None:
    """Open the file at ``path`` with plain Keras and ask it the same rows.

    Raises:
        FormatError: Keras cannot open it, or it answers something else.
    """
    must_open(trained, path, ".keras")
