"""What a project or a model file shows of a lesson: the state that its checks look at.

Stands above ``lessons``, ``check`` and ``formats``, which do not know each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.errors import UserError
from netbuilder.core.formats.registry import is_model
from netbuilder.core.history_columns import epoch_count
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.lessons.lesson_state import SAVED, LessonState, ObservedProblem, ObservedRun
from netbuilder.core.lessons.library import start_path, start_project
from netbuilder.core.project import files
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.check.shapes.shapes import Shapes


def observe_file(lesson: Lesson, path: Path | str) -> LessonState:
    """What a handed-in file shows: its network, its run where it was trained, its record.

    Nothing in it is run: a model file is only read, after the safety check.

    Raises:
        UserError: the file or the lesson's start project cannot be read.
    """
    path = Path(path)
    run, facts = None, None
    if is_model(path):
        from netbuilder.core.formats import metadata, registry
        from netbuilder.core.formats.safety.inspect_file import inspect_file

        file = inspect_file(path, placeholders=True)
        project = registry.project_of(file)
        if file.is_ours:
            beside = metadata.sidecar_from_json(file.ours, path.name)
            facts = beside.facts
            epochs = beside.run.get("epochs", 0)
            rows = epoch_count(beside.history)
            count = epochs if isinstance(epochs, int) and not isinstance(epochs, bool) else rows
            run = ObservedRun(project, count, beside.history, beside.test)
    else:
        project = files.read(path)
        facts = known_facts(project, path.parent)
    events = frozenset({f"{SAVED}:{path.suffix.lower()}"})
    return observe_project(lesson, project, facts, run, events)


def observe_start(lesson: Lesson) -> LessonState:
    """What a pupil has who has done nothing yet."""
    start = start_project(lesson)
    base = start_path(lesson).parent if lesson.start != "empty" else Path()
    return observe_project(lesson, start, known_facts(start, base))


def observe_project(
    lesson: Lesson,
    project: Project,
    facts: DataFacts | None,
    run: ObservedRun | None = None,
    events: frozenset[str] = frozenset(),
) -> LessonState:
    """The state of a project; asks Keras for shapes where the graph is whole.

    What the project keeps of another lesson does not count.
    """
    from netbuilder.core.check.diagnostics import diagnose
    from netbuilder.core.check.shapes.shapes import ShapeCache

    record = record_of(project)
    if record is not None and record.name != lesson.name:
        record = None
    shapes = ShapeCache().compute(project.graph, facts)
    return LessonState(
        project=project,
        start=start_project(lesson),
        shapes=observed_shapes(shapes),
        parameters=shapes.total_parameters,
        problems=observed_problems(diagnose(project, facts, shapes)),
        run=run,
        events=events | (record.events if record is not None else frozenset()),
        answers=record.answers if record is not None else {},
        done=record.done if record is not None else frozenset(),
    )


def observed_shapes(shapes: Shapes) -> dict[str, tuple[int | None, ...] | None]:
    """Shapes by node id, as checks see them."""
    return {
        name: tuple(one.output) if one.output is not None else None
        for name, one in shapes.by_node.items()
    }


def observed_problems(problems: Iterable[Problem]) -> tuple[ObservedProblem, ...]:
    """Problems as checks see them; those that follow from another one are left out."""
    return tuple(ObservedProblem(one.code, one.blocks) for one in problems if one.follows is None)


def known_facts(project: Project, base: Path) -> DataFacts | None:
    """What is known of a project's data; None where there is none, or it cannot be read."""
    from netbuilder.core.data.load import load_facts

    if not project.data.kind:
        return None
    try:
        return load_facts(project, base)
    except UserError:
        return None  # a check of the problems says that it cannot be read
