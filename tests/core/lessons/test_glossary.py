"""The glossary: every link leads somewhere, and a search finds what is meant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from netbuilder.core.catalog.layers.index import LAYERS
from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.index import (
    CALLBACKS,
    CONSTRAINTS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
)
from netbuilder.core.lessons.glossary import FIELDS, WORDS, find, subject_of, word_of


def test_words_lead_to_words_and_have_a_drawing_each() -> None:
    assert len(WORDS) >= 30
    for row in WORDS.values():
        assert set(row.others) <= set(WORDS), row.name
        assert row.name not in row.others
        assert row.drawing
        assert row.text.endswith((".", ".)")), row.name
    for needed in ("neuron", "epoch", "loss", "softmax", "over-fitting"):
        assert needed in WORDS


def test_a_search_finds_names_first_then_other_names_then_explanations() -> None:
    assert find("epo")[0].name == "epoch"
    assert find("overfitting")[0].name == "over-fitting"
    assert find("kernel_size")[0].name == "convolution"
    assert "early stopping" in [row.name for row in find("by heart")]
    assert find("xyzzy") == []
    assert len(find("")) == len(WORDS)


def test_the_fields_of_the_plan_and_of_common_layers_are_explained() -> None:
    for field in ("units", "activation", "epochs", "batch_size", "learning_rate", "loss", "rate"):
        assert FIELDS[field] in WORDS


def _tables() -> dict[str, Mapping[str, ObjectSpec]]:
    return {
        "loss": LOSSES, "metrics": METRICS, "optimizer": OPTIMIZERS, "callbacks": CALLBACKS,
        "kernel_initializer": INITIALIZERS, "kernel_regularizer": REGULARIZERS,
        "kernel_constraint": CONSTRAINTS, "learning_rate": SCHEDULES,
    }  # fmt: skip


def test_every_field_of_every_layer_loss_optimizer_and_the_rest_has_a_word() -> None:
    fields = [
        (layer.name, param.name, subject_of(layer))
        for layer in LAYERS.values()
        for param in layer.params
    ]
    fields += [
        (spec.name, param.name, word_of(table))
        for table, specs in _tables().items()
        for spec in specs.values()
        for param in spec.params
    ]
    assert len(fields) > 1400
    lost = [one for one in fields if word_of(one[1], one[2]) not in WORDS]
    assert lost == []


@pytest.mark.parametrize(
    ("owner", "field", "word"),
    [
        ("Conv2D", "kernel_size", "convolution"),
        ("Conv2D", "kernel_regularizer", "regularizer"),
        ("LSTM", "recurrent_initializer", "initializer"),
        ("MultiHeadAttention", "use_bias", "bias"),
        ("MultiHeadAttention", "use_gate", "attention"),
        ("GlobalMaxPooling2D", "keepdims", "shape"),
        ("BatchNormalization", "momentum", "normalisation"),
        ("RandomRotation", "factor", "augmentation"),
        ("MobileNetV2", "weights_file", "transfer learning"),
        ("Dense", "kernel_constraint", "constraint"),
        ("Dense", "dtype", "number type"),
    ],
)
def test_a_field_is_explained_by_its_own_word_else_by_what_it_belongs_to(
    owner: str, field: str, word: str
) -> None:
    assert field in LAYERS[owner].by_name
    assert word_of(field, subject_of(LAYERS[owner])) == word


def test_a_name_that_means_two_things_is_told_apart_by_its_owner() -> None:
    assert "momentum" in OPTIMIZERS["SGD"].by_name
    assert word_of("momentum", word_of("optimizer")) == "optimizer"
    assert "factor" in CALLBACKS["ReduceLROnPlateau"].by_name
    assert word_of("factor", "callback") == "callback"
