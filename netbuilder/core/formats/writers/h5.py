"""The trained ``.h5``: raw rows in, answers in the data's own units out, opens anywhere.

``keras.models.load_model(path)`` opens it with no other argument, compiled. What NetBuilder
needs to show canvas, curves and weights again stands in its attributes (see ``beside``).
"""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.metadata import KERAS_OWN, sidecar_of
from netbuilder.core.formats.optimizer_state import copy_optimizer_state
from netbuilder.core.formats.writers.hdf5_write import write_model
from netbuilder.core.formats.writers.roundtrip_check import check_opens
from netbuilder.core.i18n import gettext as _

ENDINGS = (".h5", ".hdf5")


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the assembled model and all that stands beside it, whole or not at all.

    Args:
        trained: from a session or ``load``.
        path: ends in .h5 or .hdf5.

    Returns:
        Why Keras 2 cannot open it, where that is so.

    Raises:
        FormatError: Keras could not open it again, or it answers something else.
        UserError: the place cannot be written; what was there before is unchanged.
    """
    _check_operations(trained, Path(path))
    copy_optimizer_state(trained.training_model, trained.model)

    def check(written: Path) -> None:
        verify(trained, written)

    return write_model(trained.model, path, sidecar_of(trained), check)


def verify(trained: TrainedModel, path: Path) -> None:
    """Open the file at ``path`` with plain Keras and ask it the same rows.

    Raises:
        FormatError: Keras cannot open it, or it answers something else.
    """
    check_opens(trained, path, ".h5")


def _check_operations(trained: TrainedModel, path: Path) -> None:
    """Keras 3 cannot open a ``.h5`` with operations (``a + b``) in it, not even one of its own.

    Raises:
        FormatError: there are operations in the model.
    """
    import keras

    operations = [
        one.name
        for one in getattr(trained.model, "operations", ())
        if not isinstance(one, keras.layers.Layer)
    ]
    if trained.extra.get(KERAS_OWN) and operations:
        raise FormatError(
            _(
                "This model uses operations that are not layers ({names}), and Keras cannot open "
                "such a model from a .h5 file.",
                names=", ".join(operations[:3]),
            ),
            _("Save it as {file}.", file=path.with_suffix(".keras")),
            code="h5_with_operations",
            path=str(path),
        )
