"""What is looked at before Keras sees a model file from elsewhere.

``keras.models.load_model`` is unsafe by itself: releases before 3.11.3 ignore ``safe_mode`` for
``.h5`` (CVE-2025-9905), ``.keras`` configs have called arbitrary functions (CVE-2025-1550,
CVE-2025-9906), vocabularies named in a config read other files (CVE-2025-12058), and HDF5 links
and external storage do too. So the container is checked first (``hdf5``, ``zip``),
then the config is read as plain JSON and must hold nothing but Keras's own layers and objects
(``config``).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from netbuilder.core.bounded_json import MAX_CHARACTERS, read_json
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.mask_layers import without_masks
from netbuilder.core.formats.safety.allowlist import is_layer
from netbuilder.core.formats.safety.config_check import check_model, without_plans
from netbuilder.core.formats.safety.form_check import check_form, check_objects
from netbuilder.core.formats.safety.h5_container import CheckedContainer, read_h5_container
from netbuilder.core.formats.safety.keras2_modernize import modernize_config
from netbuilder.core.formats.safety.keras_container import read_keras_container
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.operations import with_modules
from netbuilder.core.formats.safety.sizes import check_sizes
from netbuilder.core.formats.safety.training_config import check_training_config
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.regular_file import require_regular_file

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
# First bytes of files that are mistaken for models, by their formats' specifications.
_OTHER_FILES = (
    (b"\x89PNG", N_("'{file}' is a PNG picture, not a model file.")),
    (b"\xff\xd8\xff", N_("'{file}' is a JPEG picture, not a model file.")),
    (b"GIF8", N_("'{file}' is a GIF picture, not a model file.")),
    (b"%PDF", N_("'{file}' is a PDF document, not a model file.")),
    (b"PK\x03\x04", N_("'{file}' is a damaged zip archive, not a model file.")),
    (b"\x1f\x8b", N_("'{file}' is a gzip archive, not a model file.")),
    (b"\x93NUMPY", N_("'{file}' is a NumPy array, not a model file.")),
    (b"{", N_("'{file}' is a JSON file, such as a NetBuilder project, not a model file.")),
    (b"<", N_("'{file}' is a web page or an XML file, not a model file.")),
    (b"version ", N_("'{file}' is a Git LFS pointer to the real file, not a model file.")),
)
_ZIP_MAGIC = b"PK\x03\x04"


def inspect_file(path: Path | str, *, placeholders: bool = False) -> ModelFile:
    """Read and check a ``.h5`` or ``.keras`` file without Keras.

    Args:
        path: the file.
        placeholders: go on at a layer that is merely unknown (another package's, one of a
            newer Keras) and name it in ``ModelFile.refused``; such a file can be drawn but
            not loaded. Code and everything else that could do harm is refused in any case.

    Raises:
        FormatError: not such a file, damaged, or not safe; says what was found and where.
    """
    path = Path(path)
    kind = kind_of(path)
    read = read_h5_container if kind == "h5" else read_keras_container
    return _judged(read(path), path, kind, placeholders)


def inspect_architecture(path: Path, numbers: int = 0) -> ModelFile:
    """Read and check what ``model.to_json()`` gave: a network without weights.

    Args:
        path: a JSON file.
        numbers: how many numbers the file with its weights holds.

    Raises:
        FormatError: no such JSON, or not safe.
    """
    require_regular_file(path)
    with path.open("rb") as file:
        config = read_json(file.read(MAX_CHARACTERS + 1), f"'{path.name}'")
    for key in ("model_config", "config"):  # as some programs wrap it
        inner = config.get(key) if isinstance(config, dict) else None
        if isinstance(inner, dict) and "class_name" in inner and "class_name" not in config:
            config = inner
    if not isinstance(config, dict) or "class_name" not in config:
        raise FormatError(
            _("'{file}' is a JSON file without a Keras network in it.", file=path.name),
            _("Choose a file that was written with model.to_json()."),
            path=str(path),
            code="json_not_a_model",
        )
    version = str(config.get("keras_version") or "")
    found = CheckedContainer(config, config.get("compile_config"), version, numbers=numbers)
    return _judged(found, path, "json", placeholders=True)


def _judged(found: CheckedContainer, path: Path, kind: str, placeholders: bool) -> ModelFile:
    check_form(found.config, path.name)
    if found.keras_version[:2] in ("1.", "2."):
        found.config = modernize_config(found.config)
    elif kind != "keras":
        found.config = with_modules(found.config)
    found.config = without_masks(without_plans(found.config), is_layer)
    refused = check_model(found.config, path.name)
    if refused and not placeholders:
        first = refused[0]
        raise FormatError(
            _("'{file}' cannot be loaded. {reason}", file=path.name, reason=first.why),
            _(
                "Import it as a project instead: unknown layers become placeholders that you "
                "replace."
            ),
            code="model_with_unknown_layer",
            path=str(path),
        )
    check_sizes(found.config, found.numbers, path.name)
    notes: tuple[str, ...] = ()
    if found.training is not None:
        check_objects(found.training, path.name)
        found.training, notes = check_training_config(found.training, path.name)
    return ModelFile(
        path=path,
        kind=kind,
        config=found.config,
        training=found.training,
        keras_version=found.keras_version,
        ours=found.ours,
        refused=refused,
        numbers=found.numbers,
        notes=notes,
    )


def kind_of(path: Path) -> str:
    """ "h5" or "keras", by the first bytes of the file and not by its name.

    Raises:
        FormatError: the file is not there, cannot be read, or is neither.
    """
    require_regular_file(path)
    try:
        with path.open("rb") as file:
            magic = file.read(8)
    except FileNotFoundError as error:
        raise FormatError(
            _("There is no file '{path}'.", path=path),
            _("Check the name and the folder."),
            code="file_missing",
            path=str(path),
        ) from error
    except IsADirectoryError as error:
        raise FormatError(
            _("'{path}' is a folder, not a model file.", path=path),
            _("Choose a file that ends in .h5 or .keras."),
            code="folder_instead_of_model",
            path=str(path),
        ) from error
    except OSError as error:
        raise FormatError(
            _("'{path}' cannot be read: {reason}.", path=path, reason=error.strerror),
            _("Check its permissions."),
            code="file_unreadable",
            path=str(path),
        ) from error
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
    """Words for a file that begins with ``start`` and is no model."""
    if not start:
        return _("'{file}' is empty.", file=file)
    for magic, said in _OTHER_FILES:
        if start.startswith(magic):
            return _(said, file=file)
    if start.isascii() and start.decode("ascii").isprintable():
        return _(
            "'{file}' is a text that begins with “{text}”, not a model file.",
            file=file, text=start.decode("ascii"),
        )  # fmt: skip
    return _("'{file}' is not a model file that NetBuilder can read.", file=file)
