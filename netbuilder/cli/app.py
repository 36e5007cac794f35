"""``netbuilder [FILE]``: the window."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _

# Library → package on Debian and Ubuntu, package on Fedora.
_PACKAGES: dict[str, tuple[str, str]] = resource_json("tables.json")["system_packages"]
_LOADED_BY_PLUGIN = (
    "libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-image.so.0", "libxcb-keysyms.so.1",
    "libxcb-render-util.so.0", "libxcb-shape.so.0", "libxcb-xkb.so.1", "libxkbcommon-x11.so.0",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Open the window and return when it is closed."""
    with qt_libraries():
        from netbuilder.ui import app
    _check_display()
    return app.main(arguments.file)


@contextmanager
def qt_libraries() -> Iterator[None]:
    """Turn a failed import of a system library into a ``UserError`` that names its package."""
    try:
        yield
    except ImportError as error:
        missing = missing_library_error(str(error))
        if missing is None:
            raise
        raise missing from error


@contextmanager
def offscreen_application() -> Iterator[None]:
    """Have an application for drawing text, without a display; there is one per process."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with qt_libraries():
        from PySide6.QtWidgets import QApplication
    application = QApplication.instance() or QApplication([])
    yield
    del application


def missing_library_error(message: str) -> UserError | None:
    """Return the error for "libEGL.so.1: cannot open shared object file", or None."""
    match = re.search(r"(lib[\w.+-]+?\.so)[\w.]*: cannot open shared object", message)
    if match is None:
        return None
    library = match.group(1)
    packages = _PACKAGES.get(library)
    fix = _("Install the package that contains it.")
    if packages:
        debian, fedora = packages
        fix = f"Debian or Ubuntu: sudo apt install {debian}   Fedora: sudo dnf install {fedora}"
    return UserError(
        _("The app needs {library}, which is not installed on this system.", library=library), fix
    )


def _check_display() -> None:
    """Raise if there is no display: Qt would end the whole process."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        _check_xcb()
        return
    raise user_error("no_screen")


def _check_xcb() -> None:
    """Raise if the X11 plugin lacks a library: Qt would end the process with a wrong reason."""
    import ctypes

    if os.environ.get("WAYLAND_DISPLAY"):
        return
    for library in _LOADED_BY_PLUGIN:
        try:
            ctypes.CDLL(library)
        except OSError as error:
            missing = missing_library_error(str(error))
            if missing is not None:
                raise missing from error
