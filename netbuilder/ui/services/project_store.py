"""The one place where a project changes: edits, undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget

from netbuilder.core.folders import working_folder
from netbuilder.core.formats.paths import rebased
from netbuilder.core.i18n import rerendered
from netbuilder.core.project.graph_ends import same_rows
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel


class SelectedNodes(QObject):
    """The ids of the selected nodes. ``changed(ids)``: they are others."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ids: tuple[str, ...] = ()

    def set(self, ids: tuple[str, ...]) -> None:
        """Take over what the canvas says."""
        self.ids = tuple(ids)
        self.changed.emit(self.ids)


Edit = Callable[[Project], Project]
Exchange = Callable[[], Callable[[], object] | None]


def _nothing() -> None:
    """Do nothing more."""


def stamp_of(path: Path | None) -> tuple[int, int] | None:
    """When a file was written (ns), and its size in bytes; None where there is none."""
    if path is None or not path.is_file():
        return None
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@dataclass(frozen=True)
class DocumentState:
    """What is on disk of the work that is open.

    Attributes:
        path: the file of the project; None: it has none yet.
        saved: the project as a file holds it; None: no file does.
        model: the trained network that a file holds.
        folder: what relative paths start from while there is no file; None: the working folder.
        stamp: that of the file when it was read or written here, see ``stamp_of``.
    """

    path: Path | None = None
    saved: Project | None = None
    model: TrainedModel | None = None
    folder: Path | None = None
    stamp: tuple[int, int] | None = None

    @property
    def changed_outside(self) -> bool:
        """Whether something else has written the file since it was read or written here."""
        now = stamp_of(self.path)
        return now is not None and now != self.stamp

    @property
    def base(self) -> Path:
        """The folder that the project's relative paths start from."""
        if self.path is not None:
            return self.path.parent
        if self.folder is not None:
            return self.folder
        return working_folder()


@dataclass(frozen=True)
class UndoStep:
    """One undo step: the values before and after, and its name ("Add Dense").

    ``back`` and ``again`` are what undo and redo do beside that. A step with ``back`` alone cannot
    be undone any more: ``back`` says so. ``exchange`` is that of ``replace_document``.
    """

    before: Project
    after: Project
    label: str
    merge: str | None
    back: Callable[[], object] | None = None
    again: Callable[[], object] | None = None
    exchange: Exchange = lambda: _nothing

    @property
    def is_note(self) -> bool:
        return self.before is self.after


class ProjectStore(QObject):
    """Holds the project; the only writer.

    Views read ``project``, follow ``changed(old, new)`` and compare by identity. Values are
    shared between steps, so that unlimited undo costs only what differs.

    Signals:
        changed: (old project, new project), after each change of the value.
        begun_anew: another project, or other data, comes in the place of what stood there; before
            ``changed``. What a person had set for the old one alone does not count for the new.
        steps_changed: the undo or redo list, or ``modified``, changed.
        path_changed: the project's file, or the folder that its paths start from, is another.
    """

    changed = Signal(object, object)
    project_replaced = Signal()
    steps_changed = Signal()
    path_changed = Signal()

    def __init__(
        self,
        project: Project | None = None,
        parent: QObject | None = None,
        path: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project or Project()
        self.document = DocumentState(path, self._project, stamp=stamp_of(path))
        self._done: list[UndoStep] = []
        self._undone: list[UndoStep] = []

    @property
    def project(self) -> Project:
        return self._project

    @property
    def modified(self) -> bool:
        """Whether the project differs from what was last saved or opened."""
        saved = self.document.saved
        return self._project is not saved and self._project != saved

    @property
    def path(self) -> Path | None:
        return self.document.path

    @property
    def undo_label(self) -> str | None:
        return rerendered(self._done[-1].label) if self._done else None

    @property
    def redo_label(self) -> str | None:
        return rerendered(self._undone[-1].label) if self._undone else None

    @property
    def undo_labels(self) -> tuple[str, ...]:
        """All steps that can be taken back, the latest first."""
        return tuple(rerendered(step.label) for step in reversed(self._done))

    def apply(self, label: str, edit: Edit, merge: str | None = None) -> Project:
        """Apply a pure edit as one undo step, and give the new project.

        Consecutive edits with the same ``merge`` key (a slider that is dragged) become one
        step. An edit that changes nothing leaves no step.

        Raises:
            EditError: from the edit; the project is as before.
        """
        before = self._project
        after = edit(before)
        if after is before or after == before:
            return before
        last = self._done[-1] if self._done else None
        if merge is not None and last is not None and last.merge == merge and not self._undone:
            self._done[-1] = UndoStep(last.before, after, label, merge)
        else:
            self._done.append(UndoStep(before, after, label, merge))
        self._undone.clear()
        self._edited(after)
        return after

    def replace_document(
        self, label: str, project: Project, base: Path | None, exchange: Exchange = lambda: _nothing
    ) -> None:
        """Put a project of no file in the place of this one, as one undo step.

        The file that is open stays as it is, and undo opens it again.

        Args:
            label: the name of the step.
            project: the other project.
            base: the folder that its relative paths start from; None: it is the same document.
            exchange: called before the project changes, also by undo and redo. It returns what is
                to be called once it has changed; None where it may not change now.
        """
        if (then := exchange()) is None:
            return
        other = DocumentState(folder=base)

        def swap() -> None:
            nonlocal other
            if base is None:
                return
            old, document = self.document, other
            self._rewrite(lambda one: rebased(one, old.base, document.base))
            other, self.document = old, document

        swap()
        project = replace(project)  # the step counts also where nothing but the network differs
        self._done.append(UndoStep(self._project, project, label, None, swap, swap, exchange))
        self._undone.clear()
        self._edited(project)
        if base is not None:
            self.path_changed.emit()
        then()

    def note(
        self,
        label: str,
        back: Callable[[], object],
        again: Callable[[], object],
        merge: str | None = None,
    ) -> None:
        """Note a step that was done and changes no project: undo calls ``back``, redo ``again``.

        ``merge`` is that of ``apply``. ``expire_notes`` says that they cannot be undone any more.
        """
        last = self._done[-1] if self._done else None
        merges = merge is not None and last is not None and last.merge == merge
        if merges and last is not None and last.back is not None and not self._undone:
            back = last.back
            self._done.pop()
        self._done.append(UndoStep(self._project, self._project, label, merge, back, again))
        self._undone.clear()
        self.steps_changed.emit()

    def expire_notes(self, refused: Callable[[], object]) -> None:
        """The steps that changed no project cannot be undone or redone any more.

        Of each sequence of them one step stays, so that whoever presses Ctrl+Z for it undoes
        nothing else: ``refused`` is called instead.
        """
        done: list[UndoStep] = []
        for step in self._done:
            if not step.is_note:
                done.append(step)
            elif done and not done[-1].is_note:
                done.append(replace(step, merge=None, back=refused, again=None))
        undone = [step for step in self._undone if not step.is_note]
        if any(step.is_note for step in (*self._done, *self._undone)):
            self._done, self._undone = done, undone
            self.steps_changed.emit()

    def end_merge(self) -> None:
        """Let the next edit be a step of its own, even with the same merge key."""
        if self._done and self._done[-1].merge is not None:
            self._done[-1] = replace(self._done[-1], merge=None)

    def undo(self) -> None:
        """Take the last step back."""
        if not self._done or (then := self._done[-1].exchange()) is None:
            return
        step, document = self._done.pop(), self.document
        if step.back is None or step.again is not None:
            self._undone.append(step)
        if step.back is not None:
            step.back()
        self._go(self._project if step.is_note else self._undone[-1].before, document)
        then()

    def redo(self) -> None:
        """Do the step again that was taken back last."""
        if not self._undone or (then := self._undone[-1].exchange()) is None:
            return
        step, document = self._undone.pop(), self.document
        self._done.append(step)
        if step.again is not None:
            step.again()
        self._go(self._project if step.is_note else self._done[-1].after, document)
        then()

    def _go(self, project: Project, document: DocumentState) -> None:
        if project is self._project:
            self.steps_changed.emit()
        else:
            self._edited(project)
        if document.path != self.path or document.base != self.document.base:
            self.path_changed.emit()

    def reset(
        self,
        project: Project,
        path: Path | None = None,
        *,
        folder: Path | None = None,
        saved: bool = True,
    ) -> None:
        """Put another project in the place of this one (open, new); nothing can be undone.

        Args:
            project: the project as it stands in its file, or as it is to be begun with.
            path: its file.
            folder: what its relative paths start from where it has no file.
            saved: False marks it as modified at once (a recovered project).
        """
        self._done.clear()
        self._undone.clear()
        self.document = DocumentState(
            path, project if saved else None, folder=folder, stamp=stamp_of(path)
        )
        self.project_replaced.emit()
        self._set(project)
        self.path_changed.emit()

    def rewrite(self, edit: Edit) -> None:
        """Apply to every value, also those of undo and redo, a change that the user did not make
        (rebasing paths, say); it is not undoable."""
        before = self._project
        self._rewrite(edit)
        if before is not self._project:
            self._announce(before)

    def _rewrite(self, edit: Edit) -> None:
        known: dict[int, tuple[Project, Project]] = {}

        def new(project: Project) -> Project:
            if id(project) not in known:
                known[id(project)] = project, edit(project)
            return known[id(project)][1]

        for steps in (self._done, self._undone):
            steps[:] = [replace(s, before=new(s.before), after=new(s.after)) for s in steps]
        saved = self.document.saved
        self.document = replace(self.document, saved=None if saved is None else new(saved))
        self._project = new(self._project)

    def mark_saved(self) -> None:
        self.document = replace(self.document, saved=self._project)
        self.steps_changed.emit()

    def mark_saved_to(self, path: Path, edit: Edit) -> None:
        """The project is on disk in ``path``, every value as ``edit`` makes it for that place."""
        moved = path != self.path
        self.document = replace(self.document, path=path, stamp=stamp_of(path))
        self.rewrite(edit)
        self.mark_saved()
        if moved:
            self.path_changed.emit()

    def mark_model_saved(self, model: TrainedModel | None) -> None:
        """A file holds this trained network."""
        self.document = replace(self.document, model=model)
        self.steps_changed.emit()

    def _edited(self, project: Project) -> None:
        if not same_rows(self._project.data, project.data):
            self.project_replaced.emit()
        self._set(project)

    def _set(self, project: Project) -> None:
        before, self._project = self._project, project
        self._announce(before)

    def _announce(self, before: Project) -> None:
        self.changed.emit(before, self._project)
        self.steps_changed.emit()


class TypedSteps(QObject):
    """What is typed into a field is one step of undo, as long as it is one entry.

    Edits of one parameter merge, so that "128" is no three steps. But 16, Enter, and later 3 in
    the same field are two things that were done, and one undo takes back the last.
    """

    def __init__(self, store: ProjectStore, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        # Not one name for all: the first of two windows would take the fields of both.
        self._known = f"ends steps of {id(self)}"
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._moved)

    def _moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        self._store.end_merge()
        # Once for each field: a field is entered many times.
        if isinstance(new, (QLineEdit, QAbstractSpinBox)) and not new.property(self._known):
            new.setProperty(self._known, True)
            new.editingFinished.connect(self._store.end_merge)


def begins_anew(store: ProjectStore, *boxes: QWidget) -> None:
    """Let these boxes, switches and sliders stand as they do now wherever another project, or
    other data, comes: a threshold that was found for one network says nothing about another."""
    for box in boxes:
        meant = box.metaObject().userProperty()  # what Qt holds to be a widget's value
        store.project_replaced.connect(partial(meant.write, box, meant.read(box)))
