"""The tabs beside the canvas, as a table: each is a dock, built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from netbuilder.ui.main_window import MainWindow


@dataclass(frozen=True)
class PanelRow:
    """A tab: its id (as ``--panel`` takes it), title, and what builds it."""

    id: str
    title: str
    build: Callable[[MainWindow], QWidget]
    help: str = ""


def _data(window: MainWindow) -> QWidget:
    from netbuilder.ui.data.panel import DataPanel

    return DataPanel(window.store, window.workbench)


def _training(window: MainWindow) -> QWidget:
    from netbuilder.ui.training.panel import TrainingPanel

    return TrainingPanel(window)


def _evaluate(window: MainWindow) -> QWidget:
    from netbuilder.ui.results.evaluate import EvaluatePanel

    return EvaluatePanel(window.workbench, window.judging)


def _predict(window: MainWindow) -> QWidget:
    from netbuilder.ui.results.predict import PredictPanel

    return PredictPanel(window.workbench, window.looking)


def _inside(window: MainWindow) -> QWidget:
    from netbuilder.ui.results.inside import InsidePanel

    return InsidePanel(
        window.store,
        window.workbench,
        window.looking,
        window.selection_changed,
        window.selection,
    )


def _code(window: MainWindow) -> QWidget:
    from netbuilder.ui.code.panel import CodePanel

    return CodePanel(window.store, window.workbench)


def _runs(window: MainWindow) -> QWidget:
    from netbuilder.ui.results.runs import RunsPanel

    return RunsPanel(window.store, window.workbench, window.runner)


PANELS: tuple[PanelRow, ...] = (
    PanelRow("data", "Data", _data, "Choose what to learn from"),
    PanelRow("training", "Training", _training, "The plan, and the curves while it learns"),
    PanelRow("evaluate", "Evaluate", _evaluate, "How good it is on data that it has not seen"),
    PanelRow("predict", "Predict", _predict, "Ask the trained network"),
    PanelRow("inside", "Inside", _inside, "What the layers have learned"),
    PanelRow("code", "Code", _code, "The same network as Python"),
    PanelRow("runs", "Runs", _runs, "Earlier trainings: compare, bring back"),
)
