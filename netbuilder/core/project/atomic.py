"""Files that are whole or are not there: written beside, then put in place."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netbuilder.core.errors import UserError

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space, or save to another disk."),
    errno.EDQUOT: ("your share of the disk is full", "Delete some files, or save elsewhere."),
    errno.EFBIG: ("the file would be larger than this disk allows", "Save to another disk."),
    errno.EACCES: (
        "you are not allowed to write there",
        "Choose a folder of your own, such as Documents.",
    ),
    errno.EPERM: (
        "you are not allowed to write there",
        "Choose a folder of your own, such as Documents.",
    ),
    errno.EROFS: ("that disk can only be read", "Save to another disk."),
    errno.ENOENT: ("that folder does not exist", "Make the folder first, or choose another."),
    errno.ENOTDIR: ("part of that path is a file, not a folder", "Choose another folder."),
    errno.EISDIR: ("there is a folder of that name", "Choose another name."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
}


#: How libraries that raise errors of their own say that there is no room, in small letters.
_NO_ROOM = {
    errno.ENOSPC: ("no space left", "not enough space on the disk"),
    errno.EDQUOT: ("disk quota exceeded",),
    errno.EFBIG: ("file too large",),
}
#: Bytes; with less of them a disk is called full.
_ROOM = 1_000_000


def explain_os_error(error: OSError) -> tuple[str, str]:
    """Why something could not be written, and what to do about it, in words."""
    return _REASONS.get(error.errno or 0, (error.strerror or str(error), "Try again."))


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
                f"There is no room for temporary files in '{temporary}', which '{path.name}' "
                "needs on its way. It is unchanged.",
                "Free some space on that disk.",
                path=str(path),
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
    """The words for a failed write of ``path``; the file that stood there is untouched."""
    reason, fix = explain_os_error(error)
    return UserError(
        f"Could not write '{path}': {reason}. What was there before is unchanged.",
        fix,
        path=str(path),
    )


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder, and put it in the place of ``path`` at the end.

    The ending of ``path`` is kept, since writers go by it. On any error the temporary file is
    removed and ``path`` is as before.

    Raises:
        UserError: the place cannot be written; says why.
    """
    path = Path(path)
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
        temporary.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def _take_over_mode(path: Path, temporary: Path) -> None:
    """Give the new file the rights that the old one had, or that a new file gets."""
    if path.exists():
        mode = path.stat().st_mode & 0o777
    else:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    temporary.chmod(mode)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all.

    Raises:
        UserError: the place cannot be written; says why.
    """
    with replace_atomically(path) as temporary:
        temporary.write_bytes(data)
