"""The formats that a network can be written as and read from."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import UserError
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.described_project import DescribedProject
from netbuilder.core.formats.importing.import_file import load_network, project_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.project.atomic import translate_disk_full
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.engine.trained import TrainedModel


__all__ = ["FORMATS", "MODEL_ENDINGS", "format_for", "load_network", "project_of", "save_network"]


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        endings: of file names, the usual one first; empty for a folder.
        module: of this package. Its function save(source, path) returns notes or None, and calls
            verify(source, path) before the file replaces ``path``. Both raise FormatError if the
            network cannot be written so or the file predicts differently.
        trained: whether it contains weights; otherwise the source may be a ``Project``.
        reads: whether it can be opened again.
        styled: whether ``save`` takes a ``style``, and projects as ``DescribedProject``.
        needs: optional packages.
    """

    name: str
    endings: tuple[str, ...]
    title: str
    help: str
    module: str
    trained: bool = True
    reads: bool = False
    styled: bool = False
    needs: tuple[str, ...] = ()

    @property
    def available(self) -> bool:
        """Whether all optional packages that it needs are installed."""
        return all(importlib.util.find_spec(name) is not None for name in self.needs)


def _format(row: dict[str, Any]) -> Format:
    lists = {key: tuple(row.get(key, ())) for key in ("endings", "needs")}
    return Format(**{**row, **lists})


FORMATS = tuple(_format(row) for row in resource_json("tables.json")["formats"])


# Endings of model files that can be opened again.
MODEL_ENDINGS: tuple[str, ...] = tuple(
    ending for row in FORMATS if row.reads for ending in row.endings
)


def is_model(path: Path) -> bool:
    """Return whether a path has the ending of a model file."""
    return path.suffix.lower() in MODEL_ENDINGS


def format_for(path: Path) -> Format:
    """Return the format for a path's ending (none: SavedModel), or raise FormatError."""
    ending, name = Path(path).suffix.lower(), Path(path).name.lower()
    # The longest ending wins: .int8.tflite is not .tflite.
    rows = [
        (len(own), row) for row in FORMATS for own in row.endings if ending and name.endswith(own)
    ]
    if rows:
        return max(rows, key=lambda match: match[0])[1]
    for row in FORMATS:
        if not ending and not row.endings:
            return row
    known = " ".join(row.endings[0] for row in FORMATS if row.endings)
    raise format_error("format_unknown", path, ending=ending, endings=known)


def save_network(
    source: TrainedModel | Project,
    path: Path | str,
    base: Path | None = None,
    style: str = "",
    errors: tuple[str, ...] = (),
    code: str = "",
) -> tuple[str, ...]:
    """Write a trained network or a project in the format of ``path``'s ending.

    Args:
        source: a project only for formats without weights.
        path: the file, or a folder for a SavedModel.
        base: folder that the project's relative paths start from; they are rewritten for ``path``.
        style: of a script or notebook, "short" or "exact"; "" for the default.
        errors: sentences about problems of a project, for the top of its script.
        code: the project's script as a person edited it; "" to write a new one.

    Returns:
        Notes on the file, such as the cost of smaller weights.

    Raises:
        FormatError: unknown format, untrained network, or the written file predicts differently.
        UserError: the place cannot be written.
    """
    path = Path(path)
    row = format_for(path)
    content: TrainedModel | Project | DescribedProject = source
    if isinstance(source, Project):
        if row.trained:
            raise format_error("not_trained", path, format=_(row.title), project=source.name)
        content = _rebased(source, base, path)
        if row.styled:
            known = facts_of(source, base) if base is not None else None
            content = DescribedProject(content, known, errors, _moved(code, source, content))
    elif base is not None:
        content = replace(source, project=_rebased(source.project, base, path))
    writer: Callable[..., tuple[str, ...] | None]
    writer = importlib.import_module(f"netbuilder.core.formats.{row.module}").save
    with translate_disk_full(path):
        return writer(content, path, **({"style": style} if style and row.styled else {})) or ()


def _moved(code: str, source: Project, moved: Project) -> str:
    """Return the script with the paths of a project that was rebased."""
    from netbuilder.core.formats.paths import WEIGHTS

    paths = [
        (
            project.data.path,
            project.data.test_path,
            *(n.params.get(WEIGHTS) for n in project.graph.nodes),
        )
        for project in (source, moved)
    ]
    for old, new in zip(*paths, strict=True):
        if old and old != new:
            for literal in (format_literal(old), repr(old)):
                code = code.replace(literal, format_literal(new))
    return code


def facts_of(project: Project, base: Path) -> DataFacts | None:
    """Return the facts about the data, or None if there is none or it cannot be read."""
    from netbuilder.core.data.load import load_facts

    try:
        return load_facts(project, base) if project.data.kind else None
    except UserError:
        return None


def import_model(path: Path | str) -> Project:
    """Return the project of a ``.h5`` or ``.keras``; raise FormatError if damaged or unsafe."""
    from netbuilder.core.formats.safety.inspect_file import inspect_file

    with translate_disk_full(Path(path)):
        return project_of(inspect_file(Path(path), placeholders=True))


def read_project(path: Path | str) -> Project:
    """Return the project in a ``.netbuilder``, ``.h5`` or ``.keras``, or raise UserError."""
    path = Path(path)
    if is_model(path):
        return import_model(path)
    return files.read(path)


def _rebased(project: Project, base: Path | None, path: Path) -> Project:
    from netbuilder.core.formats.paths import rebased, within

    if base is None:
        return project
    # Paths beside the file stay valid when both are moved to another computer.
    return within(rebased(project, base, path.parent), path.parent)
