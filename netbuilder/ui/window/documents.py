"""New, open, save, export: the way between the window and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from netbuilder.core.data import registry
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats.paths import rebased
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.services import jobs, settings
from netbuilder.ui.services.recovery import Recovered, Recovery, discard
from netbuilder.ui.services.store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.questions import save_changes

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

PROJECT_ENDING = ".netbuilder"
MODEL_ENDINGS = (".h5", ".hdf5", ".keras")
OPEN_FILTER = (
    "Projects and models (*.netbuilder *.h5 *.hdf5 *.keras);;"
    "Projects (*.netbuilder);;Models (*.h5 *.hdf5 *.keras);;All files (*)"
)
# A dropped .h5 is taken for a model, which says so where it is none.
DATA_ENDINGS = tuple(end for end in registry.endings() if end not in MODEL_ENDINGS)


def empty_project() -> Project:
    """What "New" begins with: an Input, and nothing to learn from yet."""
    return Project(graph=Graph(nodes=(Node("input", "Input"),)), data=Data())


class Documents(QObject):
    """What is open, and where it lies.

    Signals:
        titled: the file or its name changed.
        opened: another project is on the canvas.
        told(words): something worth a line in the status bar.
        failed(error): a ``UserError`` to show.
        noted(name, sentences): what an opened file holds that could not be taken over.
        busy(words): a file is being read or written; "" when done.
    """

    titled = Signal()
    opened = Signal()
    told = Signal(str)
    failed = Signal(object)
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
        self.path: Path | None = None
        self.opening = ""
        self._kept: TrainedModel | None = None
        #: What is kept in each written file beside the project: how far its lesson is.
        self.stamp: Callable[[Project], Project] = lambda project: project

    @property
    def title(self) -> str:
        """The window's title, with ``[*]`` where Qt puts the star of a modified file."""
        name = self.path.name if self.path is not None else self._store.project.name
        return f"{name}[*] – NetBuilder"

    def new(self) -> None:
        """Begin an empty project."""
        if self.may_close():
            self.show_project(empty_project(), None)

    def open(self) -> None:
        """Ask for a file, and open it."""
        if not self.may_close():
            return
        start = str(self.path.parent) if self.path else ""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open", start, OPEN_FILTER)
        if name:
            self.open_path(Path(name))

    def open_asking(self, path: Path) -> None:
        """Open a file that was dropped or chosen among the recent ones."""
        if self.may_close():
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Open a project or a model; what cannot be opened leaves all as it was."""
        path = path.absolute()
        if path.suffix.lower() in MODEL_ENDINGS:
            self._open_model(path)
            return
        try:
            project = files.read(path)
        except UserError as error:
            self.failed.emit(error)
            return
        self.show_project(project, path)
        settings.remember_file(path)
        self._workbench.happened.emit(f"opened:{path.suffix.lower()}")

    def show_project(self, project: Project, path: Path | None, *, saved: bool = True) -> None:
        """Put a project on the canvas."""
        self.path = path
        self._recovery.original = path
        self._workbench.set_trained(None)
        self._workbench.set_run_error(None)
        self._workbench.path = path
        self._store.reset(project, saved=saved)
        self._workbench.set_path(path)
        self.opened.emit()
        self.titled.emit()

    def recover(self, found: Recovered) -> None:
        """Put back what a crash left."""
        self.show_project(found.project, found.original, saved=False)
        discard(found)

    def save(self) -> bool:
        """Write the project to its file; asks for one where there is none."""
        if self.path is None or self.path.suffix.lower() != PROJECT_ENDING:
            return self.save_as()
        return self.save_to(self.path)

    def save_as(self) -> bool:
        """Ask for a file name, and write the project there."""
        name = self._suggested(PROJECT_ENDING)
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save the project", name, "NetBuilder project (*.netbuilder)"
        )
        if not chosen:
            return False
        path = Path(chosen)
        return self.save_to(path if path.suffix else path.with_suffix(PROJECT_ENDING))

    def save_to(self, path: Path) -> bool:
        """Write the project to ``path``; False when that failed, which is said."""
        path = path.absolute()
        if path.parent != self._workbench.base:
            # Relative paths of data start from the project's folder, which is another one now.
            old = self._workbench.base
            self._store.apply(
                "Move the project",
                lambda project: rebased(project, old, path.parent),
            )
        if self._store.project.name == Project().name:
            self._store.apply("Name the project", lambda p: edits.rename_project(p, path.stem))
        try:
            files.write(self.stamp(self._store.project), path)
        except UserError as error:
            self.failed.emit(error)
            return False
        moved = path != self.path
        self.path = path
        self._recovery.original = path
        self._store.mark_saved()
        if moved:
            self._workbench.set_path(path)
        settings.remember_file(path)
        self.told.emit(f"Saved {path.name}.")
        self.titled.emit()
        self._workbench.happened.emit(f"saved:{path.suffix.lower()}")
        return True

    def save_model(self) -> bool:
        """Ask for a file name, and write the trained model there; False when that was cancelled."""
        trained = self._workbench.trained
        if trained is None:
            self.failed.emit(UserError("There is no trained model yet.", "Press Train first."))
            return False
        chosen, _ = QFileDialog.getSaveFileName(
            self._window,
            "Save the trained model",
            self._suggested(".h5"),
            "Keras HDF5 (*.h5);;Keras (*.keras)",
        )
        if not chosen:
            return False
        path = Path(chosen)
        job = self.export_to(path if path.suffix else path.with_suffix(".h5"))
        job.wait()
        return True

    def export(self) -> None:
        """Ask for a file of any format that there is, and write it."""
        from netbuilder.core.formats.registry import FORMATS

        filters = {
            f"{row.title.split(' (')[0]} ({' '.join(f'*{e}' for e in row.endings) or '*'})": row
            for row in FORMATS
            if not row.trained or self._workbench.trained is not None
        }
        chosen, used = QFileDialog.getSaveFileName(
            self._window, "Export", self._suggested(""), ";;".join(filters)
        )
        if not chosen:
            return
        path = Path(chosen)
        row = filters.get(used)
        if not path.suffix and row is not None and row.endings:
            path = path.with_suffix(row.endings[0])
        self.export_to(path)

    def export_to(self, path: Path) -> jobs.Job:
        """Write the trained model, or the project where there is none, by the path's ending."""
        trained, project, base = self._workbench.trained, self._store.project, self._workbench.base
        stamp = self.stamp

        def work() -> None:
            from netbuilder.core.formats.registry import format_for, save

            weights = format_for(path).trained and trained is not None
            if weights and trained is not None:
                save(replace(trained, project=stamp(trained.project)), path, base)
            else:
                save(stamp(project), path, base)

        def done(_none: object) -> None:
            if path.suffix.lower() in MODEL_ENDINGS and trained is self._workbench.trained:
                self.keep_model()
            self._done(f"Wrote {path}.")
            self._workbench.happened.emit(f"saved:{path.suffix.lower()}")

        self.busy.emit(f"Writing {path.name}…")
        return jobs.run(
            work,
            done,
            lambda error: self._trouble(error, path, "written"),
            name="export",
        )

    def may_close(self) -> bool:
        """Whether what is open may go: asks to save where there are changes."""
        unsaved = self.model_unsaved
        if not self._may_leave():
            return False
        if self._store.modified:
            return self._answered(
                f"“{self._store.project.name}” has changes that are not saved. Save them?",
                self.save,
            )
        if unsaved:
            return self._answered(
                "The trained network is not saved as a .h5 yet. Save it?", self.save_model
            )
        return True

    @property
    def model_unsaved(self) -> bool:
        """Whether a network was trained here that no file holds."""
        return self._workbench.trained is not None and self._workbench.trained is not self._kept

    def keep_model(self) -> None:
        """The trained network is in a file, or need not be."""
        self._kept = self._workbench.trained

    def _answered(self, text: str, save: Callable[[], bool]) -> bool:
        answer = save_changes(self._window, text)
        if answer == "save":
            return save()
        return answer == "leave"

    def close(self) -> None:
        """Nothing needs to be recovered from here on."""
        self._recovery.close()

    def _open_model(self, path: Path) -> None:
        def work() -> tuple[TrainedModel | None, Project, str]:
            from netbuilder.core.formats.registry import import_model, load

            try:
                trained = load(path)
            except FormatError as error:
                # A layer that is not Keras's: the canvas can still show the rest.
                return None, import_model(path), str(error)
            return trained, trained.project, f"Opened {path.name} with its trained weights."

        def done(found: tuple[TrainedModel | None, Project, str]) -> None:
            trained, project, words = found
            self.opening = ""
            self.busy.emit("")
            if project.name == Project().name:
                project = edits.rename_project(project, path.stem)
            self.show_project(project, path)
            if trained is not None:
                self._workbench.set_trained(trained)
                self.keep_model()
            settings.remember_file(path)
            self.told.emit(words)
            self._workbench.happened.emit(f"opened:{path.suffix.lower()}")
            left_out = tuple(trained.extra.get("notes", ())) if trained is not None else ()
            if left_out:
                self.noted.emit(path.name, left_out)

        self.opening = path.name
        self.busy.emit(f"Opening {path.name}…")
        jobs.run(work, done, lambda error: self._trouble(error, path, "opened"), name="open model")

    def _done(self, words: str) -> None:
        self.busy.emit("")
        self.told.emit(words)

    def _trouble(self, error: Exception, path: Path, verb: str) -> None:
        self.opening = ""
        self.busy.emit("")
        if not isinstance(error, UserError):
            from netbuilder.ui.services.failures import log

            log.error("%s could not be %s", path, verb, exc_info=error)
            error = UserError(
                f"“{path.name}” could not be {verb}: {error}",
                "Choose another place or another format.",
                path=str(path),
            )
        self.failed.emit(error)

    def _suggested(self, ending: str) -> str:
        name = self._store.project.name.strip().replace("/", "-") or "Untitled"
        folder = self.path.parent if self.path is not None else Path.home()
        stem = self.path.stem if self.path is not None else name
        return str(folder / f"{stem}{ending}")
