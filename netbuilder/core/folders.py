"""The user's folders, by the custom of each system.

``NETBUILDER_DATA_DIR`` (or its older name ``NETBUILDER_HOME``, the option ``--data-dir``, or a
school's ``data_dir`` in its settings) puts all of them in one place: a USB stick, a share that
outlives profiles that are wiped each night. Where it cannot be written (a profile that is only
read, rights that were forgotten), a passing folder stands in, so that one can work all the same;
``problem`` says so.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache as remembered
from pathlib import Path

from platformdirs import PlatformDirs

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.site_settings import site_settings

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """Path of a shipped file or folder, whether installed from a wheel or from a checkout.

    A wheel holds ``resources`` inside the package; an editable install beside it.
    """
    packed = _PACKAGE / "resources"
    root = packed if packed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


VARIABLE = "NETBUILDER_DATA_DIR"
_MAY_NOT = N_("you are not allowed to write there")
_DIRS = PlatformDirs("NetBuilder", appauthor=False)


def working_folder() -> Path:
    """Return the working folder; where it is gone (a stick was pulled), the user's own."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()


def _folder(own: str, system: Path) -> Path:
    home = (
        os.environ.get(VARIABLE)
        or os.environ.get("NETBUILDER_HOME")
        or os.path.expandvars(site_settings().data_dir)
    )
    folder = Path(home) / own if home else system
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _probe(folder)
    except PermissionError:
        return _stand_in(folder, _(_MAY_NOT)) / own
    except OSError as error:
        return _stand_in(folder, (error.strerror or str(error)).lower()) / own
    return folder


#: Folders in which a file could be made.
_WRITABLE: set[Path] = set()


def _probe(folder: Path) -> None:
    """Make a file in ``folder`` and delete it, once: ``os.access`` ignores the ACLs of Windows.

    Raises:
        OSError: no file can be made there.
    """
    if folder not in _WRITABLE:
        with tempfile.TemporaryFile(prefix=".netbuilder-", dir=folder):
            _WRITABLE.add(folder)


#: What could not be written, why, and the folder that stands in for it: the first one is told.
NOT_WRITTEN: list[tuple[Path, str, Path]] = []


def _stand_in(folder: Path, reason: str) -> Path:
    place = passing_folder()
    if not NOT_WRITTEN:
        NOT_WRITTEN.append((folder, reason, place))
    return place


@remembered
def passing_folder() -> Path:
    """A folder that goes with the process, where no other can be written."""
    place = Path(tempfile.mkdtemp(prefix="netbuilder-"))
    for own in ("data", "cache", "state"):
        (place / own).mkdir()
    return place


def problem() -> UserError | None:
    """What there is to say of a folder of the user's that could not be written, if any."""
    for folder, reason, instead in NOT_WRITTEN:
        return UserError(
            _("Files cannot be saved in '{folder}': {reason}.", folder=folder, reason=reason),
            _(
                "Runs, settings and recovery files are saved in '{instead}' for now, "
                "where they are hard to find. Save your work in a folder of your own, "
                "or start with --data-dir FOLDER.",
                instead=instead,
            ),
            code="data_folder_not_writable",
        )
    return None


def data() -> Path:
    """Runs, saved groups, downloaded weights: what the user would miss."""
    return _folder("data", _DIRS.user_data_path)


def cache() -> Path:
    """What can be made again: measured compilation choices, outputs of frozen layers."""
    return _folder("cache", _DIRS.user_cache_path)


def state() -> Path:
    """Window places, recovery files, the log."""
    return _folder("state", _DIRS.user_state_path)
