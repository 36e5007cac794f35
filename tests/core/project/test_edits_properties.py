"""Ten thousand random edits, undos, redos, copies and groupings keep every value legal."""

from dataclasses import replace

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.errors import EditError
from netbuilder.core.project import edits, files, fragments, graph_ends, groups
from netbuilder.core.project.model import Choice, Graph, Project

CHOSEN = ("Input", "Dense", "Dropout", "Flatten", "Conv2D", "Activation", "Reshape")
INDEX = st.integers(0, 10_000)
STEPS = {"made": 0}


def _pick(items, index):
    return items[index % len(items)]


class Editing(RuleBasedStateMachine):
    """The user's hands: any edit at any time; what is refused changes nothing."""

    @initialize()
    def start(self):
        self.project = Project()
        self.first = self.project
        self.done: list[Project] = []
        self.undone: list[Project] = []
        self.clipboard: Graph | None = None

    def apply(self, edit):
        before = self.project
        written = files.dumps(before)
        try:
            after = edit(before)
        except EditError as error:
            assert str(error)
            assert files.dumps(before) == written
            return
        assert files.dumps(before) == written, "an edit changed the old value"
        self.done.append(before)
        self.undone.clear()
        self.project = after

    def nodes(self):
        return [node.id for node in self.project.graph.nodes]

    @rule(layer=st.sampled_from(CHOSEN), at=st.none() | st.tuples(st.integers(-500, 500), INDEX))
    def add(self, layer, at):
        self.apply(lambda p: edits.add_node(p, layer, position=at))

    @rule(layer=st.sampled_from(CHOSEN))
    def append(self, layer):
        self.apply(lambda p: edits.append_layer(p, layer))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, b=INDEX)
    def wire(self, a, b):
        self.apply(lambda p: graph_ends.connect(p, _pick(self.nodes(), a), _pick(self.nodes(), b)))

    @precondition(lambda self: self.project.graph.edges)
    @rule(a=INDEX)
    def unwire(self, a):
        self.apply(lambda p: graph_ends.disconnect(p, _pick(p.graph.edges, a)))

    @precondition(lambda self: self.project.graph.edges)
    @rule(a=INDEX, layer=st.sampled_from(CHOSEN))
    def insert(self, a, layer):
        self.apply(lambda p: edits.insert_on_edge(p, _pick(p.graph.edges, a), layer))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, layer=st.sampled_from(CHOSEN))
    def insert_after(self, a, layer):
        self.apply(lambda p: edits.insert_after(p, _pick(self.nodes(), a), layer))

    @precondition(lambda self: self.project.graph.edges)
    @rule(a=INDEX, b=INDEX)
    def move_in_order(self, a, b):
        self.apply(lambda p: edits.move_to_edge(p, _pick(self.nodes(), a), _pick(p.graph.edges, b)))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=st.lists(INDEX, min_size=1, max_size=4), heal=st.booleans())
    def remove(self, a, heal):
        ids = [_pick(self.nodes(), one) for one in a]
        self.apply(lambda p: edits.remove_nodes(p, ids, heal=heal))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, x=st.integers(-2000, 2000), y=st.integers(-2000, 2000))
    def move(self, a, x, y):
        self.apply(lambda p: edits.move_nodes(p, {_pick(self.nodes(), a): (x, y)}))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, units=st.integers(1, 512))
    def set_units(self, a, units):
        self.apply(lambda p: edits.set_params(p, _pick(self.nodes(), a), units=units))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, name=st.sampled_from(["alpha", "dense", "x y", "", "a/b", "input"]))
    def rename(self, a, name):
        self.apply(lambda p: edits.rename_node(p, _pick(self.nodes(), a), name))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, layer=st.sampled_from(CHOSEN))
    def replace(self, a, layer):
        self.apply(lambda p: edits.replace_layer(p, _pick(self.nodes(), a), layer))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX, b=INDEX)
    def share(self, a, b):
        self.apply(lambda p: edits.share_layer(p, _pick(self.nodes(), a), _pick(self.nodes(), b)))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=INDEX)
    def unshare(self, a):
        self.apply(lambda p: edits.unshare_layer(p, _pick(self.nodes(), a)))

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=st.lists(INDEX, min_size=1, max_size=4))
    def group(self, a):
        everything = self.nodes() + [g.id for g in self.project.graph.groups]
        self.apply(lambda p: groups.group_nodes(p, [_pick(everything, one) for one in a]))

    @precondition(lambda self: self.project.graph.groups)
    @rule(a=INDEX, what=st.sampled_from(["ungroup", "open", "close", "rename"]))
    def change_group(self, a, what):
        group_id = _pick(self.project.graph.groups, a).id
        self.apply(
            {
                "ungroup": lambda p: groups.ungroup(p, group_id),
                "open": lambda p: groups.set_collapsed(p, group_id, False),
                "close": lambda p: groups.set_collapsed(p, group_id, True),
                "rename": lambda p: groups.rename_group(p, group_id, "Residual"),
            }[what]
        )

    @precondition(lambda self: self.project.graph.nodes)
    @rule(a=st.lists(INDEX, min_size=1, max_size=5))
    def copy(self, a):
        everything = self.nodes() + [g.id for g in self.project.graph.groups]
        text = fragments.copy_fragment(self.project.graph, [_pick(everything, one) for one in a])
        self.clipboard = fragments.read_fragment(text)

    @precondition(lambda self: self.clipboard is not None and len(self.project.graph.nodes) < 60)
    @rule()
    def paste(self):
        piece = self.clipboard

        def edit(project):
            after, ids = fragments.paste_fragment(project, piece)
            assert len(ids) == len(piece.nodes)
            assert not set(ids) & set(project.graph.by_id)
            return after

        self.apply(edit)

    @rule(epochs=st.integers(1, 99), name=st.sampled_from(["Adam", "SGD"]))
    def plan(self, epochs, name):
        self.apply(lambda p: edits.set_training(p, epochs=epochs, optimizer=Choice(name)))

    @rule(column=st.sampled_from(["a", "b"]))
    def data(self, column):
        self.apply(lambda p: edits.set_data(p, kind="csv", target=(column,), window=3))

    @precondition(lambda self: self.done)
    @rule()
    def undo(self):
        self.undone.append(self.project)
        self.project = self.done.pop()

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self):
        self.done.append(self.project)
        self.project = self.undone.pop()

    @invariant()
    def legal(self):
        if not hasattr(self, "project"):
            return
        STEPS["made"] += 1
        graph = self.project.graph
        ids = [node.id for node in graph.nodes] + [group.id for group in graph.groups]
        assert len(set(ids)) == len(ids)
        assert not graph.dangling
        assert len(set(graph.edges)) == len(graph.edges)
        assert len(graph.order) == len(graph.nodes), "a circle"
        for node in graph.nodes:
            spec = LAYERS[node.layer]
            count = len(graph.sources[node.id])
            if spec.max_inputs == 0:
                assert count == 0
            assert node.group is None or node.group in graph.group_by_id
            if node.shared is not None:
                owner = graph.by_id[node.shared]
                assert owner.shared is None
                assert owner.layer == node.layer
        for group in graph.groups:
            assert groups.members(graph, group.id)
            assert groups.path(graph, group.id)[-1] == group.id

    def teardown(self):
        if not hasattr(self, "project"):
            return
        assert files.loads(files.dumps(self.project)) == replace(self.project)
        for before in reversed(self.done):
            self.project = before
        assert self.project == self.first


Editing.TestCase.settings = settings(
    max_examples=220,
    stateful_step_count=80,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestEditing = Editing.TestCase


def test_the_run_was_long_enough():
    """Stands behind the machine in this file, and so runs after it."""
    assert STEPS["made"] >= 10_000, STEPS
