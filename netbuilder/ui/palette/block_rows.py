"""Saved blocks as rows of the palette, and how one is appended to the network."""

from __future__ import annotations

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project import edits, fragments, saved_blocks
from netbuilder.core.project.model import Graph, Project
from netbuilder.core.project.saved_blocks import SavedBlock

BLOCK_MIME = "application/x-netbuilder-block"
HEADING = N_("My blocks")


def block_rows(text: str = "") -> list[str | SavedBlock]:
    """A heading and the saved blocks whose name holds ``text``; nothing where there are none."""
    found = [block for block in saved_blocks.list_blocks() if text.lower() in block.name.lower()]
    return [_(HEADING), *found] if found else []


def append_block(project: Project, piece: Graph) -> Project:
    """Paste a block, wired behind the end of the network where exactly one wire fits.

    Raises:
        EditError: the piece cannot be pasted.
    """
    ends = project.graph.outputs or project.graph.inputs
    pasted, new = fragments.paste_fragment(project, piece)
    heads = [one for one in new if not pasted.graph.sources[one]]
    if len(ends) != 1 or len(heads) != 1:
        return pasted
    if edits.connection_problem(pasted.graph, ends[0], heads[0]) is not None:
        return pasted
    return edits.connect(pasted, ends[0], heads[0])
