"""The lesson state of a project or model file, for its checks."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.history_columns import epoch_count
from netbuilder.core.errors import UserError
from netbuilder.core.formats.registry import is_model
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.lessons.lesson_state import (
    SAVED,
    LessonState,
    ObservedRun,
    observed_problems,
    observed_shapes,
)
from netbuilder.core.lessons.library import start_path, start_project
from netbuilder.core.project import files
from netbuilder.core.project.model import Project


def observe_file(lesson: Lesson, path: Path | str) -> LessonState:
    """Return the state of a submitted file, which is only read, never run.

    Raise UserError if the file or the lesson's start project cannot be read.
    """
    path = Path(path)
    run, facts = None, None
    if is_model(path):
        from netbuilder.core.formats import metadata, registry
        from netbuilder.core.formats.safety.inspect_file import inspect_file

        file = inspect_file(path, placeholders=True)
        project = registry.project_of(file)
        if file.is_ours:
            sidecar = metadata.sidecar_from_json(file.ours, path.name)
            facts = sidecar.facts
            epochs = sidecar.run.get("epochs", 0)
            rows = epoch_count(sidecar.history)
            count = epochs if isinstance(epochs, int) and not isinstance(epochs, bool) else rows
            run = ObservedRun(project, count, sidecar.history, sidecar.test)
    else:
        project = files.read(path)
        facts = known_facts(project, path.parent)
    events = frozenset({f"{SAVED}:{path.suffix.lower()}"})
    return observe_project(lesson, project, facts, run, events)


def observe_start(lesson: Lesson) -> LessonState:
    """Return the state at the start of a lesson."""
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
    """Return the state of a project; its record of another lesson is ignored."""
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


def known_facts(project: Project, base: Path) -> DataFacts | None:
    """Return the facts of a project's data; None without readable data."""
    from netbuilder.core.data.load import load_facts

    if not project.data.kind:
        return None
    try:
        return load_facts(project, base)
    except UserError:
        return None  # reported as a problem
