"""The user's folders, by the custom of each system; ``NETBUILDER_HOME`` puts all in one place."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("NetBuilder", appauthor=False)


def _folder(own: str, system: Path) -> Path:
    home = os.environ.get("NETBUILDER_HOME")
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
