"""``netbuilder export SOURCE -o PATH``: the extension sets the format."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.core.error_texts import sentences_of, usage_error, user_error
from netbuilder.core.formats import registry
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_list, format_number

_sentence = sentences_of("script")

_PICTURES = (".svg", ".png", ".pdf")
#: Exports of more layers are slow.
MANY_LAYERS = 1_000


def run(arguments: argparse.Namespace) -> int:
    """Write a project or a trained model in another format."""
    source, path = Path(arguments.source), Path(arguments.output)
    if arguments.output == "-":
        from netbuilder.core.formats.script.python import Style, script_source

        project = registry.read_project(source)
        style = Style(arguments.style or Style.SHORT)
        print_result(script_source(project, registry.facts_of(project, source.parent), style))
        return 0
    if source.exists() and path.exists() and source.samefile(path):
        raise user_error("output_is_input", name=path)
    picture = path.suffix.lower() in _PICTURES
    if arguments.worksheet and not picture:
        raise usage_error("worksheet_not_a_picture", name=path.name, endings=format_list(_PICTURES))
    if picture and (arguments.worksheet or path.suffix.lower() != ".svg"):
        _picture(source, path, arguments.worksheet)
        notes: tuple[str, ...] = ()
        errors: tuple[str, ...] = ()
    else:
        notes, errors = _write(source, path, arguments.style)
    print_note(_("Wrote {file}.", file=path))
    for text in notes:
        print_note(text)
    if errors:
        print_note(_sentence("errors", count=len(errors)))
    for text in errors:
        print_note(f"- {text}")
    if arguments.json:
        print_json({"output": str(path), "notes": list(notes), "errors": list(errors)})
    return 1 if errors else 0


def _write(source: Path, path: Path, style: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    row = registry.format_for(path)
    if style and not row.styled:
        raise usage_error("style_without_script", name=path.name)
    if row.trained:
        from netbuilder.cli.evaluate import load_model

        trained = load_model(source)
        _print_size_note(trained.project)
        return registry.save_network(trained, path, source.parent, style or ""), ()
    project = registry.read_project(source)
    errors: tuple[str, ...] = ()
    if row.styled:
        from netbuilder.cli.check import check_project
        from netbuilder.core.check.problems import script_errors
        from netbuilder.core.process.process_setup import has_avx

        # Scripts can be written without TensorFlow.
        errors = script_errors(check_project(project, source.parent, with_shapes=has_avx())[0])
    return registry.save_network(project, path, source.parent, style or "", errors), errors


def _print_size_note(project: Project) -> None:
    """Warn about large networks: checking the written file builds them three times."""
    count = len(project.graph.nodes)
    if count > MANY_LAYERS:
        print_note(
            _("Writing {count} layers takes a few minutes.", count=format_number(count, ","))
        )


def _picture(source: Path, path: Path, worksheet: str | None) -> None:
    from netbuilder.cli.app import offscreen_application
    from netbuilder.core.formats.writers.svg import network_svg
    from netbuilder.core.lessons.lesson_files import known_facts
    from netbuilder.core.lessons.worksheet import worksheet as worksheet_svg

    project = registry.read_project(source)
    if worksheet is None:
        text = network_svg(project)
    else:
        from netbuilder.core.process.tensorflow_output import load_tensorflow

        load_tensorflow()
        text = worksheet_svg(project, known_facts(project, source.parent), sheet=worksheet)
    with offscreen_application():
        from netbuilder.ui.plots import picture_export as svg_file

        svg_file.write_svg(text, path)
