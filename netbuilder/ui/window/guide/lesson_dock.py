"""Puts the lesson beside the network: its column at the left, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QRect

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.lessons.callout_places import place_title
from netbuilder.core.lessons.lesson import EMPTY, Lesson, ShowHint
from netbuilder.core.lessons.library import find_lesson, start_path
from netbuilder.core.project.model import Project
from netbuilder.core.wording import capitalize_first
from netbuilder.ui.lessons.lesson_panel import LessonPanel
from netbuilder.ui.services.lessons.lesson_session import LessonSession
from netbuilder.ui.services.level import level
from netbuilder.ui.services.recovery import OpenLesson
from netbuilder.ui.widgets.callout import Callout
from netbuilder.ui.widgets.question_dialogs import ask_question
from netbuilder.ui.window.guide.place_finder import PlaceFinder
from netbuilder.ui.window.window_parts import WindowParts

ShowLessons = Callable[[], object]
_MY_FILE, _AGAIN = N_("Open my file…"), N_("Start again")


class LessonDock(QObject):
    """The lesson's column, which is there only while a lesson is open."""

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
        session.opened.connect(self._follow)
        session.changed.connect(self._end_of_step)
        self.panel.callout_requested.connect(self.point)
        self.panel.restart_requested.connect(self.restart)
        self.panel.closed.connect(self.close)
        self.panel.next_requested.connect(show_lessons)
        for name, page in parts.docks.pages.items():
            page.seen_changed.connect(partial(self._page_seen, name))

    def open(self, lesson: Lesson, *, anew: bool = False) -> None:
        """Open a lesson, and its start project where nothing of it was done yet.

        Where steps were done before and their network is not on the canvas, it is asked for.
        """
        count = 0 if anew else self._session.left_behind(lesson)
        if count:
            answer = ask_question(
                self._parts.window,
                _("Continue the lesson?"),
                ngettext(
                    "You have done {done} of {count} step of “{title}”, and your network "
                    "is not on the canvas.",
                    "You have done {done} of {count} steps of “{title}”, and your "
                    "network is not on the canvas.",
                    len(lesson.steps),
                    done=count,
                    title=_(lesson.title),
                ),
                (_(_MY_FILE), _(_AGAIN), _("Cancel")),
            )
            if answer == _(_MY_FILE):
                self._begin(lesson)
                self._parts.documents.open()
                return
            if answer != _(_AGAIN):
                return
        anew = anew or count > 0
        replaces = anew or not self._session.on_canvas(lesson)
        if not replaces or self._parts.documents.may_close():
            self._begin(lesson, anew=anew)

    def _begin(self, lesson: Lesson, *, anew: bool = False) -> None:
        try:
            start = self._session.open(lesson, anew=anew)
        except UserError as error:
            self._show_error(error)
            return
        if start is not None:
            self._parts.documents.show_project(_placed(lesson, start), None)
        self.show()

    def resume(self, was: OpenLesson) -> None:
        """Open a lesson beside the network that a crash left, at the step that was shown."""
        name, step = was
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
        """The same lesson from its first step."""
        if self._session.lesson is not None:
            self.open(self._session.lesson, anew=True)

    def show(self) -> None:
        """Show the lesson in its column."""
        docks = self._parts.docks
        docks.show_lesson(True)
        for name in docks.pages:
            if docks.in_front(name):
                self._session.see(name)
        self.panel.focus_step()

    def focus(self) -> None:
        """Put the keyboard where the step is: into its question, else onto Next."""
        self._parts.docks.show_lesson(True)
        self.panel.focus_step()

    def close(self) -> None:
        """Put the lesson away."""
        self._session.close()

    def _follow(self) -> None:
        """No lesson, no column: an example that is opened ends the lesson too."""
        lesson = self._session.lesson
        level().lend(lesson.interface if lesson is not None else "")
        if self._session.lesson is not None or self.panel.isHidden():
            return
        self.end_callout()
        self._parts.docks.show_lesson(False)
        self._parts.canvas.setFocus()

    def point(self, show: ShowHint) -> None:
        """Point at what a step is about."""
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
            find=None if show.layer else partial(self._still, show.place),
        )

    def _still(self, place: str) -> QRect | None:
        """Where it is that is pointed at; once it is out of sight nothing is pointed at."""
        found = self._places.where(place)
        if found is None:
            self.end_callout()
        return found

    def _end_of_step(self) -> None:
        """Another step is about something else."""
        if self.callout is not None and self._session.current != self._pointed:
            self.end_callout()

    def end_callout(self) -> None:
        """Take away what points."""
        if self.callout is not None:
            self.callout.end()
            self.callout = None

    def _page_seen(self, name: str, visible: bool) -> None:
        if visible:
            self._session.see(name)
            self.end_callout()


def _placed(lesson: Lesson, start: Project) -> Project:
    """The start project with its data found from wherever it will be saved."""
    if lesson.start == EMPTY:
        return start
    from netbuilder.core.folders import working_folder
    from netbuilder.core.formats.paths import rebased

    return rebased(start, start_path(lesson).parent, working_folder())
