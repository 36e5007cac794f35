"""Write the file that a student submits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.grading import submission as submission_info
from netbuilder.core.grading.submission import SubmissionInfo
from netbuilder.core.project import files
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel


def write_submission(
    source: TrainedModel | Project, folder: Path, info: SubmissionInfo, *, base: Path | None = None
) -> Path:
    """Write one file into ``folder``, read it back and return its path.

    Args:
        source: a trained network (written as ``.h5``) or an untrained project.
        folder: where the class's files are collected; existing files are kept.
        info: student, lesson and steps.
        base: folder of the project's relative paths.
    """
    from netbuilder.core.formats import registry

    project = source if isinstance(source, Project) else source.project
    project = submission_info.with_submission_info(project, info)
    written = submission_info.submission_info_of(project)
    assert written is not None
    ending = ".netbuilder" if isinstance(source, Project) else ".h5"
    taken = [path.name for path in folder.glob(f"*{ending}")]
    path = folder / submission_info.file_name(written.student, written.lesson, ending, taken)
    if isinstance(source, Project):
        files.write(project, path)
    else:
        registry.save_network(replace(source, project=project), path, base)
    registry.read_project(path)
    return path
