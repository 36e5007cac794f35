"""Check a model file from elsewhere before Keras sees it.

``keras.models.load_model`` is unsafe: releases before 3.11.3 ignore ``safe_mode`` for ``.h5``
(CVE-2025-9905), ``.keras`` configs have called arbitrary functions (CVE-2025-1550,
CVE-2025-9906), and vocabularies (CVE-2025-12058), HDF5 links and external storage read other
files. So the container is checked first; then the config, read as plain JSON, may name only
Keras's own layers and objects.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.files.regular_file import MAX_CHARACTERS, read_json, require_regular_file
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.mask_layers import without_masks
from netbuilder.core.formats.safety.allowlist import is_layer
from netbuilder.core.formats.safety.config_check import check_model, without_plans
from netbuilder.core.formats.safety.form_check import check_form, check_objects
from netbuilder.core.formats.safety.keras2_modernize import modernize_config
from netbuilder.core.formats.safety.model_file import (
    CHANGED,
    PREFIX,
    ZIP_ENTRY,
    ModelFile,
    snake_case,
)
from netbuilder.core.formats.safety.operations import with_modules
from netbuilder.core.formats.safety.sizes import check_sizes
from netbuilder.core.formats.safety.training_config import check_training_config
from netbuilder.core.hdf5.container_check import check_container
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import h5py

_CUT = N_("The file is probably incomplete: copy it again, or save the model again.")
_REFUSE = N_("Do not open this file. Ask for a new copy from its source.")


@dataclass
class CheckedContainer:
    """The contents of a container, whose config is not checked yet."""

    config: Any
    training: Any = None
    keras_version: str = ""
    ours: dict[str, Any] = field(default_factory=dict)
    numbers: int = 0


def read_h5_container(path: Path) -> CheckedContainer:
    """Check a ``.h5`` model and read its configs; raise FormatError if damaged or unsafe."""
    try:
        with open_hdf5(path) as file:
            numbers = check_container(file, path.name)
            container = _read_attributes(file, path.name)
            container.numbers = numbers
            return container
    except FormatError as error:
        error.path = str(path)
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise FormatError(*_damage(path, str(error)), path=str(path)) from error


def _damage(path: Path, detail: str) -> tuple[str, str]:
    """Return problem and fix for a file that HDF5 cannot read."""
    if "truncated" in detail:
        return (
            _("'{file}' is incomplete: it ends in the middle of the model.", file=path.name),
            _(_CUT),
        )
    return _("'{file}' is damaged: a part of it cannot be read.", file=path.name), _(CHANGED)


def _read_attributes(file: h5py.File, name: str) -> CheckedContainer:
    if "model_config" not in file.attrs:
        if "layer_names" in file.attrs or "layers" in file:
            raise format_error("weights_only", file=name)
        raise format_error("h5_without_model", file=name)
    container = CheckedContainer(config=_h5_container_json(file, "model_config", name))
    if "training_config" in file.attrs:
        container.training = _h5_container_json(file, "training_config", name)
    version = file.attrs.get("keras_version", "")
    container.keras_version = version.decode() if isinstance(version, bytes) else str(version)
    for key in file.attrs:
        if key.startswith(PREFIX):
            container.ours[key.removeprefix(PREFIX)] = _h5_container_json(file, key, name)
    return container


def _h5_container_json(file: h5py.File, key: str, name: str) -> Any:
    text = file.attrs[key]
    if not isinstance(text, str | bytes):
        problem, fix = _("A config in the file is not text."), _("Save the model again.")
        raise FormatError(problem, fix, code="config_not_text")
    if len(text) > MAX_CHARACTERS:
        raise format_error("config_too_long", key=key, file=name)
    return read_json(text, _("'{key}' in '{file}'", key=key, file=name))


MAX_ENTRIES = 10_000
MAX_BYTES = 16 * 1024**3
MAX_RATIO = 200
FREE_BYTES = 16 * 1024 * 1024
_WEIGHTS = "model.weights.h5"
_NAMES = frozenset({"metadata.json", "config.json", _WEIGHTS, ZIP_ENTRY})


def read_keras_container(path: Path) -> CheckedContainer:
    """Check a ``.keras`` and its weights, and read its configs; FormatError if unsafe."""
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            numbers = sum(
                _check_weights(archive, info, name)
                for info in _checked(archive, name)
                if info.filename == _WEIGHTS
            )
            model = CheckedContainer(config=_json(archive, "config.json", name), numbers=numbers)
            names = set(archive.namelist())
            _take_vocabularies(archive, model.config, names)
            if "metadata.json" in names:
                metadata = _json(archive, "metadata.json", name)
                if isinstance(metadata, dict):
                    model.keras_version = str(metadata.get("keras_version", ""))
            if ZIP_ENTRY in names:
                ours = _json(archive, ZIP_ENTRY, name)
                if isinstance(ours, dict):
                    model.ours = ours
    except FormatError as error:
        error.path = str(path)
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        EOFError,
        MemoryError,
    ) as error:
        # The directory of a zip file is at its end.
        cut = "not a zip file" in str(error)
        problem, fix = _damage(path, str(error))
        if cut:
            problem, fix = _("'{file}' is damaged: its end cannot be read.", file=name), _(_CUT)
        raise FormatError(problem, fix, code="keras_file_damaged", path=str(path)) from error
    if isinstance(model.config, dict):
        model.training = model.config.get("compile_config")
    return model


def _unsafe(problem: str, **values: object) -> FormatError:
    return FormatError(_(problem, **values), _(_REFUSE), code="keras_file_unsafe")


def _checked(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise _unsafe(
            N_("'{file}' contains {count} files."), file=name, count=format_number(len(infos), ",")
        )
    entries: set[str] = set()
    total = packed = 0
    for info in infos:
        _check_name(info, name)
        if info.filename in entries:
            raise _unsafe(N_("'{entry}' occurs twice in '{file}'."), entry=info.filename, file=name)
        entries.add(info.filename)
        if info.flag_bits & 0x1:
            raise _unsafe(
                N_("'{entry}' in '{file}' is protected by a password."),
                entry=info.filename,
                file=name,
            )
        total += info.file_size
        packed += info.compress_size
    if total > MAX_BYTES or total > FREE_BYTES + MAX_RATIO * packed:
        raise _unsafe(
            N_("'{file}' would unpack to {unpacked} MiB from {packed} MiB."),
            file=name,
            unpacked=format_number(total // 2**20, ","),
            packed=format_number(packed // 2**20, ","),
        )
    if "config.json" not in entries:
        raise format_error("keras_file_without_model", file=name)
    return infos


def _check_name(info: zipfile.ZipInfo, name: str) -> None:
    entry = info.filename
    parts = PurePosixPath(entry).parts
    outside = not parts or entry.startswith("/") or ".." in parts or "\\" in entry or ":" in entry
    if outside or stat.S_ISLNK(info.external_attr >> 16):
        raise _unsafe(
            N_("'{file}' contains {entry}, which would be written outside its folder."),
            file=name,
            entry=f"{entry!r:.80}",
        )
    if entry not in _NAMES and parts[0] != "assets":
        raise _unsafe(
            N_("'{file}' contains {entry}, which is not part of a Keras model."),
            file=name,
            entry=f"{entry!r:.80}",
        )


def _check_weights(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> int:
    with tempfile.TemporaryDirectory(prefix="netbuilder-") as folder:
        copy = Path(folder) / _WEIGHTS
        with archive.open(info) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
        with open_hdf5(copy) as file:
            return check_container(file, name)


def _take_vocabularies(archive: zipfile.ZipFile, config: object, names: set[str]) -> None:
    """Copy the vocabularies of lookup layers from asset files into the config."""
    inner = config.get("config") if isinstance(config, dict) else None
    layers = inner.get("layers") if isinstance(inner, dict) else None
    counts: dict[str, int] = {}
    for entry in layers if isinstance(layers, list) else ():
        own = entry.get("config") if isinstance(entry, dict) else None
        if not isinstance(own, dict) or not isinstance(entry.get("class_name"), str):
            continue
        base = snake_case(entry["class_name"])
        number = counts[base] = counts.get(base, -1) + 1
        folder = f"assets/layers/{base}_{number}" if number else f"assets/layers/{base}"
        for name in (f"{folder}/vocabulary.txt", f"{folder}/_lookup_layer/vocabulary.txt"):
            if name in names and own.get("vocabulary") is None:
                with archive.open(name) as file:
                    words = file.read(MAX_CHARACTERS).decode("utf-8").split("\n")
                whole = entry["class_name"] == "IntegerLookup"
                own["vocabulary"] = [int(word) for word in words] if whole else words


def _json(archive: zipfile.ZipFile, entry: str, name: str) -> object:
    with archive.open(entry) as file:
        text = file.read(MAX_CHARACTERS + 1)
    value: object = read_json(text, _("'{key}' in '{file}'", key=entry, file=name))
    return value


_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
# Magic numbers of files that are mistaken for models.
_OTHER_FILES: Mapping[str, str] = resource_json("texts.json")["magic_bytes"]
_ZIP_MAGIC = b"PK\x03\x04"


def inspect_file(path: Path | str, *, placeholders: bool = False) -> ModelFile:
    """Read and check a ``.h5`` or ``.keras`` file without Keras.

    Args:
        path: the file.
        placeholders: list unknown layers in ``ModelFile.refused`` instead of raising; such a file
            can be drawn but not loaded. Dangerous content always raises.

    Raises:
        FormatError: not such a file, damaged, or not safe.
    """
    path = Path(path)
    kind = kind_of(path)
    read = read_h5_container if kind == "h5" else read_keras_container
    return _check_content(read(path), path, kind, placeholders)


def inspect_architecture(path: Path, numbers: int = 0) -> ModelFile:
    """Read and check the JSON of ``model.to_json()``: a network without weights.

    ``numbers`` is the count of numbers in its weights file. Raise FormatError if no such JSON, or
    not safe.
    """
    require_regular_file(path)
    with path.open("rb") as file:
        config = read_json(file.read(MAX_CHARACTERS + 1), f"'{path.name}'")
    for key in ("model_config", "config"):  # wrappers of some programs
        inner = config.get(key) if isinstance(config, dict) else None
        if isinstance(inner, dict) and "class_name" in inner and "class_name" not in config:
            config = inner
    if not isinstance(config, dict) or "class_name" not in config:
        raise format_error("json_not_a_model", path)
    version = str(config.get("keras_version") or "")
    container = CheckedContainer(config, config.get("compile_config"), version, numbers=numbers)
    return _check_content(container, path, "json", placeholders=True)


def _check_content(read: CheckedContainer, path: Path, kind: str, placeholders: bool) -> ModelFile:
    check_form(read.config, path.name)
    if read.keras_version[:2] in ("1.", "2."):
        read.config = modernize_config(read.config)
    elif kind != "keras":
        read.config = with_modules(read.config)
    read.config = without_masks(without_plans(read.config), is_layer)
    refused = check_model(read.config, path.name)
    if refused and not placeholders:
        first = refused[0]
        raise format_error("model_with_unknown_layer", path, reason=first.why)
    check_sizes(read.config, read.numbers, path.name)
    notes: tuple[str, ...] = ()
    if read.training is not None:
        check_objects(read.training, path.name)
        read.training, notes = check_training_config(read.training, path.name)
    return ModelFile(
        path=path,
        kind=kind,
        config=read.config,
        training=read.training,
        keras_version=read.keras_version,
        ours=read.ours,
        refused=refused,
        numbers=read.numbers,
        notes=notes,
    )


def kind_of(path: Path) -> str:
    """Return "h5" or "keras" by a file's first bytes; raise FormatError if it is neither."""
    require_regular_file(path)
    try:
        with path.open("rb") as file:
            magic = file.read(8)
    except FileNotFoundError as error:
        raise format_error("file_missing", path, path=path) from error
    except IsADirectoryError as error:
        raise format_error("folder_instead_of_model", path, path=path) from error
    except OSError as error:
        raise format_error("file_unreadable", path, path=path, reason=error.strerror) from error
    if magic == _HDF5_MAGIC:
        return "h5"
    if magic[:4] == _ZIP_MAGIC and zipfile.is_zipfile(path):
        return "keras"
    raise FormatError(
        _what_it_is(magic, path.name),
        _("Choose another file, or copy this one again if the copy is incomplete."),
        code="not_a_model_file",
        path=str(path),
    )


def _what_it_is(start: bytes, file: str) -> str:
    """Describe a file that is no model by its first bytes."""
    if not start:
        return _("'{file}' is empty.", file=file)
    for magic, message in _OTHER_FILES.items():
        if start.startswith(magic.encode("latin-1")):
            return _(message, file=file)
    if start.isascii() and start.decode("ascii").isprintable():
        return _(
            "'{file}' is a text that begins with “{text}”, not a model file.",
            file=file, text=start.decode("ascii"),
        )  # fmt: skip
    return _("'{file}' is not a model file that NetBuilder can read.", file=file)
