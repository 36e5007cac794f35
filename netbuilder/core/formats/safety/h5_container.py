"""A ``.h5`` model file: its container, checked, and the configs in its attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.bounded_json import MAX_CHARACTERS, read_json
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.safety.model_file import CHANGED, PREFIX
from netbuilder.core.hdf5.container_check import check_container
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.i18n import gettext as _, noop as N_

if TYPE_CHECKING:
    import h5py

_REFUSE = N_("Do not open this file. Ask for a new copy from its source.")


@dataclass
class CheckedContainer:
    """What a container holds, checked as a container only."""

    config: Any
    training: Any = None
    keras_version: str = ""
    ours: dict[str, Any] = field(default_factory=dict)
    numbers: int = 0


def read_h5_container(path: Path) -> CheckedContainer:
    """Check a ``.h5`` model file as a container and read its configs.

    Raises:
        FormatError: damaged, unsafe, or no model.
    """
    try:
        with open_hdf5(path) as file:
            numbers = check_container(file, path.name)
            found = _read_attributes(file, path.name)
            found.numbers = numbers
            return found
    except FormatError as error:
        error.path = str(path)
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise FormatError(*_damage(path, str(error)), path=str(path)) from error


def _damage(path: Path, said: str) -> tuple[str, str]:
    """What is wrong with a file that HDF5 cannot read, and how that is mended."""
    if "truncated" in said:
        return (
            _("'{file}' is incomplete: it ends in the middle of the model.", file=path.name),
            _("The file is probably incomplete: copy it again, or save the model again."),
        )
    return _("'{file}' is damaged: a part of it cannot be read.", file=path.name), _(CHANGED)


def _text(value: Any) -> str | bytes:
    if isinstance(value, str | bytes):
        return value
    raise FormatError(
        _("A config in the file is not text."), _("Save the model again."), code="config_not_text"
    )


def _read_attributes(file: h5py.File, name: str) -> CheckedContainer:
    if "model_config" not in file.attrs:
        if "layer_names" in file.attrs or "layers" in file:
            raise FormatError(
                _("'{file}' contains weights only, without the network.", file=name),
                _(
                    "Open the network first, then its weights: netbuilder import NETWORK"
                    " --weights {file} -o model.h5. Or save the whole model with model.save().",
                    file=name,
                ),
                code="weights_only",
            )
        raise FormatError(
            _("'{file}' contains no network: it has no 'model_config'.", file=name),
            _("Save the whole model with model.save('model.h5')."),
            code="h5_without_model",
        )
    found = CheckedContainer(config=_json(file, "model_config", name))
    if "training_config" in file.attrs:
        found.training = _json(file, "training_config", name)
    version = file.attrs.get("keras_version", "")
    found.keras_version = version.decode() if isinstance(version, bytes) else str(version)
    for key in file.attrs:
        if key.startswith(PREFIX):
            found.ours[key.removeprefix(PREFIX)] = _json(file, key, name)
    return found


def _json(file: h5py.File, key: str, name: str) -> Any:
    text = _text(file.attrs[key])
    if len(text) > MAX_CHARACTERS:
        raise FormatError(
            _("'{key}' in '{file}' is too long.", key=key, file=name),
            _(_REFUSE),
            code="config_too_long",
        )
    return read_json(text, _("'{key}' in '{file}'", key=key, file=name))
