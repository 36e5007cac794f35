"""The window as a picture, without a screen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core import i18n
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.wording import join_values

if TYPE_CHECKING:
    from netbuilder.ui.main_window import MainWindow

WAIT_SECONDS = 60.0
#: The start page, in addition to the names of the tabs.
START = "start"


def render(
    file: str | None,
    out: str,
    panel: str | None = None,
    size: tuple[int, int] = (1366, 768),
    dark: bool = False,
) -> None:
    """Write a picture of the window on ``file`` (None: the ready example) to ``out`` (``.png``).

    ``panel`` is the id of the page in front (``panels.PANELS``), or "start" for the start page.
    Raise UserError if the panel does not exist, the file cannot be opened, the picture not written.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    from netbuilder.core.formats.registry import is_model
    from netbuilder.core.project import files
    from netbuilder.ui import app
    from netbuilder.ui.main_window import panel_names
    from netbuilder.ui.services.derived import all_idle
    from netbuilder.ui.style import theme
    from netbuilder.ui.window.documents import PROJECT_ENDING

    names = (*panel_names(), START)
    if panel is not None and panel not in names:
        raise user_error("panel_unknown", name=panel, names=join_values(names))
    path = Path(file) if file else None
    if path is not None and not path.exists():
        raise user_error("file_not_found:2", name=file)
    if path is not None and path.suffix.lower() == PROJECT_ENDING:
        files.read(path)  # says what is wrong with it; a window would only show that
    _need_letters(i18n.language(), app.make_application)
    theme.theme().force(dark)
    troubles: list[UserError] = []
    window: MainWindow = app.open_window(path, remember=False)
    window.documents.only_reads = True
    window.documents.failed.connect(troubles.append)

    def wait(done: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done() and not troubles and time.monotonic() < until:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            time.sleep(0.01)

    window.resize(*size)
    window.show()
    window.workbench.start()
    if panel not in (START, None):
        window.docks.show_panel(panel, focus=False)
    wait(lambda: window.workbench.settled, WAIT_SECONDS)
    if path is not None and is_model(path):
        wait(lambda: window.workbench.models.trained is not None, WAIT_SECONDS)
        wait(lambda: window.workbench.settled, WAIT_SECONDS)
    wait(lambda: window.evaluation_service.idle and window.activations_service.idle, 20.0)
    if panel == START:
        window.welcome.show_page()  # what is opened takes it away
    # Panels of data or results are filled by threads.
    for _round in range(3):
        wait(lambda: False, 0.3)
        wait(all_idle, 30.0)
    picture = window.grab()
    _end(window)
    if troubles:
        raise troubles[0]
    if not picture.save(out, "PNG"):
        raise user_error("picture_not_saved", name=out)


def _need_letters(language: str, make_application: Callable[[list[str]], object]) -> None:
    from netbuilder.ui.style import theme

    make_application(["netbuilder"])  # falls back to English
    if (error := theme.font_error(language)) is not None:
        raise error


def _end(window: MainWindow) -> None:
    window.documents.keep_model()
    window.documents.close()
    window.workbench.close()
    window.runner.close()
    window.close()
