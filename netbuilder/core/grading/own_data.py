"""The data that a submission learned from, as they are here: what it is judged on again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons.lesson import EMPTY, Lesson

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.project.model import Project


@dataclass(frozen=True)
class HeldOutTest:
    """``words`` name the rows; works of one ``mark`` were judged on the same ones."""

    split: Split
    words: str
    mark: str


def load_own_data(project: Project, lesson: Lesson | None = None) -> Dataset:
    """Load built-in or generated data, or the data file that lies beside the lesson.

    No other file is read: what a submission calls its data may be anything, and lies elsewhere.

    Raises:
        DataError: its data is another.
    """
    from netbuilder.core.data.kinds.kind import DataLocation
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.registry import kind_of

    data = project.data
    if not data.kind:
        raise DataError(
            _("The file contains no information about its data."), code="grading_no_data"
        )
    if kind_of(data).place is DataLocation.NOWHERE:
        return load_dataset(project, Path())
    found = _beside_lesson(project, lesson)
    if found is None:
        raise DataError(
            _("The data is in a separate file, which is not available here."),
            code="grading_data_elsewhere",
        )
    return load_dataset(*found)


def _beside_lesson(project: Project, lesson: Lesson | None) -> tuple[Project, Path] | None:
    """The project on the data of the lesson's start project, where both have the same name."""
    from netbuilder.core.lessons.library import start_path, start_project

    if lesson is None or lesson.start == EMPTY:
        return None
    try:
        start, base = start_project(lesson).data, start_path(lesson).parent
    except UserError:
        return None
    mine = project.data
    same = all(_name(a) == _name(b) for a, b in
               ((mine.path, start.path), (mine.test_path, start.test_path)))  # fmt: skip
    if not start.path or start.kind != mine.kind or not same:
        return None
    return replace(project, data=replace(mine, path=start.path, test_path=start.test_path)), base


def _name(path: str) -> str:
    """The last part of a path that any system wrote."""
    kind: type[PurePath] = PureWindowsPath if "\\" in path else PurePosixPath
    return kind(path).name


def held_out_test_of(project: Project, dataset: Dataset) -> HeldOutTest:
    """Return the test rows of a submission's own data.

    Raises:
        DataError: its data keeps no rows aside.
    """
    from netbuilder.core.data.registry import kind_of

    data = project.data
    kind = kind_of(data)
    name = kind.chosen(data)
    split = dataset.test
    if split is None or not len(split):
        raise DataError(
            _("Its data, {name}, has no test set.", name=name), code="grading_no_test_rows"
        )
    # Which rows are kept aside follows from the seed; which there are, from the set's options.
    mark = hashlib.sha256(f"{name} {project.training.seed}".encode())
    for param in kind.more_options(data):
        mark.update(repr((param.name, data.options.get(param.name))).encode())
    for values in split.raw_y.values():
        mark.update(values.tobytes())
    words = ngettext(
        "{count} test row of {name}", "{count} test rows of {name}", len(split), name=name
    )
    return HeldOutTest(split, words, mark.hexdigest())
