"""The parts of the window, for panels and commands, which do not know the main window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QMainWindow

from netbuilder.ui.canvas.canvas_view import CanvasView
from netbuilder.ui.inspector.inspector_panel import Inspector
from netbuilder.ui.neurons.network_views import NetworkViews
from netbuilder.ui.palette.palette_view import Palette
from netbuilder.ui.services.class_membership import ClassMembership
from netbuilder.ui.services.lesson_session import LessonSession
from netbuilder.ui.services.project_store import ProjectStore, SelectedNodes
from netbuilder.ui.services.runs.auto_trainer import AutoTrainer
from netbuilder.ui.services.runs.experiment_runner import ExperimentRunner
from netbuilder.ui.services.runs.prebuilding import NetworkPrebuilder
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.settings import FontScale
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import ActivationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.role_boxes import CardList
from netbuilder.ui.window.action import WindowActions
from netbuilder.ui.window.docks import Docks
from netbuilder.ui.window.documents import Documents
from netbuilder.ui.window.status_bar import StatusBar


@dataclass(frozen=True)
class WindowParts:
    """Services, then widgets; ``show_node(id)`` selects a layer and scrolls to it."""

    window: QMainWindow
    store: ProjectStore
    workbench: Workbench
    runner: Runner
    auto_trainer: AutoTrainer
    experiments: ExperimentRunner
    prebuilding: NetworkPrebuilder
    activations_service: ActivationService
    sample_view: LiveActivationsService
    evaluation_service: EvaluationService
    lessons: LessonSession
    membership: ClassMembership
    documents: Documents
    selection: SelectedNodes
    scaling: FontScale
    actions: WindowActions
    canvas: CanvasView
    network_views: NetworkViews
    palette: Palette
    inspector: Inspector
    docks: Docks
    banner: CardList
    status: StatusBar
    show_node: Callable[[str], object]
