"""The user's folders, by the convention of each system.

``NETBUILDER_DATA_DIR`` (or ``NETBUILDER_HOME``, the option ``--data-dir``, or a school's
``data_dir``) puts all of them in one place, such as a share. If that cannot be written, a temporary
folder is used and ``problem`` reports it.
"""

from __future__ import annotations

import json
import os
import tempfile
from functools import cache as remembered
from pathlib import Path
from typing import Any

from platformdirs import PlatformDirs

from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """Return the path of a bundled file or folder.

    A wheel has ``resources`` inside the package; a checkout has it beside.
    """
    packed = _PACKAGE / "resources"
    root = packed if packed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


@remembered
def resource_json(name: str) -> Any:
    """Return the content of a bundled JSON file; it is shared: do not change it."""
    return json.loads(resource(name).read_text(encoding="utf-8"))


VARIABLE = "NETBUILDER_DATA_DIR"
_MAY_NOT = N_("you are not allowed to write there")
_DIRS = PlatformDirs("NetBuilder", appauthor=False)


def working_folder() -> Path:
    """Return the working folder; if it is gone (a removed stick), the user's home."""
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


#: Folders known to be writable.
_WRITABLE: set[Path] = set()


def _probe(folder: Path) -> None:
    """Create and delete a file in ``folder``, once: ``os.access`` ignores Windows ACLs."""
    if folder not in _WRITABLE:
        with tempfile.TemporaryFile(prefix=".netbuilder-", dir=folder):
            _WRITABLE.add(folder)


#: An unwritable folder, the reason, and its replacement; only the first is recorded.
NOT_WRITTEN: list[tuple[Path, str, Path]] = []


def _stand_in(folder: Path, reason: str) -> Path:
    place = passing_folder()
    if not NOT_WRITTEN:
        NOT_WRITTEN.append((folder, reason, place))
    return place


@remembered
def passing_folder() -> Path:
    """Return a temporary folder of this process, for when no other can be written."""
    place = Path(tempfile.mkdtemp(prefix="netbuilder-"))
    for own in ("data", "cache", "state"):
        (place / own).mkdir()
    return place


def problem() -> UserError | None:
    """Return an error about a user folder that cannot be written, if there is one."""
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
    """Return the folder for what the user would miss: runs, saved groups, weights."""
    return _folder("data", _DIRS.user_data_path)


def cache() -> Path:
    """Return the folder for what can be computed again."""
    return _folder("cache", _DIRS.user_cache_path)


def state() -> Path:
    """Return the folder for window state, recovery files and the log."""
    return _folder("state", _DIRS.user_state_path)


def trials() -> Path:
    """Return the default folder of an experiment's trials."""
    return state() / "trials"
