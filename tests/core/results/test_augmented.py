"""What the layers at a network's start do to pictures is shown as they do it."""

from itertools import pairwise

import numpy as np
import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.results.mistakes import augment_pictures, augmentation_layers

BYTES = InputPreprocessing(
    "image", (4, 6, 1), offset=(0.0,), scale=(255.0,), value_range=(0.0, 255.0)
)
GREY = np.tile(np.linspace(0, 255, 6), (8, 4, 1))[..., None]


def _graph(*layers: tuple[str, dict]):
    nodes = [Node("input", "Input"), *(Node(f"n{i}", n, p) for i, (n, p) in enumerate(layers))]
    ids = [node.id for node in nodes]
    return Graph(tuple(nodes), tuple(pairwise(ids)))


def test_only_the_layers_at_the_start_count():
    graph = _graph(
        ("Rescaling", {"scale": 2.0}), ("RandomFlip", {"mode": "horizontal"}),
        ("Conv2D", {"filters": 2, "kernel_size": 3}), ("RandomZoom", {"height_factor": 0.1}),
    )  # fmt: skip
    assert [node.layer for node in augmentation_layers(graph, "input")] == [
        "Rescaling",
        "RandomFlip",
    ]
    assert augmentation_layers(_graph(("Rescaling", {"scale": 2.0})), "input") == ()


def test_two_branches_have_no_start_in_common():
    graph = Graph(
        (Node("input", "Input"), Node("a", "RandomFlip"), Node("b", "RandomFlip")),
        (("input", "a"), ("input", "b")),
    )
    assert augmentation_layers(graph, "input") == ()


@pytest.mark.parametrize("before", [[], [("Rescaling", {"scale": 2.0, "offset": -1.0})]])
def test_mirrored_pictures_are_the_picture_or_its_mirror(before):
    graph = _graph(*before, ("RandomFlip", {"mode": "horizontal", "seed": 3}))
    found = augment_pictures(graph, "input", BYTES, GREY)
    assert found.shape == GREY.shape
    plain, mirror = np.round(GREY[0]).astype(np.uint8), np.round(GREY[0][:, ::-1]).astype(np.uint8)
    same = [np.abs(one.astype(int) - plain).max() <= 1 for one in found]
    turned = [np.abs(one.astype(int) - mirror).max() <= 1 for one in found]
    assert all(one or other for one, other in zip(same, turned, strict=True))
    assert any(same)
    assert any(turned)


def test_a_brightness_meant_for_other_pixels_shows_as_what_it_is():
    """``RandomBrightness`` in its default range wants 0 to 255: pixels of 0 to 1 it drowns."""
    right = _graph(("RandomBrightness", {"factor": [0.4, 0.4], "value_range": [0.0, 1.0]}))
    wrong = _graph(("RandomBrightness", {"factor": [0.4, 0.4]}))
    brighter = augment_pictures(right, "input", BYTES, GREY)
    assert abs(int(brighter[0, 0, 0, 0]) - 102) <= 1
    assert (augment_pictures(wrong, "input", BYTES, GREY) == 255).all()


def test_no_layer_that_augments_was_forgotten():
    drawn = {
        s.name for s in LAYERS.values() if s.category is Category.PREPROCESS and "seed" in s.by_name
    }
    assert drawn
    assert drawn <= {s.name for s in LAYERS.values() if s.augments}
