"""New, open, save, export."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal
from PySide6.QtWidgets import QDialogButtonBox, QInputDialog, QWidget

from netbuilder.core import folders
from netbuilder.core.data import registry
from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats.importing.import_file import IMPORT_ENDINGS, is_importable
from netbuilder.core.formats.importing.report import lines_of
from netbuilder.core.formats.paths import rebased
from netbuilder.core.formats.registry import FORMATS, MODEL_ENDINGS, is_model
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project import edits, files
from netbuilder.core.project.graph_ends import changed_since
from netbuilder.core.project.layout import FOLD_ROWS
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.project.network_data import TRUSTED, untrusted_host
from netbuilder.core.project.repeats import group_repeats
from netbuilder.core.wording import join_sentences
from netbuilder.ui.services import jobs, settings, suggested_paths
from netbuilder.ui.services.crash_detector import acquire_lock, state_folder
from netbuilder.ui.services.lesson_session import LessonSession
from netbuilder.ui.services.model_store import ModelState, Source
from netbuilder.ui.services.recovery import RecoveredProject, Recovery
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import (
    PLACE,
    FileType,
    ask_open,
    ask_save,
    last_place,
    remember_place,
)
from netbuilder.ui.widgets.question_dialogs import Unsaved, ask_question, may_discard, plain_buttons

if TYPE_CHECKING:
    from netbuilder.core.formats.importing.report import Imported

_sentence = sentences_of("window")

PROJECT_ENDING = ".netbuilder"
_HOSTS = "trusted-hosts"
PROJECT_TYPE = FileType(N_("NetBuilder project"), (PROJECT_ENDING,))
_MODELS = " ".join(f"*{ending}" for ending in IMPORT_ENDINGS)
# A dropped .h5 is opened as a model.
DATA_ENDINGS = tuple(end for end in registry.all_endings() if end not in MODEL_ENDINGS)
_DATA = " ".join(f"*{ending}" for ending in DATA_ENDINGS)


def model_types() -> tuple[FileType, ...]:
    """Return the file types of trained models."""
    return tuple(
        FileType(re.split(r"\s*[(（]", _(row.title))[0], row.endings)
        for row in FORMATS
        if row.reads
    )


def open_filter() -> str:
    """Return the file types of "Open", as a filter of Qt's file dialog."""
    project = f"*{PROJECT_ENDING}"
    kinds = (
        (_("Projects, models and data"), f"{project} {_MODELS} {_DATA}"),
        (_("Projects"), project),
        (_("Models"), _MODELS),
        (_("Data"), _DATA),
        (_("All files"), "*"),
    )
    return ";;".join(f"{title} ({endings})" for title, endings in kinds)


def empty_project() -> Project:
    """Return a project with only an Input."""
    return Project(graph=Graph(nodes=(Node("input", "Input"),)), data=Data())


def _named(project: Project, path: Path) -> Project:
    return edits.rename_project(project, path.stem) if project.name == Project().name else project


def _as_trained(project: Project, trained: Project) -> bool:
    """Return whether a project is the trained one, whose automatic settings are resolved."""
    training = project.training
    resolved = replace(
        training,
        loss=training.loss or trained.training.loss,
        metrics=trained.training.metrics if training.metrics is None else training.metrics,
    )
    same = replace(trained, name=project.name, extra=project.extra)
    return replace(project, training=resolved) == same


def _with_grouped_repeats(imported: Imported) -> Imported:
    """Group repeated blocks of a long network that was not drawn here."""
    graph, trained = imported.project.graph, imported.trained
    if imported.project.data.kind or graph.groups or len(graph.nodes) <= FOLD_ROWS:
        return imported
    trained = trained and replace(trained, project=group_repeats(trained.project))
    return replace(imported, project=group_repeats(imported.project), trained=trained)


def _opened(path: Path, imported: Imported) -> str:
    if imported.trained is not None:
        return _("Opened {file} with its trained weights.", file=path.name)
    count = len(imported.project.graph.nodes)
    return ngettext(
        "Opened {file}: {count} layer, no weights.",
        "Opened {file}: {count} layers, no weights.",
        count,
        file=path.name,
    )


class Documents(QObject):
    """The open document and its file.

    Signals:
        leaving: the document is about to be replaced; the user has been asked.
        opened: another project is on the canvas.
        told(words), confirmed(words), model_saved(words): a message for the status bar; a file is
            written; an ``.h5`` is written.
        failed(error): a ``UserError`` to show.
        data_opened(path): start a project with this data.
        noted(name, sentences): what could not be imported from a file.
        busy(words): a file is being read or written; "" when done.
    """

    leaving = Signal()
    opened = Signal()
    recovered = Signal()
    told = Signal(str)
    confirmed = Signal(str)
    model_saved = Signal(str)
    failed = Signal(object)
    data_opened = Signal(object)
    noted = Signal(str, object)
    busy = Signal(str)

    def __init__(
        self,
        workbench: Workbench,
        lessons: LessonSession,
        window: QWidget,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(window)
        self._store = store = workbench.store
        self._workbench, self._models, self._lessons = workbench, workbench.models, lessons
        self._window, self._may_leave = window, may_leave
        self.recovery = Recovery(store, self, lessons.left_open)
        self.recovery.failed.connect(self.failed)
        self.opening = ""
        self._openings = 0
        store.path_changed.connect(self._keep_place)
        store.changed.connect(
            lambda old, new: self._keep_place() if old.data is not new.data else None
        )
        self._keep_place()
        self.held_lock: QLockFile | None = None
        self.only_reads = False  # for screenshots: do not lock the file
        self.hold_soon = QTimer(self, singleShot=True, interval=0)
        self.hold_soon.timeout.connect(self._lock_file)
        store.path_changed.connect(self.hold_soon.start)
        self.hold_soon.start()

    @property
    def name(self) -> str:
        path = self._store.path
        if path is None and self._models.trained is not None and not self.model_in_no_file:
            path = self._store.document.model_path
        return path.name if path is not None else self._store.project.name

    @property
    def in_file(self) -> bool:
        return self._store.path is not None or self._store.document.model is not None

    @property
    def title(self) -> str:
        return f"{self.name}[*] – NetBuilder"

    def new(self, *, asked: bool = False) -> None:
        """Start an empty project; ``asked``: without asking about unsaved work."""
        if asked or self.may_close():
            self.show_project(empty_project(), None)

    def open(self) -> Path | None:
        path = ask_open(self._window, _("Open"), open_filter())
        if path is not None:
            self.open_asking(path)
        return path

    def open_asking(self, path: Path) -> None:
        """Open a file, and ask about unsaved work once it has been read."""
        self.open_path(path, asking=True)

    def open_path(self, path: Path, *, asking: bool = False) -> None:
        """Open a project, a model or data; ``asking``: ask about unsaved work."""
        path = path.absolute()
        if is_importable(path):
            self._open_model(path, asking=asking)
            return
        if path.suffix.lower() in DATA_ENDINGS and path.is_file():
            if not asking or self.may_close():
                self.data_opened.emit(path)
            return
        try:
            project = files.read(path)
        except UserError as error:
            self.failed.emit(error)
            return
        if asking and not self.may_close():
            return
        self.show_project(project, path)
        settings.remember_file(path)
        self._workbench.happened.emit(f"opened:{path.suffix.lower()}")

    def show_project(
        self, project: Project, path: Path | None, *, folder: Path | None = None, saved: bool = True
    ) -> None:
        """Put a project on the canvas; see ``ProjectStore.reset``."""
        project = self._with_trusted_data(project, folder or (path.parent if path else Path()))
        self.leaving.emit()
        self._openings += 1
        if self.opening:
            self.opening = ""
            self.busy.emit("")
        self._models.submit(ModelState())
        self._workbench.set_run_error(None)
        self._store.reset(project, path, folder=folder, saved=saved)
        self.opened.emit()

    def _with_trusted_data(self, project: Project, base: Path) -> Project:
        """Ask before data on another computer is opened; without it if the user declines."""
        store = settings.settings()
        TRUSTED.update(str(store.value(_HOSTS, "") or "").split())
        host = untrusted_host(project.data, base)
        if not host or self.only_reads:
            return project
        answers = (_("Open the data"), _("Open without the data"))
        words = _sentence("data_elsewhere", name=project.name, host=host)
        title = _("Data on another computer")
        if ask_question(self._window, title, words, answers, default=answers[1]) != answers[0]:
            return replace(project, data=Data())
        TRUSTED.add(host)
        settings.remember({_HOSTS: " ".join(sorted(TRUSTED - {""}))})
        return project

    def recover(self, recovered: RecoveredProject) -> None:
        self.recovery.take_over(recovered)
        self.show_project(recovered.project, recovered.original, folder=recovered.base, saved=False)
        self.recovered.emit()

    def save(self) -> bool:
        path = self._store.path
        if path is None or path.suffix.lower() != PROJECT_ENDING:
            return self.save_as()
        return self.save_to(path)

    def save_as(self) -> bool:
        path = ask_save(
            self._window, _("Save the project"), self.suggested(PROJECT_ENDING), (PROJECT_TYPE,)
        )
        return path is not None and self.save_to(path)

    def save_to(self, path: Path) -> bool:
        """Save the project to ``path``; return False after an error."""
        if not self._store.finish_typing():
            return False
        path = path.absolute()
        old_base = self._workbench.base

        def settled(project: Project) -> Project:
            # Relative data paths start from the project's folder.
            return _named(rebased(project, old_base, path.parent), path)

        if path == self._store.path and self._store.document.changed_outside:
            answers = (_("Save as…"), _("Replace it"), _("Reload it"), _("Cancel"))
            words = _sentence("changed_outside", name=path.name)
            answer = ask_question(self._window, _("The file has changed"), words, answers)
            if answer == answers[2]:
                self.open_path(path)
            if answer != answers[1]:
                return answer == answers[0] and self.save_as()
        try:
            files.write(settled(self._lessons.stamp(self._store.project)), path)
        except UserError as error:
            self.failed.emit(error)
            return False
        self._store.mark_saved_to(path, settled)
        settings.remember_file(path)
        self.confirmed.emit(_("Saved {name}.", name=path.name))
        self._workbench.happened.emit(f"saved:{path.suffix.lower()}")
        return True

    def save_model(self) -> bool:
        trained = self._models.trained
        if trained is None:
            self.failed.emit(user_error("no_trained_model"))
            return False
        path = ask_save(self._window, _("Save .h5"), self.suggested(".h5"), model_types())
        return path is not None and self.export_to(path).finish()

    def export(self, name: str) -> None:
        """Ask for a file and write the network in a format."""
        types = [
            FileType(_(row.title).split(" (")[0], row.endings)
            for row in FORMATS
            if row.name == name and (not row.trained or self._models.trained is not None)
        ]
        path = ask_save(self._window, _("Export"), self.suggested(""), types)
        if path is not None and self._store.finish_typing():
            self.export_to(path)

    def save_script(self, style: str, told: Callable[[str], object], code: str) -> None:
        """Ask for a file and write ``code``, or without it the script in ``style``."""
        types = [
            FileType(_(row.title).split(" (")[0], row.endings) for row in FORMATS if row.styled
        ]
        path = ask_save(self._window, _("Save the script"), self.suggested(".py"), types)
        if path is not None:
            self.export_to(path, style, code).done.connect(
                lambda _notes: told(_("Wrote {name}.", name=path.name))
            )

    def export_to(self, path: Path, style: str = "", code: str = "") -> jobs.Job:
        trained, base = self._models.trained, self._workbench.base
        problems = self._workbench.problems
        project = self._lessons.stamp(self._store.project)
        written = trained and replace(
            trained, project=_named(self._lessons.stamp(trained.project), path)
        )

        def work() -> tuple[str, ...]:
            from netbuilder.core.check.problems import script_errors
            from netbuilder.core.formats.registry import format_for, save_network

            if written is not None and format_for(path).trained:
                notes = save_network(written, path, base)
                if changed_since(written.project, project) == "network":
                    return *notes, _("It has the network as trained, without your changes since.")
                return notes
            return save_network(project, path, base, style, script_errors(problems), code)

        def done(notes: tuple[str, ...]) -> None:
            if is_model(path):
                settings.remember_file(path.absolute())
                if trained is not None and trained is self._models.trained:
                    self._store.rewrite(lambda project: _named(project, path))
                    self.keep_model(path)
                    # The file contains the project, unless it was edited since.
                    if _as_trained(self._store.project, trained.project):
                        self._store.mark_saved()
            self.busy.emit("")
            saved = self.model_saved if path.suffix.lower() == ".h5" else self.confirmed
            saved.emit(join_sentences((_("Saved {name}.", name=path.name), *notes)))
            self._workbench.happened.emit(f"saved:{path.suffix.lower()}")

        self.busy.emit(_("Saving {name}…", name=path.name))
        return jobs.run_job(
            work,
            done,
            lambda error: self._report(error, path, _("“{name}” could not be saved: {error}")),
            name="export",
            owner=self,
        )

    def may_close(self) -> bool:
        """Return whether the document may be closed; ask once about all unsaved work."""
        before = self._models.trained
        return self._may_leave() and self._confirm_loss(self._models.trained is not before)

    def may_restore(self, project: Project) -> bool:
        """Return whether a run of ``project`` may replace the document, which undo restores."""
        same_document = project.name == self._store.project.name
        return (same_document and not self.model_unsaved) or self._confirm_loss()

    def _confirm_loss(self, run_stopped: bool = False) -> bool:
        unsaved = self.unsaved
        in_runs = self.model_in_no_file and not self.model_unsaved
        if in_runs and run_stopped:
            unsaved = (*unsaved, Unsaved(_("The trained network"), self.save_model))
        note = ""
        if in_runs and not run_stopped:
            note = _("The trained network is in no file. It stays among the runs, on Compare.")
        return may_discard(self._window, unsaved, note)

    @property
    def unsaved(self) -> tuple[Unsaved, ...]:
        unsaved = []
        name = self._store.project.name
        readable = self._store.finish_typing()
        if not readable or (self._store.modified and not self._only_data_chosen):
            unsaved.append(Unsaved(_("The project “{name}”", name=name), self.save))
        if self.model_unsaved:
            unsaved.append(Unsaved(_("The trained network"), self.save_model))
        return tuple(unsaved)

    @property
    def _only_data_chosen(self) -> bool:
        """Whether data was chosen and nothing else changed; pasted tables are changes."""
        project, empty = self._store.project, empty_project()
        return (
            self._store.path is None
            and len(self._store.undo_labels) == 1
            and replace(project, data=empty.data) == empty
            and not Path(project.data.path).absolute().is_relative_to(folders.data().absolute())
        )

    @property
    def model_unsaved(self) -> bool:
        """Whether the network is in no file (nor in Runs, unless a model's file is open)."""
        path = self._store.path
        in_runs = self._models.state.settled.run_id and not (path is not None and is_model(path))
        return self.model_in_no_file and not in_runs

    @property
    def model_in_no_file(self) -> bool:
        """Whether no file contains the trained network, other than Runs."""
        trained = self._models.trained
        return trained is not None and trained is not self._store.document.model

    def keep_model(self, path: Path | None = None) -> None:
        self._store.mark_model_saved(self._models.trained, path)

    def close(self) -> None:
        self.recovery.close()
        self._release_lock()

    def _release_lock(self) -> None:
        self.hold_soon.stop()
        if self.held_lock is not None:
            self.held_lock.unlock()

    def _lock_file(self) -> None:
        self._release_lock()
        path = self._store.path
        if path is None or self.only_reads:
            return
        name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:24]
        self.held_lock = acquire_lock(state_folder("open") / f"{name}.lock")
        if self.held_lock is None:
            self.failed.emit(user_error("open_in_another_window", name=path.name))

    def _open_model(self, path: Path, *, asking: bool, model: str = "") -> None:
        def work() -> Imported:
            from netbuilder.core.formats.importing.import_file import import_file, onto_project
            from netbuilder.core.formats.importing.report import LEFT_OUT, Imported, ReportItem

            try:
                imported = import_file(path, model=model) if model else import_file(path)
                return _with_grouped_repeats(imported)
            except FormatError as error:
                if error.code == "weights_only":
                    return onto_project(Imported(before[0]), path, base)
                # The canvas can show networks that Keras cannot build.
                imported = import_file(path, trained=False)
                item = ReportItem("weights", LEFT_OUT, str(error))
                return replace(imported, report=(*imported.report, item))

        def done(imported: Imported) -> None:
            if number != self._openings:
                return
            self.opening = ""
            self.busy.emit("")
            if len(imported.models) > 1 and not model:
                index = self._choose_model(imported)
                if index != imported.chosen:
                    if index is not None:
                        self._open_model(path, asking=asking, model=str(index + 1))
                    return
            # Ask about edits and trainings since the file was chosen.
            if not self._may_leave():
                return
            project, trained = before
            changed = self._store.project is not project or self._models.trained is not trained
            if (asking or changed) and not self._confirm_loss():
                return
            trained, project = imported.trained, _named(imported.project, path)
            self.show_project(project, path)
            if trained is not None:
                self._models.submit(ModelState(trained, Source.FILE))
                self.keep_model(path)
            settings.remember_file(path)
            self.told.emit(_opened(path, imported))
            self._workbench.happened.emit(f"opened:{path.suffix.lower()}")
            if imported.changes:
                self.noted.emit(path.name, lines_of(imported.changes))

        def failed(error: Exception) -> None:
            if number == self._openings:
                self.opening = ""
                self._report(error, path, _("“{name}” could not be opened: {error}"))

        self._openings += 1
        number, before = self._openings, (self._store.project, self._models.trained)
        base = self._workbench.base
        self.opening = path.name
        self.busy.emit(_("Opening {name}…", name=path.name))
        jobs.run_job(work, done, failed, name="open model", owner=self)

    def _choose_model(self, imported: Imported) -> int | None:
        """Ask which of the models in a script to open; return its index, None for none."""
        titles = [f"{number}  {title}" for number, title in enumerate(imported.models, 1)]
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(_("Choose a model"))
        dialog.setLabelText(_("The file has several models. Which one do you want to open?"))
        dialog.setComboBoxItems(titles)
        dialog.setTextValue(titles[imported.chosen])
        dialog.setOkButtonText(_("Open"))  # creates the buttons
        for box in dialog.findChildren(QDialogButtonBox):
            plain_buttons(box)
        return titles.index(dialog.textValue()) if dialog.exec() else None

    def _report(self, error: Exception, path: Path, words: str) -> None:
        self.busy.emit("")
        if not isinstance(error, UserError):
            from netbuilder.ui.services.unexpected_errors import log

            log.error("%s could not be read or written", path, exc_info=error)
            error = UserError(
                words.format(name=path.name, error=error),
                _("Choose another folder or another format."),
                code="file_not_accessible",
                path=str(path),
            )
        self.failed.emit(error)

    def suggested(self, ending: str) -> str:
        return suggested_paths.suggested_path(self._workbench, ending)

    def _keep_place(self) -> None:
        own = suggested_paths.own_folder(self._workbench)
        self._window.setProperty(PLACE, str(own) if own is not None else "")
        if last_place() is None:
            recent = settings.recent_files()
            remember_place(recent[0].parent if recent else suggested_paths.documents_folder())
