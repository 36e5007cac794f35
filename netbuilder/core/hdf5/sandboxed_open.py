"""Opens HDF5 files after a process of its own has read them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import FormatError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.process.worker_process import SharedWorker, is_worker
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import h5py

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SECONDS = 8.0
_BYTES_A_SECOND = 10 * 2**20  # an old laptop's disk, and then some
_MEMORY_MB = 1000
_REMEMBERED = 500
_MODULE = "netbuilder.core.hdf5.hdf5_worker"

_WRONG = {
    "died": N_("'{name}' is damaged: reading the whole file would crash the program."),
    "time": N_("'{name}' is damaged: reading the whole file would never end."),
    "memory": N_("'{name}' is damaged: reading the whole file takes more than {size} MB."),
}

_Mark = tuple[str, int, int, int]


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file as ``h5py.File(path, "r")``.

    Raise FormatError if it crashes or hangs the HDF5 library, or OSError if it is no HDF5 file, or
    damaged.
    """
    import h5py

    _READER.prove(path)
    with h5py.File(path, "r") as file:
        yield file


class _Reader:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker = SharedWorker(_MODULE)
        self._known: dict[_Mark, Exception | None] = {}

    def prove(self, path: Path) -> None:
        # The worker may crash; the caller reports it and goes on.
        if is_worker() or not _is_hdf5(path):
            return
        with self._lock:
            mark = _mark(path)
            if mark not in self._known:
                while len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[mark] = self._asked(path)
            wrong = self._known[mark]
        if isinstance(wrong, FormatError):
            raise FormatError(wrong.what, wrong.fix, path=str(path), code=wrong.code)
        if wrong is not None:
            raise OSError(str(wrong))

    def _asked(self, path: Path) -> Exception | None:
        seconds = _SECONDS + path.stat().st_size / _BYTES_A_SECOND
        request = {"file": str(path.resolve())}
        answer = self._worker.ask(request, seconds=seconds, memory_mb=_MEMORY_MB)
        if answer.get("wrong"):
            # The damage may have spoilt the reader's memory: the next file gets another.
            self._worker.end()
            return OSError(answer["wrong"])
        # Where no process can be started, the file is read directly.
        message = _WRONG.get(str(answer.get("reason")))
        if message is None:
            return None
        return FormatError(
            _(message, name=path.name, size=format_number(_MEMORY_MB, ",")),
            _(
                "The file is probably incomplete or changed: copy it again, or save the model "
                "again."
            ),
            code="hdf5_damaged",
        )


def _is_hdf5(path: Path) -> bool:
    """HDF5's signature stands at 0, 512, 1024, 2048, … (File Format Specification 3.0, "0A")."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            place = 0
            while place < size:
                file.seek(place)
                if file.read(len(_SIGNATURE)) == _SIGNATURE:
                    return True
                place = place * 2 or 512
    except OSError:
        pass
    return False


def _mark(path: Path) -> _Mark:
    stat = path.stat()
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ino


_READER = _Reader()
