"""Hold the project: edits, undo and redo."""

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
from netbuilder.core.project.graph_ends import same_rows
from netbuilder.core.project.model import Project
from netbuilder.ui.widgets.connections import connect_while

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel


class SelectedNodes(QObject):
    """The ids of the selected nodes; ``changed(ids)`` is emitted by ``set``."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ids: tuple[str, ...] = ()

    def set(self, ids: tuple[str, ...]) -> None:
        self.ids = tuple(ids)
        self.changed.emit(self.ids)


Edit = Callable[[Project], Project]
Exchange = Callable[[], Callable[[], object] | None]


def _nothing() -> None:
    pass


def stamp_of(path: Path | None) -> tuple[int, int] | None:
    """Return a file's modification time (ns) and size in bytes; None without a file."""
    if path is None or not path.is_file():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@dataclass(frozen=True)
class DocumentState:
    """The files of the open project.

    Attributes:
        path: the project's file, or None.
        saved: the project as saved in a file, or None.
        model: the trained network that a file holds.
        model_path: that file, or None.
        folder: start of relative paths without a file; None: the working folder.
        stamp: the file's ``stamp_of`` when it was last read or written here.
    """

    path: Path | None = None
    saved: Project | None = None
    model: TrainedModel | None = None
    model_path: Path | None = None
    folder: Path | None = None
    stamp: tuple[int, int] | None = None

    @property
    def changed_outside(self) -> bool:
        """Whether another program has written the file since."""
        stamp = stamp_of(self.path)
        return stamp is not None and stamp != self.stamp

    @property
    def base(self) -> Path:
        if self.path is not None:
            return self.path.parent
        if self.folder is not None:
            return self.folder
        return working_folder()


@dataclass(frozen=True)
class UndoStep:
    """One undo step: the values before and after, and its name ("Add Dense").

    ``back`` and ``again`` are extra actions of undo and redo. A step with only ``back`` cannot be
    undone; ``back`` says so. ``exchange``: see ``ProjectStore.replace_document``.
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
    """Holds the project and is its only writer.

    Views read ``project``, follow ``changed(old, new)`` and compare by identity. Undo steps share
    unchanged values.

    Signals:
        changed: (old project, new project).
        project_replaced: the project or its data is replaced; emitted before ``changed``.
        steps_changed: the undo or redo list, or ``modified``, changed.
        path_changed: the project's file or base folder changed.
        finish_requested(refusals): apply what is typed, or add to the list.
    """

    changed = Signal(object, object)
    project_replaced = Signal()
    steps_changed = Signal()
    path_changed = Signal()
    finish_requested = Signal(object)

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
        saved = self.document.saved
        return self._project is not saved and self._project != saved

    @property
    def path(self) -> Path | None:
        return self.document.path

    @property
    def undo_label(self) -> str | None:
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        return self._undone[-1].label if self._undone else None

    @property
    def undo_labels(self) -> tuple[str, ...]:
        return tuple(step.label for step in reversed(self._done))

    def apply(self, label: str, edit: Edit, merge: str | None = None) -> Project:
        """Apply a pure edit as one undo step and return the new project.

        Consecutive edits with the same ``merge`` key (dragging a slider) become one step. An edit
        that changes nothing adds no step.

        Raises:
            EditError: from the edit; the project is unchanged.
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
        """Replace the project by one without a file, as one undo step; undo opens the file again.

        ``base`` is where its relative paths start; None: it is the same document. ``exchange`` is
        called before each change, undo and redo; it returns a function to call afterwards, or None
        to refuse.
        """
        if (finish := exchange()) is None:
            return
        other = DocumentState(folder=base)

        def swap() -> None:
            nonlocal other
            if base is None:
                return
            old, document = self.document, other
            self._rewrite(lambda value: rebased(value, old.base, document.base))
            other, self.document = old, document

        swap()
        project = replace(project)  # a step even if only the trained network differs
        self._done.append(UndoStep(self._project, project, label, None, swap, swap, exchange))
        self._undone.clear()
        self._edited(project)
        if base is not None:
            self.path_changed.emit()
        finish()

    def note(
        self,
        label: str,
        back: Callable[[], object],
        again: Callable[[], object],
        merge: str | None = None,
    ) -> None:
        """Add an undo step that changes no project: undo calls ``back``, redo ``again``.

        ``merge`` is that of ``apply``. ``expire_notes`` ends these steps.
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
        """Make the steps that change no project impossible to undo or redo.

        One step of each sequence stays and calls ``refused``, so that Ctrl+Z undoes nothing else.
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

    def finish_typing(self) -> bool:
        """Apply what is typed and not applied yet; return False if it cannot be read."""
        refusals: list[object] = []
        self.finish_requested.emit(refusals)
        return not refusals

    def end_merge(self) -> None:
        """Start a new step with the next edit, even with the same merge key."""
        if self._done and self._done[-1].merge is not None:
            self._done[-1] = replace(self._done[-1], merge=None)

    def undo(self) -> None:
        ready = self.finish_typing() and self._done
        if not ready or (finish := self._done[-1].exchange()) is None:
            return
        step, document = self._done.pop(), self.document
        if step.back is None or step.again is not None:
            self._undone.append(step)
        if step.back is not None:
            step.back()
        self._restore(self._project if step.is_note else self._undone[-1].before, document)
        finish()

    def redo(self) -> None:
        ready = self.finish_typing() and self._undone
        if not ready or (finish := self._undone[-1].exchange()) is None:
            return
        step, document = self._undone.pop(), self.document
        self._done.append(step)
        if step.again is not None:
            step.again()
        self._restore(self._project if step.is_note else self._done[-1].after, document)
        finish()

    def _restore(self, project: Project, document: DocumentState) -> None:
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
        """Replace the project and clear the undo history (open, new).

        ``folder`` is where relative paths start without a file; ``saved`` is False for a recovered
        project.
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
        """Apply a change that the user did not make (rebasing paths, say) to all values of the
        history; it is not undoable."""
        before = self._project
        self._rewrite(edit)
        if before is not self._project:
            self._announce(before)

    def _rewrite(self, edit: Edit) -> None:
        rewritten: dict[int, tuple[Project, Project]] = {}

        def new(project: Project) -> Project:
            if id(project) not in rewritten:
                rewritten[id(project)] = project, edit(project)
            return rewritten[id(project)][1]

        for steps in (self._done, self._undone):
            steps[:] = [replace(s, before=new(s.before), after=new(s.after)) for s in steps]
        saved = self.document.saved
        self.document = replace(self.document, saved=None if saved is None else new(saved))
        self._project = new(self._project)

    def mark_saved(self) -> None:
        self.document = replace(self.document, saved=self._project)
        self.steps_changed.emit()

    def mark_saved_to(self, path: Path, edit: Edit) -> None:
        """Mark the project as saved in ``path``; apply ``edit`` to the whole history."""
        moved = path != self.path
        self.document = replace(self.document, path=path, stamp=stamp_of(path))
        self.rewrite(edit)
        self.mark_saved()
        if moved:
            self.path_changed.emit()

    def mark_model_saved(self, model: TrainedModel | None, path: Path | None = None) -> None:
        self.document = replace(self.document, model=model, model_path=path)
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
    """Ends an undo step when a field is left or its entry is confirmed.

    Edits of one parameter merge, so that typing "128" is one step. But 16, Enter, and later 3 in
    the same field are two steps.
    """

    def __init__(self, store: ProjectStore, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        # Unique per window: each connects the fields itself.
        self._property = f"ends steps of {id(self)}"
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_changed)

    def _focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        self._store.end_merge()
        # Connect each field only once.
        if isinstance(new, (QLineEdit, QAbstractSpinBox)) and not new.property(self._property):
            new.setProperty(self._property, True)
            new.editingFinished.connect(self._store.end_merge)


def begins_anew(store: ProjectStore, *boxes: QWidget) -> None:
    """Reset these widgets to their current values whenever the project or data is replaced."""
    for box in boxes:
        value = box.metaObject().userProperty()
        connect_while(box, store.project_replaced, partial(value.write, box, value.read(box)))
