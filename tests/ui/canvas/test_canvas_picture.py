"""The picture of a value: what is drawn anew, what is kept, and what lies where."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, edits_canvas, graph_ends, groups
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.ui.canvas.paint import problem_bubbles
from netbuilder.ui.canvas.scene import camera, card_text, compatibility, hit_testing
from netbuilder.ui.canvas.scene.camera import Camera
from netbuilder.ui.canvas.scene.wire_path import WireRoute
from netbuilder.ui.canvas.scene_cache import build_scene


def shapes(**outputs):
    """What Keras would say of the nodes."""
    return SimpleNamespace(
        by_node={
            one: SimpleNamespace(output=output, parameters=count)
            for one, (output, count) in outputs.items()
        }
    )


def test_an_edit_of_one_node_draws_one_card(digits):
    before = build_scene(digits)
    after = build_scene(edits.set_params(digits, "dense", units=32), before=before)
    new = [one for one, card in after.cards.items() if card is not before.cards.get(one)]
    assert new == ["dense", "@goal"]
    assert after.cards["dense"].detail == "32 · relu"
    kept = [key for key, wire in after.wires.items() if wire is before.wires.get(key)]
    assert len(kept) == 4


def test_shapes_and_counts_come_from_keras_and_equal_ones_change_nothing(digits):
    said = shapes(conv2d=((None, 6, 6, 32), 320), dense=((None, 64), 18496))
    picture = build_scene(digits, shapes=said)
    assert picture.wires[("conv2d", "pool")].label == "6×6×32"
    assert picture.cards["dense"].count == "18,496"
    assert picture.wires[("input", "conv2d")].label == ""
    again = shapes(conv2d=((None, 6, 6, 32), 320), dense=((None, 64), 18496))
    after = build_scene(digits, shapes=again, before=picture)
    assert after.cards["dense"] is picture.cards["dense"]


def test_problems_stand_on_their_node_and_followers_are_marked(digits):
    problem = Problem("x", Severity.ERROR, "conv2d", "Too large", "…", Fix("Use 3", lambda p: p))
    hint = Problem("y", Severity.WARNING, "conv2d", "Hm", "…")
    behind = Problem("x", Severity.ERROR, "pool", "", "", follows="conv2d")
    picture = build_scene(digits, problems=(hint, behind, problem))
    assert picture.cards["conv2d"].problems == (problem, hint)  # errors first
    assert picture.cards["pool"].follows and not picture.cards["pool"].problems
    closed = groups.group_nodes(digits, ["conv2d", "pool"])
    assert build_scene(closed, problems=(problem,)).cards["group_1"].problems == (problem,)


def test_the_goal_tells_target_and_loss(digits):
    facts = DataFacts(
        task="classes", target_names=("digit",), classes=tuple("0123456789"), input_shapes={}
    )
    goal = build_scene(digits, facts=facts).cards["@goal"]
    assert goal.detail == "digit · 10 classes · cross-entropy"
    chosen = replace(digits, training=Training(loss=Choice("mean_absolute_error")))
    assert "mean absolute error" in build_scene(chosen, facts=facts).cards["@goal"].detail
    assert build_scene(Project()).cards == {}
    bare = replace(digits, data=Data())
    assert build_scene(bare).cards["@goal"].detail == "no data chosen"


def test_an_input_tells_its_data(digits):
    facts = DataFacts(input_shapes={"input": (8, 8, 1)})
    assert build_scene(digits, facts=facts).cards["input"].detail == "digits 8×8"
    table = DataFacts(input_shapes={"input": (9,)})
    csv = replace(digits, data=Data(kind="csv", path="data/sales.csv"))
    assert build_scene(csv, facts=table).cards["input"].detail == "sales · 9 columns"
    mixed = DataFacts(
        input_shapes={"input": (5,)}, column_types={"size": "number", "colour": "category"}
    )
    shown = build_scene(csv, facts=mixed).cards["input"].detail
    assert shown == "sales · 2 columns (5 values)", "a column of words is one column of the file"
    words = DataFacts(input_shapes={"input": (30,)}, input_dtypes={"input": "int32"})
    assert build_scene(csv, facts=words).cards["input"].detail == "sales · 30 words"


def test_every_output_has_a_goal_and_a_loose_end_has_none():
    nodes = (Node("in", "Input"), *(Node(one, "Dense") for one in "abcd"))
    graph = Graph(nodes, (("in", "a"), ("in", "b"), ("c", "d")))
    picture = build_scene(Project("x", graph))
    assert {one for one in picture.cards if one.startswith("@")} == {"@goal", "@goal:b"}
    assert ("d", "@goal") not in picture.wires


def test_goals_of_one_closed_group_stand_side_by_side():
    nodes = (Node("in", "Input"), Node("a", "Dense", group="g"), Node("b", "Dense", group="g"))
    graph = Graph(nodes, (("in", "a"), ("in", "b")))
    project = groups.group_nodes(
        Project("x", replace(graph, nodes=tuple(replace(n, group=None) for n in nodes))), "ab"
    )
    cards = build_scene(project).cards
    assert abs(cards["@goal"].x - cards["@goal:b"].x) >= 260


def test_a_layer_that_the_catalog_lacks_says_so():
    card = build_scene(Project("x", Graph((Node("a", "Foo", {"x": 1}),)))).cards["a"]
    assert (card.kind, card.title, card.detail) == ("unknown", "Foo", "unknown layer")


def test_a_shared_layer_tells_whose_it_is():
    nodes = (Node("a", "Dense", {"units": 3}), Node("b", "Dense", shared="a"))
    assert build_scene(Project("x", Graph(nodes))).cards["b"].detail == _(
        "shares weights with “{name}”", name="a"
    )


def test_shifted_moves_cards_with_their_wires_and_the_goal_and_nothing_else(digits):
    picture = build_scene(digits)
    moved = picture.shifted({"out": (400.0, 500.0)})
    assert moved.cards["@goal"].x == 400.0
    assert moved.wires[("dropout", "out")].route.x2 == 530.0
    assert moved.cards["dense"] is picture.cards["dense"]
    assert picture.cards["out"].x == 0.0
    assert hit_testing.hit_at(moved, 410.0, 510.0).id == "out"
    assert hit_testing.hit_at(moved, 10.0, 500.0) == hit_testing.NOTHING
    assert hit_testing.hit_at(picture, 10.0, 500.0).id == "out"


def test_a_skip_connection_runs_beside_the_cards_that_it_passes(digits):
    project = edits.replace_layer(digits, "flatten", "Add")
    project = graph_ends.connect(project, "input", "add")
    picture = build_scene(project)
    route = picture.wires[("input", "add")].route
    assert route.lane is not None and route.lane < 0
    for x, y in route.points()[1:-1]:
        assert hit_testing.hit_at(picture, x, y, scale=0.2).kind != "card"
    assert picture.wires[("input", "conv2d")].route.straight
    slots = [picture.wires[(one, "add")].slot for one in ("input", "pool")]
    assert slots == [0, 1]  # from the left, so that nothing crosses


def test_skips_side_by_side_have_lanes_of_their_own():
    ids = [f"n{i}" for i in range(6)]
    nodes = tuple(Node(one, "Add") for one in ids)
    chain = tuple(pairwise(ids))
    graph = Graph(nodes, (*chain, ("n0", "n3"), ("n0", "n5"), ("n1", "n4")))
    wires = build_scene(Project("x", graph)).wires.values()
    lanes = [wire.route.lane for wire in wires if wire.route.lane is not None]
    assert len(set(lanes)) == len(lanes) == 3


@pytest.mark.parametrize("horizontal", [False, True])
def test_hits(digits, horizontal):
    picture = build_scene(edits_canvas.set_horizontal(digits, horizontal))
    card = picture.cards["conv2d"]
    assert hit_testing.hit_at(picture, card.x + 30, card.y + 20).id == "conv2d"
    assert hit_testing.hit_at(picture, *picture.out_port(card)).kind == "out"
    into = hit_testing.hit_at(picture, *picture.in_port(card, 0))
    assert (into.kind, into.id, into.slot) == ("in", "conv2d", 0)
    wire = picture.wires[("conv2d", "pool")]
    assert hit_testing.hit_at(picture, *wire.route.middle()).wire is wire
    assert hit_testing.hit_at(picture, -500, -500) == hit_testing.NOTHING
    last = picture.cards["out"]
    end = hit_testing.card_near_end(picture, *picture.out_port(picture.cards["pool"]))
    assert end is None  # it feeds something
    x, y = picture.out_port(last)
    assert hit_testing.card_near_end(picture, x + 40, y + 40) is last


def test_ports_are_not_hit_from_far_away(digits):
    picture = build_scene(digits)
    x, y = picture.out_port(picture.cards["conv2d"])
    assert hit_testing.hit_at(picture, x, y - 1, scale=0.2).kind == "card"


def test_a_route_back_leads_round_its_cards():
    nodes = (Node("a", "Dense", {}, (0.0, 200.0)), Node("b", "Dense", {}, (0.0, 0.0)))
    picture = build_scene(Project("x", Graph(nodes, (("a", "b"),))))
    assert picture.wires[("a", "b")].route.lane is not None


def test_distance_to_a_curve():
    route = WireRoute(0, 0, 200, 100)
    assert route.distance(*route.middle()) < 2
    assert route.distance(200, 0) > 40
    assert WireRoute(0, 0, 0, 100).distance(3, 50) == 3


def test_a_zoom_keeps_the_place_under_the_pointer():
    before = Camera(1.0, 10.0, 20.0)
    after = before.zoomed(2.5, 300.0, 200.0)
    assert after.to_world(300.0, 200.0) == pytest.approx(before.to_world(300.0, 200.0))
    assert before.zoomed(99.0, 0, 0).scale == camera.LARGEST
    assert before.zoomed(0.0001, 0, 0).scale == camera.SMALLEST


def test_showing_moves_no_further_than_needed():
    seen = Camera(1.0, 0.0, 0.0)
    assert camera.camera_to_show(seen, (100, 100, 200, 200), 500, 500) is seen
    moved = camera.camera_to_show(seen, (100, 600, 200, 700), 500, 500)
    assert moved.to_screen(0, 700)[1] == 500 - 24 and moved.x == 0


def test_what_fits_behind_a_picture_and_behind_a_row_of_numbers():
    after_picture = {spec.name for spec in compatibility.fitting_layers("", axes=4)}
    assert {"Conv2D", "Flatten", "Dense"} <= after_picture
    assert not {"LSTM", "Conv1D", "Input"} & after_picture
    after_row = {spec.name for spec in compatibility.fitting_layers("", axes=2)}
    assert "Dense" in after_row and "Conv2D" not in after_row
    assert "Input" in {spec.name for spec in compatibility.fitting_layers("inp", feeding=True)}


def test_an_odd_wire_is_told_in_words():
    nodes = (Node("a", "Dense", {"units": 3}), Node("b", "Conv2D"))
    graph = Graph(nodes)
    why = compatibility.mismatch_sentence(graph, shapes(a=((None, 3), 4)), "a", "b")
    assert why is not None and why.startswith("Conv2D") and "4" in why and "2" in why
    assert compatibility.mismatch_sentence(graph, None, "a", "b") is None


def test_shapes_of_several_outputs_are_all_told():
    assert card_text.shape_text([(None, 3), (None, 4)]) == "3, 4"
    assert card_text.shape_text((None, 3)) == "3"
    assert card_text.shape_text((None, None, 16)) == "?×16", "of any number of steps"
    assert card_text.shape_text((None,)) == "()", "one number per sample"
    assert card_text.keras_shape_text([(None, 8, 8, 1)]) == "(None, 8, 8, 1)"


def test_problems_in_words_stay_in_view(make):
    nodes = (Node("in", "Input"), Node("a", "Dense", {}, (300.0, 80.0)))
    hand = make(Project("x", Graph(nodes, (("in", "a"),))))
    problem = Problem("x", Severity.ERROR, "a", "Wrong", "Much is wrong here, in some words.")
    hand.view.workbench.problems = (problem,)
    hand.view.workbench.problems_changed.emit()
    sides = set()
    hand.view.scene_viewport.set_camera(hand.view.camera.moved(-100, 0))
    for _time in range(28):
        hand.view.scene_viewport.set_camera(hand.view.camera.moved(20, 0))
        seen = hand.view.scene_viewport.seen_box()
        card = hand.view.picture.cards["a"]
        if card.x + card.w > seen[2]:
            break
        for bubble in hand.view.bubbles_now():
            assert seen[0] <= bubble.box[0] and bubble.box[2] <= seen[2]
            assert not hand.view.picture.grid.cards_in(bubble.box)
            sides.add("right" if bubble.box[0] > card.x else "left")
        if not hand.view.bubbles_now():  # neither side has room
            assert card.x - 264 < seen[0] and card.x + card.w + 264 > seen[2]
    assert sides == {"left", "right"}


def test_what_nodes_saw_fades_when_the_network_changes(hand):
    from PySide6.QtGui import QImage

    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(0)
    hand.view.set_preview("dense", image)
    hand.view.select(("out",))
    hand.view.commands.nudge(400, 0)
    assert not hand.view.previews.stale
    hand.view.store.apply("x", lambda p: edits.set_params(p, "dense", units=3))
    assert hand.view.previews.stale
    card = hand.view.picture.cards["dense"]
    assert "changed since" in hand.view.previews.tip((card.x + card.w + 20, card.y + 22))
    hand.view.store.undo()
    assert not hand.view.previews.stale


def all_in_view(hand):
    left, top, right, bottom = hand.view.scene_viewport.seen_box()
    a, b, c, d = hand.view.picture.bounds
    return left <= a and top <= b and c <= right and d <= bottom


@pytest.mark.parametrize("panned", [False, True])
def test_a_network_that_was_in_view_stays_in_view_when_the_window_shrinks(hand, panned):
    if panned:
        hand.drag((450.0, 300.0), (420.0, 300.0), button=Qt.MouseButton.MiddleButton)
    assert all_in_view(hand), (hand.view.camera, hand.view.picture.bounds)
    for size in ((400, 698), (400, 560), (1200, 800)):
        hand.view.resize(*size)
        hand.view.viewport().repaint()
        assert all_in_view(hand)
    hand.view.resize(400, 300)
    hand.view.viewport().repaint()
    assert hand.view.camera.scale >= camera.READABLE, "too small for all: it scrolls"


def test_what_was_in_the_middle_stays_in_the_middle(hand):
    hand.view.scene_viewport.zoom_to(2.0)
    before = hand.view.scene_viewport.mapToScene(hand.view.viewport().rect().center())
    hand.view.resize(500, 698)
    after = hand.view.scene_viewport.mapToScene(hand.view.viewport().rect().center())
    assert abs(after.x() - before.x()) < 2


def test_a_problem_without_room_has_a_mark_until_it_is_pointed_at(make, digits):
    hand = make(digits)
    hand.view.resize(330, 698)
    problem = Problem("x", Severity.ERROR, "dense", "Wrong", "Much is wrong here.")
    hand.view.workbench.problems = (problem,)
    hand.view.workbench.problems_changed.emit()
    hand.view.viewport().repaint()
    hand.view.scene_viewport.zoom_to(0.9)
    assert hand.view.bubbles_now() == []
    card = hand.view.picture.cards["dense"]
    x, y = hand.view.camera.to_screen(card.x + card.w - 9, card.y + 3)
    pixel = hand.view.grab().toImage().pixelColor(int(x), int(y))
    assert pixel.name().upper() == hand.view.paint_resources.scheme.error
    hand.move(*hand.middle("dense"))
    assert [b.card.id for b in hand.view.bubbles_now()] == ["dense"]
    hand.move(*hand.middle("dropout"))
    assert hand.view.bubbles_now() == []
    hand.click(card.x + 20, card.y + card.h + 6)  # its tag
    assert hand.view.selection() == ("dense",)
    assert [b.card.id for b in hand.view.bubbles_now()] == ["dense"]


def test_pictures_beside_the_cards_get_room_when_they_come(hand):
    from PySide6.QtGui import QImage

    hand.view.resize(560, 698)
    hand.view.viewport().repaint()
    image = QImage(300, 20, QImage.Format.Format_RGB32)
    image.fill(0)
    hand.view.set_preview("conv2d", image)
    hand.view.viewport().repaint()
    card = hand.view.picture.cards["conv2d"]
    assert card.x + card.w + 14 + 300 <= hand.view.scene_viewport.seen_box()[2]
    assert all_in_view(hand), (hand.view.camera, hand.view.picture.bounds)
    hand.view.scene_viewport.zoom_to(3.0)
    hand.view.scene_viewport.fit()
    assert card.x + card.w + 14 + 300 <= hand.view.scene_viewport.seen_box()[2]


def test_the_file_of_the_contract_opens_in_order_and_whole(make):
    nodes = (
        Node("input", "Input"),
        Node("dense", "Dense", {"units": 50}, (220.0, 0.0)),
        Node("out", "Dense", {"units": 1}),
    )
    hand = make(Project("Sales", Graph(nodes, (("input", "dense"), ("dense", "out")))))
    cards = hand.view.picture.cards
    assert [cards[one].y for one in ("input", "dense", "out", "@goal")] == [-80, 0, 80, 160]
    assert {card.x for card in cards.values()} == {220.0}
    assert all(wire.route.straight for wire in hand.view.picture.wires.values())
    assert all_in_view(hand), (hand.view.camera, hand.view.picture.bounds)


def test_a_wire_of_several_layers_of_a_group_says_all_their_shapes():
    nodes = (
        *(Node(n, "Dense") for n in ("a", "b")),
        Node("in", "Input"),
        Node("all", "Concatenate"),
    )
    edges = (("in", "a"), ("in", "b"), ("a", "all"), ("b", "all"))
    project = groups.group_nodes(Project("x", Graph(nodes, edges)), ["a", "b"])
    known = {"in": ((None, 7), 0), "all": ((None, 48), 0)}

    def label(a, b):
        said = shapes(a=((None, a), 1), b=((None, b), 1), **known)
        return build_scene(project, shapes=said).wires[("group_1", "all")].label

    assert label(32, 16) == "32 + 16"
    assert label(32, 8) == "32 + 8"
    assert build_scene(project, shapes=shapes(**known)).wires[("group_1", "all")].label == ""


@pytest.mark.parametrize(
    "title", ["Many weights for few rows", "All units are dead", "Gradient explodes", "No data"]
)
def test_a_mark_on_a_card_is_read_to_its_end_beside_the_wire(hand, digits, title):
    problem = Problem("x", Severity.WARNING, "conv2d", title, "Much is said.")
    card = build_scene(digits, problems=(problem,)).cards["conv2d"]
    metrics = QFontMetricsF(hand.view.paint_resources.words(11, True))
    lines = problem_bubbles.tag_lines(card, metrics)
    assert " ".join(lines) == title
    assert len(lines) <= 2
    wire = card.w / 2
    assert all(8 + 12 + metrics.horizontalAdvance(line) < wire - 8 for line in lines)


def test_what_keeps_a_network_from_training_comes_before_a_suggestion(digits):
    missing = Problem("x", Severity.ERROR, "dense", "No output layer", "…", beginning=True)
    hint = Problem("y", Severity.WARNING, "dense", "Dropout at the output", "…")
    assert build_scene(digits, problems=(hint, missing)).cards["dense"].problems[0] is missing
