"""A network for a worksheet: its numbers stand there, or none of them does."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netbuilder.core.folders import resource
from netbuilder.core.formats.writers.svg import LINE, MARGIN, blank_numbers, network_svg
from netbuilder.core.lessons.lesson_files import known_facts
from netbuilder.core.lessons.worksheet import worksheet
from netbuilder.core.project import files


@pytest.fixture(scope="module")
def iris():
    return files.read(resource("examples", "iris.netbuilder"))


def _words(picture):
    root = ElementTree.fromstring(picture)
    return [one.text or "" for one in root.iter() if one.tag.endswith("}text")]


def test_with_numbers_they_are_those_of_the_network(iris):
    words = _words(worksheet(iris, known_facts(iris, Path()), sheet="numbers"))
    # Four lengths; 16 neurons of 4 weights and a bias, then 3 of 16 and a bias.
    for wanted in ("Name", "Date", "4", "16", "80 weights", "51 weights", "16 · relu"):
        assert wanted in words, wanted
    assert "131 weights in total" in words
    assert LINE not in " ".join(words)


def test_without_numbers_there_is_a_line_for_each(iris):
    facts = known_facts(iris, Path())
    full = _words(worksheet(iris, facts, sheet="numbers"))
    blank = _words(worksheet(iris, facts, sheet="blank"))
    assert not re.search(r"\d", " ".join(blank)), "a number gives an answer away"
    assert "relu" in " ".join(blank)
    assert [len(re.findall(r"\d[\d.,]*", one)) for one in full] == [
        len(re.findall("_+", one)) for one in blank
    ]


def test_what_is_to_be_worked_out_can_be(iris):
    """4 columns into 16 units into 3: all else follows, and none of it stands there."""
    texts = _words(worksheet(iris, known_facts(iris, Path()), sheet="exercise"))
    words = " ".join(texts)
    assert "4" in words
    assert "16 · relu" in words
    assert not {"16", "3"} & set(texts)
    for answer in ("80 weights", "51 weights", "131"):
        assert answer not in words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("?×28×28×1", "?×___×___×___"),
        ("32 · 3×3 · relu", "___ · ___×___ · relu"),
        ("0.001", "___"),
        ("1,024 weights", "___ weights"),
        ("leaky_relu", "leaky_relu"),
    ],
)
def test_each_number_becomes_one_line(text, told):
    assert blank_numbers(text, "___") == told


def test_a_network_that_does_not_fit_has_no_wrong_numbers(iris):
    """Without data nothing is known of the shapes: nothing is made up."""
    words = _words(worksheet(iris, None, sheet="numbers"))
    assert "16" not in words
    assert "Dense" in words


def test_the_plain_picture_is_as_before(iris):
    assert "weights" not in network_svg(iris)
    assert "131" not in network_svg(iris)


def test_a_picture_has_the_colours_of_the_canvas():
    """Of every category: a frozen body was grey in the picture and violet on the canvas."""
    from netbuilder.core.catalog.spec import CATEGORY_COLORS, Category

    assert set(CATEGORY_COLORS) == set(Category)
    body = files.read(resource("examples", "frozen_body.netbuilder"))
    assert CATEGORY_COLORS[Category.PRETRAINED] in network_svg(body)


@pytest.mark.parametrize("horizontal", [False, True])
def test_a_wire_past_other_layers_goes_beside_them(horizontal):
    """Straight it lies behind them, and the picture shows a chain."""
    project = files.read(resource("examples", "residual.netbuilder"))
    graph = replace(project.graph, extra={**project.graph.extra, "horizontal": horizontal})
    drawn = ElementTree.fromstring(network_svg(replace(project, graph=graph)))
    left, top, _width, _height = (float(one) for one in drawn.attrib["viewBox"].split())
    paths = [one.attrib["d"] for one in drawn.iter("{http://www.w3.org/2000/svg}path")]
    assert len(paths) == len(project.graph.edges)
    cards = left + MARGIN, top + MARGIN
    beside = []
    for path in paths:
        x1, y1, a, b, *_ = (float(one) for one in re.findall(r"[-\d.]+", path))
        # A Bézier curve reaches three quarters of the way to its two middle points.
        reached = 0.25 * x1 + 0.75 * a if not horizontal else 0.25 * y1 + 0.75 * b
        if reached < cards[horizontal] - 10:
            beside.append(path)
            assert reached > (left, top)[horizontal], "it stays inside of the picture"
    assert len(beside) == 1
