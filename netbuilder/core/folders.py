"""The user's folders, by the custom of each system.

``NETBUILDER_DATA_DIR`` (or its older name ``NETBUILDER_HOME``, the option ``--data-dir``, or a
school's ``data_dir`` in its settings) puts all of them in one place: a USB stick, a share that
outlives profiles that are wiped each night.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

from netbuilder.core.site_settings import site_settings

VARIABLE = "NETBUILDER_DATA_DIR"
_DIRS = PlatformDirs("NetBuilder", appauthor=False)


def _folder(own: str, system: Path) -> Path:
    home = (
        os.environ.get(VARIABLE)
        or os.environ.get("NETBUILDER_HOME")
        or os.path.expandvars(site_settings().data_dir)
    )
    folder = Path(home) / own if home else system
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def data() -> Path:
    """Runs, saved groups, downloaded weights: what the user would miss."""
    return _folder("data", _DIRS.user_data_path)


def cache() -> Path:
    """What can be made again: measured compilation choices."""
    return _folder("cache", _DIRS.user_cache_path)


def state() -> Path:
    """Window places, recovery files, the log."""
    return _folder("state", _DIRS.user_state_path)
