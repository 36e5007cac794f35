"""Errors about a project, whose sentences are in ``resources/project_errors.json``."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.error_texts import Texts, error_of
from netbuilder.core.errors import EditError, ProjectFileError
from netbuilder.core.folders import resource_json

_ERRORS: Texts = resource_json("project_errors.json")


def edit_error(key: str, node: str | None = None, /, **values: object) -> EditError:
    """Return an error (``error_of``) about an edit, or about a node, called ``{name}``."""
    return error_of(EditError, _ERRORS, key, {"name": node, **values}, node=node)


def file_error(key: str, path: Path | str | None = None, /, **values: object) -> ProjectFileError:
    """Return an error (``error_of``) about a project file."""
    file = None if path is None else str(path)
    return error_of(ProjectFileError, _ERRORS, key, values, path=file)
