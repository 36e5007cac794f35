"""From what a person points at, drops or pastes to a recipe in the project."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.data_recipes import FILE_FILTER, recipe_for, recipe_with_file
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import ask_folder, ask_open


def _store(text: str, folder: Path | None) -> Path:
    from netbuilder.core.data.pasted_table import store_table

    return store_table(text, folder)


class DataChooser(QObject):
    """``chosen``: the project has other data; ``failed(error)``: what was pointed at is none."""

    chosen = Signal()
    failed = Signal(object)

    def __init__(self, store: ProjectStore, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._over = store, workbench, parent

    @property
    def _folder(self) -> Path | None:
        """Where the project's file is, if it has one."""
        return self._workbench.base if self._workbench.store.path is not None else None

    def choose_builtin(self, name: str) -> None:
        """Learn from a set that comes along."""
        self._choose(Data(kind="builtin", name=name))

    def choose_path(self, path: Path) -> None:
        """Learn from a file or a folder; data that had moved keeps all that was decided of it."""
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
        """Let a file be chosen."""
        path = ask_open(self._over, _("Choose data"), FILE_FILTER)
        if path is not None:
            self.choose_path(path)

    def ask_folder(self) -> None:
        """Let a folder be chosen."""
        path = ask_folder(self._over, _("Choose a folder of data"))
        if path is not None:
            self.choose_path(path)

    def paste(self) -> None:
        """Keep the table on the clipboard as a file, and learn from that."""
        text = QGuiApplication.clipboard().text()
        work = partial(_store, text, self._folder)
        jobs.run_job(work, self.choose_path, self._not_pasted, name="paste", owner=self)

    def _not_pasted(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            error = DataError(
                _("The pasted table could not be saved: {error}.", error=error),
                _("Save it as a file and open that file."),
                code="paste_failed",
            )
        self.failed.emit(error)

    def _choose(self, data: Data) -> None:
        old = self._store.project.data

        def change(project: Project) -> Project:
            kept = {"validation_split": old.validation_split, "test_split": old.test_split}
            return edits.set_data(project, data, **kept)

        self._store.apply(_("Choose data"), change)
        self.chosen.emit()
