"""The start page, the lessons and the tour of a window."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt, QTimer
from PySide6.QtWidgets import QWidget

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.examples import find_example
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.lessons.callout_places import FORMER_PAGES, PLAN_FIELDS, place_title
from netbuilder.core.lessons.lesson import EMPTY, Lesson, ShowHint
from netbuilder.core.lessons.library import find_lesson, start_path
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.core.wording import capitalize_first
from netbuilder.ui.gallery.start_page import StartPage
from netbuilder.ui.lessons.lesson_panel import LessonPanel
from netbuilder.ui.services.data_recipes import FILE_FILTER
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.lesson_session import LessonSession
from netbuilder.ui.services.recovery import OpenLesson
from netbuilder.ui.services.runs.last_run_restorer import bring_back, run_title
from netbuilder.ui.services.runs.run_progress import FULL, WATCH, Speed
from netbuilder.ui.services.settings import FULL as FULL_LEVEL, level, settings
from netbuilder.ui.widgets.callout import Callout
from netbuilder.ui.widgets.file_dialogs import ask_folder, ask_open
from netbuilder.ui.widgets.question_dialogs import ask_question
from netbuilder.ui.widgets.role_boxes import RoleBox
from netbuilder.ui.window.guide.place_finder import PlaceFinder
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.top_bar import TopBar
from netbuilder.ui.window.window_parts import WindowParts

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run

_sentence = sentences_of("lessons")

ShowLessons = Callable[[], object]
_MY_FILE, _AGAIN = N_("Open my file…"), N_("Start again")


class LessonDock(QObject):
    """The lesson's column, visible while a lesson is open."""

    def __init__(
        self,
        parts: WindowParts,
        places: PlaceFinder,
        session: LessonSession,
        show_error: Callable[[UserError], object],
        show_lessons: ShowLessons,
    ) -> None:
        super().__init__(parts.window)
        self._parts, self._places, self._session = parts, places, session
        self._show_error = show_error
        self.callout: Callout | None = None
        self.panel = LessonPanel(session)
        self.panel.setObjectName("lesson")
        parts.docks.add_lesson(self.panel)
        self._pointed = -1
        self._awaited: Lesson | None = None  # waits for the file with its network
        parts.documents.opened.connect(self._file_opened)
        session.opened.connect(self._lesson_changed)
        session.changed.connect(self._end_of_step)
        self.panel.callout_requested.connect(self.point)
        self.panel.restart_requested.connect(self.restart)
        self.panel.closed.connect(self.close)
        self.panel.next_requested.connect(show_lessons)
        for name, page in parts.docks.pages.items():
            page.seen_changed.connect(partial(self._page_seen, name))
        self._lend_names()

    def open(self, lesson: Lesson, *, anew: bool = False) -> None:
        """Open a lesson, and its start project if no step is done.

        If the network of earlier steps is not on the canvas, ask for it.
        """
        self._awaited = None
        count = 0 if anew else self._session.left_behind(lesson)
        if count:
            answer = ask_question(
                self._parts.window,
                _("Continue the lesson?"),
                _sentence(
                    "other_canvas", count=len(lesson.steps), done=count, title=_(lesson.title)
                ),
                (_(_MY_FILE), _(_AGAIN), _("Cancel")),
            )
            if answer == _(_MY_FILE):
                self._awaited = lesson
                if self._parts.documents.open() is None:
                    self._awaited = None
                return
            if answer != _(_AGAIN):
                return
        anew = anew or count > 0
        replaces = anew or not self._session.on_canvas(lesson)
        if not replaces or self._parts.documents.may_close():
            self._begin(lesson, anew=anew)

    def _file_opened(self) -> None:
        lesson, self._awaited = self._awaited, None
        if lesson is not None:
            self._begin(lesson)

    def _begin(self, lesson: Lesson, *, anew: bool = False) -> None:
        try:
            start = self._session.open(lesson, anew=anew)
        except UserError as error:
            self._show_error(error)
            return
        if start is not None:
            self._parts.documents.show_project(_placed(lesson, start), None)
        self.show()

    def resume(self, open_lesson: OpenLesson) -> None:
        name, step = open_lesson
        if not name:
            return
        try:
            self._session.open(find_lesson(name))
        except UserError as error:
            self._show_error(error)
            return
        if step != self._session.current:
            self._session.go(step)
        self.show()

    def restart(self) -> None:
        if self._session.lesson is not None:
            self.open(self._session.lesson, anew=True)

    def _show_column(self) -> None:
        step = self._session.step
        adds = step is not None and (
            any(check.layer is not None for check in step.checks)
            or (step.show is not None and (step.show.layer or step.show.place == "palette"))
        )
        self._parts.docks.show_lesson(True, adds_layers=bool(adds))

    def show(self) -> None:
        docks = self._parts.docks
        self._show_column()
        for name in docks.pages:
            if docks.in_front(name):
                self._session.see(name)
        self.panel.focus_step()

    def focus(self) -> None:
        self._show_column()
        self.panel.focus_step()

    def close(self) -> None:
        self._session.close()

    def _lend_names(self) -> None:
        """Show in Basic what the open lesson names, and nothing of another window's."""
        lesson = self._session.lesson
        level().lend(_needed_names(lesson) if lesson is not None else frozenset())

    def _lesson_changed(self) -> None:
        """Hide the column without a lesson."""
        self._lend_names()
        if self._session.lesson is not None or self.panel.isHidden():
            return
        self.end_callout()
        self._parts.docks.show_lesson(False)
        self._parts.canvas.setFocus()

    def point(self, show: ShowHint) -> None:
        self.end_callout()
        ring = self._places.layer(show.layer) if show.layer else self._places.rect(show.place)
        if ring is None:
            return
        self._pointed = self._session.current
        towards = self._places.drop_point(show.after) if show.layer else None
        self.callout = Callout(
            self._parts.window,
            ring,
            show.layer or capitalize_first(place_title(show.place)),
            show.text,
            ((_("Close"), self.end_callout),),
            towards=towards,
            ghost=show.layer,
            find=None if show.layer else partial(self._callout_rect, show.place),
        )

    def _callout_rect(self, place: str) -> QRect | None:
        """Return the place of the callout; end it when the place is hidden."""
        rect = self._places.where(place)
        if rect is None:
            self.end_callout()
        return rect

    def _end_of_step(self) -> None:
        if self._session.current == self._pointed:
            return
        self._pointed = self._session.current
        self.end_callout()
        if not self.panel.isHidden():
            self._show_column()

    def end_callout(self) -> None:
        if self.callout is not None:
            self.callout.end()
            self.callout = None

    def _page_seen(self, name: str, visible: bool) -> None:
        if visible:
            self._session.see(name)
            self.end_callout()


def _needed_names(lesson: Lesson) -> frozenset[str]:
    """Return the pages, layers and settings that a lesson names."""
    if lesson.interface == FULL_LEVEL:
        return frozenset((*(row.id for row in PANELS), *FORMER_PAGES, *LAYERS, *PLAN_FIELDS))
    names: set[str] = set()
    for step in lesson.steps:
        words = " ".join((step.text, step.hint, step.explore))
        names |= {row.id for row in PANELS if f"→ {_(row.title)}" in words}
        names.update(re.findall(r"\*\*(\w+)\*\*", words))
        if step.show is not None:
            names |= {step.show.place, step.show.layer}
        for check in step.checks:
            names |= {term.word.name for term in check.terms}
            names |= {check.layer.layer} if check.layer is not None else set()
    return frozenset(names)


def _placed(lesson: Lesson, start: Project) -> Project:
    """Rebase the start project's data paths."""
    if lesson.start == EMPTY:
        return start
    from netbuilder.core.folders import working_folder
    from netbuilder.core.formats.paths import rebased

    return rebased(start, start_path(lesson).parent, working_folder())


KEY = "tour-seen"
#: A shorter run is as quickly trained again: to offer it after each new project would disturb.
QUICK_SECONDS = 20.0


@dataclass(frozen=True)
class Stop:
    """A step of the tour: a place, its title and the text."""

    place: str
    title: str
    help: str


STOPS = tuple(Stop(**row) for row in resource_json("tables.json")["tour"])


class Tour(QObject):
    """The tour of a window."""

    def __init__(self, window: QWidget, places: PlaceFinder) -> None:
        super().__init__(window)
        self._window, self._places = window, places
        self.at = -1
        self.callout: Callout | None = None

    def to_front(self) -> None:
        """Keep the callout above a page that comes to the front."""
        if self.callout is not None:
            self.callout.to_front()

    @property
    def seen(self) -> bool:
        return str(settings().value(KEY, "false")).lower() == "true"

    def start(self) -> None:
        self._go(0)

    def end(self) -> None:
        self._take_away()
        self.at = -1
        self.remember()

    def remember(self) -> None:
        store = settings()
        store.setValue(KEY, True)
        store.sync()

    def _take_away(self) -> None:
        if self.callout is not None:
            self.callout.end()
            self.callout = None

    def _go(self, number: int) -> None:
        self._take_away()
        if not 0 <= number < len(STOPS):
            self.end()
            return
        self.at = number
        stop = STOPS[number]
        ring = self._places.rect(stop.place)
        if ring is None:
            self._go(number + 1)
            return
        last = number == len(STOPS) - 1
        self.callout = Callout(
            self._window,
            ring,
            _sentence("tour_stop", number=number + 1, count=len(STOPS), title=_(stop.title)),
            _(stop.help),
            (
                *(((_("Skip"), self.end),) if not last else ()),
                *(((_("Back"), partial(self._go, number - 1)),) if number else ()),
                (_("Done") if last else _("Next"), partial(self._go, number + 1)),
            ),
            on_escape=self.end,
            find=partial(self._places.rect, stop.place),
        )


log = logging.getLogger(__name__)


def _load_run(run_id: str) -> Run:
    from netbuilder.core.engine.runs.run_store import load_run

    return load_run(run_id)


class WelcomeGuide(QObject):
    """Helps beginners to start."""

    def __init__(
        self, parts: WindowParts, top_bar: TopBar, show_error: Callable[[UserError], object]
    ) -> None:
        super().__init__(parts.window)
        self._parts, self._show_error = parts, show_error
        self.places = PlaceFinder(parts, top_bar)
        self.session = parts.lessons
        self.lessons = LessonDock(parts, self.places, self.session, show_error, self.show_page)
        self.tour = Tour(parts.window, self.places)
        parts.docks.side.arranged.connect(
            self.tour.to_front,
            Qt.ConnectionType.QueuedConnection,  # after the layout
        )
        self.page = StartPage(parts.window, lambda: top_bar.y() + top_bar.height())
        self.page.example_chosen.connect(self.open_example)
        self.page.lesson_chosen.connect(self.lessons.open)
        self.page.file_chosen.connect(parts.documents.open_asking)
        self.page.watch_requested.connect(partial(self.train_example, "spiral", "training", WATCH))
        train_digits = partial(self.train_example, "drawn_digits", "predict", FULL)
        self.page.draw_requested.connect(train_digits)
        self.page.data_requested.connect(self.open_data)
        self.page.folder_requested.connect(self.open_folder)
        self.page.collect_requested.connect(parts.actions["collect"].trigger)
        self.page.empty_requested.connect(parts.documents.new)
        self.page.open_requested.connect(parts.documents.open)
        self.page.tour_requested.connect(self.start_tour)
        self.page.opened.connect(partial(top_bar.show_start, True))
        self.page.closed.connect(partial(top_bar.show_start, False))
        self.page.closed.connect(self._page_closed)
        self._welcomed = False  # whether the start page was shown
        self._cards: dict[str, RoleBox] = {}
        self._left = ""  # run id of a network that was closed unsaved
        self._last_run = Derived(self, _load_run, self._offer_run, of=lambda: self._left)
        #: Project, speed and page of a run that begins as soon as Keras is loaded.
        self._to_train: tuple[Project, Speed, str] | None = None
        self._page_of_run = ""
        parts.runner.began.connect(self._show_page_of_run)
        parts.workbench.diagnosed.connect(self._train_opened)
        parts.documents.leaving.connect(self._leaving)
        parts.documents.opened.connect(self._opened)
        parts.workbench.training_changed.connect(self._training_changed)
        parts.store.changed.connect(self._project_changed)

    def show_page(self) -> None:
        if self.page.isVisible():
            self.page.shut()
            return
        if self.tour.at >= 0:
            self.tour.end()
        self.lessons.end_callout()
        path = self._parts.store.path
        self.page.open(path.parent if path is not None else None)

    def show_lesson(self) -> None:
        if self.session.lesson is None:
            self.show_page()
        else:
            self.lessons.focus()

    def start_tour(self) -> None:
        self.page.shut()
        self._close("tour")
        QTimer.singleShot(0, self, self.tour.start)

    def open_example(self, name: str) -> bool:
        """Open an example; return whether it is open."""
        if not self._parts.documents.may_close():
            return False
        try:
            example = find_example(name)
            # Translate its name as on its card.
            project = replace(files.read(example.path), name=example.title)
        except UserError as error:
            self._show_error(error)
            return False
        self._welcomed = True
        self._parts.documents.show_project(project, None)
        return True

    def train_example(self, name: str, page: str, speed: Speed) -> None:
        """Open an example and a page, and train it as soon as that is possible."""
        if self.open_example(name):
            self._parts.docks.show_panel(page, focus=False)
            self._to_train = self._parts.store.project, speed, page
            self._train_opened()

    def _train_opened(self) -> None:
        if self._to_train is None:
            return
        parts, (project, speed, page) = self._parts, self._to_train
        if parts.store.project is not project:  # something else was opened, or it was changed
            self._to_train = None
        elif parts.workbench.settled and parts.actions["train"].isEnabled():
            self._to_train, self._page_of_run = None, page
            parts.runner.speed.set(speed)
            parts.actions["train"].trigger()

    def _show_page_of_run(self) -> None:
        page, self._page_of_run = self._page_of_run, ""
        if page:
            self._parts.docks.show_panel(page, focus=False)

    def open_data(self) -> None:
        """Ask for data; if cancelled on an empty canvas, show the page with other sources."""
        parts = self._parts
        path = ask_open(parts.window, _("Choose data"), FILE_FILTER)
        project = parts.store.project
        if path is not None and parts.documents.may_close():
            parts.documents.data_opened.emit(path)
        elif path is None and not project.data.kind and not project.graph.edges:
            parts.docks.show_panel("data")

    def open_folder(self) -> None:
        parts = self._parts
        path = ask_folder(parts.window, _("Choose a data folder"))
        if path is not None and parts.documents.may_close():
            parts.documents.data_opened.emit(path)

    def open_lesson(self, lesson: Lesson) -> None:
        self.page.shut()
        self.lessons.open(lesson)

    def write_lesson(self) -> None:
        from netbuilder.core.lessons.parse import read_lesson
        from netbuilder.ui.lessons.lesson_writer import LessonWriter

        parts = self._parts
        writer = LessonWriter(parts.store.project, parts.window, parts.workbench.base)
        if writer.exec() and writer.saved is not None:
            self._parts.status.tell(_("Saved {name}.", name=writer.saved))
            self.lessons.open(read_lesson(writer.saved), anew=True)

    def _opened(self) -> None:
        self.page.shut()
        if self.tour.at >= 0:
            self.tour.end()
        self._leave_lesson()
        self.session.take_over()
        # After the window has cleared its messages.
        QTimer.singleShot(0, self, self._offer_start)

    def _leave_lesson(self) -> None:
        """Close the lesson if an opened network does not belong to it."""
        lesson, project = self.session.lesson, self._parts.store.project
        if lesson is None or self.session.on_canvas(lesson) or self.session.waits_for_file:
            return
        if _empty(project):
            return
        self.session.close()
        QTimer.singleShot(0, self, partial(self._show_lesson_closed, lesson, project))

    def _show_lesson_closed(self, lesson: Lesson, project: Project) -> None:
        self._close("lesson")
        if self.session.lesson is not None:
            return
        self._offer(
            "lesson",
            _("The lesson “{title}” is closed", title=_(lesson.title)),
            _sentence("other_project", name=project.name),
            (_("Return to the lesson"), partial(self._return_to, lesson)),
            (_("Close"), partial(self._close, "lesson")),
        )

    def _return_to(self, lesson: Lesson) -> None:
        self._close("lesson")
        self.open_lesson(lesson)

    def _leaving(self) -> None:
        parts = self._parts
        run_id = parts.workbench.models.state.settled.run_id
        self._left = run_id if parts.documents.model_in_no_file else ""

    def _offer_start(self) -> None:
        """On an empty canvas, offer examples and lessons."""
        self._close("empty")
        project = self._parts.store.project
        if _empty(project) and self.session.lesson is None:
            self._offer(
                "empty",
                _("Empty canvas"),
                _sentence("empty_canvas"),
                (_("Examples and lessons"), self.show_page),
                (_("Close"), partial(self._close, "empty")),
            )
        self._offer_last_training()
        self._offer_tour()

    def _offer_last_training(self) -> None:
        """Offer to restore a network that was closed unsaved."""
        self._close("left")
        if self._left:
            self._last_run.ask(self._left)

    def _offer_run(self, run: Run) -> None:
        if self._parts.runner.state.active or run.seconds < QUICK_SECONDS:
            return
        self._offer(
            "left",
            _("“{name}” can be restored", name=run_title(run)),
            _sentence("unsaved_run", count=run.epochs),
            (_("Restore it"), partial(self._bring_back, run)),
            (_("Close"), partial(self._close, "left")),
        )

    def _bring_back(self, run: Run) -> None:
        parts = self._parts
        may, tell = parts.documents.may_restore, parts.status.tell
        if bring_back(run, run_title(run), parts.workbench, parts.runner, tell, self, may):
            self._close("left")

    def _offer(
        self, name: str, title: str, words: str, *buttons: tuple[str, Callable[[], object]]
    ) -> None:
        """Show a card above the canvas; one per name."""
        self._close(name)
        box = RoleBox("info", title, words, self._parts.window, buttons=buttons)
        # An unsaved run can be restored later.
        self._cards[name] = self._parts.banner.add(box, lasting=name == "left")

    def _page_closed(self) -> None:
        self._welcomed = True
        QTimer.singleShot(0, self, self._offer_tour)  # after opening the chosen project

    def _training_changed(self, training: bool) -> None:
        if training:
            self.page.shut()

    def _close(self, name: str) -> None:
        card = self._cards.pop(name, None)
        if card is not None and card in self._parts.banner.cards:
            self._parts.banner.remove(card)

    def _project_changed(self, old: Project, new: Project) -> None:
        drawn = old.graph is not new.graph and bool(new.graph.edges)
        if drawn or (old.data is not new.data and new.data.kind):
            self._close("empty")

    def _offer_tour(self) -> None:
        """Offer the tour once, unless a lesson is open."""
        busy = self.tour.at >= 0 or self._parts.runner.state.active or self.page.isVisible()
        if self._welcomed and not busy and self.session.lesson is None and not self.tour.seen:
            self._offer(
                "tour",
                _("New here?"),
                _("A two-minute tour shows the six most important places."),
                (_("Show the tour"), self.start_tour),
                (_("Not now"), self._decline_tour),
            )
            self.tour.remember()

    def _decline_tour(self) -> None:
        self._close("tour")
        self._parts.status.tell(_("You can start the tour later: Help → Show the tour."))


def _empty(project: Project) -> bool:
    """Return whether a project has neither data nor layers other than Inputs."""
    return not project.data.kind and all(node.layer == "Input" for node in project.graph.nodes)
