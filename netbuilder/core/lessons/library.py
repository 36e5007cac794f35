"""Find lessons: bundled ones, the user's own, a school's, and those beside a project."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core import folders
from netbuilder.core.data.examples import find_example
from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.files.regular_file import special_file_kind
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson import EMPTY, LEVELS, Lesson, LessonError
from netbuilder.core.lessons.parse import read_lesson, start_line
from netbuilder.core.lessons.translation import is_translation
from netbuilder.core.project import files
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.core.project.network_data import check_trusted_paths
from netbuilder.core.wording import did_you_mean, format_list

_sentence = sentences_of("lessons")

#: Machine-wide folders of lessons, separated by ``os.pathsep``.
MACHINE_VARIABLE = "NETBUILDER_LESSONS"
FOLDER = "lessons"
ENDING = ".md"
#: Drawings of the bundled lessons, in their order.
LESSON_DRAWINGS: Mapping[str, str] = resource_json("tables.json")["lesson_drawings"]
ORDER = tuple(LESSON_DRAWINGS)


@dataclass(frozen=True)
class LessonFolder:
    """The lessons of one folder; ``broken`` are the errors of unreadable ones."""

    title: str
    folder: Path
    lessons: tuple[Lesson, ...]
    broken: tuple[LessonError, ...] = ()


def lesson_folders(
    beside: Path | None = None, machine: Sequence[Path] | None = None
) -> tuple[LessonFolder, ...]:
    """Return the folders that contain lessons; ``beside`` is the folder of the open project."""
    if machine is None:
        machine = [Path(os.path.expandvars(name)) for name in site_settings().lessons]
    from_environment = [
        Path(name) for name in os.environ.get(MACHINE_VARIABLE, "").split(os.pathsep) if name
    ]
    candidates = [
        (_("Lessons"), resource(FOLDER)),
        *((_("This school's lessons"), path) for path in (*machine, *from_environment)),
        (_("My lessons"), folders.data() / FOLDER),
    ]
    if beside is not None:
        candidates.insert(0, (_("Next to this project"), beside / FOLDER))
    shelves: list[LessonFolder] = []
    visited: set[Path] = set()
    for title, folder in candidates:
        absolute = folder.absolute()
        if absolute in visited:
            continue
        visited.add(absolute)
        shelf = _read_folder(title, folder)
        if shelf.lessons or shelf.broken:
            shelves.append(shelf)
    return tuple(shelves)


def _read_folder(title: str, folder: Path) -> LessonFolder:
    lessons: list[Lesson] = []
    broken: list[LessonError] = []
    try:
        paths = sorted(path for path in folder.glob(f"*{ENDING}") if _may_be_lesson(path))
    except OSError:
        paths = []
    for path in paths:
        try:
            lessons.append(read_lesson(path))
        except LessonError as error:
            broken.append(error)
    return LessonFolder(title, folder, tuple(sorted(lessons, key=_place)), tuple(broken))


def _may_be_lesson(path: Path) -> bool:
    """Return whether a Markdown file is meant as a lesson, not a README or translation."""
    try:
        if special_file_kind(path) or is_translation(path):
            return False
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.readline(10).strip() == "---"
    except OSError:
        return False


def _place(lesson: Lesson) -> tuple[int, int, str]:
    place = ORDER.index(lesson.name) if lesson.name in ORDER else len(ORDER)
    return place, LEVELS.index(lesson.level), lesson.title.casefold()


def find_lesson(
    name: str, beside: Path | None = None, machine: Sequence[Path] | None = None
) -> Lesson:
    """Return a lesson by name or path; raise ``LessonError`` if there is none or it is invalid."""
    path = Path(name)
    if path.suffix.lower() in (ENDING, ".markdown") or path.is_file():
        return read_lesson(path, drawn=True)
    lessons: dict[str, Lesson] = {}
    for shelf in lesson_folders(beside, machine):
        for lesson in shelf.lessons:
            lessons.setdefault(lesson.name, lesson)
        for error in shelf.broken:
            if error.path is not None and Path(error.path).stem == name:
                raise error
    if name not in lessons:
        suggestion = did_you_mean(name, list(lessons))
        raise LessonError(
            _("There is no lesson '{name}'.", name=name),
            f"{suggestion} There are {format_list(lessons, 20)}.".strip(),
        )
    return lessons[name]


def start_project(of: Lesson) -> Project:
    """Return the project that a lesson starts with; raise ``LessonError`` if unreadable."""
    if of.start == EMPTY:
        return Project(name=of.title, graph=Graph(nodes=(Node("input", "Input"),)))
    try:
        return files.read(start_path(of))
    except UserError as error:
        line = start_line(of.path) if of.path is not None else 1
        name = of.path.name if of.path is not None else of.name
        raise LessonError(
            _sentence(
                "start_unreadable", file=name, line=line, project=of.start, reason=error.what
            ),
            error.fix or _sentence("start_fix"),
            code="lesson_start_unreadable",
            path=str(of.path) if of.path is not None else None,
        ) from error


def start_path(of: Lesson) -> Path:
    """Return the path of the start project; raise ``UserError`` if there is none."""
    base = of.path.parent if of.path is not None else Path()
    check_trusted_paths((of.start,), base)
    path = base / of.start
    if of.start.endswith(files.ENDING) or path.is_file():
        return path
    return find_example(of.start).path
