"""Data on another computer: Windows signs in there when a path such as ``//host/share`` is opened.

A project from somebody else is only opened with such data if the user trusts the computer.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
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
    hosts = {host_of(data.path), host_of(data.test_path)} - {"", host_of(base), *TRUSTED}
    return min(hosts, default="")


def check_trusted(data: Data, base: Path) -> None:
    """Raise ``DataError`` before a file on a computer is opened that nobody trusts."""
    if host := untrusted_host(data, base):
        raise DataError(
            _("The data of this project is on another computer, '{host}'.", host=host),
            _(
                "Opening it may sign you in there with your name and password. If you trust "
                "that computer, choose the file yourself, or set {variable}={host}.",
                variable=VARIABLE,
                host=host,
            ),
            code="data_on_untrusted_host",
        )
