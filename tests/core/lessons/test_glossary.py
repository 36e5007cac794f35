"""The glossary: every link leads somewhere, and a search finds what is meant."""

from __future__ import annotations

from netbuilder.core.lessons.glossary import FIELDS, WORDS, find


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
