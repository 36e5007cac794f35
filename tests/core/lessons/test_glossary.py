"""The glossary: every link leads somewhere, and a search finds what is meant."""

from collections.abc import Mapping

import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.training_index import (
    CALLBACKS,
    CONSTRAINTS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
)
from netbuilder.core.lessons.glossary import (
    FIELDS,
    GLOSSARY,
    entry_of_field,
    entry_of_layer,
    find_entries,
)


def test_words_lead_to_words_and_have_a_drawing_each():
    assert len(GLOSSARY) >= 30
    for row in GLOSSARY.values():
        assert set(row.others) <= set(GLOSSARY), row.name
        assert row.name not in row.others
        assert row.drawing
        assert row.text.endswith((".", ".)")), row.name
    for needed in ("neuron", "epoch", "loss", "softmax", "overfitting"):
        assert needed in GLOSSARY


def test_a_search_finds_names_first_then_other_names_then_explanations():
    assert find_entries("epo")[0].name == "epoch"
    assert find_entries("over-fitting")[0].name == "overfitting"
    assert find_entries("kernel_size")[0].name == "convolution"
    assert "early stopping" in [row.name for row in find_entries("starts to memorise")]
    assert find_entries("xyzzy") == []
    assert len(find_entries("")) == len(GLOSSARY)


def test_the_fields_of_the_plan_and_of_common_layers_are_explained():
    for field in ("units", "activation", "epochs", "batch_size", "learning_rate", "loss", "rate"):
        assert FIELDS[field] in GLOSSARY


def _tables() -> dict[str, Mapping[str, ObjectSpec]]:
    return {
        "loss": LOSSES, "metrics": METRICS, "optimizer": OPTIMIZERS, "callbacks": CALLBACKS,
        "kernel_initializer": INITIALIZERS, "kernel_regularizer": REGULARIZERS,
        "kernel_constraint": CONSTRAINTS, "learning_rate": SCHEDULES,
    }  # fmt: skip


def test_every_field_of_every_layer_loss_optimizer_and_the_rest_has_a_word():
    fields = [
        (layer.name, param.name, entry_of_layer(layer))
        for layer in LAYERS.values()
        for param in layer.params
    ]
    fields += [
        (spec.name, param.name, entry_of_field(table))
        for table, specs in _tables().items()
        for spec in specs.values()
        for param in spec.params
    ]
    assert len(fields) > 1400
    lost = [one for one in fields if entry_of_field(one[1], one[2]) not in GLOSSARY]
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
        ("Dense", "dtype", "data type"),
    ],
)
def test_a_field_is_explained_by_its_own_word_else_by_what_it_belongs_to(owner, field, word):
    assert field in LAYERS[owner].by_name
    assert entry_of_field(field, entry_of_layer(LAYERS[owner])) == word


def test_a_name_that_means_two_things_is_told_apart_by_its_owner():
    assert "momentum" in OPTIMIZERS["SGD"].by_name
    assert entry_of_field("momentum", entry_of_field("optimizer")) == "optimizer"
    assert "factor" in CALLBACKS["ReduceLROnPlateau"].by_name
    assert entry_of_field("factor", "callback") == "callback"
