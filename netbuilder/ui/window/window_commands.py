"""The commands of the main window's menus, keys and buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, pgettext
from netbuilder.core.project import edits
from netbuilder.core.project.fragments import SavedBlock
from netbuilder.core.wording import labelled
from netbuilder.ui.forms.param_form import WORD
from netbuilder.ui.palette.palette_model import append_block
from netbuilder.ui.services import jobs, settings
from netbuilder.ui.services.data_recipes import recipe_for
from netbuilder.ui.services.runs.run_progress import SPEEDS, STEP, Speed
from netbuilder.ui.services.settings import level, listed_layers
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.training.curves_panel import CurvesPanel
from netbuilder.ui.training.settings_panel import SettingsPanel
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.fix_buttons import buttons_for
from netbuilder.ui.widgets.question_dialogs import ask_question
from netbuilder.ui.widgets.role_boxes import RoleBox, role_of
from netbuilder.ui.widgets.spotlight import Spotlight
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.docks import Arrangement
from netbuilder.ui.window.panels import PANELS, TASKS
from netbuilder.ui.window.top_bar import TopBar
from netbuilder.ui.window.window_parts import WindowParts

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.ui.window.guide.welcome import WelcomeGuide

#: Minimum font scale of a presentation.
LETTERS = 1.5
#: Speed of a presentation, slow enough to watch.
SLOW = SPEEDS[1]


@dataclass(frozen=True)
class _Before:
    docks: Arrangement
    letters: float
    speed: Speed
    full: bool


class Presentation(QObject):
    """Changes the window for an audience, and back; nothing is saved."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._before: _Before | None = None
        self.spotlight = Spotlight(parts.window, self._card_at, parts.canvas.viewport())
        self._keys: list[QShortcut] = []

    @property
    def on(self) -> bool:
        return self._before is not None

    def toggle(self) -> None:
        if self._before is None:
            self._begin()
        else:
            self._end(self._before)
        self._parts.actions.refresh()

    def _begin(self) -> None:
        parts, window = self._parts, self._parts.window
        speed = parts.runner.speed
        self._before = _Before(
            parts.docks.state(), font_scale.font_scale(), speed.chosen, window.isFullScreen()
        )
        parts.docks.present(True)
        window.statusBar().hide()
        window.showFullScreen()
        font_scale.set_font_scale(max(LETTERS, font_scale.font_scale()))
        if speed.chosen.rate is None:
            speed.set(SLOW)
        for number, task in enumerate(TASKS, 1):
            key = QShortcut(QKeySequence(str(number)), window)
            key.activated.connect(partial(parts.docks.side.show_task, task.id))
            self._keys.append(key)
        parts.docks.side.beside["train"] = "surface"
        parts.docks.side.show_task("train")
        self._show_files(False)
        self.spotlight.start()
        parts.runner.observation.curves_changed.connect(self._say_epoch)
        self._say_epoch()
        QTimer.singleShot(0, self, self._finish_layout)

    def _show_files(self, shown: bool) -> None:
        for bar in self._parts.window.findChildren(TopBar):
            bar.show_files(shown)
        self._parts.window.setProperty("presented", not shown)
        for page in self._parts.window.findChildren(CurvesPanel):
            page.show_result()

    def _say_epoch(self) -> None:
        """Write how far the run is in large words."""
        run, rows = self._parts.runner.record.curves, self._parts.runner.record.dataset
        names = [name for name in run.quantities if name.endswith("accuracy")]
        share = run.told(f"val_{names[0]}") if names else None
        part = rows.validation if rows is not None else None
        words = ""
        if share is not None and part is not None and run.epochs:
            words = _(
                "epoch {number}: {correct} of {total} correct",
                number=int(run.epochs[f"val_{names[0]}"].x[-1]),
                correct=round(share * len(part)),
                total=len(part),
            )
        self.spotlight.say(words)

    def _finish_layout(self) -> None:
        if self._before is None:
            return
        self._parts.docks.leave_room()
        self._parts.canvas.scene_viewport.fit()
        self._parts.canvas.setFocus()
        self.spotlight.raise_()

    def _end(self, before: _Before) -> None:
        parts, window = self._parts, self._parts.window
        self._before = None
        parts.runner.observation.curves_changed.disconnect(self._say_epoch)
        self.spotlight.end()
        self._show_files(True)
        for key in self._keys:
            key.setEnabled(False)
            key.deleteLater()
        self._keys.clear()
        if not before.full:
            window.showNormal()
        window.statusBar().show()
        font_scale.set_font_scale(before.letters)
        if parts.runner.speed.chosen == SLOW:
            parts.runner.speed.set(before.speed)
        parts.docks.present(False)
        parts.docks.put_back(before.docks)
        QTimer.singleShot(0, self, parts.canvas.scene_viewport.fit)

    def _card_at(self, point: QPoint) -> QRect | None:
        canvas = self._parts.canvas
        view = canvas.viewport()
        inside = view.mapFrom(self._parts.window, point)
        if not view.rect().contains(inside):
            return None
        for name in canvas.picture.cards:
            card = canvas.scene_viewport.card_rect(name).toRect()
            if card.contains(inside):
                return card.translated(view.mapTo(self._parts.window, QPoint()))
        return None


#: Pages that show a running training.
_WATCHING = ("surface", "inside", "training")
#: Import notes shown in the window; ``netbuilder import`` prints all.
_MOST_NOTES = 12


def _shortened(notes: Sequence[str]) -> str:
    lines, hidden = list(notes[:_MOST_NOTES]), len(notes) - _MOST_NOTES
    if hidden > 0:
        lines.append(ngettext("… and {count} more.", "… and {count} more.", hidden))
    return "\n".join(lines)


class WindowCommands(QObject):
    """The commands of a window."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._problem: Problem | None = None
        self._blocking = self._refused = False
        self.work_left = False  # whether recovered work waits in the menu
        self.presentation = Presentation(parts)
        #: Set after the top bar, which it points at.
        self.welcome: WelcomeGuide

    def show_error(self, error: UserError) -> None:
        self._parts.banner.clear()
        self._parts.banner.add(
            RoleBox(
                "error",
                error.what,
                error.fix,
                self._parts.window,
                buttons=(
                    *buttons_for(error, self._parts.store.apply, self._parts.banner.clear),
                    (_("Close"), self._parts.banner.clear),
                ),
            )
        )

    def show_of_machine(self, error: UserError, *buttons: tuple[str, Callable[[], object]]) -> None:
        """Show a problem of this computer until it is closed; ``buttons`` are its fixes."""
        banner = self._parts.banner
        card = RoleBox(
            "warning",
            error.what,
            error.fix,
            self._parts.window,
            buttons=(*buttons, (_("Close"), lambda: banner.remove(card))),
        )
        banner.add(card, lasting=True)

    def restore_work(self) -> None:
        lessons = self.welcome.lessons
        self.work_left = dialogs.restore_work(self._parts, lessons.resume, self.show_error)
        self._parts.actions.refresh()

    def show_class(self) -> None:
        def present() -> None:
            if not self.presentation.on:
                self.presentation.toggle()

        dialogs.open_class_window(self._parts, present)

    def show_notes(self, name: str, notes: Sequence[str]) -> None:
        card = RoleBox(
            "warning",
            _("Not all of {file} could be imported", file=name),
            _shortened(notes),
            self._parts.window,
            button=_("Close"),
            do=lambda: self._parts.banner.remove(card),
        )
        self._parts.banner.add(card)

    def show_panel(self, name: str) -> None:
        self._parts.docks.show_panel(name)

    def use_model(self) -> None:
        """Show the lines that load the saved model and predict one sample."""
        from netbuilder.ui.code import CodePanel

        self.show_panel("code")
        panel = self._parts.window.findChild(CodePanel)
        if panel is not None:
            panel.style_box.setCurrentIndex(panel.style_box.findData("use"))

    def train(self) -> None:
        if self._parts.runner.state.paused:
            self._parts.runner.toggle_pause()
            return
        runner = self._parts.runner
        self._begin(runner.step if runner.speed.chosen is STEP else runner.start)

    def step(self) -> None:
        self._start_or_continue(self._parts.runner.step)

    def one_epoch(self) -> None:
        self._start_or_continue(self._parts.runner.one_epoch)

    def _start_or_continue(self, go: Callable[[], object]) -> None:
        if self._parts.runner.state.active:
            go()
        else:
            self._begin(go)

    def _begin(self, go: Callable[[], object]) -> None:
        if self._parts.store.finish_typing():
            self._parts.workbench.diagnose(partial(self._begin_diagnosed, go))

    def _begin_diagnosed(self, go: Callable[[], object]) -> None:
        blocking = [p for p in self._parts.workbench.problems if p.blocks and p.follows is None]
        if blocking:
            self._refuse(blocking[0])
            return
        self._problem, self._blocking = None, False
        self._parts.banner.clear()
        # Keep a page that shows the training.
        step = self._parts.docks.pages["step"].isVisible()  # its children cover its visible region
        if not step and not self._parts.docks.in_front(*_WATCHING):
            self._parts.docks.show_panel("training", focus=False)
        if self._parts.docks.in_front("training"):  # the drawer would cover the result
            self._parts.docks.side.close_drawer()
        self._parts.canvas.setFocus()  # the train button gets disabled
        go()

    def show_problem(self, problem: Problem) -> None:
        """Go to a problem: Enter applies its fix, Escape returns to the canvas."""
        if not self._go_to(problem):
            box = self._show_box(problem, self._title(problem))
            if box.button is not None:
                box.button.setFocus()

    def _go_to(self, problem: Problem) -> bool:
        """Show a problem's layer, setting or data; return whether its message is shown there."""
        docks, canvas, is_shown = self._parts.docks, self._parts.canvas, False
        if problem.field:
            panel = docks.show_panel("settings")
            if isinstance(panel, SettingsPanel):
                is_shown = panel.show_complaint(problem.field)
        elif problem.node is None:
            if self._parts.store.project.data.kind == "":
                self.show_panel("data")
            return False
        elif docks.expanded:
            docks.toggle_expanded()
        if canvas.problems.show(problem):
            canvas.setFocus()
            return True
        return is_shown

    def _refuse(self, problem: Problem) -> None:
        message = _("The network cannot be trained: {problem}", problem=self._title(problem))
        if self._go_to(problem):
            self._parts.banner.clear()
            self._refused = True
            self._parts.status.tell(message, 12, of_run=True)
        else:
            self._blocking = True
            self._show_box(problem, message)

    def _title(self, problem: Problem) -> str:
        return problem.title if problem.node is None else f"{problem.title} ({problem.node})"

    def _show_box(self, problem: Problem, title: str) -> RoleBox:
        banner = self._parts.banner
        banner.clear()
        apply = self._parts.store.apply
        fixes: list[tuple[str, Callable[[], object]]] = [
            (fix.label, partial(apply, fix.label, fix.edit)) for fix in problem.fixes
        ]
        buttons = (*fixes, (_("Close"), self._close_problem))
        role, window = role_of(problem.tone), self._parts.window
        box = RoleBox(role, title, problem.message, window, buttons=buttons)
        for button in box.buttons:
            button.setAutoDefault(True)
        self._problem = problem
        return banner.add(box)

    def _close_problem(self) -> None:
        self._problem, self._blocking = None, False
        self._parts.banner.clear()
        self._parts.canvas.setFocus()

    def problems_changed(self) -> None:
        current, problems = self._problem, self._parts.workbench.all_problems
        if self._refused and not any(p.blocks for p in problems):
            self._refused = False
            self._parts.status.forget_run()
        if current is None or not self._parts.banner.cards or current in problems:
            return
        # Problems of layers and settings are shown there.
        others = [p for p in problems if p.blocks and not (p.follows or p.node or p.field)]
        if self._blocking and others:
            self._refuse(others[0])
        else:
            self._close_problem()

    def find_layer(self) -> None:
        self._parts.docks.palette.open()
        self._parts.palette.start_search()

    def append_block(self, block: SavedBlock) -> None:
        self._parts.canvas.add(
            _("Add {block}", block=block.name), lambda project: append_block(project, block.graph)
        )

    def to_canvas(self) -> None:
        if self._parts.network_views.showing_neurons:
            self._parts.network_views.choose("layers")
        self._parts.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def edit_layer(self, *, rename: bool = False) -> None:
        self._parts.docks.edit_layer(rename=rename)

    def fit_to_data(self) -> None:
        """Give the last layer units and activation that suit the target."""
        from netbuilder.core.data.defaults import fit_output_to_data

        def fit(facts: DataFacts) -> None:
            edit = lambda project: fit_output_to_data(project, facts)  # noqa: E731
            self._parts.store.apply(_("Fit the last layer to the data"), edit)

        self._parts.workbench.with_facts(fit)

    def write_report(self) -> None:
        parts = self._parts
        suggested = parts.documents.suggested(".html")
        types = (FileType(_("Web page"), (".html",)), FileType("PDF", (".pdf",)))
        path = ask_save(parts.window, _("Report of the run"), suggested, types)
        if path is not None:
            self.report_to(path)

    def report_to(self, path: Path) -> None:
        from netbuilder.core.engine.runs.run_store import list_runs
        from netbuilder.ui.plots.picture_export import image_png_bytes
        from netbuilder.ui.plots.run_curves import RunCurves
        from netbuilder.ui.plots.training_curves import run_picture
        from netbuilder.ui.window.run_report import RunReport, write_report

        parts = self._parts
        settled, trained = parts.workbench.models.state.settled, parts.workbench.models.trained
        if trained is None:
            return
        of_run = parts.runner.record.project is not None  # else of an opened file
        curves = parts.runner.record.curves if of_run else RunCurves.of_model(trained)
        report = RunReport(
            parts.store.project,
            parts.workbench.facts,
            trained,
            image_png_bytes(run_picture(curves, QSize(280, 260))),
            settled.evaluation,
            settled.run_id,
            tuple(labelled(notice.title, notice.message) for notice in parts.runner.record.notices),
        )
        failure = _("The report could not be saved")
        self._write(lambda: write_report(report, list_runs(), path), path, failure)

    def write_worksheet(self) -> None:
        from netbuilder.core.lessons.worksheet import BLANK, EXERCISE, NUMBERS

        parts = self._parts
        question = _(
            "Connections show shapes, and layers show their numbers of weights. "
            "“Exercise” leaves shapes and numbers blank for students to work out."
        )
        sheets = {
            _("With numbers"): NUMBERS,
            pgettext("worksheet", "Exercise"): EXERCISE,
            _("Blank lines"): BLANK,
        }
        answers = (*sheets, _("Cancel"))
        answer = ask_question(parts.window, _("Worksheet"), question, answers)
        if answer in ("", answers[-1]):
            return
        suggested = parts.documents.suggested(".pdf")
        types = (
            FileType("PDF", (".pdf",)),
            FileType(_("Drawing"), (".svg",)),
            FileType(_("Picture"), (".png",)),
        )
        path = ask_save(parts.window, _("Worksheet"), suggested, types)
        if path is not None:
            self.worksheet_to(path, sheet=sheets[answer])

    def worksheet_to(self, path: Path, *, sheet: str) -> None:
        from netbuilder.core.lessons.worksheet import worksheet
        from netbuilder.ui.plots import picture_export as svg_file

        parts = self._parts
        project, facts = parts.store.project, parts.workbench.facts
        failure = _("The picture could not be saved")
        self._write(
            lambda: svg_file.write_svg(worksheet(project, facts, sheet=sheet), path), path, failure
        )

    def _write(self, write: Callable[[], object], path: Path, failure: str) -> None:
        """Write a file in the background; say that it is saved, or show the error."""
        documents = self._parts.documents
        jobs.run_job(
            write,
            lambda _none: documents.confirmed.emit(_("Saved {name}.", name=path.name)),
            lambda error: self.show_error(
                dialogs.as_user_error(error, failure, _("Choose another folder."))
            ),
            name="write",
            owner=documents,
        )

    def show_gallery(self) -> None:
        self.welcome.show_page()

    def show_lesson(self) -> None:
        self.welcome.show_lesson()

    def start_tour(self) -> None:
        self.welcome.start_tour()

    def write_lesson(self) -> None:
        self.welcome.write_lesson()

    @property
    def motion_reduced(self) -> bool:
        return reduced_motion()

    def toggle_motion(self) -> None:
        settings.set_motion(not reduced_motion())
        self._motion_changed()

    def _motion_changed(self) -> None:
        self._parts.window.setAnimated(not reduced_motion())
        self._parts.actions.refresh()

    def collect(self) -> None:
        parts = self._parts

        def use(folder: Path) -> None:
            trained = parts.workbench.models.trained
            path = parts.store.project.data.path
            if trained is not None and path and parts.workbench.base / path == folder:
                self.show_panel("training")
            elif not parts.store.project.data.kind:
                self.use_data(folder)
            elif parts.documents.may_close():
                self.begin_with_data(folder)

        dialogs.open_collect_window(parts, use)

    def use_data(self, path: Path) -> None:
        self.show_panel("data")
        base = self._parts.workbench.base if self._parts.workbench.store.path is not None else None
        try:
            data = recipe_for(path, base)
        except UserError as error:
            self.show_error(error)
            return
        self._parts.store.apply(_("Choose data"), lambda p: edits.set_data(p, data))

    def begin_with_data(self, path: Path) -> None:
        """Start a project with data; if it cannot be read, nothing changes."""
        try:
            recipe_for(path, None)
        except UserError as error:
            self.show_error(error)
            return
        self._parts.documents.new(asked=True)
        self.use_data(path)

    def show_settings(self) -> None:
        dialogs.show_settings(self._parts.window, self._parts.actions)
        self._parts.docks.widen()
        self._motion_changed()

    def show_help(self) -> None:
        """Explain the focused field, or show the help."""
        dialogs.show_help(self._parts.window, self._parts.actions, word_at_focus())

    @property
    def horizontal(self) -> bool:
        return bool(self._parts.store.project.graph.extra.get("horizontal"))

    def toggle_horizontal(self) -> None:
        self._parts.canvas.commands.set_horizontal(not self.horizontal)
        self._parts.actions.refresh()

    def fit(self) -> None:
        """Fit the network, with letters of the system's size."""
        if self._parts.scaling.factor != 1.0:
            self.scale(0)
        self._parts.canvas.scene_viewport.fit_or_show_all()

    def scale(self, step: int) -> None:
        """Zoom in (1), out (-1), or reset (0)."""
        self._parts.scaling.step(step)
        self._parts.docks.widen()

    @property
    def dark(self) -> bool:
        return theme.theme().dark

    def toggle_dark(self) -> None:
        settings.set_scheme("light" if self.dark else "dark")
        self._parts.actions.refresh()

    def toggle_all_layers(self) -> None:
        everything = not self._parts.palette.shows_all
        settings.remember({settings.ALL_LAYERS: everything})
        self._parts.palette.show_all(everything)
        self._parts.actions.refresh()

    def choose_level(self, name: str) -> None:
        level().choose(name)

    def show_level(self) -> None:
        parts, basic = self._parts, level().basic
        layers = listed_layers(parts.store.project) if basic else None
        parts.palette.list_only(layers)
        parts.docks.side.offer(
            row.id for row in PANELS if row.basic or not basic or row.id in level().lent
        )
        parts.actions.refresh()

    def show_used_layers(self) -> None:
        if level().basic:
            self._parts.palette.list_only(listed_layers(self._parts.store.project))

    @property
    def page_expanded(self) -> bool:
        return self._parts.docks.expanded

    def expand_page(self) -> None:
        self._parts.docks.toggle_expanded()
        self._parts.actions.refresh()

    def reset_panels(self) -> None:
        self._parts.docks.reset()
        self._parts.actions.refresh()


def word_at_focus() -> str:
    """Return the glossary word of the focused field, or ""."""
    from netbuilder.core.lessons.glossary import FIELDS

    widget = QApplication.focusWidget()
    while widget is not None:
        word = widget.property(WORD) or FIELDS.get(widget.accessibleName(), "")
        if word:
            return str(word)
        widget = widget.parentWidget()
    return ""
