"""The start page, the lessons and the tour of one window: what is opened from them, and how."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from netbuilder.core.data.examples import example
from netbuilder.core.errors import UserError
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.ui.gallery.start_page import StartPage
from netbuilder.ui.services.lessons.lesson_session import LessonSession
from netbuilder.ui.widgets.cards import RoleBox
from netbuilder.ui.window.guide.lesson_dock import LessonDock
from netbuilder.ui.window.guide.places import Places
from netbuilder.ui.window.guide.tour import Tour
from netbuilder.ui.window.parts import Parts
from netbuilder.ui.window.top_bar import TopBar


class Welcome(QObject):
    """What helps a beginner to begin."""

    def __init__(
        self, parts: Parts, top_bar: TopBar, show_error: Callable[[UserError], object]
    ) -> None:
        super().__init__(parts.window)
        self._parts, self._show_error = parts, show_error
        self.places = Places(parts, top_bar)
        self.session = LessonSession(parts.store, parts.workbench, parts.judging, self)
        self.lessons = LessonDock(parts, self.places, self.session, show_error, self.show_page)
        self.tour = Tour(parts.window, self.places)
        self.page = StartPage(parts.window, lambda: top_bar.y() + top_bar.height())
        self.page.example_chosen.connect(self.open_example)
        self.page.lesson_chosen.connect(self.lessons.open)
        self.page.file_chosen.connect(parts.documents.open_asking)
        self.page.data_wanted.connect(self.open_data)
        self.page.empty_wanted.connect(parts.documents.new)
        self.page.open_wanted.connect(parts.documents.open)
        self.page.tour_wanted.connect(self.start_tour)
        self._card: RoleBox | None = None
        parts.documents.opened.connect(self._opened)
        # What was asked for happens behind the page.
        parts.workbench.training_changed.connect(self._training_changed)
        parts.store.changed.connect(self._project_changed)

    def show_page(self) -> None:
        """Show the start page, or take it away."""
        if self.page.isVisible():
            self.page.shut()
            return
        if self.tour.at >= 0:
            self.tour.end()
        self.lessons.end_callout()
        path = self._parts.documents.path
        self.page.open(path.parent if path is not None else None)

    def show_lesson(self) -> None:
        """Put the keyboard into the lesson; without one show which there are."""
        if self.session.lesson is None:
            self.show_page()
        else:
            self.lessons.focus()

    def begin(self) -> None:
        """What a start without a file begins with."""
        self.show_page()

    def start_tour(self) -> None:
        """Show the six places."""
        self.page.shut()
        QTimer.singleShot(0, self, self.tour.start)

    def open_example(self, name: str) -> None:
        """Open an example as a new, unsaved project."""
        if not self._parts.documents.may_close():
            return
        try:
            project = files.read(example(name).path)
        except UserError as error:
            self._show_error(error)
            return
        # Its steps are about another network: they would tick by chance on this one.
        self.session.close()
        self._parts.documents.show_project(project, None)
        self._offer_tour()

    def open_data(self) -> None:
        """An empty canvas, and the tab where data is chosen."""
        if self._parts.store.project.data.kind or self._parts.store.project.graph.edges:
            self._parts.documents.new()
        self._parts.docks.show_panel("data")

    def open_lesson(self, lesson: Lesson) -> None:
        """Open a lesson beside the network."""
        self.page.shut()
        self.lessons.open(lesson)

    def write_lesson(self) -> None:
        """Write a lesson that begins with this project, and open it once it is written."""
        from netbuilder.core.lessons.parse import read
        from netbuilder.ui.lessons.writer import LessonWriter

        parts = self._parts
        writer = LessonWriter(parts.store.project, parts.window, parts.workbench.base)
        if writer.exec() and writer.saved is not None:
            self._parts.status.tell(f"Wrote {writer.saved}.")
            self.lessons.open(read(writer.saved), anew=True)

    def _opened(self) -> None:
        self.page.shut()
        if self.tour.at >= 0:
            self.tour.end()
        self.session.take_over()
        # The window takes away what was said about the project before.
        QTimer.singleShot(0, self, self._offer_start)

    def _offer_start(self) -> None:
        """On an empty canvas, say where ready-made networks and lessons are."""
        project = self._parts.store.project
        lone = all(node.layer == "Input" for node in project.graph.nodes)
        self._close_card()
        if not lone or project.data.kind or self.session.lesson is not None:
            return
        self._card = RoleBox(
            "info",
            "An empty canvas",
            "Choose data on the right and drag layers from the left, or begin with something"
            " ready-made.",
            self._parts.window,
            buttons=(("Examples and lessons", self.show_page), ("Close", self._close_card)),
        )
        self._parts.banner.add(self._card)

    def _training_changed(self, training: bool) -> None:
        if training:
            self.page.shut()

    def _close_card(self) -> None:
        card, self._card = self._card, None
        if card is not None and card in self._parts.banner.cards:
            self._parts.banner.remove(card)

    def _project_changed(self, old: Project, new: Project) -> None:
        if self._card is not None and old.graph is not new.graph and new.graph.edges:
            self._close_card()

    def _offer_tour(self) -> None:
        if not self.tour.seen:
            QTimer.singleShot(400, self, self.tour.start)
