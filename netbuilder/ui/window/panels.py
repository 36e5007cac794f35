"""Tables of the pages beside the canvas and of the four tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QPushButton, QWidget

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.widgets.connections import connect_while
from netbuilder.ui.widgets.empty_state import Invitation
from netbuilder.ui.widgets.layouts import prepared
from netbuilder.ui.window.side import Task
from netbuilder.ui.window.window_parts import WindowParts


@dataclass(frozen=True)
class PanelRow:
    """A page; ``key`` is the digit of its shortcut with Alt, 0 for none."""

    id: str
    title: str
    build: Callable[[WindowParts, QWidget], QWidget]
    help: str = ""
    key: int = 0
    basic: bool = False

    def build_page(self, parts: WindowParts, parent: QWidget) -> QWidget:
        panel = self.build(parts, parent)
        for invitation in panel.findChildren(Invitation):
            invitation.train_requested.connect(parts.actions["train"].trigger)
        return panel


def _data(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.data.data_panel import DataPanel

    panel = DataPanel(parts.store, parts.workbench, parent)
    panel.collect_requested.connect(parts.actions["collect"].trigger)
    return panel


def _training(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.training.curves_panel import CurvesPanel

    panel = CurvesPanel(
        parts.store,
        parts.workbench,
        parts.runner,
        parts.evaluation_service,
        parts.documents.save_model,
        parts.docks.show_panel,
        parent,
    )
    # Building the plot in advance makes the first point appear earlier.
    parts.prebuilding.built.connect(panel.make_ready)
    _offer_drawing(parts, panel)
    return panel


def _offer_drawing(parts: WindowParts, panel: QWidget) -> None:
    """Add a button that leads from the end of a run on grey pictures to the drawing pad."""
    button = prepared(QPushButton(_("Draw one"), panel), objectName="draw-one", role="primary")
    button.setToolTip(_("Draw a picture and see what the network predicts"))
    layout = panel.layout()
    assert layout is not None
    layout.addWidget(button)

    def follow(*_changes: object) -> None:
        trained = parts.workbench.models.trained
        inputs = trained.preprocessing.inputs.values() if trained is not None else ()
        grey = any(len(entry.shape) == 3 and entry.shape[-1] == 1 for entry in inputs)
        button.setVisible(grey and len(inputs) == 1 and not parts.runner.state.active)

    def draw() -> None:
        predict: Any = parts.docks.show_panel("predict")
        if predict.view is predict.pictures:
            predict.pictures.draw_button.setChecked(True)

    button.clicked.connect(lambda _checked=False: draw())
    for signal in (parts.workbench.models.changed, parts.runner.state_changed):
        connect_while(button, signal, follow)
    follow()


def _surface(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.surface_panel import SurfacePanel

    recorded = parts.sample_view.recorded
    return SurfacePanel(
        parts.store, parts.workbench, parts.runner, parts.activations_service, recorded, parent
    )


def _evaluate(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.evaluate_panel import EvaluatePanel

    samples = parts.activations_service
    panel = EvaluatePanel(
        parts.workbench, parts.evaluation_service, parts.runner, lambda: samples.index, parent
    )
    panel.sample_chosen.connect(samples.show_row)

    def try_networks() -> None:
        from netbuilder.ui.data.data_panel import DataPanel

        page = parts.docks.show_panel("data")
        assert isinstance(page, DataPanel)
        page.builder.build()

    panel.better.network_requested.connect(try_networks)
    return panel


def _predict(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.predict_panel import PredictPanel

    return PredictPanel(parts.workbench, parts.activations_service, parts.sample_view, parent)


def _inside(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.inside_panel import InsidePanel

    panel = InsidePanel(
        parts.store,
        parts.workbench,
        parts.activations_service,
        parts.sample_view,
        parts.selection.changed,
        parts.selection.ids,
        parent,
    )

    def show_number(node_id: str, index: tuple[int, ...] | None) -> None:
        if parts.docks.expanded:  # the canvas explains the value
            parts.docks.toggle_expanded()
        parts.show_node(node_id)
        parts.canvas.show_number(node_id, index)

    panel.value_requested.connect(show_number)
    return panel


def _step(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.neurons.step_panel import StepPanel

    step = parts.actions["step"]
    views, runner = parts.network_views, parts.runner
    return StepPanel(parts.workbench, runner, parts.selection, views, step, parent)


def _code(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.code import CodePanel

    save, service = parts.documents.save_script, parts.activations_service
    panel = CodePanel(parts.store, parts.workbench, parts.selection, service, save, parent)
    panel.layer_chosen.connect(lambda node_id: parts.canvas.select((node_id,)))
    panel.refused.connect(lambda: parts.docks.show_panel("code"))
    return panel


def _compare(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.compare_panel import ComparePanel

    return ComparePanel(
        parts.workbench, parts.runner, parts.experiments, parts.documents.may_restore, parent
    )


def _layer(parts: WindowParts, _parent: QWidget) -> QWidget:
    return parts.docks.side.layer_slot


def _settings(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.training.settings_panel import SettingsPanel

    return SettingsPanel(parts.store, parts.workbench, parent)


def _explain(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.explain_panel import ExplainPanel

    return ExplainPanel(parts.workbench, parts.activations_service, parent)


def _landscape(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.landscape_panel import LandscapePanel

    return LandscapePanel(parts.workbench, parts.runner, parent)


def _clusters(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.results.clusters_panel import ClustersPanel

    return ClustersPanel(parts.workbench, parent)


def _share(parts: WindowParts, parent: QWidget) -> QWidget:
    from netbuilder.ui.window.share_page import SharePage

    return SharePage(parts, parent)


#: In the order of the tasks.
PANELS: tuple[PanelRow, ...] = (
    PanelRow("layer", N_("Layer"), _layer, N_("Edit the selected layer"), basic=True),
    PanelRow("data", N_("Data"), _data, N_("Choose data to train on"), 1, basic=True),
    PanelRow("training", N_("Curves"), _training, N_("Watch the training"), 2, basic=True),
    PanelRow("settings", N_("Settings"), _settings, N_("Loss, optimizer, epochs, …"), basic=True),
    PanelRow("step", N_("Step"), _step, N_("One training step in numbers"), basic=True),
    PanelRow("compare", N_("Compare"), _compare, N_("Runs side by side"), 8, basic=True),
    PanelRow("evaluate", N_("Evaluate"), _evaluate, N_("Measure on held-out data"), 4, basic=True),
    PanelRow(
        "surface", N_("Surface"), _surface, N_("Decision surface during training"), 3, basic=True
    ),
    PanelRow("inside", N_("Inside"), _inside, N_("What the layers have learned"), 6, basic=True),
    PanelRow("explain", N_("Explain"), _explain, N_("Why the network predicts what it does")),
    PanelRow("landscape", N_("Landscape"), _landscape, N_("The loss around the weights")),
    PanelRow("clusters", N_("Clusters"), _clusters, N_("k-means step by step")),
    PanelRow("predict", N_("Predict"), _predict, N_("Make predictions"), 5, basic=True),
    PanelRow("code", N_("Code"), _code, N_("The same network as Python"), 7),
    PanelRow("share", N_("Share"), _share, N_("Submit, report and export"), 9, basic=True),
)

TASKS = tuple(
    Task(
        row["id"],
        row["title"],
        row["help"],
        tuple(row["pages"]),
        tuple(row["left"]),
        tuple(row["right"]),
        row["left_share"],
    )
    for row in resource_json("tables.json")["tasks"]
)


def task_of(panel: str) -> str:
    """Return the task of a page."""
    return next(task.id for task in TASKS if panel in task.pages)
