"""A group repeated in a row: ×N, as "6 × block" in the drawings of deep networks."""

from __future__ import annotations

from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, fragments
from netbuilder.core.project.graph_ends import replace_graph
from netbuilder.core.project.groups import members, put_into, rename_group
from netbuilder.core.project.model import Project

MOST = 50  # copies: above, nobody can read the network any more


def repeat_group(project: Project, group_id: str, times: int) -> Project:
    """Put copies of a group behind it, so that it stands ``times`` times in a row.

    The copies have weights of their own. What the group fed is fed by the last copy.

    Args:
        times: how often it stands there in the end; 1 changes nothing.

    Raises:
        EditError: there is no such group, it has no single way in and out, or ``times`` is
            not between 1 and 50.
    """
    graph = project.graph
    group = graph.group_by_id.get(group_id)
    if group is None:
        raise EditError(_("The group '{name}' no longer exists.", name=group_id), code="group_gone")
    if not 1 <= times <= MOST:
        raise EditError(
            _(
                "You can repeat a group 1 to {limit} times, not {count} times.",
                limit=MOST,
                count=times,
            ),
            code="repeat_out_of_range",
        )
    inside = set(members(graph, group_id))
    entries = {b for a, b in graph.edges if b in inside and a not in inside}
    exits = {a for a, b in graph.edges if a in inside and b not in inside}
    exits |= {one for one in inside if not graph.targets[one]}
    # Where nothing leads in yet, the data comes to the first layer that nothing feeds.
    entries = entries or {one for one in inside if not graph.sources[one]}
    if len(entries) != 1 or len(exits) != 1:
        raise EditError(
            _(
                "“{name}” must have one input and one output to be repeated. It has "
                "{entries} inputs and {exits} outputs.",
                name=group.name,
                entries=len(entries),
                exits=len(exits),
            ),
            _("Group layers that follow each other."),
            code="group_not_a_chain",
        )
    first, end = entries.pop(), exits.pop()
    last = end
    piece = fragments.read_fragment(fragments.copy_fragment(graph, (group_id,)))
    order = [node.id for node in piece.nodes]
    onward = [target for target in graph.targets[end] if target not in inside]
    for number in range(2, times + 1):
        known = {one.id for one in project.graph.groups}
        project, new = fragments.paste_fragment(project, piece)
        project = edits.move_nodes(project, dict.fromkeys(new))  # the layout finds their places
        copy_in, copy_out = new[order.index(first)], new[order.index(end)]
        edges = tuple(
            (copy_out, b) if a == last and b in onward else (a, b) for a, b in project.graph.edges
        )
        project = replace_graph(project, edges=edges)
        project = edits.connect(project, last, copy_in)
        made = next(g for g in project.graph.groups if g.id not in known and g.parent is None)
        project = rename_group(project, made.id, f"{group.name} {number}")
        project = put_into(project, {made.id: group.parent})
        last = copy_out
    return project
