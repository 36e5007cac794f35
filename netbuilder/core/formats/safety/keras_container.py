"""The container of a ``.keras``: a zip whose names and sizes are what Keras writes."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from netbuilder.core.bounded_json import MAX_CHARACTERS, read_json
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.safety.h5_container import CheckedContainer
from netbuilder.core.formats.safety.model_file import CHANGED, ZIP_ENTRY, snake_case
from netbuilder.core.hdf5.container_check import check_container
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number

MAX_ENTRIES = 10_000
MAX_BYTES = 16 * 1024**3
MAX_RATIO = 200
FREE_BYTES = 16 * 1024 * 1024
_WEIGHTS = "model.weights.h5"
_NAMES = frozenset({"metadata.json", "config.json", _WEIGHTS, ZIP_ENTRY})
_REFUSE = N_("Do not open this file. Ask for a new copy from its source.")


def read_keras_container(path: Path) -> CheckedContainer:
    """Check a ``.keras`` file as a container, its weights included, and read its configs.

    Raises:
        FormatError: damaged, unsafe, or no model.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            numbers = sum(
                _check_weights(archive, info, name)
                for info in _checked(archive, name)
                if info.filename == _WEIGHTS
            )
            found = CheckedContainer(config=_json(archive, "config.json", name), numbers=numbers)
            names = set(archive.namelist())
            _take_vocabularies(archive, found.config, names)
            if "metadata.json" in names:
                metadata = _json(archive, "metadata.json", name)
                if isinstance(metadata, dict):
                    found.keras_version = str(metadata.get("keras_version", ""))
            if ZIP_ENTRY in names:
                ours = _json(archive, ZIP_ENTRY, name)
                if isinstance(ours, dict):
                    found.ours = ours
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
        # The list of what is in it stands at the end.
        cut = "not a zip file" in str(error)
        raise FormatError(
            (
                _("'{file}' is damaged: its end cannot be read.", file=name)
                if cut
                else _("'{file}' is damaged: a part of it cannot be read.", file=name)
            ),
            (
                _("The file is probably incomplete: copy it again, or save the model again.")
                if cut
                else _(CHANGED)
            ),
            code="keras_file_damaged",
            path=str(path),
        ) from error
    if isinstance(found.config, dict):
        found.training = found.config.get("compile_config")
    return found


def _unsafe(said: str) -> FormatError:
    return FormatError(said, _(_REFUSE), code="keras_file_unsafe")


def _checked(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise _unsafe(
            _("'{file}' contains {count} files.", file=name, count=format_number(len(infos), ","))
        )
    seen: set[str] = set()
    total = packed = 0
    for info in infos:
        _check_name(info, name)
        if info.filename in seen:
            raise _unsafe(_("'{entry}' occurs twice in '{file}'.", entry=info.filename, file=name))
        seen.add(info.filename)
        if info.flag_bits & 0x1:
            raise _unsafe(
                _(
                    "'{entry}' in '{file}' is protected by a password.",
                    entry=info.filename,
                    file=name,
                )
            )
        total += info.file_size
        packed += info.compress_size
    if total > MAX_BYTES or total > FREE_BYTES + MAX_RATIO * packed:
        raise _unsafe(
            _(
                "'{file}' would unpack to {unpacked} MiB from {packed} MiB.",
                file=name,
                unpacked=format_number(total // 2**20, ","),
                packed=format_number(packed // 2**20, ","),
            )
        )
    if "config.json" not in seen:
        raise FormatError(
            _("'{file}' contains no network: it has no 'config.json'.", file=name),
            _("Save the model again with model.save('model.keras')."),
            code="keras_file_without_model",
        )
    return infos


def _check_name(info: zipfile.ZipInfo, name: str) -> None:
    entry = info.filename
    parts = PurePosixPath(entry).parts
    outside = not parts or entry.startswith("/") or ".." in parts or "\\" in entry or ":" in entry
    if outside or stat.S_ISLNK(info.external_attr >> 16):
        raise _unsafe(
            _(
                "'{file}' contains {entry}, which would be written outside its folder.",
                file=name,
                entry=f"{entry!r:.80}",
            )
        )
    if entry not in _NAMES and parts[0] != "assets":
        raise _unsafe(
            _(
                "'{file}' contains {entry}, which is not part of a Keras model.",
                file=name,
                entry=f"{entry!r:.80}",
            )
        )


def _check_weights(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> int:
    with tempfile.TemporaryDirectory(prefix="netbuilder-") as folder:
        copy = Path(folder) / _WEIGHTS
        with archive.open(info) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
        with open_hdf5(copy) as file:
            return check_container(file, name)


def _take_vocabularies(archive: zipfile.ZipFile, config: object, names: set[str]) -> None:
    """Put words that a look-up has learned from data, which stand in files of their own, into its
    config: there the canvas and Keras find them alike."""
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
