"""The window's measures, as a designer takes them with a ruler.

    python benchmarks/ruler.py                 # four windows, about five minutes
    python benchmarks/ruler.py 1366x768@1

Prints a JSON object a window, at width x height @ scale: how many things can be pressed before
scrolling, shares of the window, pixels of parts (of the screen's at scale 1), contrasts, and by how
many pixels the lowest grid line of the curves moves from a training's start to after its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WINDOWS = ("1920x1080@1", "1366x768@1", "1024x700@1", "1366x768@2")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def measure(width: int, height: int) -> dict[str, Any]:
    """Return the measures of one window of so many pixels."""
    from PySide6.QtWidgets import QApplication

    from benchmarks._window import Loop, idle_until, open_on
    from netbuilder.ui.services.runs.run_record import RunState
    from netbuilder.ui.window.panels import PANELS

    _application, window = open_on("moons", 300)
    window.resize(width, height)
    area = width * height
    page = window.welcome.page
    page.open()
    QApplication.processEvents()
    result: dict[str, Any] = {"start": _start_page(page)}
    page.shut()

    panel = window.docks.show_panel("training")
    plot, heights = panel.curves.plot, []
    runner = window.runner

    def note_and_end() -> bool:
        if plot.isVisible():
            axis = plot.getPlotItem().getAxis("bottom").sceneBoundingRect()
            heights.append(round(plot.mapTo(window, plot.pos()).y() + axis.top()))
        return runner.state is RunState.IDLE and window.workbench.models.trained is not None

    runner.start()
    idle_until(note_and_end)
    Loop(None).until(lambda: False, 1.0)  # the result's message comes
    note_and_end()
    result["curves"] = {
        "lowest_line_moved": max(heights) - min(heights),
        "share_of_window": round(plot.width() * plot.height() / area, 3),
        "headline_pixels": panel.curves.figure.fontInfo().pixelSize(),
    }
    result["surface"] = _surface(window, area)
    result["matrix_of_two_classes"] = _matrix(window)
    letters = set()
    for row in PANELS:
        shown = window.docks.show_panel(row.id)
        QApplication.processEvents()
        letters |= _letters(shown)
    result["letters"] = sorted(letters)
    result["contrast"] = _contrasts()
    window.close()

    _application, window = open_on("digits", 3)
    window.resize(width, height)
    runner = window.runner
    runner.start()
    models = window.workbench.models
    idle_until(lambda: runner.state is RunState.IDLE and models.trained is not None)
    result["matrix_of_ten_classes"] = _matrix(window)
    panel = window.docks.show_panel("predict")
    from netbuilder.ui.plots.draw_pad import DrawPad

    idle_until(lambda: any(pad.isVisible() for pad in panel.findChildren(DrawPad)))
    pad = next(pad for pad in panel.findChildren(DrawPad) if pad.isVisible())
    result["pad"] = [pad.width(), pad.height()]
    return result


def _start_page(page: Any) -> dict[str, int]:
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    stops = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.visibleRegion().isEmpty()
    ]
    hero = page.watch_card.parentWidget()
    return {"to_press_before_scrolling": len(stops), "hero_height": hero.height()}


def _surface(window: Any, area: int) -> dict[str, Any]:
    from benchmarks._window import idle_until
    from netbuilder.ui.plots.live.surface_plot import POINT_SIZE, SurfacePlot

    panel = window.docks.show_panel("surface")
    idle_until(lambda: any(plot.isVisible() for plot in panel.findChildren(SurfacePlot)))
    idle_until(lambda: _largest(panel, SurfacePlot).image.image is not None)
    box = _largest(panel, SurfacePlot).getPlotItem().vb
    x, y = box.viewPixelSize()
    drawn = box.geometry()
    return {
        "stretched": round(max(x / y, y / x), 2),
        "share_of_window": round(drawn.width() * drawn.height() / area, 3),
        "points": POINT_SIZE,
    }


def _largest(panel: Any, kind: type) -> Any:
    plots = [plot for plot in panel.findChildren(kind) if plot.isVisible()]
    return max(plots, key=lambda plot: plot.width() * plot.height())


def _matrix(window: Any) -> dict[str, Any]:
    from benchmarks._window import idle_until

    panel = window.docks.show_panel("evaluate")
    idle_until(lambda: panel.heat.isVisible() and panel.heat.width() > 100)
    idle_until(lambda: panel.evaluation is not None)
    left, top, cell_width, cell_height = (round(value) for value in panel.heat.grid())
    return {
        "cell": [cell_width, cell_height],
        "column_width": panel.heat.parentWidget().width(),
        "names_left_and_above": [left, top],
    }


def _letters(page: Any) -> set[int]:
    from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

    return {
        widget.fontInfo().pixelSize()
        for widget in page.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton) and widget.isVisible() and widget.text()
    }


def _contrasts() -> dict[str, float]:
    """Return the contrast of links and of words on the gallery's pages, in both schemes."""
    from PySide6.QtGui import QColor

    from netbuilder.ui.canvas.paint.paint_resources import PaintResources
    from netbuilder.ui.style import theme

    contrasts = {}
    for name, dark in (("light", False), ("dark", True)):
        theme.theme().force(dark)
        look, colors = PaintResources(), theme.colors()
        contrasts[f"links_{name}"] = round(theme.contrast(look.wire, look.canvas), 2)
        contrasts[f"secondary_words_{name}"] = round(
            theme.contrast(QColor(colors.secondary), QColor(colors.panel)), 2
        )
    theme.theme().force(False)
    return contrasts


def main() -> None:
    chosen = sys.argv[1:] or WINDOWS
    if len(chosen) == 1:
        size, _at, _scale = chosen[0].partition("@")
        width, height = map(int, size.split("x"))
        print(json.dumps({chosen[0]: measure(width, height)}), flush=True)
        os._exit(0)  # threads of the run may still sleep
    for name in chosen:
        environment = {
            "QT_QPA_PLATFORM": "offscreen",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **os.environ,
            "QT_SCALE_FACTOR": name.partition("@")[2],
            "NETBUILDER_HOME": tempfile.mkdtemp(prefix="netbuilder-benchmark-"),
        }
        subprocess.run([sys.executable, __file__, name], env=environment, check=True)


if __name__ == "__main__":
    main()
