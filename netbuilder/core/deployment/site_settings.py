"""Settings of a school for all users of a machine, in a file that only administrators write.

``settings.toml`` in the system's folder for all users (Linux ``/etc/xdg/NetBuilder``, Windows
``C:\\ProgramData\\NetBuilder``, macOS ``/Library/Application Support/NetBuilder``); only where it
is missing, the file in the variable ``NETBUILDER_SITE_SETTINGS``, which each user can set::

    lessons = ["S:/netbuilder/lessons"]   # folders of lessons that every student sees
    hand_in = "S:/netbuilder/handed-in"   # where submissions are written without asking
    downloads = false                     # nothing is downloaded
    autosave_seconds = 1                  # between an edit and its recovery copy
    data_dir = "U:/netbuilder"            # runs, settings and recovery of each user
    language = "de"                       # of all windows and commands; users cannot change it
    level = "full"                        # "basic" or "full": initial level of the window

An invalid file counts as empty and is reported in ``problem``, so that everyone can work.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from platformdirs import PlatformDirs

from netbuilder.core.errors import UserError
from netbuilder.core.files.regular_file import read_regular
from netbuilder.core.i18n import find_language, gettext as _, language, noop as N_
from netbuilder.core.wording import did_you_mean, join_sentences

VARIABLE = "NETBUILDER_SITE_SETTINGS"
FILE = "settings.toml"


@dataclass(frozen=True)
class SiteSettings:
    """The settings; ``problem`` names every mistake in the file, or is ""."""

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
_EXPECTED = {
    "lessons": N_("a list of folders"),
    "downloads": N_("true or false"),
    "autosave_seconds": N_("a number of seconds from 0.2 to 60"),
    "language": N_("one of the available languages, such as 'en'"),
    "level": N_("“basic” or “full”"),
}


def system_folder() -> Path:
    """Return the folder of the settings of all users; no user's environment changes it."""
    if sys.platform == "win32":
        import winreg

        name = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, name) as key:
            return Path(str(winreg.QueryValueEx(key, "Common AppData")[0])) / "NetBuilder"
    shared = "/Library/Application Support" if sys.platform == "darwin" else "/etc/xdg"
    return Path(shared, "NetBuilder")


def settings_path() -> Path:
    """Return the path of the file, existing or not; an administrator's file goes first."""
    path = system_folder() / FILE
    if os.path.lexists(path):
        return path
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return PlatformDirs("NetBuilder", appauthor=False).site_config_path / FILE


def site_settings() -> SiteSettings:
    """Return the machine's settings, cached for each version of the file and language."""
    path = settings_path()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return SiteSettings()
    return _read(path, changed, language())


def submission_folder() -> Path | None:
    """Return the school's folder for submissions, existing or not; None if there is none."""
    name = site_settings().hand_in
    return Path(os.path.expandvars(name)).expanduser() if name else None


@lru_cache(maxsize=2)
def _read(place: Path, _changed: int, _language: str) -> SiteSettings:
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
    known = [field.name for field in fields(SiteSettings) if field.name != "problem"]
    valid: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in raw.items():
        if key not in known:
            suggestion = did_you_mean(key, known)
            message = _("'{key}' in '{place}' is not a setting.", key=key, place=place)
            problems.append(join_sentences((message, suggestion)))
        elif not _fits(key, value):
            problems.append(
                _(
                    "'{key}' in '{place}' must be {wanted}, not {value!r}.",
                    key=key, place=place, wanted=_(_EXPECTED.get(key, _TEXT)), value=value,
                )
            )  # fmt: skip
        else:
            valid[key] = tuple(value) if key == "lessons" else value
    return SiteSettings(**valid, problem=" ".join(problems))


def _fits(key: str, value: object) -> bool:
    if key == "lessons":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
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
