"""Read NumPy and HDF5 files without running code or following links out of the file."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.errors import DataError
from netbuilder.core.hdf5.container_check import dataset_names, is_keras_model
from netbuilder.core.hdf5.sandboxed_open import open_hdf5

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
ENDINGS = (".npz", ".npy", ".h5", ".hdf5")
_UNREADABLE = (
    OSError,
    RuntimeError,
    KeyError,
    EOFError,
    OverflowError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    UnicodeDecodeError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class ArrayInfo:
    """Shape and NumPy type name ("float32") of an array, known without reading it."""

    shape: tuple[int, ...]
    type: str


def array_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array by name; see ``array_infos``."""
    return {name: info.shape for name, info in array_infos(path).items()}


def array_infos(path: Path) -> dict[str, ArrayInfo]:
    """Return shape and type of each array by name, without reading it.

    For a ``.npy`` the other ``.npy`` files of its folder are included: inputs and targets are often
    two files. Datasets in groups of an HDF5 file are named "group/name". Raise DataError if the
    file is damaged.
    """
    try:
        ending = path.suffix.lower()
        if ending == ".npy":
            infos = {}
            for array_path in sorted(path.parent.glob("*.npy")):
                with array_path.open("rb") as file:
                    try:
                        infos[array_path.stem] = _info(file)
                    except ValueError:
                        if array_path == path:
                            raise
            return infos
        if ending == ".npz":
            infos = {}
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".npy"):
                        with archive.open(name) as file:
                            infos[name.removesuffix(".npy")] = _info(file)
            return infos
        if is_keras_model(path):
            raise data_error("arrays_file_is_model", path)
        with open_hdf5(path) as file:
            return {name: _info_of(file[name]) for name in dataset_names(file, path.name)}
    except (*_UNREADABLE, ValueError) as error:
        raise _damaged(path) from error


def _info(file: BinaryIO | Any) -> ArrayInfo:
    """Read shape and type from the header of a ``.npy``, or raise ValueError."""
    import numpy as np

    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        shape, _, kind = read.get(version, read[2, 0])(file)
    # The head is a Python literal: NumPy's reader passes on whatever Python's tokenizer, parser
    # and types say of a damaged one.
    except Exception as error:
        raise ValueError(f"no head of an array: {error}") from error
    return ArrayInfo(tuple(shape), str(kind))


def _info_of(dataset: h5py.Dataset) -> ArrayInfo:
    kind = "text" if dataset.dtype.kind == "O" else str(dataset.dtype)
    return ArrayInfo(tuple(dataset.shape or ()), kind)


def read_arrays_by_name(path: Path, names: Sequence[str]) -> dict[str, Array]:
    """Read arrays of a file by their names.

    Raises:
        DataError: the file is damaged, or an array holds Python objects or lies in another file.
    """
    import numpy as np

    try:
        if path.suffix.lower() == ".npy":
            loaded = (np.load(path.with_name(f"{n}.npy"), allow_pickle=False) for n in names)
            return {n: _native(value) for n, value in zip(names, loaded, strict=True)}
        if path.suffix.lower() == ".npz":
            # Pickled objects could run code: they are refused by allow_pickle=False.
            with np.load(path, allow_pickle=False) as archive:
                return {name: _native(archive[name]) for name in names}
        return _read_hdf5(path, names)
    except ValueError as error:
        if "pickle" not in str(error):
            raise _damaged(path) from error
        raise data_error("arrays_hold_objects", path) from error
    except _UNREADABLE as error:
        raise _damaged(path) from error


def _read_hdf5(path: Path, names: Sequence[str]) -> dict[str, Array]:
    import h5py

    arrays: dict[str, Array] = {}
    with open_hdf5(path) as file:
        for name in names:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise _foreign(path, name)
            dataset = file[name]
            if dataset.external or dataset.is_virtual:
                raise _foreign(path, name)
            values = dataset[()]
            if values.dtype.kind == "O":
                values = dataset.asstr()[()].astype(str)
            arrays[name] = _native(values)
    return arrays


def _native(values: Array) -> Array:
    """Convert to this machine's byte order: pandas and TensorFlow take no other."""
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


def _damaged(path: Path) -> DataError:
    return data_error("arrays_unreadable", path)


def _foreign(path: Path, name: str) -> DataError:
    return data_error("arrays_external", path, array=name)
