"""``netbuilder lessons [NAME] [--check PROJECT] [-o FOLDER]``."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.core.error_texts import sentences_of, usage_error, user_error
from netbuilder.core.files.regular_file import read_regular
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import EMPTY, Lesson
from netbuilder.core.lessons.parse import LARGEST
from netbuilder.core.lessons.step_check import StepResult, check_steps
from netbuilder.core.lessons.translation import translations_of
from netbuilder.core.project import files
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_quoted_list

_sentence = sentences_of("lessons")


def run(arguments: argparse.Namespace) -> int:
    """List lessons, show or write one, or check a project against it."""
    if arguments.name is None:
        if arguments.check:
            raise usage_error("no_lesson_named")
        return _list(arguments)
    lesson = library.find_lesson(arguments.name, _beside(arguments))
    library.start_project(lesson)  # raises if the start project is invalid
    written = _write(lesson, arguments.output) if arguments.output else []
    answer: dict[str, Any] = {"lesson": lesson.name, "title": lesson.title}
    if arguments.check:
        answer |= _check(lesson, Path(arguments.check))
    else:
        _show(lesson)
        answer["steps"] = [
            {"title": step.title, "done": False, "hint": step.hint} for step in lesson.steps
        ]
    if written:
        answer["files"] = written
    if arguments.json:
        print_json(answer)
    return 0


def _beside(arguments: argparse.Namespace) -> Path:
    return Path(arguments.check).parent if arguments.check else Path()


def _list(arguments: argparse.Namespace) -> int:
    shelves = library.lesson_folders(_beside(arguments))
    lessons = [lesson for shelf in shelves for lesson in shelf.lessons]
    written = (
        [path for lesson in lessons for path in _write(lesson, arguments.output)]
        if arguments.output
        else []
    )
    width = max((len(lesson.name) for lesson in lessons), default=0)
    for shelf in shelves:
        if len(shelves) > 1:
            print_result(f"{shelf.title} ({shelf.folder})")
        for lesson in shelf.lessons:
            steps = ngettext("{count} step", "{count} steps", len(lesson.steps))
            print_result(
                f"{lesson.name:<{width}}  {lesson.title} ({_(lesson.level)}, "
                f"{_minutes(lesson)}, {steps})"
            )
        for error in shelf.broken:
            print_note(_("not a lesson: {reason}", reason=error))
    if arguments.json:
        rows = [
            {
                "name": lesson.name,
                "title": lesson.title,
                "level": lesson.level,
                "minutes": lesson.minutes,
                "steps": len(lesson.steps),
            }
            for lesson in lessons
        ]
        print_json({"lessons": rows, **({"files": written} if written else {})})
    return 0


def _minutes(lesson: Lesson) -> str:
    return ngettext("{count} minute", "{count} minutes", lesson.minutes)


def _show(lesson: Lesson) -> None:
    print_result(f"{lesson.title} ({_(lesson.level)}, {_minutes(lesson)})")
    if lesson.needs:
        print_result(_("Needs: {needs}", needs=lesson.needs))
    if lesson.intro:
        print_result(f"\n{lesson.intro}")
    for number, step in enumerate(lesson.steps, 1):
        print_result(f"\n{number}. {step.title}")
        if step.text:
            print_result(step.text)
        question = step.question
        while question is not None:
            labels = " | ".join(question.label(choice) for choice in question.choices)
            choices = f" ({labels})" if labels else ""
            print_result(_("Question: {question}", question=f"{question.ask}{choices}"))
            question = question.another
        if step.hint:
            print_result(_("Hint: {hint}", hint=step.hint))
        if step.explore:
            print_result(_("Explore further: {task}", task=step.explore))


def _check(lesson: Lesson, path: Path) -> dict[str, Any]:
    from netbuilder.core.process.tensorflow_output import load_tensorflow

    load_tensorflow()
    from netbuilder.core.lessons.lesson_files import observe_file, observe_start

    results = check_steps(lesson, observe_file(lesson, path))
    before = check_steps(lesson, observe_start(lesson))
    for result in results:
        print_result(f"[{'x' if result.done else ' '}] {result.number}. {result.title}")
        for sentence in result.missing:
            print_result(f"      {sentence}")
    done = sum(result.done for result in results)
    print_note(
        _sentence(
            "steps_done_in", count=len(results), lesson=lesson.title, done=done, file=path.name
        )
    )
    early = [
        result.title
        for result, step in zip(before, lesson.steps, strict=True)
        if result.done and not step.reading
    ]
    for title in early:
        print_note(_sentence("already_done", title=title))
    return {
        "steps": [_step_json(result) for result in results],
        "complete": done == len(results),
        "done_at_start": early,
    }


def _step_json(result: StepResult) -> dict[str, Any]:
    return {
        "title": result.title,
        "done": result.done,
        "hint": result.hint,
        "missing": list(result.missing),
    }


def _write(lesson: Lesson, output: str) -> list[str]:
    folder = Path(output)
    if folder.is_file():
        raise usage_error("output_is_a_file", name=folder)
    folder.mkdir(parents=True, exist_ok=True)
    assert lesson.path is not None
    text = read_regular(lesson.path, LARGEST).decode("utf-8-sig")
    name = f"{lesson.name}{files.ENDING}"
    if lesson.start != EMPTY:
        text = text.replace(f"start: {lesson.start}", f"start: {name}", 1)
    project, copied = _with_data(lesson, library.start_project(lesson), folder)
    files.write(project, folder / name)
    write_bytes(folder / f"{lesson.name}.md", text.encode())
    for translation in translations_of(lesson.path):
        words = read_regular(translation, LARGEST).decode("utf-8-sig")
        words = words.replace(f"start: {lesson.start}", f"start: {name}", 1)
        write_bytes(folder / translation.name, words.encode())
    paths = [str(folder / f"{lesson.name}.md"), str(folder / name), *copied]
    print_note(
        _("Wrote the lesson '{lesson}' and its start project '{project}'.",
          lesson=paths[0], project=paths[1])
    )  # fmt: skip
    if copied:
        print_note(_("Copied its data: {files}.", files=format_quoted_list(copied)))
    return paths


def _with_data(lesson: Lesson, project: Project, folder: Path) -> tuple[Project, list[str]]:
    if lesson.start == EMPTY or not (project.data.path or project.data.test_path):
        return project, []
    base = library.start_path(lesson).parent
    copied: list[str] = []
    moved: dict[str, str] = {}
    for key in ("path", "test_path"):
        name = getattr(project.data, key)
        source = base / name
        if not name or not source.exists():
            continue
        target = folder / source.name
        if target.resolve() != source.resolve():
            try:
                if source.is_dir():
                    shutil.copytree(source, target, dirs_exist_ok=True)
                else:
                    shutil.copy2(source, target)
            except OSError as error:
                raise user_error(
                    "lesson_data_copy", name=source, reason=error.strerror or error
                ) from error
            copied.append(str(target))
        moved[key] = source.name
    data = replace(
        project.data,
        path=moved.get("path", project.data.path),
        test_path=moved.get("test_path", project.data.test_path),
    )
    return replace(project, data=data), copied
