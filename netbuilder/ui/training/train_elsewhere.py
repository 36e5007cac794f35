"""Train elsewhere: a folder with project, data and the command of each machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QDialogButtonBox, QPlainTextEdit, QWidget

from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Project
from netbuilder.ui.forms.parsing import read_strings
from netbuilder.ui.services import jobs
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.file_dialogs import ask_folder
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label, show_text
from netbuilder.ui.widgets.layouts import prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons

_sentence = sentences_of("run")

PORT = 12345
PROJECT_NAME = "project.netbuilder"


def machine_commands(machines: list[str]) -> list[str]:
    """Return the command of each machine.

    Raises:
        UserError: no machine, or an address that is not ``host:port``.
    """
    if not machines:
        raise user_error("no_machine")
    plain = f"netbuilder train {PROJECT_NAME} -o model.h5"
    if len(machines) == 1:
        return [plain]
    addresses = [machine if ":" in machine else f"{machine}:{PORT}" for machine in machines]
    for address in addresses:
        host, _colon, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise user_error("machine_address", address=address)
    if len(set(addresses)) < len(addresses):
        raise user_error("machine_twice")
    joined = ",".join(addresses)
    return [f"{plain} --workers {joined} --worker-index {n}" for n in range(len(addresses))]


def write_folder(project: Project, base: Path, folder: Path, machines: list[str]) -> None:
    """Write the project, its data and the commands into a folder."""
    lines = machine_commands(machines)
    data = project.data
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        moved: dict[str, Any] = {}
        for field in ("path", "test_path"):
            name = getattr(data, field)
            if not name:
                continue
            source, target = base / name, folder / "data" / Path(name).name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copy2(source, target)
            moved[field] = f"data/{target.name}"
    except FileNotFoundError as error:
        raise user_error("data_missing", name=error.filename) from error
    except OSError as error:
        raise user_error(
            "folder_not_written", folder=folder, reason=error.strerror or error
        ) from error
    files.write(replace(project, data=replace(data, **moved)), folder / PROJECT_NAME)
    write_bytes(folder / "HOW-TO.txt", instructions(machines, lines).encode("utf-8"))
    for number, line in enumerate(lines):
        write_bytes(folder / f"machine-{number}.sh", f"#!/bin/sh\n{line}\n".encode())
        write_bytes(folder / f"machine-{number}.bat", f"{line}\r\n".encode())


def instructions(machines: list[str], lines: list[str]) -> str:
    """Return the instructions for the folder."""
    steps = [
        _("Train this network elsewhere"),
        "============================",
        "",
        _("1. Install the same version of NetBuilder on each machine: see its README."),
        _("2. Copy this whole folder to each machine."),
        _("3. On each machine, start its own command in this folder, all within a minute:"),
        "",
    ]
    for number, line in enumerate(lines):
        where = machines[number] if len(machines) > 1 else _("the machine")
        steps += [f"   {where}:", f"       {line}", ""]
    steps += [
        _("The machines must reach each other at these addresses: open the ports in the firewall."),
        _sentence("elsewhere_result"),
        "",
    ]
    return "\n".join(
        steps if len(lines) > 1 else [*steps[:-3], _("The command writes model.h5."), ""]
    )


class ElsewhereDialog(Dialog):
    """Asks for the machines, shows the commands, writes the folder."""

    def __init__(
        self,
        project: Project,
        base: Path,
        tell: Callable[[str], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._base, self._tell = project, base, tell
        self.setWindowTitle(_("Train elsewhere"))
        letter, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing()
        self.resize(max(640, 80 * letter), max(460, 24 * line))
        self.machines = prepared(QPlainTextEdit(self), tabChangesFocus=True)
        self.machines.setPlaceholderText("pc1:12345\npc2:12345")
        self.machines.setAccessibleName(_("Machines, one per line"))
        self.machines.setMaximumHeight(110)
        self.machines.setPlainText("localhost:12345")
        self.trouble = note_label("", self, role="complaint")
        self.commands = prepared(QPlainTextEdit(self), tabChangesFocus=True, readOnly=True)
        self.commands.setAccessibleName(_("Commands"))
        font = theme.fixed_font(theme.SMALL)
        self.commands.setStyleSheet(f"font-family: '{font.family()}';")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.write = self.buttons.addButton(
            _("Write the folder…"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.buttons.rejected.connect(self.reject)
        self.write.clicked.connect(self._write)
        vbox(
            note_label(_sentence("elsewhere_about"), self),
            note_label(_("Machines, one per line, as name:port"), self, role="field"),
            self.machines,
            self.trouble,
            note_label(_("Commands"), self, role="field"),
            (self.commands, 1),
            plain_buttons(self.buttons),
            parent=self,
            spacing=8,
        )
        self.machines.textChanged.connect(self._show)
        self._show()

    def _names(self) -> list[str]:
        return read_strings(self.machines.toPlainText())

    def _show(self) -> None:
        try:
            lines = machine_commands(self._names())
            trouble = ""
        except UserError as error:
            lines, trouble = [], str(error)
        show_text(self.trouble, trouble)
        self.commands.setPlainText("\n".join(lines))
        self.write.setEnabled(bool(lines))

    def _write(self) -> None:
        chosen = ask_folder(self, _("Folder to write to"))
        if chosen is not None:
            self.write_to(chosen / "netbuilder-training")

    def write_to(self, folder: Path) -> None:
        """Write the folder in a thread: data may be large."""
        self.write.setEnabled(False)
        project, base, names = self._project, self._base, self._names()

        def done(_none: object) -> None:
            self._tell(_("Saved {folder}.", folder=folder))
            self.accept()

        def failed(error: Exception) -> None:
            show_text(self.trouble, str(error))
            self.write.setEnabled(True)

        jobs.run_job(
            lambda: write_folder(project, base, folder, names),
            done,
            failed,
            name="elsewhere",
            owner=self,
        )
