"""Files that are whole or are not there: written beside, then put in place."""

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

from netbuilder.core.errors import UserError
from netbuilder.core.file_names import DEVICES, FORBIDDEN
from netbuilder.core.i18n import gettext as _, noop as N_

log = logging.getLogger(__name__)

#: The rights that new files do not get. Reading the mask sets it for all threads for a moment, so
#: it is read once, before there are any.
_UMASK = os.umask(0)
os.umask(_UMASK)

_OWN_FOLDER = N_("Choose a folder of your own, such as Documents.")
_MAY_NOT = (N_("you are not allowed to write there"), _OWN_FOLDER)
_BAD_NAME = (
    N_("this disk does not allow such a name"),
    N_("Choose a name of letters, digits and spaces."),
)
_REASONS = {
    errno.ENOSPC: (N_("the disk is full"), N_("Free some space, or save to another disk.")),
    errno.EDQUOT: (N_("your disk quota is used up"), N_("Delete some files, or save elsewhere.")),
    errno.EFBIG: (
        N_("the file would be larger than this disk allows"),
        N_("Save to another disk."),
    ),
    errno.EACCES: _MAY_NOT,
    errno.EPERM: _MAY_NOT,
    errno.EROFS: (N_("that disk is read-only"), N_("Save to another disk.")),
    errno.ENOENT: (
        N_("that folder does not exist"),
        N_("Create the folder first, or choose another one."),
    ),
    errno.ENOTDIR: (N_("part of that path is a file, not a folder"), N_("Choose another folder.")),
    errno.EISDIR: (N_("a folder with that name exists"), N_("Choose another name.")),
    errno.ENAMETOOLONG: (N_("the name is too long"), N_("Choose a shorter name.")),
    errno.EINVAL: _BAD_NAME,
}

# What Windows says of a file that another program has open (access denied, sharing violation, lock
# violation), and the like of other systems.
_HELD_WINDOWS = (5, 32, 33)
_HELD = (errno.EBUSY, errno.ETXTBSY)
#: Seconds between the tries: a virus scanner or OneDrive holds a new file for a moment.
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


def is_held(error: OSError) -> bool:
    """Return whether a file could not be changed because another program has it open."""
    return getattr(error, "winerror", None) in _HELD_WINDOWS or error.errno in _HELD


def _patiently(act: Callable[[], object]) -> None:
    """Try a file operation again for a moment while another program holds the file."""
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
    """Put ``source`` in the place of ``target``, or give it that name.

    Raises:
        OSError: it cannot be done; ``write_error`` has the words.
    """
    _patiently(lambda: source.replace(target))


def delete(path: Path) -> None:
    """Delete a file, or a folder with all that is in it; what is not there is deleted already.

    Raises:
        OSError: it cannot be done; ``delete_error`` has the words.
    """

    def act() -> None:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:  # another process deletes it too
            return

    _patiently(act)


def discard(path: Path) -> None:
    """Delete a file or folder that nobody would miss; where that fails it stays, and is logged."""
    try:
        delete(path)
    except OSError as error:
        log.warning("%s is not deleted: %s", path, error)


#: How libraries that raise errors of their own say that there is no room, in small letters.
_NO_ROOM = {
    errno.ENOSPC: ("no space left", "not enough space on the disk"),
    errno.EDQUOT: ("disk quota exceeded",),
    errno.EFBIG: ("file too large",),
}
#: Bytes; with less of them a disk is called full.
_ROOM = 1_000_000


def explain_os_error(error: OSError, path: Path | None = None) -> tuple[str, str]:
    """Return why something could not be written, and what to do about it, in words.

    Args:
        error: of the system.
        path: the file, where one is meant.
    """
    if is_held(error) and path is not None:
        return (
            _("'{name}' is open in another program", name=path.name),
            _("Close it there and try again, or choose another name."),
        )
    reason, fix = _REASONS.get(error.errno or 0, (error.strerror or str(error), N_("Try again.")))
    return _(reason), _(fix)


@contextmanager
def translate_disk_full(path: Path) -> Iterator[None]:
    """Tell what fails for want of room as ``write_error`` does, whichever library says it how.

    TensorFlow, and what is built on it, has errors of its own; and the disk that is full may be
    the one of temporary files, where a file is converted or unpacked on its way.

    Raises:
        UserError: there was no room; says where.
    """
    try:
        yield
    except Exception as error:
        number = None if type(error) is UserError else _no_room(error)
        if number is None:
            raise
        temporary = Path(tempfile.gettempdir())
        if number == errno.ENOSPC and _free(path.parent) > _ROOM >= _free(temporary):
            raise UserError(
                _(
                    "There is no space in '{folder}' for the temporary files that are "
                    "needed to write '{name}'. The file is unchanged.",
                    folder=temporary,
                    name=path.name,
                ),
                _("Free some space on that disk."),
                path=str(path),
                code="no_room_for_temporary_files",
            ) from error
        raise write_error(OSError(number, os.strerror(number)), path) from error


def _no_room(error: BaseException) -> int | None:
    """The number of the error of the disk, here or in what led to ``error``."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen:
        seen.append(following)
        text = str(following).lower()
        for number, said in _NO_ROOM.items():
            told = isinstance(following, OSError) and following.errno == number
            if told or any(words in text for words in said):
                return number
        following = following.__cause__ or following.__context__
    return None


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def write_error(error: OSError, path: Path) -> UserError:
    """Return the words for a failed write of ``path``; the file that was there is untouched."""
    reason, fix = explain_os_error(error, path)
    return UserError(
        _("Could not write '{path}': {reason}. The file is unchanged.", path=path, reason=reason),
        fix,
        path=str(path),
        code="file_in_use" if is_held(error) else "file_not_written",
    )


def delete_error(error: OSError, path: Path) -> UserError:
    """Return the words for a file or folder that could not be deleted."""
    reason, fix = explain_os_error(error, path)
    return UserError(
        _("Could not delete '{path}': {reason}.", path=path, reason=reason),
        fix,
        path=str(path),
        code="file_in_use" if is_held(error) else "file_not_deleted",
    )


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder, and put it in the place of ``path`` at the end.

    The ending of ``path`` is kept, since writers go by it. On any error the temporary file is
    removed and ``path`` is as before. A symbolic link stays one: the file that it leads to is
    replaced.

    Raises:
        UserError: the place cannot be written; says why.
    """
    path = Path(path)
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    if sys.platform == "win32" and (FORBIDDEN.search(path.name) or DEVICES.fullmatch(path.name)):
        # A colon would write into a hidden stream of another file, "con.h5" to a device.
        raise write_error(OSError(errno.EINVAL, "name"), path)
    # Opening a read-only file for replacement would succeed, since only the folder's rights
    # count; a file that its owner locked must stay.
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
    """Give the new file the rights that the old one had, or that a new file gets."""
    mode = path.stat().st_mode if path.exists() else 0o666 & ~_UMASK
    temporary.chmod(mode & 0o777)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all.

    Raises:
        UserError: the place cannot be written; says why.
    """
    with replace_atomically(path) as temporary:
        temporary.write_bytes(data)
