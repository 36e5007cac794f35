"""Pixels reach the network in the range that it expects, with the true numbers."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.project.model import Data, Graph, Node, Project


@pytest.fixture
def folder(tmp_path):
    """Black and white pictures with one grey pixel each."""
    for label, value in (("black", 0), ("white", 255)):
        (tmp_path / label).mkdir()
        for index in range(8):
            pixels = np.full((32, 32, 3), value, np.uint8)
            pixels[0, 0] = 100
            Image.fromarray(pixels).save(tmp_path / label / f"{index}.png")
    return tmp_path


def project(*layers: tuple[str, dict[str, object]], scaling="auto"):
    nodes = [Node("input", "Input"), *(Node(f"n{i}", *one) for i, one in enumerate(layers))]
    nodes += [Node("flat", "Flatten"), Node("out", "Dense", {"units": 1, "activation": "sigmoid"})]
    edges = tuple(pairwise(node.id for node in nodes))
    return Project(graph=Graph(tuple(nodes), edges), data=Data("images", path=".", scaling=scaling))


def pixels_of(found, folder):
    return [round(float(one), 4) for one in np.unique(load_dataset(found, folder).train.x["input"])]


BODY = ("MobileNetV2", {"weights": "none"})
COLOURS = ("Conv2D", {"filters": 3, "kernel_size": [1, 1]})
DIVIDE = ("Rescaling", {"scale": 1 / 255})


@pytest.mark.parametrize(
    "layers",
    [
        (DIVIDE,),
        (BODY,),
        (("EfficientNetB0", {"weights": "none"}),),
        (("RandomFlip", {}), DIVIDE),
        (("Resizing", {"height": 40, "width": 40}), BODY),
        (("Resizing", {"height": 40, "width": 40}), COLOURS, BODY),
    ],
)
def test_what_scales_itself_gets_bytes(layers, folder):
    found = project(*layers)
    assert pixels_of(found, folder) == [0.0, 100.0, 255.0]
    assert "from 0 to 255" in " ".join(load_facts(found, folder).notes)


@pytest.mark.parametrize(
    "layers",
    [
        (),
        (("Conv2D", {"filters": 2, "kernel_size": 3}),),
        (("Rescaling", {"scale": 2.0, "offset": -1.0}),),
        (("MobileNetV2", {"weights": "none", "preprocess": False}),),
        (("Conv2D", {"filters": 3, "kernel_size": 3}), BODY),
        (("Conv2D", {"filters": 3, "kernel_size": 1, "activation": "relu"}), BODY),
        (COLOURS, ("Conv2D", {"filters": 8, "kernel_size": 3})),
    ],
)
def test_all_else_gets_0_to_1(layers, folder):
    assert pixels_of(project(*layers), folder) == [0.0, 0.3922, 1.0]


def test_a_changed_network_is_noticed(folder):
    """The same data and the same ends: only a layer in between says what it expects."""
    assert pixels_of(project(), folder) == [0.0, 0.3922, 1.0]
    assert pixels_of(project(DIVIDE), folder) == [0.0, 100.0, 255.0]


def test_what_is_chosen_is_done(folder):
    assert pixels_of(project(BODY, scaling="none"), folder) == [0.0, 100.0, 255.0]
    assert pixels_of(project(BODY, scaling="minmax"), folder) == [0.0, 0.3922, 1.0]


def test_other_ranges_are_brought_to_bytes():
    """scikit-learn's digits run from 0 to 16."""
    nodes = (Node("input", "Input"), Node("r", *DIVIDE), Node("f", "Flatten"),
             Node("out", "Dense", {"units": 10}))  # fmt: skip
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    x = load_dataset(Project(graph=graph, data=Data("builtin", name="digits")), Path()).train.x[
        "input"
    ]
    assert (x.min(), x.max()) == (0.0, 255.0)
    assert sorted(np.unique(x).round(2))[1] == pytest.approx(255 / 16, abs=0.01)


def test_raw_pixels_in_columns_stay_for_a_rescaling(tmp_path):
    rows = [",".join(["label", *(f"p{i}" for i in range(9))])]
    rows += [",".join(map(str, [i % 2, *([255 * (i % 2)] * 9)])) for i in range(40)]
    (tmp_path / "p.csv").write_text("\n".join(rows))
    nodes = (Node("input", "Input"), Node("r", *DIVIDE), Node("out", "Dense", {"units": 1}))
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    found = load_dataset(
        Project(graph=graph, data=Data("csv", path="p.csv", target=("label",))), tmp_path
    )
    assert set(np.unique(found.train.x["input"])) == {0.0, 255.0}


def codes(found, folder):
    return {one.code: one for one in diagnose(found, load_facts(found, folder))}


def test_two_scalings_that_meet_are_a_warning(folder):
    twice = project(BODY, scaling="minmax")
    problem = codes(twice, folder)["scaled-twice"]
    mended = problem.fix.edit(twice)
    assert mended.data.scaling == "auto"
    assert "scaled-twice" not in codes(mended, folder)
    layers = project(DIVIDE, BODY)
    problem = codes(layers, folder)["two-rescalings"]
    mended = problem.fix.edit(layers)
    assert [node.layer for node in mended.graph.nodes][1] == "MobileNetV2"
    assert pixels_of(replace(mended, data=layers.data), folder) == [0.0, 100.0, 255.0]
    assert not {"scaled-twice", "two-rescalings"} & set(codes(project(BODY), folder))
