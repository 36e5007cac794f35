"""Keeps the outputs of frozen layers on disk, by the content of each sample."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import discard, replace_atomically

#: Bytes of all files together, and of one.
MOST_BYTES, MOST_FILE_BYTES = 512 << 20, 256 << 20
_DIGEST = 16

Features = dict[str, NDArray[Any]]


def digest(parts: Iterable[Any]) -> bytes:
    """Return a digest of 16 bytes of arrays and texts."""
    digest = blake2b(digest_size=_DIGEST)
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).data)
    return digest.digest()


def row_digests(arrays: Sequence[NDArray[Any]]) -> list[bytes]:
    """Return a digest of each row of arrays (n, ...) of the same length."""
    return [digest(row) for row in zip(*arrays, strict=True)]


def _path(key: str) -> Path:
    return folders.cache() / "features" / f"{key}.npz"


def read_features(
    key: str, shapes: Mapping[str, tuple[tuple[int, ...], str]]
) -> tuple[dict[bytes, int], Features]:
    """Return the row number by digest, and the features (n, ...) by name.

    ``key`` names the layers with their weights; ``shapes`` holds shape and type of a sample of each
    name. A file that is damaged or does not fit counts as none.
    """
    path = _path(key)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = archive["rows"]
            features = {name: archive[f"features-{n}"] for n, name in enumerate(shapes)}
        for name, (shape, kind) in shapes.items():
            if features[name].shape != (len(names), *shape) or str(features[name].dtype) != kind:
                raise ValueError(name)
        if names.shape != (len(names), _DIGEST) or names.dtype != np.uint8:
            raise ValueError("rows")
        with suppress(OSError):
            os.utime(path)
        return {row.tobytes(): number for number, row in enumerate(names)}, features
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        discard(path)
    return {}, {name: np.zeros((0, *shape), kind) for name, (shape, kind) in shapes.items()}


def write_features(key: str, rows: Sequence[bytes], features: Features) -> None:
    """Keep the features of rows, and delete the files that were not used longest.

    A folder that cannot be written is ignored.
    """
    path, size = _path(key), sum(values.nbytes for values in features.values())
    if size > MOST_FILE_BYTES or not rows:
        return
    arrays = {f"features-{number}": values for number, values in enumerate(features.values())}
    names = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), _DIGEST)
    with suppress(OSError, UserError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_atomically(path) as temporary, temporary.open("wb") as file:
            np.savez(file, rows=names, **arrays)  # type: ignore[arg-type]
        files = sorted(
            path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True
        )
        total = 0
        for file_path in files:
            total += file_path.stat().st_size
            if total > MOST_BYTES and file_path != path:
                discard(file_path)
