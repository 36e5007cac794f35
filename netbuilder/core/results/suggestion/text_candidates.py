"""Networks for texts: sequences of word or token ids."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.networks.word_weights import WORD_SIZE, count_known
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.core.results.suggestion.candidate import (
    Candidate,
    Layer,
    chain,
    default_training,
    dropout,
)
from netbuilder.core.wording import format_number

_LONG_TEXT = 100
#: A vocabulary is English where so many of its most frequent words are English words.
_FREQUENT, _ENGLISH = 500, 0.8


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    if facts.generates:
        reasons = [_("A GRU layer reads the tokens so far to predict the next one.")]
        layers = [_embedding(facts, 64), ("GRU", {"units": 128})]
        training = default_training(facts, reasons)
        title = _("a recurrent network")
        return (chain("recurrent", title, project, layers, training, reasons),)
    length = next(iter(facts.input_shapes.values()))[0] or 0
    proposals = [_bag(project, facts)]
    words = facts.vocabulary[2 : 2 + _FREQUENT]
    if words and count_known(words) >= _ENGLISH * len(words):
        proposals.append(_included(project, facts))
    if length <= _LONG_TEXT:
        proposals.append(_phrases(project, facts))
    return tuple(proposals)


def _embedding(facts: DataFacts, size: int, **params: object) -> Layer:
    return ("Embedding", {"input_dim": max(2, len(facts.vocabulary)), "output_dim": size, **params})


def _vector_reason(facts: DataFacts) -> str:
    return ngettext(
        "An Embedding layer maps {count} word to trainable vectors.",
        "An Embedding layer maps {count} words to trainable vectors.",
        len(facts.vocabulary),
    )


def _bag(project: Project, facts: DataFacts) -> Candidate:
    reasons = [
        _vector_reason(facts),
        _("Their average goes on to the last layer: which words occur counts, not their order."),
        _("It is scaled to length 1, as TF-IDF does: a long text counts no less than a short one."),
    ]
    layers = [
        _embedding(facts, 64, mask_zero=True),
        ("GlobalAveragePooling1D", {}),
        ("UnitNormalization", {}),
        *dropout(facts, 0.3, reasons),
    ]
    training = default_training(facts, reasons)
    return chain("bag", _("averaged word vectors"), project, layers, training, reasons)


def _phrases(project: Project, facts: DataFacts) -> Candidate:
    reasons = [
        _vector_reason(facts),
        _("A Conv1D layer finds phrases of three words anywhere in the text."),
    ]
    conv = {"filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"}
    layers = [
        _embedding(facts, 32),
        ("Conv1D", conv),
        ("GlobalMaxPooling1D", {}),
        *dropout(facts, 0.3, reasons),
    ]
    training = default_training(facts, reasons)
    return chain("text", _("a CNN on word vectors"), project, layers, training, reasons)


def _included(project: Project, facts: DataFacts) -> Candidate:
    """Vectors that know words beside trainable ones."""
    known = count_known(facts.vocabulary[2:])
    reasons = [
        _(
            "An Embedding begins with word vectors that come with NetBuilder: they know {known} of "
            "the {count} words of the vocabulary.",
            known=format_number(known, ","),
            count=format_number(max(0, len(facts.vocabulary) - 2), ","),
        ),
        _("A second Embedding has trainable vectors for all of them. Averages go on."),
    ]
    name, known_params = _embedding(facts, WORD_SIZE, weights="included", mask_zero=True)
    nodes = [
        Node("known_words", name, {**known_params, "trainable": False}),
        Node("words", *_embedding(facts, 64, mask_zero=True)),
    ]
    averages = [Node(f"{node.id}_average", "GlobalAveragePooling1D") for node in nodes]
    ends = [
        Node("both", "Concatenate"),
        *(Node("dropout", layer, params) for layer, params in dropout(facts, 0.3, reasons)),
        Node("output", "Dense", {"units": 1}),
    ]
    edges = [(a.id, b.id) for a, b in pairwise(ends)]
    for node, average in zip(nodes, averages, strict=True):
        edges += [("input", node.id), (node.id, average.id), (average.id, ends[0].id)]
    graph = Graph((Node("input", "Input"), *nodes, *averages, *ends), tuple(edges))
    project = replace(project, graph=graph, training=default_training(facts, reasons))
    return Candidate("included", _("included word vectors"), project, tuple(reasons))
