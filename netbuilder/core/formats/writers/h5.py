"""Write a trained ``.h5``: raw rows in, predictions in the target's units out.

``keras.models.load_model(path)`` opens it, compiled; NetBuilder's own data is in its attributes
(see ``metadata``).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.networks.keras_objects import make_savable, seeded_random
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.formats import metadata as long_json
from netbuilder.core.formats.build_config import flat_model
from netbuilder.core.formats.mask_layers import without_masks
from netbuilder.core.formats.metadata import KERAS_OWN, sidecar_of
from netbuilder.core.formats.model_weights import OPTIMIZER, copy_optimizer_state
from netbuilder.core.formats.safety.allowlist import is_layer
from netbuilder.core.formats.safety.model_file import PREFIX
from netbuilder.core.formats.writers import keras2_config
from netbuilder.core.formats.writers.roundtrip_check import check_opens
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.wording import join_values

if TYPE_CHECKING:
    import keras


def write_model(
    model: keras.Model,
    path: Path,
    ours: Mapping[str, Any],
    check: Callable[[Path], None] | None = None,
) -> tuple[str, ...]:
    """Write ``model`` to ``path`` atomically and return why Keras 2 cannot open it, if so.

    Args:
        model: compiled; its optimizer's state becomes the group ``netbuilder_optimizer``.
        path: ends in .h5 or .hdf5.
        ours: NetBuilder's data by name; JSON-able.
        check: verifies the written file before it replaces ``path``.
    """
    model = flat_model(model)
    with replace_atomically(Path(path)) as temporary:
        for layer in model._flatten_layers(include_self=False, recursive=True):
            make_savable(layer)
        with _in_memory() as file:
            with _preserved_compile_config(model), _quiet():
                model.save(file, overwrite=True)
            notes = _rewrite_configs(file, model)
            if "optimizer_weights" in file:
                file.move("optimizer_weights", OPTIMIZER)
            for name, value in ours.items():
                file.attrs[PREFIX + name] = long_json.dumps(value)
            file.flush()
            temporary.write_bytes(file.id.get_file_image())
        if check is not None:
            check(temporary)
    return notes


@contextmanager
def _in_memory() -> Iterator[Any]:
    """Open an HDF5 file in memory: when a disk gets full, HDF5 1.14.6 crashes the process."""
    import h5py

    class Named(h5py.File):  # type: ignore[misc]  # h5py has no types
        def __str__(self) -> str:
            return "model.h5"  # Keras checks the ending

    with Named("model.h5", "w", driver="core", backing_store=False) as file:
        yield file


def _rewrite_configs(file: Any, model: keras.Model) -> tuple[str, ...]:
    config = without_masks(json.loads(file.attrs["model_config"]), is_layer)
    reason = keras2_config.why_not(config)
    try:
        for_both = keras2_config.model_config(config)
    except keras2_config.OnlyKeras3Error as error:
        for_both, reason = None, reason or str(error)
    if for_both is not None and _same_model(for_both, model):
        config = for_both
    elif for_both is not None:
        reason = reason or _("a part of the model has another meaning in Keras 2")
    file.attrs["model_config"] = json.dumps(config, ensure_ascii=False)
    if "training_config" in file.attrs:
        training = json.loads(file.attrs["training_config"])
        file.attrs["training_config"] = json.dumps(keras2_config.training_config(training))
        reason = reason or keras2_config.why_not(training)
    return (_("Keras 2 cannot open this .h5: {reason}.", reason=reason),) if reason else ()


def _same_model(config: Mapping[str, Any], model: keras.Model) -> bool:
    """Return whether Keras 3 builds the same network from a config in Keras 2's form."""
    from netbuilder.core.formats.build_config import build_model

    try:
        with seeded_random(0):
            rebuilt = build_model(config)
    # On any error of Keras the file stays in Keras 3's form.
    except Exception:  # noqa: BLE001
        return False
    return _outline(rebuilt) == _outline(model)


def _outline(model: keras.Model) -> list[Any]:
    return [
        [(layer.__class__.__name__, layer.name) for layer in model.layers],
        [tuple(weight.shape) for weight in model.weights],
        [tuple(tensor.shape) for tensor in model.inputs + model.outputs],
    ]


@contextmanager
def _preserved_compile_config(model: keras.Model) -> Iterator[None]:
    """Restore the optimizer, which Keras 3.15.1 removes from the config as it writes ``.h5``."""
    config = getattr(getattr(model, "_compile_config", None), "config", None)
    before = dict(config) if isinstance(config, dict) else {}
    try:
        yield
    finally:
        if isinstance(config, dict):
            config.update(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress Keras's advice to save as ``.keras``."""

    class NoAdvice(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            return "as an HDF5 file" not in record.getMessage()

    logger, advice = logging.getLogger("absl"), NoAdvice()
    logger.addFilter(advice)
    try:
        yield
    finally:
        logger.removeFilter(advice)


ENDINGS = (".h5", ".hdf5")


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write model and NetBuilder's data atomically; return why Keras 2 cannot open it, if so."""
    _check_operations(trained, Path(path))
    copy_optimizer_state(trained.training_model, trained.model)

    def check(written: Path) -> None:
        verify(trained, written)

    return write_model(trained.model, path, sidecar_of(trained), check)


def verify(trained: TrainedModel, path: Path) -> None:
    """Open a file with plain Keras and compare its predictions."""
    check_opens(trained, path, ".h5")


def _check_operations(trained: TrainedModel, path: Path) -> None:
    """Refuse operations (``a + b``), with which Keras 3 cannot open a ``.h5``."""
    import keras

    operations = [
        operation.name
        for operation in getattr(trained.model, "operations", ())
        if not isinstance(operation, keras.layers.Layer)
    ]
    if trained.extra.get(KERAS_OWN) and operations:
        raise format_error(
            "h5_with_operations",
            path,
            names=join_values(operations[:3]),
            file=path.with_suffix(".keras"),
        )
