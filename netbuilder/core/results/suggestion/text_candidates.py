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
_SMALL_VOCABULARY = 3_000
#: A vocabulary is English where so many of its most frequent words are English words: 0.69 to 0.97
#: of English texts with many technical terms or none, 0.17 to 0.28 of five other languages.
_FREQUENT, _ENGLISH = 500, 0.5


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    if facts.generates:
        reasons = [_("A GRU layer reads the tokens so far to predict the next one.")]
        layers = [_embedding(facts, 64), ("GRU", {"units": 128})]
        training = default_training(facts, reasons)
        title = _("a recurrent network")
        return (chain("recurrent", title, project, layers, training, reasons),)
    length = next(iter(facts.input_shapes.values()))[0] or 0
    words = facts.vocabulary[2 : 2 + _FREQUENT]
    english = bool(words) and count_known(words) >= _ENGLISH * len(words)
    proposals = [_bag(project, facts), _pairs(project, facts, known=english)]
    if length <= _LONG_TEXT:
        proposals.append(_phrases(project, facts))
    return tuple(proposals)


def _vector_size(facts: DataFacts) -> int:
    """The numbers of a trainable vector: many, where the vocabulary leaves time for them."""
    return 256 if len(facts.vocabulary) <= _SMALL_VOCABULARY else 64


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
        _embedding(facts, _vector_size(facts), mask_zero=True),
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


def _pairs(project: Project, facts: DataFacts, *, known: bool) -> Candidate:
    """Words and pairs of words; ``known``: beside vectors that know English words."""
    reasons = [
        _vector_reason(facts),
        _("Their average says which words occur; a Conv1D layer finds pairs of words."),
    ]
    branches: list[list[Layer]] = [
        [
            _embedding(facts, _vector_size(facts), mask_zero=True),
            ("GlobalAveragePooling1D", {}),
            ("UnitNormalization", {}),
        ],
        [
            _embedding(facts, 32),
            ("Conv1D", {"filters": 64, "kernel_size": 2, "activation": "relu", "padding": "same"}),
            ("GlobalMaxPooling1D", {}),
        ],
    ]
    name, title = "pairs", _("words and pairs of words")
    if known:
        name, title = "included", _("included word vectors")
        params = {"weights": "included", "mask_zero": True, "trainable": False}
        branches.insert(0, [_embedding(facts, WORD_SIZE, **params), ("GlobalAveragePooling1D", {})])
        reasons.append(
            _(
                "Another Embedding has word vectors that come with NetBuilder: they know {known} "
                "of the {count} words of the vocabulary.",
                known=format_number(count_known(facts.vocabulary[2:]), ","),
                count=format_number(max(0, len(facts.vocabulary) - 2), ","),
            )
        )
    ends = [
        Node("concatenate", "Concatenate"),
        *(Node("dropout", layer, params) for layer, params in dropout(facts, 0.3, reasons)),
        Node("output", "Dense", {"units": 1}),
    ]
    nodes, edges = [Node("input", "Input")], [(a.id, b.id) for a, b in pairwise(ends)]
    for branch in branches:
        path = [nodes[0]]
        for layer, params in branch:
            path.append(Node(f"{layer.lower()}_{len(nodes)}", layer, params))
            nodes.append(path[-1])
        edges += [(a.id, b.id) for a, b in pairwise([*path, ends[0]])]
    graph = Graph((*nodes, *ends), tuple(edges))
    project = replace(project, graph=graph, training=default_training(facts, reasons))
    return Candidate(name, title, project, tuple(reasons))
