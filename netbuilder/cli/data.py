"""``netbuilder data SOURCE``: show how a file, folder or project's data is read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.cli.output import print_json, print_note, print_result, show_reading_bar
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import did_you_mean, format_list, format_number, join_values, labelled

if TYPE_CHECKING:
    from netbuilder.core.data.data_report import ColumnFacts, DataReport
    from netbuilder.core.data.findings import Finding
    from netbuilder.core.project.model import Project


def run(arguments: argparse.Namespace) -> int:
    """Print how the data is read, after applying ``--fix``; return 1 if it cannot be trained on."""
    from netbuilder.core.data.findings import ERROR

    source = Path(arguments.source)
    project, base = _project(source)
    target = _written_to(source, arguments)
    report = _report(project, base)
    if target is not None:
        project = _fixed(project, report, arguments.fix)
        _write(project, base, target)
        report = _report(project, base)
        print_note(_("Wrote {file}.", file=target))
    _print_report(report)
    if arguments.json:
        print_json(to_json(report))
    return 1 if any(note.severity == ERROR for note in report.notes) else 0


def _project(path: Path) -> tuple[Project, Path]:
    from netbuilder.core.data.kinds.builtin import BUILTINS
    from netbuilder.core.data.registry import all_endings, recipe_for
    from netbuilder.core.formats import registry
    from netbuilder.core.project.model import Data, Project

    if not path.exists():
        if str(path) in BUILTINS:
            return Project(data=Data("builtin", name=str(path))), Path()
        raise UserError(
            _("There is no file and no built-in data set named '{name}'.", name=path),
            did_you_mean(str(path), list(BUILTINS), _("Check the name and the folder.")),
            code="data_not_found",
        )
    if registry.is_model(path) and path.suffix.lower() not in all_endings():
        raise user_error("network_instead_of_data", name=path.name)
    if path.suffix.lower() == ".netbuilder":
        project = registry.read_project(path)
        if not project.data.kind:
            raise user_error("no_data_chosen", name=path.name)
        return project, path.parent
    return Project(data=recipe_for(path, path.name)), path.parent


def _report(project: Project, base: Path) -> DataReport:
    """Return the report; a fixable reading error becomes a note."""
    from netbuilder.core.data.data_report import DataReport, make_report
    from netbuilder.core.data.findings import finding_from_error

    try:
        with show_reading_bar():
            return make_report(project, base)
    except UserError as error:
        if not error.fixes:
            raise
        return DataReport(project.data.kind, {}, notes=(finding_from_error(error),))


def _written_to(source: Path, arguments: argparse.Namespace) -> Path | None:
    from netbuilder.core.project.files import ENDING

    if arguments.output:
        target = Path(arguments.output)
        if target.suffix.lower() != ENDING:
            raise user_error("not_a_project_name", name=target.name, ending=ENDING)
        if target.exists() and not (source.exists() and target.samefile(source)):
            raise user_error("project_exists", file=target)
        return target
    if not arguments.fix:
        return None
    if source.suffix.lower() != ENDING:
        project = f"{source.stem}{ENDING}"
        raise user_error("no_project_to_write", name=source.name, project=project)
    return source


def _fixed(project: Project, report: DataReport, names: Sequence[str]) -> Project:
    from netbuilder.core.wording import format_quoted_list

    fixes = [fix for note in report.notes for fix in note.fixes]
    labels = [fix.label for fix in fixes]
    for name in names:
        if name.isdecimal() and 1 <= int(name) <= len(fixes):
            index = int(name) - 1
        elif name in labels:
            index = labels.index(name)
        else:
            fix = _("Choose one of {fixes}, or its number.", fixes=format_quoted_list(labels, 12))
            raise UserError(
                _("There is no fix '{name}'.", name=name),
                did_you_mean(name, labels, fix) if labels else _("This data needs no fix."),
            )
        project = fixes[index].edit(project)
    return project


def _write(project: Project, base: Path, target: Path) -> None:
    from netbuilder.core.project import edits, files
    from netbuilder.core.project.model import Project

    def relocated(name: str) -> str:
        path = (base / name).absolute()
        inside = path.is_relative_to(target.parent.absolute())
        return path.relative_to(target.parent.absolute()).as_posix() if inside else str(path)

    data = project.data
    if base.absolute() != target.parent.absolute():
        data = replace(
            data,
            path=relocated(data.path) if data.path else "",
            test_path=relocated(data.test_path) if data.test_path else "",
        )
        project = replace(project, data=data)
    if project.name == Project().name:
        project = edits.rename_project(project, target.stem)
    files.write(project, target)


def _rows_of(part: str, count: int) -> str:
    if part == "train":
        return ngettext("{count} training sample", "{count} training samples", count)
    if part == "validation":
        return ngettext("{count} validation sample", "{count} validation samples", count)
    return ngettext("{count} test sample", "{count} test samples", count)


def _print_report(report: DataReport) -> None:
    parts = [_rows_of(part, count) for part, count in report.rows.items() if count]
    print_result(
        f"{report.kind}: {format_list(parts)}"
        if parts
        else _("{kind}: cannot be used yet", kind=report.kind)
    )
    for column in report.columns:
        print_result(f"  {labelled(column.name, _about(column))}")
    if report.classes:
        print_result(
            _(
                "classes: {classes}",
                classes=join_values(
                    f"{label} {format_number(count, ',')}"
                    for label, count in report.classes.items()
                ),
            )
        )
    number = 0
    for note in report.notes:
        print_note(f"{note.severity}: {note.message}")
        for fix in note.fixes:
            number += 1
            print_note(f"    {_('fix {number}: {fix}', number=number, fix=fix.label)}")


def _about(column: ColumnFacts) -> str:
    count = _("{count} different values", count=format_number(column.unique, ","))
    span = f"{column.span} {column.unit}".rstrip() if column.span else count
    words = [column.role, column.type, span]
    if column.missing:
        words.append(_("{count} missing", count=format_number(column.missing, ",")))
    return join_values(words)


def to_json(report: DataReport) -> dict[str, Any]:
    """Return the report as JSON."""
    return {
        "kind": report.kind,
        "rows": dict(report.rows),
        "columns": [_column(column) for column in report.columns],
        "classes": dict(report.classes),
        "notes": [_note(note) for note in report.notes],
    }


def _column(column: ColumnFacts) -> dict[str, Any]:
    return {
        "name": column.name,
        "role": column.role,
        "type": column.type,
        "missing": column.missing,
        "missing_rule": column.missing_rule,
        "unique": column.unique,
        "min": column.minimum,
        "max": column.maximum,
        "mean": column.mean,
        "examples": list(column.examples),
        "common": dict(column.common),
        "histogram": None
        if column.histogram is None
        else {
            "edges": list(column.histogram.edges),
            "counts": {label: list(counts) for label, counts in column.histogram.counts.items()},
        },
        "unit": column.unit,
        "decided": sorted(column.decided),
    }


def _note(note: Finding) -> dict[str, Any]:
    return {
        "severity": note.severity,
        "message": note.message,
        "fix": note.fixes[0].label if note.fixes else None,
        "fixes": [fix.label for fix in note.fixes],
        "column": note.column or None,
    }
