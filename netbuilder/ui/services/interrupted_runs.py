"""Trainings that a crash cut short: their checkpoints, kept until a run has ended by itself.

Each run of the window has a folder in the state folder, named after its process: the project, the
folder that its data paths start from, and the engine's checkpoints. A folder whose process is
gone is a run that can go on.
"""

from __future__ import annotations

import logging
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.ui.services.recovery import alive

log = logging.getLogger(__name__)
_PROJECT, _BASE, _CHECKPOINTS = "project.netbuilder", "base.txt", "checkpoints"


@dataclass(frozen=True)
class Interrupted:
    """A run that can go on: its folder, its project, and where data paths start from."""

    folder: Path
    project: Project
    base: Path

    @property
    def checkpoints(self) -> Path:
        """The engine's folder."""
        return self.folder / _CHECKPOINTS


def _root() -> Path:
    folder = folders.state() / "training"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def begin(project: Project, base: Path) -> Interrupted | None:
    """A folder for a run that begins now; None where the disk does not let us."""
    folder = _root() / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        (folder / _CHECKPOINTS).mkdir(parents=True)
        (folder / _BASE).write_text(str(base.absolute()), "utf-8")
        files.write(project, folder / _PROJECT)
    except (OSError, UserError) as error:
        log.warning("no checkpoints for this run: %s", error)
        return None
    return Interrupted(folder, project, base)


def end(run: Interrupted | None) -> None:
    """The run ended by itself, or will not be gone on with."""
    if run is not None:
        shutil.rmtree(run.folder, ignore_errors=True)


def find() -> list[Interrupted]:
    """Runs of processes that are gone, with a checkpoint to go on from; others are removed."""
    found = []
    for folder in _root().iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and alive(int(owner)):
            continue
        try:
            project = files.read(folder / _PROJECT)
            base = Path((folder / _BASE).read_text("utf-8"))
            run = Interrupted(folder, project, base)
            if not any(run.checkpoints.iterdir()):
                raise OSError("no checkpoint yet")
        except (OSError, UserError) as error:
            log.info("run in %s cannot go on: %s", folder, error)
            shutil.rmtree(folder, ignore_errors=True)
            continue
        found.append(run)
    return found
