"""A bar while large data is prepared, on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from netbuilder.core.i18n import gettext as _


@contextmanager
def show_reading_bar() -> Iterator[None]:
    """Show how far the reading of large data in here is; nothing where there is none."""
    from netbuilder.core.data import progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: list[int] = []

        def listen(done: int, of: int) -> bool:
            if not tasks:
                tasks.append(bar.add_task(_("Preparing the data")))
            bar.update(tasks[0], completed=done, total=of)  # type: ignore[arg-type]
            return True

        with progress.progress_listener(listen):
            yield
