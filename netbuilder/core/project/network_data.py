"""Data on another computer: Windows signs in there when a path such as ``//host/share`` is opened.

A project from somebody else is only opened with such data if the user trusts the computer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from netbuilder.core.error_texts import about_file
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data

VARIABLE = "NETBUILDER_TRUSTED_HOSTS"
#: Computers that this process may open data on.
TRUSTED = {name.strip().lower() for name in os.environ.get(VARIABLE, "").split(",")}
_HOST = re.compile(r"(?:/{2}|/{4,})(?:[?.]/unc/)?([^/?.:][^/:]*)", re.IGNORECASE)


def host_of(path: str | Path) -> str:
    """Return the host of a UNC path or file URL, in lower case; "" for this computer."""
    text = re.sub("^file:", "", str(path).replace("\\", "/"), flags=re.IGNORECASE)
    match = _HOST.match(text)
    return match[1].lower() if match else ""


def trust_host_of(path: str | Path) -> None:
    """Trust the computer of a path that the user named or chose."""
    TRUSTED.add(host_of(path))


def untrusted_host(data: Data, base: Path) -> str:
    """Return the host of a recipe's files unless it is trusted or that of ``base``; else ""."""
    return _untrusted((data.path, data.test_path), base)


def _untrusted(paths: Iterable[str], base: Path) -> str:
    return min({host_of(path) for path in paths} - {"", host_of(base), *TRUSTED}, default="")


def check_trusted(data: Data, base: Path) -> None:
    """Raise ``DataError`` before a file on a computer is opened that nobody trusts."""
    check_trusted_paths((data.path, data.test_path), base)


def check_trusted_paths(paths: Iterable[str], base: Path) -> None:
    """Raise ``DataError`` if a path names a computer that is neither trusted nor ``base``'s."""
    if host := _untrusted(paths, base):
        raise about_file(DataError, "data_on_untrusted_host", host=host, variable=VARIABLE)
