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
from netbuilder.core.site_settings import site_settings

VARIABLE = "NETBUILDER_DATA_DIR"
_MAY_NOT = "you are not allowed to write there"
_DIRS = PlatformDirs("NetBuilder", appauthor=False)


def _folder(own: str, system: Path) -> Path:
    home = (
        os.environ.get(VARIABLE)
        or os.environ.get("NETBUILDER_HOME")
        or os.path.expandvars(site_settings().data_dir)
    )
    folder = Path(home) / own if home else system
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
        reason = _MAY_NOT
    except PermissionError:
        reason = _MAY_NOT
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    return _stand_in(folder, reason) / own


#: What could not be written, why, and the folder that stands in for it: the first one is told.
_NOT_WRITTEN: list[tuple[Path, str, Path]] = []


def _stand_in(folder: Path, reason: str) -> Path:
    place = _passing_folder()
    if not _NOT_WRITTEN:
        _NOT_WRITTEN.append((folder, reason, place))
    return place


@remembered
def _passing_folder() -> Path:
    place = Path(tempfile.mkdtemp(prefix="netbuilder-"))
    for own in ("data", "cache", "state"):
        (place / own).mkdir()
    return place


def problem() -> UserError | None:
    """What there is to say of a folder of the user's that could not be written, if any."""
    for folder, reason, instead in _NOT_WRITTEN:
        return UserError(
            f"Nothing can be kept in '{folder}': {reason}.",
            f"Runs, settings and what a crash would bring back lie in '{instead}' for now, where "
            "nobody will look for them. Save what you make in a folder of your own, or start with "
            "--data-dir FOLDER.",
        )
    return None


def data() -> Path:
    """Runs, saved groups, downloaded weights: what the user would miss."""
    return _folder("data", _DIRS.user_data_path)


def cache() -> Path:
    """What can be made again: measured compilation choices."""
    return _folder("cache", _DIRS.user_cache_path)


def state() -> Path:
    """Window places, recovery files, the log."""
    return _folder("state", _DIRS.user_state_path)
