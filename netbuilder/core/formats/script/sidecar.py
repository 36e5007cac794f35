"""Files that a script reads and that come with the program: they go with the script."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.engine.build.backbone_weights import bundled_weights
from netbuilder.core.formats.paths import WEIGHTS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_list


def sidecar_names(project: Project) -> tuple[str, ...]:
    """The weights of pretrained bodies that the program brought along, by their names."""
    found = (
        str(node.params.get(WEIGHTS) or "")
        for node in project.graph.nodes
        if node.params.get("weights") == "file"
    )
    return tuple(dict.fromkeys(name for name in found if name and bundled_weights(name)))


def write_sidecars(project: Project, folder: Path) -> tuple[str, ...]:
    """Write them into the folder of a script, where it looks for them; a sentence that says so.

    A file of that name that is there already stays: the project itself would take that one.

    Raises:
        UserError: the folder cannot be written.
    """
    wanted = sidecar_names(project)
    for name in wanted:
        source = bundled_weights(name)
        if source is not None and not (folder / name).exists():
            write_bytes(folder / name, source.read_bytes())
    if not wanted:
        return ()
    return (
        _(
            "The script reads {files} from its folder: keep the files together.",
            files=format_list(wanted),
        ),
    )
