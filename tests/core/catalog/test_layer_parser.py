"""Layers as people type them."""

import pytest

from netbuilder.core.catalog.layer_parser import parse_layers
from netbuilder.core.catalog.layers.layer_index import search_layers


@pytest.mark.parametrize(
    ("text", "layer", "params"),
    [
        ("dense 50 relu", "Dense", {"units": 50, "activation": "relu"}),
        ("dense relu 50", "Dense", {"units": 50, "activation": "relu"}),
        ("conv2d 32 5x5 relu", "Conv2D", {"filters": 32, "kernel_size": 5, "activation": "relu"}),
        ("conv2d 8 3x1", "Conv2D", {"filters": 8, "kernel_size": [3, 1]}),
        ("dropout 0,25", "Dropout", {"rate": 0.25}),
        ("lstm 16 return_sequences", "LSTM", {"units": 16, "return_sequences": True}),
        ("dense 4 use_bias=no", "Dense", {"units": 4, "use_bias": False}),
    ],
)
def test_values_after_a_name_are_its_parameters(text, layer, params):
    first = parse_layers(text)[0]
    assert (first.spec.name, first.params) == (layer, params)


@pytest.mark.parametrize("text", ["max pool", "dropout 3", "dense -5", "dense 5 nonsense"])
def test_what_is_no_value_is_searched_for(text):
    found = parse_layers(text)
    assert [one.spec for one in found] == search_layers(text)
    assert not any(one.params for one in found)
