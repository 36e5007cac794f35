"""New, open, save, export: the way between the window and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from netbuilder.core import folders
from netbuilder.core.data import registry
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats.importing.import_file import IMPORT_ENDINGS, is_importable
from netbuilder.core.formats.importing.report import lines_of
from netbuilder.core.formats.paths import rebased
from netbuilder.core.formats.registry import FORMATS, MODEL_ENDINGS, is_model
from netbuilder.core.i18n import gettext as _
from netbuilder.core.i18n import ngettext
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.wording import format_count
from netbuilder.ui.services import jobs, settings, suggested_paths
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.recovery import OpenLesson, RecoveredProject, Recovery
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import (
    PLACE,
    FileType,
    ask_open,
    ask_save,
    last_place,
    remember_place,
)
from netbuilder.ui.window.unsaved import UnsavedItem, confirm_leave

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.formats.importing.report import Imported

PROJECT_ENDING = ".netbuilder"
PROJECT_TYPE = FileType("NetBuilder project", (PROJECT_ENDING,))
MODEL_TYPES = tuple(FileType(row.title.split(" (")[0], row.endings) for row in FORMATS if row.reads)
_MODELS = " ".join(f"*{ending}" for ending in IMPORT_ENDINGS)
# A dropped .h5 is taken for a model, which says so where it is none.
DATA_ENDINGS = tuple(end for end in registry.all_endings() if end not in MODEL_ENDINGS)
_DATA = " ".join(f"*{ending}" for ending in DATA_ENDINGS)
OPEN_FILTER = (
    f"Projects, models and data (*{PROJECT_ENDING} {_MODELS} {_DATA});;"
    f"Projects (*{PROJECT_ENDING});;Models ({_MODELS});;Data ({_DATA});;All files (*)"
)


def empty_project() -> Project:
    """What "New" begins with: an Input, and nothing to learn from yet."""
    return Project(graph=Graph(nodes=(Node("input", "Input"),)), data=Data())


def _as_trained(project: Project, trained: Project) -> bool:
    """Whether a project is what was trained; a run fills in what was left to be chosen."""
    plan = project.training
    chosen = replace(
        plan,
        loss=plan.loss or trained.training.loss,
        metrics=trained.training.metrics if plan.metrics is None else plan.metrics,
    )
    same = replace(trained, name=project.name, extra=project.extra)
    return replace(project, training=chosen) == same


def _opened(path: Path, found: Imported) -> str:
    """Words for what an opened file became."""
    if found.trained is not None:
        return _("Opened {file} with its trained weights.", file=path.name)
    count = len(found.project.graph.nodes)
    return ngettext(
        "Opened {file}: {count} layer, no weights.",
        "Opened {file}: {count} layers, no weights.",
        count,
        file=path.name,
    )


class Documents(QObject):
    """What is open, and where it lies.

    Signals:
        titled: the file or its name changed.
        leaving: what is open goes in a moment; whatever had to be asked was asked.
        opened: another project is on the canvas.
        told(words): something worth a line in the status bar.
        confirmed(words): what was asked for is done: a file is written.
        failed(error): a ``UserError`` to show.
        data_opened(path): data is to be opened, to begin a project with.
        noted(name, sentences): what an opened file holds that could not be taken over.
        busy(words): a file is being read or written; "" when done.
    """

    title_changed = Signal()
    leaving = Signal()
    opened = Signal()
    told = Signal(str)
    confirmed = Signal(str)
    failed = Signal(object)
    data_opened = Signal(object)
    noted = Signal(str, object)
    busy = Signal(str)

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        window: QWidget,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(window)
        self._store, self._workbench, self._window = store, workbench, window
        self._may_leave = may_leave
        self._recovery = Recovery(store, self)
        self._recovery.failed.connect(self.failed)
        self.path: Path | None = None
        self.opening = ""
        self._shown = 0
        self._kept: TrainedModel | None = None
        self.title_changed.connect(self._keep_place)
        store.changed.connect(
            lambda old, new: self._keep_place() if old.data is not new.data else None
        )
        self._keep_place()
        workbench.leave_file = self._leave_file

    @property
    def title(self) -> str:
        """The window's title, with ``[*]`` where Qt puts the star of a modified file."""
        name = self.path.name if self.path is not None else self._store.project.name
        return f"{name}[*] – NetBuilder"

    def new(self, *, asked: bool = False) -> None:
        """Begin an empty project; ``asked``: what is open may go."""
        if asked or self.may_close():
            self.show_project(empty_project(), None)

    def open(self) -> None:
        """Ask for a file, and open it."""
        path = ask_open(self._window, "Open", OPEN_FILTER)
        if path is not None:
            self.open_asking(path)

    def open_asking(self, path: Path) -> None:
        """Open a file that a person chose or dropped. What is unsaved is asked about once the
        file was read: for one that cannot be opened nothing has to go."""
        self.open_path(path, asking=True)

    def open_path(self, path: Path, *, asking: bool = False) -> None:
        """Open a project, a model, or data to begin a project with; what cannot be opened leaves
        all as it was. ``asking``: what is open may not go unasked."""
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

    def show_project(self, project: Project, path: Path | None, *, saved: bool = True) -> None:
        """Put a project on the canvas; a file that is still being read comes too late now."""
        self.leaving.emit()
        self._shown += 1
        if self.opening:
            self.opening = ""
            self.busy.emit("")
        self.path = path
        self._recovery.original = path
        self._workbench.set_trained(None)
        self._workbench.set_run_error(None)
        self._workbench.path = path
        self._store.reset(project, saved=saved)
        self._workbench.set_path(path)
        self.opened.emit()
        self.title_changed.emit()

    def keep_lesson(self, lesson: Callable[[], OpenLesson]) -> None:
        """Keep for a crash which lesson is open, too."""
        self._recovery.lesson = lesson

    def recover(self, found: RecoveredProject) -> None:
        """Put back what a crash left."""
        self._recovery.take_over(found)
        self.show_project(found.project, found.original, saved=False)

    def save(self) -> bool:
        """Write the project to its file; asks for one where there is none."""
        if self.path is None or self.path.suffix.lower() != PROJECT_ENDING:
            return self.save_as()
        return self.save_to(self.path)

    def save_as(self) -> bool:
        """Ask for a file name, and write the project there."""
        path = ask_save(
            self._window, "Save the project", self.suggested(PROJECT_ENDING), (PROJECT_TYPE,)
        )
        return path is not None and self.save_to(path)

    def save_to(self, path: Path) -> bool:
        """Write the project to ``path``; False when that failed, which is said."""
        path = path.absolute()
        old = self._workbench.base

        def settled(project: Project) -> Project:
            # Relative paths of data start from the project's folder, which is another one now.
            moved = rebased(project, old, path.parent)
            unnamed = moved.name == Project().name
            return edits.rename_project(moved, path.stem) if unnamed else moved

        try:
            files.write(self._workbench.stamp(settled(self._store.project)), path)
        except UserError as error:
            self.failed.emit(error)
            return False
        moved = path != self.path
        if moved:
            self.path = path
            self._recovery.original = path
            # The workbench looks data up from the new folder before it hears of the new paths.
            self._workbench.path = path
        self._store.rewrite(settled)
        self._store.mark_saved()
        if moved:
            self._workbench.set_path(path)
        settings.remember_file(path)
        self.confirmed.emit(f"Saved {path.name}.")
        self.title_changed.emit()
        self._workbench.happened.emit(f"saved:{path.suffix.lower()}")
        return True

    def save_model(self) -> bool:
        """Ask for a file name, and write the trained model there; False when that was cancelled."""
        trained = self._workbench.trained
        if trained is None:
            self.failed.emit(UserError("There is no trained model yet.", "Press Train first."))
            return False
        path = ask_save(self._window, "Save the trained model", self.suggested(".h5"), MODEL_TYPES)
        return path is not None and self.export_to(path).finish()

    def export(self) -> None:
        """Ask for a file of any format that there is, and write it."""
        types = [
            FileType(row.title.split(" (")[0], row.endings)
            for row in FORMATS
            if not row.trained or self._workbench.trained is not None
        ]
        path = ask_save(self._window, "Export", self.suggested(""), types)
        if path is not None:
            self.export_to(path)

    def save_script(self, told: Callable[[str], object]) -> None:
        """Ask for a file name, and write the script there; ``told`` hears that it is written."""
        types = [FileType(row.title.split(" (")[0], row.endings) for row in FORMATS if row.told]
        path = ask_save(self._window, "Save the script", self.suggested(".py"), types)
        if path is not None:
            self.export_to(path).done.connect(lambda _notes: told(f"Wrote {path.name}."))

    def export_to(self, path: Path) -> jobs.Job:
        """Write the trained model, or the project where there is none, by the path's ending."""
        trained, project, base = self._workbench.trained, self._store.project, self._workbench.base
        stamp = self._workbench.stamp

        def work() -> tuple[str, ...]:
            from netbuilder.core.formats.registry import format_for, save_network

            weights = format_for(path).trained and trained is not None
            if weights and trained is not None:
                return save_network(replace(trained, project=stamp(trained.project)), path, base)
            return save_network(stamp(project), path, base)

        def done(notes: tuple[str, ...]) -> None:
            if is_model(path):
                settings.remember_file(path.absolute())
                if trained is self._workbench.trained:
                    self.keep_model()
                    self._keep_project(trained)
            self.busy.emit("")
            self.confirmed.emit(" ".join((f"Wrote {path.name}.", *notes)))
            self._workbench.happened.emit(f"saved:{path.suffix.lower()}")

        self.busy.emit(f"Writing {path.name}…")
        return jobs.run_job(
            work,
            done,
            lambda error: self._trouble(error, path, "written"),
            name="export",
            owner=self,
        )

    def may_close(self) -> bool:
        """Whether what is open may go: asks once about all that is not saved."""
        return self._may_leave() and confirm_leave(self.unsaved, self._window)

    @property
    def unsaved(self) -> tuple[UnsavedItem, ...]:
        """What no file holds: the project's changes, the trained network."""
        found = []
        if self._store.modified and not self._quickly_chosen:
            where = f"changes since {self.path.name}" if self.path else "in no file yet"
            name = self._store.project.name
            found.append(UnsavedItem(f"The project “{name}”", where, self.save))
        trained = self._workbench.trained
        if trained is not None and self.model_unsaved:
            done = (
                format_count(trained.epochs, "epoch") if trained.epochs else "less than one epoch"
            )
            about = f"{done}, to be saved as a .h5"
            found.append(UnsavedItem("The trained network", about, self.save_model))
        return tuple(found)

    @property
    def _quickly_chosen(self) -> bool:
        """Whether all that was done is to choose data of one's own: no layer, no plan, one step.

        A table that was pasted lies in the program's own folder: nobody would find it again.
        """
        project, begun = self._store.project, empty_project()
        return (
            self.path is None
            and len(self._store.undo_labels) == 1
            and replace(project, data=begun.data) == begun
            and not Path(project.data.path).absolute().is_relative_to(folders.data().absolute())
        )

    @property
    def model_unsaved(self) -> bool:
        """Whether a network was trained here that no file holds.

        An example that nobody edited gives the same network again at a press of Train, and has
        it in Runs.
        """
        own = self.path is not None or self._store.modified or not self._workbench.in_runs
        return self.model_in_no_file and own

    @property
    def model_in_no_file(self) -> bool:
        """Whether there is a trained network that no file holds but the record of its run."""
        trained = self._workbench.trained
        return trained is not None and trained is not self._kept

    def keep_model(self) -> None:
        """The trained network is in a file, or need not be."""
        self._kept = self._workbench.trained

    def _keep_project(self, trained: TrainedModel | None) -> None:
        """The project lies in the model's file too: where it has none of its own, it is saved.

        Not where the canvas has gone on since: the file holds what was trained.
        """
        own = self.path is not None and self.path.suffix.lower() == PROJECT_ENDING
        if trained is not None and not own and _as_trained(self._store.project, trained.project):
            self._store.mark_saved()

    def close(self) -> None:
        """Nothing needs to be recovered from here on."""
        self._recovery.close()

    def _open_model(self, path: Path, *, asking: bool) -> None:
        def work() -> Imported:
            from netbuilder.core.formats.importing.import_file import import_file, onto_project
            from netbuilder.core.formats.importing.report import LEFT_OUT, Imported, ReportItem

            try:
                return import_file(path)
            except FormatError as error:
                if error.code == "weights_only":
                    return onto_project(Imported(before[0]), path, base)
                # The canvas can show what Keras cannot make.
                found = import_file(path, trained=False)
                item = ReportItem("weights", LEFT_OUT, str(error))
                return replace(found, report=(*found.report, item))

        def done(found: Imported) -> None:
            if number != self._shown:
                return
            self.opening = ""
            self.busy.emit("")
            # What was edited or trained meanwhile was not asked about when the file was chosen.
            if not self._may_leave():
                return
            project, trained = before
            changed = self._store.project is not project or self._workbench.trained is not trained
            if (asking or changed) and not confirm_leave(self.unsaved, self._window):
                return
            trained, project = found.trained, found.project
            if project.name == Project().name:
                project = edits.rename_project(project, path.stem)
            self.show_project(project, path)
            if trained is not None:
                self._workbench.set_trained(trained)
                self.keep_model()
            settings.remember_file(path)
            self.told.emit(_opened(path, found))
            self._workbench.happened.emit(f"opened:{path.suffix.lower()}")
            if found.changes:
                self.noted.emit(path.name, lines_of(found.changes))

        def failed(error: Exception) -> None:
            if number == self._shown:
                self.opening = ""
                self._trouble(error, path, "opened")

        self._shown += 1
        number, before = self._shown, (self._store.project, self._workbench.trained)
        base = self._workbench.base
        self.opening = path.name
        self.busy.emit(f"Opening {path.name}…")
        jobs.run_job(work, done, failed, name="open model", owner=self)

    def _trouble(self, error: Exception, path: Path, verb: str) -> None:
        self.busy.emit("")
        if not isinstance(error, UserError):
            from netbuilder.ui.services.unexpected_errors import log

            log.error("%s could not be %s", path, verb, exc_info=error)
            error = UserError(
                f"“{path.name}” could not be {verb}: {error}",
                "Choose another place or another format.",
                path=str(path),
            )
        self.failed.emit(error)

    def suggested(self, ending: str) -> str:
        """A path to offer for a file of that ending."""
        return suggested_paths.suggested_path(self._workbench, ending)

    def _leave_file(self) -> None:
        """Leave the file as it is on the disk: the next Save asks for another."""
        if self.path is None:
            return
        old, self.path, self._recovery.original = self._workbench.base, None, None
        self._workbench.path = None
        self._store.rewrite(lambda project: rebased(project, old, self._workbench.base))
        self._workbench.set_path(None)
        self.title_changed.emit()

    def _keep_place(self) -> None:
        """Let every file dialog of the window begin where its files are."""
        own = suggested_paths.own_folder(self._workbench)
        self._window.setProperty(PLACE, str(own) if own is not None else "")
        if last_place() is None:
            recent = settings.recent_files()
            remember_place(recent[0].parent if recent else suggested_paths.documents_folder())
