"""Where cards stand that nobody placed."""

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from netbuilder.core.project.layout import (
    CARD,
    arrange_cards,
    layout_graph,
    place_missing,
    visible_graph,
)
from netbuilder.core.project.model import Graph, Group, Node


def graph(*edges: tuple[str, str], **more):
    ids = dict.fromkeys(one for edge in edges for one in edge)
    return Graph(tuple(Node(one, "Dense") for one in ids), tuple(edges), **more)


def overlaps(places, size=CARD):
    ids = list(places)
    return [
        (a, b)
        for i, a in enumerate(ids)
        for b in ids[i + 1 :]
        if abs(places[a][0] - places[b][0]) < size[0] and abs(places[a][1] - places[b][1]) < size[1]
    ]


def test_a_chain_is_a_straight_column_of_the_pitch_of_the_window():
    places = layout_graph(graph(("a", "b"), ("b", "c")))
    assert places == {"a": (0.0, 0.0), "b": (0.0, 80.0), "c": (0.0, 160.0)}


@pytest.mark.parametrize("horizontal", [False, True])
def test_a_chain_of_more_than_25_rows_is_folded_into_even_columns(horizontal):
    names = [f"n{number}" for number in range(60)]
    places = layout_graph(graph(*pairwise(names)), horizontal)
    across, along = (1, 0) if horizontal else (0, 1)
    columns = sorted({place[across] for place in places.values()})
    assert len(columns) == 3 and not overlaps(places)
    lines = [[name for name in names if places[name][across] == at] for at in columns]
    assert [name for line in lines for name in line] == names, "read from the first to the last"
    assert {len(line) for line in lines} == {20}
    assert len({places[line[0]][along] for line in lines}) == 1
    short = layout_graph(graph(*pairwise(names[:25])), horizontal)
    assert len({place[across] for place in short.values()}) == 1


def test_horizontal_is_a_straight_row():
    places = layout_graph(graph(("a", "b"), ("b", "c")), horizontal=True)
    assert places == {"a": (0.0, 0.0), "b": (388.0, 0.0), "c": (776.0, 0.0)}


def test_a_skip_connection_leaves_the_column_straight():
    places = layout_graph(graph(("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")))
    assert {x for x, _ in places.values()} == {0.0}
    assert [places[one][1] for one in "abcd"] == [0.0, 80.0, 160.0, 240.0]


def test_inputs_stand_from_left_to_right_in_their_order():
    for order in ("ab", "ba"):
        edges = (*((one, "join") for one in order), ("join", "end"))
        places = layout_graph(graph(*edges))
        assert places[order[0]][0] < places[order[1]][0]
        assert places[order[0]][0] < places["join"][0] < places[order[1]][0]
        assert places["join"][0] == places["end"][0]


def test_parts_that_are_not_connected_stand_side_by_side():
    places = layout_graph(graph(("a", "b"), ("c", "d")))
    assert places["a"][1] == places["c"][1] == 0.0
    assert places["c"][0] >= CARD[0]


def test_a_circle_in_a_file_is_laid_out_too():
    places = layout_graph(graph(("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")))
    assert set(places) == set("abcd")
    assert not overlaps(places)


def test_a_closed_group_takes_the_place_of_its_members():
    nodes = (
        Node("a", "Dense"),
        Node("b", "Dense", group="g"),
        Node("c", "Dense", group="inner"),
        Node("d", "Dense"),
    )
    edges = (("a", "b"), ("b", "c"), ("c", "d"))
    groups = (Group("g", "Block"), Group("inner", "Inner", parent="g", collapsed=False))
    closed = Graph(nodes, edges, groups)
    assert layout_graph(closed) == {"a": (0.0, 0.0), "g": (0.0, 80.0), "d": (0.0, 160.0)}
    seen = visible_graph(closed)
    assert seen.wires[("a", "g")] == (("a", "b"),)
    assert seen.stand_in["c"] == "g"
    opened = Graph(nodes, edges, (Group("g", "Block", collapsed=False), groups[1]))
    assert set(layout_graph(opened)) == set("abcd")


def test_groups_that_are_each_others_parents_do_no_harm():
    groups = (Group("g", "G", parent="h"), Group("h", "H", parent="g", collapsed=False))
    seen = visible_graph(Graph((Node("a", "Dense", group="h"),), (), groups))
    assert seen.stand_in["a"] == "g"


def test_larger_cards_push_what_follows_away():
    places = layout_graph(graph(("a", "b"), ("b", "c")), sizes={"b": (260.0, 144.0)})
    assert places["c"][1] - places["b"][1] == 144.0 + 36.0


def test_placed_parts_take_no_room():
    places = arrange_cards(["far", "a", "b"], [("a", "b")], placed={"far"})
    assert places == {"a": (0.0, 0.0), "b": (0.0, 80.0)}


@pytest.mark.parametrize("horizontal", [False, True])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_card_lies_on_another_and_none_before_what_feeds_it(horizontal, data):
    count = data.draw(st.integers(1, 14))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = [(f"n{a}", f"n{b}") for a, b in data.draw(st.lists(pairs, max_size=24)) if a < b]
    ids = [f"n{i}" for i in range(count)]
    places = arrange_cards(ids, edges, horizontal)
    assert set(places) == set(ids)
    assert not overlaps(places)
    axis = 0 if horizontal else 1
    for a, b in edges:
        assert places[a][axis] < places[b][axis]


def test_blocks_that_repeat_look_the_same():
    edges = []
    for block in range(4):
        top, bottom = f"t{block}", f"t{block + 1}"
        for branch in "xyz":
            edges += [(top, f"{branch}{block}"), (f"{branch}{block}", bottom)]
    places = layout_graph(graph(*edges))
    forms = {
        tuple(
            (places[f"{b}{k}"][0] - places[f"t{k}"][0], places[f"{b}{k}"][1] - places[f"t{k}"][1])
            for b in "xyz"
        )
        for k in range(4)
    }
    assert len(forms) == 1


def test_a_network_in_which_all_feed_all_is_laid_out_in_time():
    ids = [f"n{i}" for i in range(60)]
    edges = [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :]]
    places = arrange_cards(ids, edges)
    assert [places[name][1] for name in ids] == [80.0 * (i % 20) for i in range(60)]


def test_a_tangle_too_large_for_the_fine_layout_falls_back_to_rows():
    tops, middles = [f"t{i}" for i in range(45)], [f"m{i}" for i in range(45)]
    edges = [(a, b) for a in tops for b in middles]
    places = arrange_cards(tops + middles, edges)
    assert not overlaps(places)
    assert all(places[a][1] < places[b][1] for a, b in pairwise(("t0", "m0")))


def test_the_file_of_the_contract_in_which_one_of_three_is_placed():
    edges = [("input", "dense"), ("dense", "out")]
    places = place_missing(["input", "dense", "out"], edges, {"dense": (220.0, 0.0)})
    assert places == {"input": (220.0, -80.0), "out": (220.0, 80.0)}
    places = place_missing(
        ["input", "dense", "out"], edges, {"dense": (220.0, 0.0)}, horizontal=True
    )
    assert places == {"input": (-168.0, 0.0), "out": (608.0, 0.0)}


def test_a_part_that_nobody_placed_stands_beside_placed_ones():
    places = place_missing(["far", "a", "b"], [("a", "b")], {"far": (0.0, 40.0)})
    assert places["a"][0] >= CARD[0] and places["b"][1] - places["a"][1] == 80.0


@pytest.mark.parametrize("horizontal", [False, True])
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_cards_that_are_not_placed_lie_on_none_and_behind_what_feeds_them(horizontal, data):
    count = data.draw(st.integers(1, 9))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = [(f"n{a}", f"n{b}") for a, b in data.draw(st.lists(pairs, max_size=14)) if a < b]
    ids = [f"n{i}" for i in range(count)]
    spot = st.tuples(st.integers(-6, 6).map(lambda n: n * 90.0), st.integers(-6, 6).map(float))
    given_places = data.draw(st.dictionaries(st.sampled_from(ids), spot, max_size=count))
    places = place_missing(ids, edges, given_places, horizontal)
    assert set(places) == set(ids) - set(given_places)
    everything = {**given_places, **places}
    for a, b in overlaps(everything):
        assert a in given_places and b in given_places
    axis = 0 if horizontal else 1
    for a, b in edges:
        if b in places:
            assert everything[a][axis] < everything[b][axis]
