"""Process that reads a file first: lines ``{"file": …}`` in, ``{"wrong": …}`` out.

``wrong`` is the library's error, "" for a sound file.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from netbuilder.core.hdf5.container_check import FILTERS
from netbuilder.core.process.worker_process import serve_requests

if TYPE_CHECKING:
    import h5py

# Of larger datasets only the chunk index and first and last rows are read: damage crashes there.
_WHOLE_BYTES = 64 * 2**20
_SLICE_BYTES = 8 * 2**20
# Errors of h5py for damage; TypeError only means a type that NumPy lacks.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError)


def main() -> None:
    """Answer requests until stdin ends."""
    serve_requests(_ready, lambda request, _tell: read_all(str(request["file"])))


def _ready() -> None:
    import h5py  # noqa: F401


def read_all(path: str) -> dict[str, Any]:
    """Read all attributes and datasets; links to other files are not followed."""
    import h5py

    def visit(_name: str, item: Any) -> None:
        _attributes(item)
        if isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            _tried(_numbers, item)

    try:
        with h5py.File(path, "r") as file:
            _attributes(file)
            file.visititems(visit)
    except _DAMAGE as error:
        return {"wrong": str(error) or type(error).__name__}
    except Exception:  # noqa: BLE001 - no damage: for the side that asks to judge
        pass
    return {"wrong": ""}


def _attributes(item: Any) -> None:
    for key in item.attrs:
        _tried(item.attrs.__getitem__, key)


def _numbers(dataset: h5py.Dataset) -> None:
    plist = dataset.id.get_create_plist()
    if any(plist.get_filter(i)[0] not in FILTERS for i in range(plist.get_nfilters())):
        return  # nobody here can unpack it
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
    """Ignore types that NumPy lacks and data beyond the memory, which are no damage."""
    with suppress(TypeError, MemoryError):
        act(*arguments)
