"""The main window: puts the parts together and wires them, and does nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QLocale, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QScrollArea, QWidget

from netbuilder.core.errors import EditError
from netbuilder.core.formats.importing.import_file import is_importable
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.ui.canvas.canvas_view import CanvasView
from netbuilder.ui.grading.class_sign import ClassSign
from netbuilder.ui.inspector.inspector_panel import Inspector
from netbuilder.ui.neurons.network_views import NetworkViews
from netbuilder.ui.neurons.neuron_feed import NeuronFeed
from netbuilder.ui.palette.palette_view import Palette
from netbuilder.ui.results.empty_states import shows_forecast, shows_samples
from netbuilder.ui.services.class_membership import ClassMembership
from netbuilder.ui.services.language import language
from netbuilder.ui.services.lesson_session import LessonSession
from netbuilder.ui.services.project_store import ProjectStore, SelectedNodes, TypedSteps
from netbuilder.ui.services.runs.auto_trainer import AutoTrainer
from netbuilder.ui.services.runs.experiment_runner import ExperimentRunner
from netbuilder.ui.services.runs.last_run_restorer import LastRunRestorer
from netbuilder.ui.services.runs.manual_weight_editor import (
    ManualWeightEditor,
    PausedModelPublisher,
)
from netbuilder.ui.services.runs.prebuilding import NetworkPrebuilder
from netbuilder.ui.services.runs.run_progress import FULL
from netbuilder.ui.services.runs.run_record import RunState, remembered_speed
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.settings import FontScale, level
from netbuilder.ui.services.views import live_view
from netbuilder.ui.services.views.canvas_strips import CanvasStrips
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import ActivationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.training.curves_panel import CurvesPanel
from netbuilder.ui.widgets.keyboard_widgets import press_focused_button
from netbuilder.ui.widgets.layouts import vbox
from netbuilder.ui.widgets.role_boxes import CardStack, RoleBox
from netbuilder.ui.widgets.toast import Toast
from netbuilder.ui.window import action_rows, dialogs, tab_order
from netbuilder.ui.window.action import Menu, WindowActions, menu_titles
from netbuilder.ui.window.action_rows import SPEED_MENU, rows_for
from netbuilder.ui.window.docks import BUILD, Docks
from netbuilder.ui.window.documents import DATA_ENDINGS, Documents
from netbuilder.ui.window.guide.welcome import WelcomeGuide
from netbuilder.ui.window.panels import PANELS, TASKS, PanelRow, task_of
from netbuilder.ui.window.side_pages import Page
from netbuilder.ui.window.status_bar import StatusBar
from netbuilder.ui.window.top_bar import TopBar
from netbuilder.ui.window.view_state import ViewState
from netbuilder.ui.window.window_commands import WindowCommands
from netbuilder.ui.window.window_parts import WindowParts


class MainWindow(QMainWindow):
    """A project's window: palette, canvas and pages follow one store.

    A change of language builds the widgets anew on the same services.
    """

    def __init__(
        self, project: Project | None = None, path: Path | None = None, *, remember: bool = True
    ) -> None:
        super().__init__()
        self._remember = remember
        self.setAnimated(not reduced_motion())
        self.store = ProjectStore(project, self, path)
        TypedSteps(self.store, self)
        self.workbench = Workbench(self.store, self)
        self.runner = Runner(self.store, self.workbench, self)
        self.auto_trainer = AutoTrainer(self.workbench, self.runner, self)
        self.experiments = ExperimentRunner(self.store, self.workbench, self)
        self.manual_weight_editor = ManualWeightEditor(self.workbench, self.runner, self)
        self.prebuilding = NetworkPrebuilder(self.store, self.workbench, self.runner, self)
        self.activations_service = ActivationService(self.workbench, self)
        self.sample_view = LiveActivationsService(self.runner, self.activations_service, self)
        self.prebuilding.foresee(self.sample_view.foreseen)
        self.prebuilding.foresee(live_view.first_view_probe)
        self.evaluation_service = EvaluationService(self.workbench, self)
        self.lessons = LessonSession(self.workbench, self.evaluation_service, self)
        self.membership = ClassMembership(self.workbench, self.lessons, self)
        self.documents = Documents(self.workbench, self.lessons, self, self._may_leave)
        self.restorer = LastRunRestorer(self.workbench, self.runner, self)
        self.scaling = FontScale(self)
        self.selection = SelectedNodes(self)
        # A run ends with several signals at once; refresh the actions once.
        self._actions_soon = QTimer(self, singleShot=True, interval=0)
        self._actions_soon.timeout.connect(self.refresh_actions)
        self._lasting = frozenset(self.children())
        self._build()
        self._wire()
        self._wire_widgets()
        self._reset_speed()
        if remember:
            self.docks.restore()
        else:
            self.resize(1366, 768)
        self._show_titles()
        if path is not None:
            QTimer.singleShot(0, self.restorer.look)

    def rebuild(self) -> None:
        """Build the widgets anew, in the language chosen now."""
        for dialog in self.findChildren(QDialog, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if dialog.isVisible() and not dialog.isModal():
                dialog.close()
        view, place = ViewState(self.parts, self.commands), self.docks.splitter.geometry()
        choice = self.network_views.choice
        self.setUpdatesEnabled(False)
        for action in self.actions():
            self.removeAction(action)
        self.removeToolBar(self.top_bar)
        for child in self.children():
            open_dialog = isinstance(child, QDialog) and child.isVisible()
            if child not in self._lasting and not open_dialog:
                if isinstance(child, QWidget):
                    child.hide()
                child.deleteLater()  # a command of the old window may be under way
        self.setLocale(QLocale())
        self._build()
        self._wire_widgets()
        self.docks.splitter.setGeometry(place)  # widths follow from it
        self.network_views.choice = choice
        view.restore(self.parts, self.commands)
        self.docks.widen()
        self._show_titles()
        self._run_changed()
        self.top_bar.progress.show_progress(self.runner.record.progress)
        self.setUpdatesEnabled(True)

    def _show_titles(self) -> None:
        self._retitle()
        self._title_pages()
        self.refresh_actions()

    def _build(self) -> None:
        self.canvas = CanvasView(self.store, self.workbench)
        self.strips = CanvasStrips(
            self.activations_service, self.sample_view, self.store, self.canvas, self
        )
        self.banner = CardStack(self)
        self.banner.setContentsMargins(12, 8, 12, 0)
        middle = QWidget(self)
        feed = NeuronFeed(
            self.workbench, self.runner, self.activations_service, self.sample_view, self
        )
        self.network_views = NetworkViews(
            self.canvas, feed, self.manual_weight_editor, self._building, self
        )
        vbox(self.banner, (self.network_views, 1), parent=middle, margins=0, spacing=0)
        self.palette_view = Palette()
        self.inspector = Inspector(self.store, self.workbench, self.evaluation_service)
        self.status = StatusBar(self.workbench, self)
        self.status.addPermanentWidget(ClassSign(self.membership, self.banner, self.status))
        self.setStatusBar(self.status)
        self.actions_table = WindowActions(self)
        self.docks = Docks(
            self, self.palette_view, self.inspector, middle, TASKS, map(self._page, PANELS)
        )
        self.paused_models = PausedModelPublisher(
            self.workbench.models, self.runner, partial(self.docks.in_front, "predict"), self
        )
        self.parts = self._parts()
        self.commands = WindowCommands(self.parts)
        for row in rows_for(self.parts, self.commands):
            self.actions_table.add(row)
        menus = {name: Menu(name, self) for name in menu_titles()}
        self.actions_table.fill(menus)
        if action_rows.MENU_BAR:
            leave = action_rows.quit_row(self)
            self.actions_table.fill_menu_bar(self.menuBar(), menus.values(), leave)
        dialogs.add_recent(menus["File"], self.documents.open_asking)
        self.top_bar = TopBar(self.actions_table, list(menus.values()), SPEED_MENU, self)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.top_bar)
        self.toast = Toast(middle, self, self._over_card)
        self.welcome = WelcomeGuide(self.parts, self.top_bar, self.commands.show_error)
        self.commands.welcome = self.welcome
        self.commands.show_level()
        self.setAcceptDrops(True)
        self.setMinimumSize(800, 500)

    def _building(self) -> bool:
        return not hasattr(self, "docks") or self.docks.side.task == BUILD

    def _page(self, row: PanelRow) -> Page:
        # Some parts are created later; pages get them when first visible.
        build = lambda parent: row.build_page(self.parts, parent)  # noqa: E731
        return Page(row.id, row.title, row.help, task_of(row.id), build)

    def _parts(self) -> WindowParts:
        return WindowParts(
            window=self,
            store=self.store,
            workbench=self.workbench,
            runner=self.runner,
            auto_trainer=self.auto_trainer,
            experiments=self.experiments,
            prebuilding=self.prebuilding,
            activations_service=self.activations_service,
            sample_view=self.sample_view,
            evaluation_service=self.evaluation_service,
            lessons=self.lessons,
            membership=self.membership,
            documents=self.documents,
            selection=self.selection,
            scaling=self.scaling,
            actions=self.actions_table,
            canvas=self.canvas,
            network_views=self.network_views,
            palette=self.palette_view,
            inspector=self.inspector,
            docks=self.docks,
            banner=self.banner,
            status=self.status,
            show_node=self.show_node,
        )

    def _wire(self) -> None:
        """Connect the services with the window, once."""
        store, bench, runner, files = self.store, self.workbench, self.runner, self.documents
        store.steps_changed.connect(self.refresh_actions)
        store.steps_changed.connect(self._retitle)
        store.changed.connect(self._project_changed)
        for signal in (store.changed, bench.facts_changed):
            signal.connect(self._title_pages)
        for signal in (bench.keras_changed, bench.models.changed, bench.facts_changed):
            signal.connect(self._actions_soon.start)
        bench.run_error_changed.connect(self._show_run_error)
        runner.state_changed.connect(self._run_changed)
        runner.observation.progress_changed.connect(
            lambda: self.top_bar.progress.show_progress(runner.record.progress)
        )
        self.auto_trainer.changed.connect(self._actions_soon.start)
        runner.ended.connect(self._run_ended)
        store.path_changed.connect(self._retitle)
        bench.models.changed.connect(self._retitle)
        files.busy.connect(self._busy)
        files.opened.connect(self.restorer.look)
        files.recovered.connect(partial(self.restorer.look, recovered=True))
        files.opened.connect(self._opened)
        theme.theme().changed.connect(self.scaling.apply)
        level().changed.connect(self._show_level)
        language().changed.connect(self.rebuild)

    def _wire_widgets(self) -> None:
        """Connect the widgets; these connections end with them."""
        bench, runner, files = self.workbench, self.runner, self.documents
        self.palette_view.chosen.connect(self.canvas.append_layer)
        self.palette_view.found.connect(
            lambda layer, params: self.canvas.adding.add_after(layer, params=params)
        )
        self.palette_view.block_chosen.connect(self.commands.append_block)
        self.canvas.block_saved.connect(lambda _name: self.palette_view.refresh())
        self.canvas.selection_changed.connect(self._select)
        self.canvas.zoom_changed.connect(self.status.show_zoom)
        self.canvas.message.connect(self.status.tell)
        self.canvas.problems.told.connect(bench.set_problems_on_canvas)
        self.canvas.layer_popup.may_set = lambda: self.manual_weight_editor.may
        self.canvas.layer_popup.weight_set.connect(self.manual_weight_editor.set)
        self.canvas.edit_requested.connect(
            lambda _node, rename: self.commands.edit_layer(rename=rename)
        )
        self.docks.side.arranged.connect(self.network_views.refresh)
        self.network_views.stack.currentChanged.connect(lambda _page: self.strips.show_again())
        self.network_views.step_shown.connect(self.canvas.step_flow.show)
        self.network_views.step_reached.connect(self.canvas.step_flow.reach)
        self.inspector.renamed.connect(lambda _old, new: self.canvas.select((new,)))
        self.inspector.settings_requested.connect(self._show_settings)
        self.status.problem_requested.connect(self.commands.show_problem)
        self.status.data_requested.connect(partial(self.commands.show_panel, "data"))
        self.manual_weight_editor.availability_changed.connect(self.canvas.layer_popup.offer)
        runner.observation.curves_changed.connect(self.canvas.pulse.beat)
        runner.began.connect(self.status.forget_run)
        runner.ended.connect(self.canvas.pulse.rest)
        runner.ended.connect(self.strips.show)
        runner.not_kept.connect(self.commands.show_error)
        for message in (
            runner.observation.message,
            files.told,
            self.auto_trainer.told,
            self.manual_weight_editor.told,
        ):
            message.connect(self.status.tell)
        bench.problems_changed.connect(self.commands.problems_changed)
        files.data_opened.connect(self.commands.begin_with_data)
        files.confirmed.connect(self.toast.say)
        files.model_saved.connect(self.toast.say_saved)
        self.toast.linkActivated.connect(self.commands.use_model)
        files.failed.connect(self.commands.show_error)
        files.noted.connect(self.commands.show_notes)

    def refresh_actions(self) -> None:
        self.actions_table.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.refresh_actions()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self.docks.leave_room)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._windows_closed() or not self.documents.may_close():
            event.ignore()
            return
        if self.commands.presentation.on:
            self.commands.presentation.toggle()
        if self._remember:
            self.docks.save()
        self.prebuilding.close()
        self.runner.close()
        self.workbench.close()
        self.documents.close()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Keys that no field and no list handled.
        if event.key() == Qt.Key.Key_Escape and not self.canvas.hasFocus():
            self.commands.to_canvas()
        elif not press_focused_button(event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Move the focus in reading order; all Tabs of the window come here."""
        focused = self.focusWidget()
        neighbour = (
            tab_order.neighbour_stop(self, focused, forward=forward)
            if focused is not None
            else None
        )
        if neighbour is None:
            return super().focusNextPrevChild(forward)
        reason = Qt.FocusReason
        neighbour.setFocus(reason.TabFocusReason if forward else reason.BacktabFocusReason)
        self._bring_into_sight(neighbour)
        return True

    @staticmethod
    def _bring_into_sight(widget: QWidget) -> None:
        above = widget.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(widget)
            above = above.parentWidget()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths:
            return
        event.acceptProposedAction()
        # End the drag before a dialog may open.
        QTimer.singleShot(0, partial(self.dropped, paths[0]))

    def dropped(self, path: Path) -> None:
        is_data = path.suffix.lower() in DATA_ENDINGS and not is_importable(path)
        if is_data or path.is_dir():
            self.commands.use_data(path)
        else:
            self.documents.open_asking(path)

    def _title_pages(self) -> None:
        """Name the page after what it shows of this data."""
        forecast = N_("Forecast"), N_("Forecast and true values during training")
        surface = next((row.title, row.help) for row in PANELS if row.id == "surface")
        live = N_("Live"), N_("Predictions and layers during training")
        if shows_samples(self.workbench):
            title, words = live
        else:
            title, words = forecast if shows_forecast(self.workbench) else surface
        self.docks.retitle("surface", title, words)
        self.actions_table.retitle("panel-surface", _(title), _(words))

    def _windows_closed(self) -> bool:
        """Close the other windows, which may ask; return whether all did."""
        beside = self.findChildren(QDialog, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return all(window.close() for window in beside if window.isVisible())

    def _may_leave(self) -> bool:
        runner = self.runner
        if not runner.state.active:
            return True
        if runner.state is not RunState.STOPPING and not dialogs.confirm_stop_training(
            self, runner.ended
        ):
            return False
        runner.stop()
        return dialogs.wait_for_end(self, lambda: runner.state.active, runner.ended)

    def _select(self, ids: tuple[str, ...]) -> None:
        self.selection.set(ids)
        self.inspector.set_selection(self.selection.ids)
        node = self.inspector.node
        if node is not None and node.layer != "Input":
            self.docks.follow_selection()
        self.refresh_actions()

    def _show_settings(self) -> None:
        if "code" not in self.docks.side.shown:  # a click must not lead away from the editor
            self.commands.show_panel("settings")

    def show_node(self, node: str) -> None:
        try:
            self.network_views.choose("layers")
            self.canvas.select((node,))
            self.canvas.show_node(node)
        except (EditError, KeyError):
            self.status.tell(_("This layer no longer exists."))

    def _busy(self, words: str) -> None:
        self.refresh_actions()
        self.status.tell(words, 600)
        for card in [card for card in self.banner.cards if card.property("opening")]:
            self.banner.remove(card)
        if self.documents.opening:
            card = RoleBox(
                "info", words, _("The network, its curves and its weights will appear soon."), self
            )
            card.setProperty("opening", True)
            self.banner.add(card)

    def _show_level(self) -> None:
        # A bound method is disconnected with the window.
        self.commands.show_level()

    def _over_card(self, box: QRect) -> bool:
        view, viewport = self.canvas.viewport(), self.canvas.scene_viewport
        inside = box.translated(-view.mapTo(self, QPoint()))
        cards = map(viewport.card_rect, self.canvas.picture.cards)
        return self.canvas.isVisible() and any(card.toRect().intersects(inside) for card in cards)

    def _opened(self) -> None:
        self.banner.clear()
        self.network_views.forget_choice()
        self.palette_view.end_search()
        self.runner.forget()
        self.docks.side.buttons["understand"].mark(False)
        self._reset_speed()
        self._select(())
        if not self.store.project.data.kind:
            self.commands.show_panel("data")

    def _reset_speed(self) -> None:
        """Reset a slow speed for a new network, except in a presentation."""
        if not self.commands.presentation.on:
            self.runner.speed.set(remembered_speed() if self._remember else FULL)

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.graph is not new.graph:
            self.actions_table.refresh()
            self.commands.show_used_layers()

    def _run_changed(self) -> None:
        state = self.runner.state
        self.top_bar.train.show_run(running=state.running, paused=state.paused)
        self.refresh_actions()  # at once: a key that is pressed now means the run as it is now

    def _run_ended(self) -> None:
        self._actions_soon.start()
        trained = self.workbench.models.trained
        if self.workbench.run_error is None and trained is not None:
            QTimer.singleShot(0, self, self._tell_result)  # when its card is there
            self.docks.side.mark("understand")
            QApplication.alert(self)

    def _tell_result(self) -> None:
        """Show the result of the run, unless the page Curves does."""
        trained, curves = self.workbench.models.trained, self.docks.pages["training"].panel
        if trained is None or self.runner.state.active:
            return
        words, *shorter = dialogs.result_sentences(trained)
        if isinstance(curves, CurvesPanel) and curves.says_result:
            shorter = shorter[-1:] if trained.test else [""]
            self.status.tell(shorter[0], 20, of_run=True, aloud=words)
        else:
            self.status.tell(words, 20, of_run=True, shorter=shorter)

    def _show_run_error(self) -> None:
        error = self.workbench.run_error
        if error is not None:
            self.commands.show_error(error)
            if error.node is not None:
                self.show_node(error.node)

    def _retitle(self) -> None:
        self.setWindowTitle(self.documents.title)
        self.setWindowModified(self.store.modified)
        files = self.documents
        self.top_bar.document.show_document(
            files.name, (change.what for change in files.unsaved), in_file=files.in_file
        )


def panel_names() -> tuple[str, ...]:
    """Return the values of ``--panel``."""
    return tuple(row.id for row in PANELS)
