"""Write files atomically: a temporary file replaces the target at the end."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.files.file_names import DEVICES, FORBIDDEN
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_

log = logging.getLogger(__name__)

#: Permissions that new files do not get; read before there are threads, since reading resets it.
_UMASK = os.umask(0)
os.umask(_UMASK)

#: What is wrong and what to do, by the name of the error.
_REASONS: dict[int, tuple[str, str]] = {
    getattr(errno, name): tuple(reason)
    for name, reason in resource_json("texts.json")["file_errors"].items()
}

# A file is open in another program: access denied, sharing violation, lock violation on Windows.
_HELD_WINDOWS = (5, 32, 33)
_HELD = (errno.EBUSY, errno.ETXTBSY)
#: Seconds between tries: a virus scanner or OneDrive may hold a new file for a moment.
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


def is_held(error: OSError) -> bool:
    """Return whether a file could not be changed because another program has it open."""
    return getattr(error, "winerror", None) in _HELD_WINDOWS or error.errno in _HELD


def _patiently(act: Callable[[], object]) -> None:
    """Retry a file operation for a moment while another program holds the file."""
    for pause in _PAUSES:
        try:
            act()
        except OSError as error:
            if not is_held(error):
                raise
            time.sleep(pause)
        else:
            return
    act()


def replace(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, replacing it; raises ``OSError`` (see ``write_error``)."""
    _patiently(lambda: source.replace(target))


def delete(path: Path) -> None:
    """Delete a file or folder, if it exists; raises ``OSError`` (see ``delete_error``)."""

    def act() -> None:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:  # deleted by another process
            return

    _patiently(act)


def discard(path: Path) -> None:
    """Delete a file or folder; a failure is only logged."""
    try:
        delete(path)
    except OSError as error:
        log.warning("%s is not deleted: %s", path, error)


#: Texts in libraries' own errors for a full disk, in lower case.
_NO_ROOM = {
    errno.ENOSPC: ("no space left", "not enough space on the disk"),
    errno.EDQUOT: ("disk quota exceeded",),
    errno.EFBIG: ("file too large",),
}
#: Bytes; a disk with fewer is full.
_ROOM = 1_000_000


def explain_os_error(error: OSError, path: Path | None = None) -> tuple[str, str]:
    """Return why something could not be written (to ``path``), and what to do."""
    if is_held(error) and path is not None:
        return (
            _("'{name}' is open in another program", name=path.name),
            _("Close it there and try again, or choose another name."),
        )
    reason, fix = _REASONS.get(error.errno or 0, (error.strerror or str(error), N_("Try again.")))
    return _(reason), _(fix)


@contextmanager
def translate_disk_full(path: Path) -> Iterator[None]:
    """Raise ``UserError`` for any library's error that the disk (or the temporary one) is full."""
    try:
        yield
    except Exception as error:
        number = None if type(error) is UserError else _no_room(error)
        if number is None:
            raise
        temporary = Path(tempfile.gettempdir())
        if number == errno.ENOSPC and _free(path.parent) > _ROOM >= _free(temporary):
            raise user_error(
                "no_room_for_temporary_files", path, folder=temporary, name=path.name
            ) from error
        raise write_error(OSError(number, os.strerror(number)), path) from error


def _no_room(error: BaseException) -> int | None:
    """Return the ``errno`` of a full disk in ``error`` or its causes, or None."""
    visited: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in visited:
        visited.append(current)
        text = str(current).lower()
        for number, texts in _NO_ROOM.items():
            same_number = isinstance(current, OSError) and current.errno == number
            if same_number or any(words in text for words in texts):
                return number
        current = current.__cause__ or current.__context__
    return None


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def write_error(error: OSError, path: Path) -> UserError:
    """Return the error for a failed write of ``path``; the old file is unchanged."""
    words = N_("Could not write '{path}': {reason}. The file is unchanged.")
    return _file_error(error, path, words, "file_not_written")


def delete_error(error: OSError, path: Path) -> UserError:
    """Return the error for a failed deletion."""
    return _file_error(error, path, N_("Could not delete '{path}': {reason}."), "file_not_deleted")


def _file_error(error: OSError, path: Path, words: str, code: str) -> UserError:
    reason, fix = explain_os_error(error, path)
    code = "file_in_use" if is_held(error) else code
    return UserError(_(words, path=path, reason=reason), fix, path=str(path), code=code)


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path with the suffix of ``path``, which it replaces at the end.

    After an error it is removed. A symbolic link stays: its target is replaced. Raises
    ``UserError`` if the file cannot be written.
    """
    path = Path(path)
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    if sys.platform == "win32" and (FORBIDDEN.search(path.name) or DEVICES.fullmatch(path.name)):
        # A colon would write to a hidden stream, "con.h5" to a device.
        raise write_error(OSError(errno.EINVAL, "name"), path)
    # Replacing needs only the folder's permissions, but a read-only file must stay.
    if path.exists() and not os.access(path, os.W_OK):
        raise write_error(PermissionError(errno.EACCES, "locked"), path)
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise write_error(error, path) from error
    temporary = Path(name)
    try:
        yield temporary
        _take_over_mode(path, temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        replace(temporary, path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        discard(temporary)


def _take_over_mode(path: Path, temporary: Path) -> None:
    mode = path.stat().st_mode if path.exists() else 0o666 & ~_UMASK
    temporary.chmod(mode & 0o777)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically; raise ``UserError`` if that fails."""
    with replace_atomically(path) as temporary:
        temporary.write_bytes(data)
