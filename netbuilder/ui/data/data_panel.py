"""The Data tab: choose data and target, and view them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QStackedWidget, QWidget

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_report import DataReport
from netbuilder.core.data.preview import Preview
from netbuilder.core.data.progress import ReadingCancelledError
from netbuilder.core.data.registry import KINDS, target_words
from netbuilder.core.errors import DataError, EditError, UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.edits_data import set_columns, set_input_columns, set_output_columns
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_quoted_list, join_sentences, labelled
from netbuilder.ui.data.data_gallery import DataGallery
from netbuilder.ui.data.data_view_tabs import DataViewTabs
from netbuilder.ui.data.findings_list import ConclusionsList, FindingsList
from netbuilder.ui.data.network_builder import NetworkBuilder
from netbuilder.ui.data.recipe_form import RecipeForms, TargetPicker, change_of
from netbuilder.ui.kinds.splits import SplitBar
from netbuilder.ui.services import jobs
from netbuilder.ui.services.data_recipes import (
    FILE_FILTER,
    recipe_for,
    recipe_with_file,
    relative_path,
)
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.file_dialogs import ask_folder, ask_open
from netbuilder.ui.widgets.fix_buttons import buttons_for
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.widgets.problem_cards import ProblemCards
from netbuilder.ui.widgets.reading_bar import ReadingBar
from netbuilder.ui.widgets.role_boxes import RoleBox

#: Problems of the network's end, of which the data decides what is right.
_OF_THE_END = ("output-units", "output-rank")
_DECISIONS = {
    "role": N_("Change the role of {columns}"),
    "type": N_("Change the type of {columns}"),
    "missing": N_("Change the handling of empty cells in {columns}"),
}


def _read_preview(_data: Data, project: Project, base: Path) -> Preview:
    from netbuilder.core.data.load import load_preview

    return load_preview(project, base)


def _read_report(
    _data: Data, project: Project, base: Path
) -> tuple[DataReport, tuple[object, ...]]:
    from netbuilder.core.data.data_report import DataReport, make_report
    from netbuilder.core.data.data_views import find_data_views

    try:
        report = make_report(project, base)
    except UserError:
        # What a file holds can be looked into, and chosen from, before it is understood.
        views = find_data_views(project, base, None)
        if not views:
            raise
        return DataReport(project.data.kind, {}), views
    return report, find_data_views(project, base, report)


class DataPanel(QWidget):
    """A gallery while no data is chosen; then the recipe and a preview. ``collect_requested``: the
    user wants to record samples."""

    collect_requested = Signal()

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self._suggested_for: Data | None = None
        self._of: object = None  # the data that is shown
        self.reporter = Derived(
            self, _read_report, self._report_found, self._report_failed, of=self._data,
            slow=self._say_reading,
        )  # fmt: skip
        self.worker = Derived(
            self, _read_preview, self._preview_found, self._preview_failed, of=self._data
        )
        self.stack = QStackedWidget(self)
        self.gallery = DataGallery(self)
        self._chooser = DataChooser(store, workbench, self)
        self._chooser.chosen.connect(lambda: self.stack.setCurrentIndex(1))
        self._chooser.failed.connect(self._show_error)
        self.gallery.builtin_chosen.connect(self.choose_builtin)
        self.gallery.file_requested.connect(self._chooser.ask_file)
        self.gallery.folder_requested.connect(self._chooser.ask_folder)
        self.gallery.paste_requested.connect(self._chooser.paste)
        self.gallery.collect_requested.connect(self.collect_requested)
        self.gallery.closed.connect(lambda: self.stack.setCurrentIndex(1))
        self.stack.addWidget(self.gallery)
        self.stack.addWidget(self._chosen_page())
        vbox(self.stack, parent=self, margins=(16, 8, 16, 8))
        store.changed.connect(self._project_changed)
        workbench.facts_changed.connect(self._facts_changed)
        for signal in (workbench.problems_changed, workbench.problems_on_canvas_changed):
            signal.connect(self._show_end)
        workbench.data_file_changed.connect(self._ask_again)
        self._show()

    def _chosen_page(self) -> QWidget:
        page = prepared(QWidget(self), role="page")
        self.title = note_label("", page, role="title")
        self.change = prepared(QPushButton(_("Choose other data…"), page), small=True)
        self.change.clicked.connect(self._open_gallery)
        self.summary = note_label("", page)
        self.reading = ReadingBar(page)
        self.reading.stopped.connect(self._workbench.reading.stop)
        self._workbench.reading.progressed.connect(self.reading.show_progress)
        self._workbench.reading.ended.connect(self.reading.hide)
        self.parts = SplitBar(page)
        self.parts.hide()
        self.notes = note_label("", page)
        self.conclusions = ConclusionsList(self._apply, page)
        self.findings = FindingsList(self._apply, page)
        self.cards = ProblemCards(self._store.apply, page)
        self.builder = NetworkBuilder(self._store, self._workbench, page)
        self.builder.failed.connect(self._show_error)
        self.target = TargetPicker(page)
        self.target.edited.connect(self._edit_target)
        self.form = RecipeForms(page)
        self.form.edited.connect(self._edit)
        self.look = DataViewTabs(self._apply, page)
        self.preview = self.look.preview
        self.look.columns.columns.decided.connect(self._decide)
        facts = (self.summary, self.reading, self.parts, self.notes, self.conclusions)
        fields = (self.findings, self.cards, self.builder, self.target, self.form.sliders)
        # Where there is nothing to see, the stretch keeps cards as high as their words.
        ends = ((self.look, 1), self.form.rest, (STRETCH, 0))
        head = hbox((self.title, 1), self.change)
        vbox(head, *facts, *fields, *ends, parent=page, margins=(0, 0, 8, 0))
        self.look.tabBarClicked.connect(self._look_pressed)
        self.look.currentChanged.connect(self._look_chosen)
        self.scroll_area = self._scrolled(page)
        self.scroll_area.verticalScrollBar().valueChanged.connect(self._let_shrink)
        return self.scroll_area

    def _scrolled(self, page: QWidget) -> QScrollArea:
        self._page = page
        page.setMinimumHeight(1)  # else as high as its words need at the narrowest
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, _("Data"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        return scroll

    def _look_pressed(self, place: int) -> None:
        """Keep a pressed tab of a table under the pointer; scroll to a plot."""
        scroll = self.scroll_area
        if self.look.widget(place) not in (self.look.columns, self.preview):
            QTimer.singleShot(0, self, self._see_look)
        else:
            self._page.setMinimumHeight(scroll.verticalScrollBar().value() + scroll.height())

    def _let_shrink(self, top: int) -> None:
        visible = top + self.scroll_area.height()
        self._page.setMinimumHeight(min(self._page.minimumHeight(), visible))

    def _look_chosen(self) -> None:
        pressed = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        if self.look.tabBar().hasFocus() and not pressed:
            QTimer.singleShot(0, self, self._see_look)

    def _see_look(self) -> None:
        """Scroll until the chosen view is visible, or at least its tabs."""
        # As high as the view is now, and not the one before.
        QCoreApplication.sendPostedEvents(self._page, QEvent.Type.LayoutRequest)
        top, bar = self.look.y(), self.scroll_area.verticalScrollBar()
        bottom = top + self.look.height() - self.scroll_area.viewport().height()
        if bottom > bar.value():
            bar.setValue(min(top, bottom))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_preview()

    def choose_builtin(self, name: str) -> None:
        self._chooser.choose_builtin(name)

    def choose_path(self, path: Path) -> None:
        self._chooser.choose_path(path)

    def event(self, event: QEvent) -> bool:
        # Ctrl+V is the canvas's elsewhere in the window; a field that is typed in takes it first.
        if event.type() == QEvent.Type.ShortcutOverride and _pastes(cast("QKeyEvent", event)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _pastes(event):
            self._chooser.paste()
        else:
            super().keyPressEvent(event)

    def _open_gallery(self) -> None:
        self.gallery.trouble.clear()
        self.gallery.back.setVisible(bool(self._store.project.data.kind))
        self.stack.setCurrentIndex(0)

    def _show(self) -> None:
        data = self._store.project.data
        if not data.kind:
            self._open_gallery()
            return
        if self.stack.currentIndex() == 0:
            self.stack.setCurrentIndex(1)
        of = (data.kind, data.name, data.path, self._workbench.base)
        if of != self._of:
            self._of = of
            self._forget(data)
        kind = KINDS.get(data.kind)
        self.title.setText(kind.chosen(data) if kind is not None else data.kind)
        self.title.setToolTip(data.path)
        self.target.show_answered(bool(self._store.project.graph.outputs))
        self._show_form(data)
        self._facts_changed()
        self._ask_preview()

    def _forget(self, data: Data) -> None:
        """Clear findings and questions of the old data."""
        self.form.discard_typed()
        self.parts.show_rows({})
        self.findings.show_findings(())
        self.conclusions.show_findings(())
        self.target.show_guess(())
        self.target.show_columns((), data.target)
        self.look.show_nothing()
        self.preview.show_preview(Preview())

    def _say_reading(self) -> None:
        if self.look.isHidden() and self.reading.isHidden():
            self.reading.show_progress(0, 0)

    @property
    def settled(self) -> bool:
        return self.reporter.idle and self.worker.idle

    def _show_form(self, data: Data) -> None:
        self.form.show_data(data)
        kind = KINDS.get(data.kind)
        self.target.setVisible(kind is not None and kind.tables.used(data))

    def _edit(self, name: str, value: Any) -> None:
        data = self._store.project.data
        if name == "test_path" and isinstance(value, str) and self._store.path is not None:
            value = relative_path(self._workbench.base / value, self._workbench.base)
        changes = change_of(data, name, value)
        self._store.apply(
            _("Change {option} of the data", option=name.replace("_", " ")),
            lambda project: edits.set_data(project, **changes),
            merge=f"data/{name}",
        )

    def _edit_target(self, names: tuple[str, ...]) -> None:
        self._store.apply(_("Choose the target"), lambda p: edits.set_data(p, target=names))

    def _facts_changed(self) -> None:
        self.cards.clear()
        facts, error = self._workbench.facts, self._workbench.data_error
        if error is not None:
            self._show_error(error)
        # What is below does not move when the facts come. The rows of each part stand in the bar.
        reading = self._workbench.data_words if error is None else ""
        self.summary.setText(
            labelled(*target_words(facts, self._store.project.data)) if facts else reading
        )
        self.summary.setVisible(bool(self.summary.text()))
        # What was done to the data: nobody would look for it. What can be had otherwise is told
        # with its button.
        messages = (
            {finding.message for finding in facts.findings if finding.fixes}
            if facts is not None
            else set()
        )
        notes = [note for note in facts.notes if note not in messages] if facts is not None else []
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self._show_preview_note()
        self._show_end()

    def _show_preview_note(self) -> None:
        """Show the preview's note unless the notes above say the same."""
        note = self.preview.note
        facts = self._workbench.facts
        notes = join_sentences(facts.notes) if facts is not None else ""
        note.setVisible(bool(note.text()) and note.text() not in notes)

    def _show_end(self) -> None:
        """Show what the data requires of the network's end, with the fix if it is not in view."""
        problems = self._workbench.problems if self._workbench.facts is not None else ()
        self.cards.show_problems(
            [problem for problem in problems if problem.code in _OF_THE_END][:1],
            self._workbench.problems_on_canvas,
        )

    def _show_error(self, error: UserError) -> None:
        buttons = buttons_for(error, self._store.apply)
        if isinstance(error, ReadingCancelledError):
            buttons = ((_("Read the data"), self._workbench.read_again),)
        chosen = bool(self._store.project.data.kind)
        cards = self.cards if chosen else self.gallery.trouble
        cards.clear()
        cards.add(RoleBox("error", error.what, error.fix, self, buttons=buttons))
        self.stack.setCurrentIndex(1 if chosen else 0)

    def _ask_again(self) -> None:
        self._suggested_for = None
        self._ask_preview()

    def _ask_preview(self) -> None:
        data = self._store.project.data
        if data.kind and self.isVisible() and data is not self._suggested_for:
            self._suggested_for = data
            # An empty frame would say that there is nothing.
            self.look.setVisible(not self.look.empty)
            self.worker.ask(data, self._store.project, self._workbench.base)
            self.reporter.ask(data, self._store.project, self._workbench.base)

    def _data(self) -> Data:
        return self._store.project.data

    def _report_found(self, result: tuple[DataReport, tuple[object, ...]]) -> None:
        report, looks = result
        self.reading.hide()
        self.look.show_report(report, looks, *self.reporter.inputs[1:])
        self.look.setVisible(not self.look.empty)
        self.parts.show_rows(report.rows)
        self.findings.show_findings(report.notes)
        self.conclusions.target_asked = not self._store.project.graph.outputs
        self.conclusions.show_findings(report.notes)
        roles = {column.name: column.role for column in report.columns}
        targets = tuple(name for name, role in roles.items() if role == "target")
        self.target.show_guess(targets, sure=bool(targets) and "feature" not in roles.values())

    def _report_failed(self, error: UserError) -> None:
        """Leave the error to the preview, which fails too."""
        self.reading.hide()
        self.look.show_nothing()
        self.look.setVisible(not self.look.empty)
        self.parts.show_rows({})
        self.findings.show_findings(())
        self.conclusions.show_findings(())
        if isinstance(error, ReadingCancelledError):
            self._show_error(error)

    def _apply(self, label: str, edit: Callable[[Project], Project]) -> None:
        try:
            self._store.apply(label, edit)
        except EditError as error:
            self._show_error(error)

    def _decide(self, names: tuple[str, ...], key: str, value: str) -> None:
        column_names = (
            format_quoted_list(names)
            if len(names) < 3
            else ngettext("{count} column", "{count} columns", len(names))
        )
        if key != "node":
            label = _(_DECISIONS[key], columns=column_names)
            self._apply(label, lambda p: set_columns(p, names, **{key: value}))
            return
        model = self.look.columns.columns
        features, targets = model.named("feature"), model.named("target")
        if value in model.ends.inputs:
            self._apply(
                _("Use {columns} as input of '{node}'", columns=column_names, node=value),
                lambda p: set_input_columns(p, names, value, features),
            )
        else:
            self._apply(
                _("Predict {columns} with '{output}'", output=value, columns=column_names),
                lambda p: set_output_columns(p, names, value, targets),
            )

    def _preview_found(self, preview: Preview) -> None:
        self.preview.show_preview(preview)
        self.look.setVisible(not self.look.empty)
        self._show_preview_note()
        self.target.show_columns(preview.columns, self._store.project.data.target)

    def _preview_failed(self, error: UserError) -> None:
        self.preview.show_preview(Preview())
        self.look.setVisible(not self.look.empty)
        self._show_error(error)

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.data is not new.data or old.graph.outputs != new.graph.outputs:
            self._show()
        elif old.graph is not new.graph:
            self.look.follow(new)


def _pastes(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Paste)


def _store(text: str, folder: Path | None) -> Path:
    from netbuilder.core.data.pasted_table import store_table

    return store_table(text, folder)


class DataChooser(QObject):
    """``chosen``: the project has other data; ``failed(error)``: the data cannot be used."""

    chosen = Signal()
    failed = Signal(object)

    def __init__(self, store: ProjectStore, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._over = store, workbench, parent

    @property
    def _folder(self) -> Path | None:
        return self._workbench.base if self._workbench.store.path is not None else None

    def choose_builtin(self, name: str) -> None:
        self._choose(Data(kind="builtin", name=name))

    def choose_path(self, path: Path) -> None:
        """Choose a file or folder; moved data keeps its settings."""
        try:
            data = recipe_for(path, self._folder)
        except DataError as error:
            self.failed.emit(error)
            return
        moved = recipe_with_file(
            self._store.project.data, path.absolute(), self._workbench.base, data
        )
        if moved is None:
            self._choose(data)
        else:
            self._store.apply(_("Locate the data again"), lambda p: replace(p, data=moved))
            self.chosen.emit()

    def ask_file(self) -> None:
        path = ask_open(self._over, _("Choose data"), FILE_FILTER)
        if path is not None:
            self.choose_path(path)

    def ask_folder(self) -> None:
        path = ask_folder(self._over, _("Choose a folder of data"))
        if path is not None:
            self.choose_path(path)

    def paste(self) -> None:
        """Save the clipboard's table as a file, and choose it."""
        text = QGuiApplication.clipboard().text()
        work = partial(_store, text, self._folder)
        jobs.run_job(work, self.choose_path, self._not_pasted, name="paste", owner=self)

    def _not_pasted(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            error = data_error("paste_failed", error=error)
        self.failed.emit(error)

    def _choose(self, data: Data) -> None:
        old = self._store.project.data

        def change(project: Project) -> Project:
            splits = {"validation_split": old.validation_split, "test_split": old.test_split}
            return edits.set_data(project, data, **splits)

        self._store.apply(_("Choose data"), change)
        self.chosen.emit()
