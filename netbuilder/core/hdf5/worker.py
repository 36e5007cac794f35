"""The process that reads a file first: a request ``{"file": …}`` a line, ``{"read": true}`` out.

Whatever Python can say of a file is left to the side that asks, which reads it again with its own
words; here only the library's own end, or its endless loop, counts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from netbuilder.core.worker_process import serve

if TYPE_CHECKING:
    import h5py

# Beyond so many bytes only the index of a dataset's pieces is walked, and its first and last rows
# are read: that is where damage ends the library. Unpacking what is in the pieces does not.
_WHOLE_BYTES = 64 * 2**20
_SLICE_BYTES = 8 * 2**20


def main() -> None:
    """Answer requests until stdin ends."""
    # A filter that HDF5 does not know would be loaded as a program from a folder.
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"
    serve(_ready, lambda request, _tell: read_through(str(request["file"])))


def _ready() -> None:
    import h5py  # noqa: F401


def read_through(path: str) -> dict[str, Any]:
    """Read all attributes and datasets that lie in the file itself; no link out is followed."""
    import h5py

    def visit(_name: str, item: Any) -> None:
        _attributes(item)
        if isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            _numbers(item)

    # Any of h5py's exceptions is an answer: the asking side meets it again and says it.
    try:
        with h5py.File(path, "r") as file:
            _attributes(file)
            file.visititems(visit)
    except Exception:  # noqa: BLE001
        return {"read": True, "whole": False}
    return {"read": True, "whole": True}


def _attributes(item: Any) -> None:
    for key in item.attrs:
        _tried(item.attrs.__getitem__, key)


def _numbers(dataset: h5py.Dataset) -> None:
    if dataset.chunks is not None:
        _tried(dataset.id.get_num_chunks)
        _tried(dataset.id.chunk_iter, lambda _info: None)
    if not dataset.shape:
        _tried(dataset.__getitem__, ())
        return
    rows = int(dataset.shape[0])
    each = max(1, int(dataset.size // max(rows, 1)) * dataset.dtype.itemsize)
    if each > _WHOLE_BYTES or not rows:
        return
    step = max(1, _SLICE_BYTES // each)
    starts = range(0, rows, step)
    if rows * each > _WHOLE_BYTES:
        starts = range(0, rows, max(step, rows - step))
    for start in starts:
        _tried(dataset.__getitem__, slice(start, start + step))


def _tried(act: Any, *arguments: Any) -> None:
    """One piece that cannot be read says nothing of the next."""
    try:
        act(*arguments)
    except Exception:  # noqa: BLE001
        return
