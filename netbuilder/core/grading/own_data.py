"""The data that a submission learned from, for evaluating it again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import ngettext
from netbuilder.core.lessons.check_words import CHANGED
from netbuilder.core.lessons.lesson import EMPTY, Lesson
from netbuilder.core.wording import format_list, join_values

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.project.model import Data, Project

_sentence = sentences_of("grading")


@dataclass(frozen=True)
class HeldOutTest:
    """Test rows with a name; works with equal ``mark`` were evaluated on the same rows."""

    split: Split
    words: str
    mark: str


def load_own_data(
    project: Project, lesson: Lesson | None = None, places: Sequence[Path] = ()
) -> Dataset:
    """Load built-in or generated data, or the class's own file; else raise ``DataError``.

    The class's file is the lesson's, one of ``places``, or has the recorded name in a folder of
    ``places`` or in the lesson's folder.
    """
    from netbuilder.core.data.kinds.kind import DataLocation
    from netbuilder.core.data.registry import kind_of

    data = project.data
    if not data.kind:
        raise data_error("grading_no_data")
    if kind_of(data).files.place is DataLocation.NOWHERE:
        return _load(project, Path())
    if lesson is not None and lesson.path is not None:
        places = (*places, lesson.path.parent)
    start = _beside_lesson(project, lesson) or _in_places(project, places)
    if start is None:
        raise data_error("grading_data_elsewhere")
    return _load(*start)


def _load(project: Project, base: Path) -> Dataset:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.prepare.inference_data import refuse_target_as_input

    dataset = load_dataset(project, base)
    refuse_target_as_input(dataset.preprocessing)
    return dataset


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


def _in_places(project: Project, places: Sequence[Path]) -> tuple[Project, Path] | None:
    mine = project.data
    name, test = _name(mine.path), _name(mine.test_path)
    for place in places:
        folder, file = (place.parent, place.name) if place.is_file() else (place, name)
        present = [part not in {"", ".."} and (folder / part).exists() for part in (file, test)]
        if present[0] and (present[1] or not test):
            return replace(project, data=replace(mine, path=file, test_path=test)), folder
    return None


def data_name(data: Data) -> str:
    """Return the data's name, or that of its file."""
    return data.name or _name(data.path)


def other_task_sentence(
    project: Project, targets: Sequence[str], lesson: Lesson, dataset: Dataset | None
) -> str:
    """Return why a network that predicts ``targets`` does not solve the lesson's task; else "".

    The lesson names its data in a check, or by its start project; ``dataset`` is the project's.
    """
    from netbuilder.core.lessons.lesson_files import known_facts
    from netbuilder.core.lessons.library import start_path, start_project

    terms = [term for step in lesson.steps for check in step.checks for term in check.terms]
    named = [term.value for term in terms if term.word.name == "data"]
    expected, base, mine = start_project(lesson).data, Path(), project.data
    if any(term.word.name == CHANGED and term.value == "data" for term in terms):
        return ""
    words, usual = data_name(expected), expected.target
    if not targets:
        return ""
    if named:
        fits = any(value.holds(name) for value in named for name in (mine.name, mine.kind) if name)
        words = format_list(word for value in named for word in value.words)
        expected, usual = replace(mine, target=(), targets={}), ()
    elif expected.kind:
        fits = (mine.kind, data_name(mine)) == (expected.kind, words)
        base = start_path(lesson).parent
    else:
        return ""
    if fits:
        facts = dataset.facts if dataset is not None and expected == mine else None
        facts = facts or known_facts(replace(project, data=expected), base)
        usual = facts.target_names if facts is not None else usual
        words = join_values((words, *usual))
    if set(usual) == set(targets) or not usual if fits else dataset is None:
        return ""
    return _sentence(
        "not_the_lessons_target", columns=format_list(targets), data=data_name(mine), expected=words
    )


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
        raise data_error("grading_no_test_rows", name=name)
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
