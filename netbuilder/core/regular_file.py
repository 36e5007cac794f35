"""Regular files only: a pipe or a device that is named as a file would be read for ever."""

from __future__ import annotations

import stat
from pathlib import Path

from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number

_KINDS = (
    (stat.S_ISFIFO, N_("a pipe")),
    (stat.S_ISCHR, N_("a device")),
    (stat.S_ISBLK, N_("a device")),
    (stat.S_ISSOCK, N_("a socket")),
)


def special_file_kind(path: Path | str) -> str:
    """What ``path`` is, in words, where it is neither a file nor a folder; "" else.

    Links are followed; what is not there, or may not be looked at, is "" too: opening it says
    why.
    """
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return ""
    for is_kind, words in _KINDS:
        if is_kind(mode):
            return _(words)
    return ""


def require_regular_file(path: Path | str, error: type[UserError] = FormatError) -> None:
    """Raise ``error`` where ``path`` is a pipe, a device or a socket: reading it could hang.

    Raises:
        FormatError: or what ``error`` says, a kind of ``UserError``.
    """
    kind = special_file_kind(path)
    if kind:
        raise error(
            _("'{path}' is {kind}, not a file.", path=path, kind=kind),
            _("Choose a file on a disk."),
            path=str(path),
            code="not_a_regular_file",
        )


def read_regular(path: Path, limit: int, error: type[UserError] = FormatError) -> bytes:
    """The content of a regular file that has at most ``limit`` bytes.

    Args:
        path: the file; links are followed.
        limit: bytes that such a file may have; no more of it are read.
        error: what is raised.

    Raises:
        FormatError: or what ``error`` says: a pipe, a device or a socket, or too large.
        OSError: it cannot be read.
    """
    require_regular_file(path, error)
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise error(
            _(
                "'{file}' is larger than {limit} bytes.",
                file=path.name,
                limit=format_number(limit, ","),
            ),
            _("Choose another file: no file of this kind is so large."),
            path=str(path),
            code="file_too_large",
        )
    return content
