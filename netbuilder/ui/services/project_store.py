"""The one place where a project changes: edits, undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from netbuilder.core.project.equivalence import same_rows
from netbuilder.core.project.model import Project

Edit = Callable[[Project], Project]


@dataclass(frozen=True)
class SideEffect:
    """What undo and redo do of a step that left the project as it was."""

    back: Callable[[], object]
    again: Callable[[], object]


@dataclass(frozen=True)
class UndoStep:
    """One undo step: the values before and after, and its name ("Add Dense").

    ``beside``: it changed something else, and these values are the same.
    """

    before: Project
    after: Project
    label: str
    merge: str | None
    beside: SideEffect | None = None


class ProjectStore(QObject):
    """Holds the project; the only writer.

    Views read ``project``, follow ``changed(old, new)`` and compare by identity. Values are
    shared between steps, so that unlimited undo costs only what differs.

    Signals:
        changed: (old project, new project), after each change of the value.
        begun_anew: another project, or other data, comes in the place of what stood there; before
            ``changed``. What a person had set for the old one alone does not count for the new.
        steps_changed: the undo or redo list, or ``modified``, changed.
    """

    changed = Signal(object, object)
    project_replaced = Signal()
    steps_changed = Signal()

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project or Project()
        self._saved: Project | None = self._project
        self._done: list[UndoStep] = []
        self._undone: list[UndoStep] = []

    @property
    def project(self) -> Project:
        """The project as it stands."""
        return self._project

    @property
    def modified(self) -> bool:
        """Whether the project differs from what was last saved or opened."""
        return self._project is not self._saved and self._project != self._saved

    @property
    def undo_label(self) -> str | None:
        """What ``undo`` would take back, or None."""
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        """What ``redo`` would do again, or None."""
        return self._undone[-1].label if self._undone else None

    @property
    def undo_labels(self) -> tuple[str, ...]:
        """All steps that can be taken back, the latest first."""
        return tuple(step.label for step in reversed(self._done))

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

    def note(
        self,
        label: str,
        back: Callable[[], object],
        again: Callable[[], object],
        merge: str | None = None,
    ) -> None:
        """Note a step that was done and changes no project: undo calls ``back``, redo ``again``.

        ``merge`` is that of ``apply``. ``forget_notes`` takes all of them out of the list.
        """
        last = self._done[-1] if self._done else None
        merges = merge is not None and last is not None and last.merge == merge
        if merges and last is not None and last.beside is not None and not self._undone:
            back = last.beside.back
            self._done.pop()
        self._done.append(
            UndoStep(self._project, self._project, label, merge, SideEffect(back, again))
        )
        self._undone.clear()
        self.steps_changed.emit()

    def forget_notes(self) -> None:
        """Take the steps that changed no project out of the list: they can be undone no more."""
        for steps in (self._done, self._undone):
            steps[:] = [step for step in steps if step.beside is None]
        self.steps_changed.emit()

    def end_merge(self) -> None:
        """Let the next edit be a step of its own, even with the same merge key."""
        if self._done and self._done[-1].merge is not None:
            self._done[-1] = replace(self._done[-1], merge=None)

    def undo(self) -> None:
        """Take the last step back."""
        if self._done:
            step = self._done.pop()
            self._undone.append(step)
            self._go(step.before, step.beside.back if step.beside is not None else None)

    def redo(self) -> None:
        """Do the step again that was taken back last."""
        if self._undone:
            step = self._undone.pop()
            self._done.append(step)
            self._go(step.after, step.beside.again if step.beside is not None else None)

    def _go(self, project: Project, beside: Callable[[], object] | None) -> None:
        if beside is None:
            self._edited(project)
        else:
            beside()
            self.steps_changed.emit()

    def reset(self, project: Project, *, saved: bool = True) -> None:
        """Put another project in the place of this one (open, new); nothing can be undone.

        ``saved=False`` marks it as modified at once (a recovered project).
        """
        self._done.clear()
        self._undone.clear()
        self._saved = project if saved else None
        self.project_replaced.emit()
        self._set(project)

    def rewrite(self, edit: Edit) -> None:
        """Put every value, those of undo and redo too, through an edit that is no step.

        For what is no doing of the user's in the project: its file lies elsewhere now, and no
        undo brings the old place back.
        """
        known: dict[int, Project] = {}

        def new(project: Project) -> Project:
            if id(project) not in known:
                known[id(project)] = edit(project)
            return known[id(project)]

        for steps in (self._done, self._undone):
            steps[:] = [replace(s, before=new(s.before), after=new(s.after)) for s in steps]
        self._saved = None if self._saved is None else new(self._saved)
        project = new(self._project)
        if project is not self._project:
            self._set(project)

    def mark_saved(self) -> None:
        """Say that the project as it stands is on disk."""
        self._saved = self._project
        self.steps_changed.emit()

    def _edited(self, project: Project) -> None:
        if not same_rows(self._project.data, project.data):
            self.project_replaced.emit()
        self._set(project)

    def _set(self, project: Project) -> None:
        before, self._project = self._project, project
        self.changed.emit(before, project)
        self.steps_changed.emit()
