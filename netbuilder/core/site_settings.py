"""What a school fixes for every user of a machine, in one file that only an administrator writes.

``settings.toml`` in the system's own folder for all users (Linux ``/etc/xdg/NetBuilder``, Windows
``C:\\ProgramData\\NetBuilder``, macOS ``/Library/Application Support/NetBuilder``), or the file
that the variable ``NETBUILDER_SITE_SETTINGS`` names::

    lessons = ["S:/netbuilder/lessons"]   # folders of lessons that every pupil sees
    hand_in = "S:/netbuilder/handed-in"   # where "Hand in…" writes without asking
    downloads = false                     # nothing is fetched from the network
    autosave_seconds = 1                  # between an edit and its copy for a crash
    data_dir = "U:/netbuilder"            # runs, settings and recovery of each user
    language = "de"                       # of every window and command; nobody chooses another
    level = "full"                        # "basic" or "full": how much the window shows at first

A file that cannot be read must not keep thirty pupils from working: it counts as empty, and
``problem`` says what is wrong with it.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from platformdirs import PlatformDirs

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import find_language, gettext as _, noop as N_
from netbuilder.core.regular_file import read_regular
from netbuilder.core.wording import did_you_mean, join_sentences

VARIABLE = "NETBUILDER_SITE_SETTINGS"
FILE = "settings.toml"


@dataclass(frozen=True)
class SiteSettings:
    """The settings. ``problem`` names every mistake in the file, "" where it is in order."""

    lessons: tuple[str, ...] = ()
    hand_in: str = ""
    downloads: bool = True
    autosave_seconds: float = 0.4
    data_dir: str = ""
    language: str = ""
    level: str = ""
    problem: str = ""


_LARGEST = 1_000_000
_TEXT = N_("text in quotation marks")
_WANTED = {
    "lessons": N_("a list of folders"),
    "downloads": N_("true or false"),
    "autosave_seconds": N_("a number of seconds from 0.2 to 60"),
    "language": N_("one of the available languages, such as 'en'"),
    "level": N_("“basic” or “full”"),
}


def settings_path() -> Path:
    """Where the file lies, whether or not there is one."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return PlatformDirs("NetBuilder", appauthor=False).site_config_path / FILE


def site_settings() -> SiteSettings:
    """The machine's settings; read once for each version of the file."""
    place = settings_path()
    try:
        changed = place.stat().st_mtime_ns
    except OSError:
        return SiteSettings()
    return _read(place, changed)


@lru_cache(maxsize=2)
def _read(place: Path, _changed: int) -> SiteSettings:
    try:
        raw = tomllib.loads(read_regular(place, _LARGEST, UserError).decode("utf-8"))
    except (OSError, UserError, UnicodeDecodeError, ValueError, RecursionError) as error:
        return SiteSettings(
            problem=_(
                "The computer-wide settings in '{path}' cannot be read: {reason}.",
                path=place,
                reason=error,
            )
        )
    return _checked(raw, place)


def _checked(raw: dict[str, Any], place: Path) -> SiteSettings:
    """Take each value that is what it should be, and name every one that is not."""
    known = [field.name for field in fields(SiteSettings) if field.name != "problem"]
    taken: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in raw.items():
        if key not in known:
            near = did_you_mean(key, known)
            said = _("'{key}' in '{place}' is not a setting.", key=key, place=place)
            problems.append(join_sentences((said, near)))
        elif not _fits(key, value):
            problems.append(
                _(
                    "'{key}' in '{place}' must be {wanted}, not {value!r}.",
                    key=key, place=place, wanted=_(_WANTED.get(key, _TEXT)), value=value,
                )
            )  # fmt: skip
        else:
            taken[key] = tuple(value) if key == "lessons" else value
    return SiteSettings(**taken, problem=" ".join(problems))


def _fits(key: str, value: object) -> bool:
    if key == "lessons":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if key == "downloads":
        return isinstance(value, bool)
    if key == "autosave_seconds":
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and 0.2 <= value <= 60  # type: ignore[operator]
    if key == "language":
        return isinstance(value, str) and find_language(value) is not None
    if key == "level":
        return value in ("basic", "full")
    return isinstance(value, str)
