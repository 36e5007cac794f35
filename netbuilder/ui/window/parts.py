"""What the window is made of, handed to those who wire it: panels, commands, rows of actions.

Nobody below knows the main window; a panel's row takes from here what the panel needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QMainWindow

from netbuilder.ui.canvas.view import CanvasView
from netbuilder.ui.inspector.panel import Inspector
from netbuilder.ui.palette.view import Palette
from netbuilder.ui.services.runs.prebuilding import Prebuilding
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.runs.train_as_drawn import TrainAsDrawn
from netbuilder.ui.services.scaling import LetterSize
from netbuilder.ui.services.selection import Selection
from netbuilder.ui.services.store import ProjectStore
from netbuilder.ui.services.views.activations import Looking
from netbuilder.ui.services.views.evaluation import Judging
from netbuilder.ui.services.views.sample_view import SampleView
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.cards import CardList
from netbuilder.ui.window.action import Actions
from netbuilder.ui.window.docks import Docks
from netbuilder.ui.window.documents import Documents
from netbuilder.ui.window.status_bar import StatusBar


@dataclass(frozen=True)
class Parts:
    """Services first, then what is seen.

    ``window`` is the parent of dialogs. ``show_node(id)`` selects a layer and brings it into view.
    """

    window: QMainWindow
    store: ProjectStore
    workbench: Workbench
    runner: Runner
    as_drawn: TrainAsDrawn
    prebuilding: Prebuilding
    looking: Looking
    sample_view: SampleView
    judging: Judging
    documents: Documents
    selection: Selection
    scaling: LetterSize
    actions: Actions
    canvas: CanvasView
    palette: Palette
    inspector: Inspector
    docks: Docks
    banner: CardList
    status: StatusBar
    show_node: Callable[[str], object]
