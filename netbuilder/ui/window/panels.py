"""The tabs beside the canvas, as a table: each is a dock, built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from netbuilder.ui.window.window_parts import WindowParts


@dataclass(frozen=True)
class PanelRow:
    """A tab: its id (as ``--panel`` takes it), title, and what builds it.

    ``short`` stands on it where the whole title has no room.
    """

    id: str
    title: str
    build: Callable[[WindowParts], QWidget]
    help: str = ""
    short: str = ""


def _data(parts: WindowParts) -> QWidget:
    from netbuilder.ui.data.data_panel import DataPanel

    panel = DataPanel(parts.store, parts.workbench)
    panel.collect_requested.connect(parts.actions["collect"].trigger)
    return panel


def _training(parts: WindowParts) -> QWidget:
    from netbuilder.ui.training.curves_panel import CurvesPanel

    panel = CurvesPanel(
        parts.store,
        parts.workbench,
        parts.runner,
        parts.evaluation_service,
        parts.documents.save_model,
        parts.docks.show_panel,
    )
    # The plot takes a third of the time from Train to its first point: it is made beforehand.
    parts.prebuilding.built.connect(panel.make_ready)
    return panel


def _settings(parts: WindowParts) -> QWidget:
    from netbuilder.ui.training.settings_panel import SettingsPanel

    return SettingsPanel(parts.store, parts.workbench)


def _surface(parts: WindowParts) -> QWidget:
    from netbuilder.ui.results.surface_panel import SurfacePanel

    recorded = parts.sample_view.recorded
    return SurfacePanel(
        parts.store, parts.workbench, parts.runner, parts.activations_service, recorded
    )


def _evaluate(parts: WindowParts) -> QWidget:
    from netbuilder.ui.results.evaluate_panel import EvaluatePanel

    panel = EvaluatePanel(parts.workbench, parts.evaluation_service, parts.runner)
    panel.sample_chosen.connect(parts.activations_service.show_row)
    return panel


def _predict(parts: WindowParts) -> QWidget:
    from netbuilder.ui.results.predict_panel import PredictPanel

    return PredictPanel(parts.workbench, parts.activations_service, parts.sample_view)


def _inside(parts: WindowParts) -> QWidget:
    from netbuilder.ui.results.inside_panel import InsidePanel

    panel = InsidePanel(
        parts.store,
        parts.workbench,
        parts.activations_service,
        parts.sample_view,
        parts.selection.changed,
        parts.selection.ids,
    )
    panel.value_requested.connect(parts.canvas.show_number)
    return panel


def _code(parts: WindowParts) -> QWidget:
    from netbuilder.ui.code.code_panel import CodePanel

    return CodePanel(parts.store, parts.workbench, parts.selection, parts.documents.save_script)


def _runs(parts: WindowParts) -> QWidget:
    from netbuilder.ui.results.runs_panel import RunsPanel

    return RunsPanel(parts.store, parts.workbench, parts.runner)


def _variants(parts: WindowParts) -> QWidget:
    from netbuilder.ui.results.experiments_panel import ExperimentsPanel

    return ExperimentsPanel(parts.store, parts.workbench, parts.runner)


PANELS: tuple[PanelRow, ...] = (
    PanelRow("data", "Data", _data, "Choose what to learn from"),
    PanelRow("training", "Curves", _training, "Loss and metrics of the run, step by step", "Curv."),
    PanelRow(
        "settings", "Settings", _settings, "Loss, optimizer, epochs, batch size, callbacks", "Set."
    ),
    PanelRow(
        "surface", "Surface", _surface, "What it answers everywhere, while it learns", "Surf."
    ),
    PanelRow(
        "evaluate", "Evaluate", _evaluate, "How good it is on data that it has not seen", "Eval."
    ),
    PanelRow("predict", "Predict", _predict, "Ask the trained network", "Pred."),
    PanelRow("inside", "Inside", _inside, "What the layers have learned"),
    PanelRow("code", "Code", _code, "The same network as Python"),
    PanelRow("runs", "Runs", _runs, "Earlier trainings: compare, bring back"),
    PanelRow("variants", "Variants", _variants, "Try other values and take the best", "Var."),
)
