"""Tells how far the download of learned weights is.

Keras downloads into ``KERAS_HOME/models`` (``~/.keras/models``) and shows a bar of its own on the
terminal, which a window does not have. So the file is watched while it grows.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from netbuilder.core.data.downloads import kept_off_the_network
from netbuilder.core.i18n import gettext as _
from netbuilder.core.site_settings import site_settings
from netbuilder.core.wording import format_number

Tell = Callable[[str], None]
_SECONDS = 0.3


def weights_folder() -> Path:
    """Where Keras keeps downloaded weights."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _sizes(place: Path) -> dict[Path, int]:
    try:
        return {path: path.stat().st_size for path in place.iterdir() if path.is_file()}
    except OSError:
        return {}


@contextmanager
def report_download(what: str, tell: Tell | None) -> Iterator[None]:
    """While inside, tell every now and then how much of ``what`` has come; nothing where
    nothing is downloaded. Keras's own bar is kept off the terminal.
    """
    if tell is None or not site_settings().downloads:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            kept_off_the_network(what, weights_folder()),
        ):
            yield
        return
    place, before, done = weights_folder(), _sizes(weights_folder()), threading.Event()

    def watch() -> None:
        last = 0
        while not done.wait(_SECONDS):
            grown = [n for path, n in _sizes(place).items() if n > before.get(path, 0)]
            if grown and max(grown) != last:
                last = max(grown)
                tell(
                    _(
                        "Downloading {what}: {size} MB so far",
                        what=what,
                        size=format_number(last / 1000000.0, ".1f"),
                    )
                )

    thread = threading.Thread(target=watch, name="netbuilder-download")
    thread.start()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        done.set()
        thread.join()
