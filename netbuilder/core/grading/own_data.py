"""The data that a submission learned from, for evaluating it again."""

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
    """Test rows with a name; works with equal ``mark`` were evaluated on the same rows."""

    split: Split
    words: str
    mark: str


def load_own_data(project: Project, lesson: Lesson | None = None) -> Dataset:
    """Load built-in or generated data, or the file beside the lesson; else raise ``DataError``."""
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
    start = _beside_lesson(project, lesson)
    if start is None:
        raise DataError(
            _("The data is in a separate file, which is not available here."),
            code="grading_data_elsewhere",
        )
    return load_dataset(*start)


def _beside_lesson(project: Project, lesson: Lesson | None) -> tuple[Project, Path] | None:
    """Return the project on the start project's data, if the file names are equal."""
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
    kind: type[PurePath] = PureWindowsPath if "\\" in path else PurePosixPath
    return kind(path).name


def held_out_test_of(project: Project, dataset: Dataset) -> HeldOutTest:
    """Return the test rows of a submission's own data; raise ``DataError`` if there are none."""
    from netbuilder.core.data.registry import kind_of

    data = project.data
    kind = kind_of(data)
    name = kind.chosen(data)
    split = dataset.test
    if split is None or not len(split):
        raise DataError(
            _("Its data, {name}, has no test set.", name=name), code="grading_no_test_rows"
        )
    # The seed decides which rows are held out, the options which rows exist.
    mark = hashlib.sha256(f"{name} {project.training.seed}".encode())
    for param in kind.more_options(data):
        mark.update(repr((param.name, data.options.get(param.name))).encode())
    for values in split.raw_y.values():
        mark.update(values.tobytes())
    words = ngettext(
        "{count} test row of {name}", "{count} test rows of {name}", len(split), name=name
    )
    return HeldOutTest(split, words, mark.hexdigest())
