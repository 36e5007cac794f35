"""Networks for sounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.core.results.suggestion.candidate import Candidate, Layer, default_training, dropout


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates: by the representation, where the project's data says one."""
    proposals = {"speech": _speech, "spectrogram": _mel_bands, "waveform": _waveform}
    chosen = project.data.options.get("representation")
    names = (chosen,) if chosen else ("speech", "spectrogram")
    return tuple(proposals[str(name)](project, facts) for name in names)


def _speech(project: Project, facts: DataFacts) -> Candidate:
    reason = _(
        "SpeechEmbedding, which was pretrained on speech, describes each moment of the sound; its "
        "weights are frozen. The average and the maximum over time go on to the last layer."
    )
    layers: list[Layer] = [("SpeechEmbedding", {})]
    return _pooled("speech", _("a speech embedding"), project, facts, layers, "speech", reason)


def _mel_bands(project: Project, facts: DataFacts) -> Candidate:
    reason = _(
        "Conv1D layers find short patterns in the frequency bands. The average and the maximum "
        "over time go on to the last layer."
    )
    conv = {"filters": 64, "kernel_size": 5, "activation": "relu", "padding": "same"}
    layers: list[Layer] = [("Conv1D", conv), ("MaxPooling1D", {}), ("Conv1D", dict(conv))]
    title = _("a small CNN on frequency bands")
    return _pooled("cnn", title, project, facts, layers, "spectrogram", reason)


def _waveform(project: Project, facts: DataFacts) -> Candidate:
    reason = _(
        "Conv1D layers find short patterns in the waveform. The average and the maximum over time "
        "go on to the last layer."
    )
    first = {"filters": 32, "kernel_size": 64, "strides": 16, "activation": "relu"}
    second = {"filters": 64, "kernel_size": 9, "activation": "relu", "padding": "same"}
    layers: list[Layer] = [("Conv1D", first), ("MaxPooling1D", {}), ("Conv1D", second)]
    title = _("a small CNN on the waveform")
    return _pooled("waveform", title, project, facts, layers, "waveform", reason)


def _pooled(
    name: str,
    title: str,
    project: Project,
    facts: DataFacts,
    layers: list[Layer],
    representation: str,
    reason: str,
) -> Candidate:
    """Return a candidate whose layers end in the average and the maximum over time."""
    reasons = [reason]
    inner = [Node(f"{layer.lower()}_{n}", layer, params) for n, (layer, params) in
             enumerate(layers, 1)]  # fmt: skip
    ways = (Node("average", "GlobalAveragePooling1D"), Node("maximum", "GlobalMaxPooling1D"))
    ends = [
        Node("both", "Concatenate"),
        Node("normalized", "LayerNormalization"),
        *(Node("dropout", layer, params) for layer, params in dropout(facts, 0.3, reasons)),
        Node("output", "Dense", {"units": 1}),
    ]
    chain = [Node("input", "Input"), *inner]
    edges = [(a.id, b.id) for a, b in (*pairwise(chain), *pairwise(ends))]
    for way in ways:
        edges += [(chain[-1].id, way.id), (way.id, ends[0].id)]
    data = replace(project.data, options={**project.data.options, "representation": representation})
    project = replace(
        project,
        data=data,
        graph=Graph((*chain, *ways, *ends), tuple(edges)),
        training=default_training(facts, reasons),
    )
    return Candidate(name, title, project, tuple(reasons))
