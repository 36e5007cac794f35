"""Blocks: groups that the user saved, to be put into any network again.

One file a block in the user's data folder, each a small project file that can be handed on.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.project import files, fragments
from netbuilder.core.project.model import Graph, Project

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SavedBlock:
    """A saved group: its name, its graph and where it is kept."""

    name: str
    graph: Graph
    path: Path


def _folder() -> Path:
    folder = folders.data() / "blocks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _path(name: str) -> Path:
    # A number sets names apart that differ only in what a file name cannot hold.
    safe = re.sub(r"[^\w\- ]+", "_", name).strip()[:60] or "block"
    path, count = _folder() / f"{safe}{files.ENDING}", 1
    while path.exists() and files.read(path).name != name:
        count += 1
        path = _folder() / f"{safe} {count}{files.ENDING}"
    return path


def save_block(graph: Graph, group_id: str) -> SavedBlock:
    """Save a group under its name; a block of that name is replaced.

    Raises:
        UserError: the data folder cannot be written.
    """
    name = graph.group_by_id[group_id].name
    piece = fragments.read_fragment(fragments.copy_fragment(graph, [group_id]))
    path = _path(name)
    files.write(Project(name, piece), path)
    return SavedBlock(name, piece, path)


def list_blocks() -> list[SavedBlock]:
    """All saved blocks by name; a damaged file is passed over and logged."""
    found = []
    for path in sorted(_folder().glob(f"*{files.ENDING}")):
        try:
            project = files.read(path)
        except UserError as error:
            log.warning("block %s is of no use: %s", path, error)
            continue
        found.append(SavedBlock(project.name, project.graph, path))
    return sorted(found, key=lambda block: block.name.lower())


def delete_block(block: SavedBlock) -> None:
    """Forget a block; networks that it was put into keep it."""
    block.path.unlink(missing_ok=True)
