"""Checks that an HDF5 file is self-contained, before Keras or anything else reads from it.

External links, external storage and virtual datasets read other files; unknown filters load
programs; opaque bytes are how pickles are stored.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import h5py

#: deflate, shuffle, fletcher32, szip, nbit, scale-offset; h5py's lzf. Others would load plugins.
FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})


MAX_OBJECTS = 200_000
MAX_DEPTH = 100
# Trained weights hardly compress; zeros do, so a little room for small files.
MAX_RATIO = 200
FREE_BYTES = 16 * 1024 * 1024
_REFUSE = N_("Do not open this file. Get a new copy from its source.")


def check_file(path: Path) -> None:
    """Check the file ``path`` as ``check_container`` does; raises the same FormatError."""
    try:
        with open_hdf5(path) as file:
            check_container(file, path.name)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise format_error("hdf5_not_read", path, name=path.name) from error


def numbers_in(path: Path) -> int:
    """Count the numbers in a file, 0 where HDF5 cannot open it; raises as ``check_container``."""
    try:
        with open_hdf5(path) as file:
            return check_container(file, path.name)
    except OSError:
        return 0


def is_keras_model(path: Path) -> bool:
    """Return whether an HDF5 file holds a Keras network and not data."""
    try:
        with open_hdf5(path) as file:
            return "model_config" in file.attrs or "keras_version" in file.attrs
    except (OSError, RuntimeError):
        return False


def dataset_names(file: h5py.File, name: str) -> list[str]:
    """Return the names of the datasets in an open file, of those in groups "group/name".

    Datasets of a type that NumPy lacks are left out. Raise FormatError if it has a link to another
    file.
    """
    import h5py

    names = []
    for key in file:
        link = file.get(key, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise format_error(
                "hdf5_external_link", key=key, name=name, other=f"{link.filename!r:.80}"
            )
        if not isinstance(link, h5py.HardLink):
            continue
        if isinstance(file[key], h5py.Dataset):
            names.append(key)
        elif isinstance(file[key], h5py.Group):
            # "visititems" goes by hard links only, and into each group once.
            inside: list[str] = []
            file[key].visititems(
                lambda path, item, into=inside: (
                    into.append(path) if isinstance(item, h5py.Dataset) else None
                )
            )
            names += [f"{key}/{path}" for path in inside]
    return [name for name in names if _has_numpy_type(file[name])]


def _has_numpy_type(dataset: h5py.Dataset) -> bool:
    try:
        return dataset.dtype is not None
    except TypeError:
        return False


def check_container(file: h5py.File, name: str) -> int:
    """Check every link, attribute and dataset of an open file; return its count of numbers.

    Raise FormatError if a link, storage or type that reaches out of the file, or a size that the
    file does not hold.
    """
    import h5py

    visited: set[tuple[int, int]] = set()
    waiting: list[tuple[h5py.Group, str, int]] = [(file, "", 0)]
    declared = stored = count = numbers = 0
    _check_attributes(file, "/", name)
    while waiting:
        group, where, depth = waiting.pop()
        for key in group:
            place = f"{where}/{key}"
            count += 1
            if count > MAX_OBJECTS or depth > MAX_DEPTH:
                raise format_error(
                    "hdf5_unsafe:8",
                    name=name,
                    count=format_number(MAX_OBJECTS, ","),
                    depth=MAX_DEPTH,
                )
            _check_link(group.get(key, getlink=True), place, name)
            item = group[key]
            info = h5py.h5o.get_info(item.id)
            mark = (int(info.fileno), int(info.addr))
            if mark in visited:
                continue
            visited.add(mark)
            _check_attributes(item, place, name)
            if isinstance(item, h5py.Group):
                waiting.append((item, place, depth + 1))
            elif isinstance(item, h5py.Dataset):
                size, stored_size = _check_dataset(item, place, name)
                declared += size
                numbers += int(item.size or 0)
                stored += stored_size
    if declared > FREE_BYTES + MAX_RATIO * stored:
        raise format_error(
            "hdf5_unsafe:2",
            name=name,
            stored=format_number(stored // 2**20, ","),
            size=format_number(declared // 2**20, ","),
        )
    return numbers


def _check_link(link: Any, place: str, name: str) -> None:
    import h5py

    if isinstance(link, h5py.ExternalLink):
        raise format_error("hdf5_unsafe:3", place=place, name=name, other=f"{link.filename!r:.80}")
    if not isinstance(link, h5py.HardLink):
        raise format_error("hdf5_unsafe:4", place=place, name=name)


def _check_attributes(item: Any, place: str, name: str) -> None:
    import h5py

    for key in item.attrs:
        info = h5py.h5a.open(item.id, key if isinstance(key, bytes) else key.encode()).get_type()
        _check_type(info.dtype, _("The attribute '{key}' of '{place}'", key=key, place=place), name)


def _check_type(dtype: Any, place: str, name: str) -> None:
    """Numbers and text only: opaque bytes are how pickles are stored, references point around."""
    import h5py

    if dtype.kind in "biufcSU":
        return
    if dtype.kind == "O" and h5py.check_string_dtype(dtype) is not None:
        return
    inner = h5py.check_vlen_dtype(dtype)
    if dtype.kind == "O" and inner is not None and inner.kind in "biufSU":
        return
    raise format_error("hdf5_unsafe", place=place, name=name, type=dtype)


def _check_dataset(item: h5py.Dataset, place: str, name: str) -> tuple[int, int]:
    """Check one dataset; return its declared and its stored size in bytes."""
    import h5py

    if item.external:
        raise format_error(
            "hdf5_unsafe:5", place=place, name=name, other=f"{item.external[0][0]!r:.80}"
        )
    if item.is_virtual:
        raise format_error("hdf5_unsafe:6", place=place, name=name)
    _check_type(item.dtype, _("The dataset '{place}'", place=place), name)
    if item.dtype.kind == "c":  # TensorFlow would drop a half of each without a word
        raise format_error("weights_complex", place=place, name=name)
    plist = item.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    strange = [number for number in filters if number not in FILTERS]
    if strange:
        raise format_error("hdf5_unsafe:7", place=place, name=name, number=strange[0])
    size = int(item.size or 0) * item.dtype.itemsize
    stored = int(item.id.get_storage_size())
    if item.id.get_space_status() == h5py.h5d.SPACE_STATUS_NOT_ALLOCATED and size:
        stored = 0
    if (stored < size and not filters) or (size and not stored):
        raise format_error(
            "hdf5_size_wrong",
            place=place,
            name=name,
            size=format_number(size, ","),
            shape="×".join(map(str, item.shape)),
            found=format_number(stored, ","),
        )
    return size, stored
