"""Which works are the same: one handed in twice, under two names, or hardly changed.

Two honest works can be equal as well: the same lesson, the same data and the same seed give the
same weights to the last bit. So each finding says by what it was found; only an equal id of the
work is a copy for certain.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netbuilder.core.grading.submission import Fingerprint, Submission
from netbuilder.core.project.model import Graph
from netbuilder.core.wording import format_quoted_list

SAMPLED = 256
# Weights that differ by less than this share of their own spread were not learned separately:
# another seed changes them by about their whole spread.
NEAR = 0.02


def fingerprint_of(graph: Graph | None, weights: Sequence[Any], work: str) -> Fingerprint:
    """What tells a work from others.

    Args:
        graph: the network; None where it is not known.
        weights: arrays, in the model's own order; none for a project.
        work: id of the work, or "".
    """
    arrays = [np.ascontiguousarray(one, np.float32) for one in weights]
    digest = hashlib.sha256()
    shapes = hashlib.sha256()
    for one in arrays:
        digest.update(repr(one.shape).encode() + one.tobytes())
        shapes.update(repr(one.shape).encode())
    return Fingerprint(
        weights=digest.hexdigest() if arrays else "",
        graph=graph_hash(graph) if graph is not None and graph.nodes else "",
        work=work,
        sample=_sample(arrays),
        layout=shapes.hexdigest() if arrays else "",
    )


def graph_hash(graph: Graph) -> str:
    """SHA-256 of layers, parameters and wires; names and places on the canvas do not count."""
    place = {node_id: index for index, node_id in enumerate(graph.order)}
    nodes = [
        (
            place[node_id],
            graph.by_id[node_id].layer,
            dict(graph.by_id[node_id].params),
            place.get(graph.by_id[node_id].shared or "", -1),
        )
        for node_id in graph.order
    ]
    edges = sorted((place[a], place[b]) for a, b in graph.edges if a in place and b in place)
    text = json.dumps([nodes, edges], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _sample(arrays: Sequence[Any]) -> tuple[float, ...]:
    """Numbers at fixed random places, each array by its own spread, so that all count alike."""
    parts = []
    for one in arrays:
        flat = one.ravel()
        spread = float(flat.std()) if flat.size else 0.0
        # What never moved (biases at 0) tells nothing, but keeps its places.
        parts.append(flat / spread if np.isfinite(spread) and spread > 0 else np.zeros(flat.size))
    if not parts:
        return ()
    numbers = np.concatenate(parts)
    if len(numbers) > SAMPLED:
        numbers = numbers[np.random.default_rng(len(numbers)).choice(len(numbers), SAMPLED, False)]
    return tuple(float(one) for one in numbers)


def mark_similar(submissions: Sequence[Submission]) -> list[Submission]:
    """The submissions with ``same_as`` and a sentence on each that equals another."""
    found: dict[str, dict[str, str]] = {one.file: {} for one in submissions}
    given = template_work_id(submissions)
    prints = [
        replace(one.fingerprint, work="") if one.fingerprint.work == given else one.fingerprint
        for one in submissions
    ]
    for index, one in enumerate(submissions):
        for place, other in enumerate(submissions[index + 1 :], index + 1):
            why = similarity_reason(prints[index], prints[place])
            if why:
                found[one.file][other.file] = found[other.file][one.file] = why
    marked = []
    for one in submissions:
        others = found[one.file]
        if others:
            words = _words(others)
            message = f"{one.message} {words}".strip()
            one = replace(  # noqa: PLW2901
                one, same_as=tuple(sorted(others)), message=message, same_words=words
            )
        marked.append(one)
    return marked


def template_work_id(submissions: Sequence[Submission]) -> str:
    """The id that most works of a class have, "" where there is none.

    They began from one file that the teacher gave to all: the id tells nothing then.
    """
    works = Counter(one.fingerprint.work for one in submissions if one.fingerprint.work)
    if not works:
        return ""
    work, count = works.most_common(1)[0]
    return work if count > 3 and count * 2 > len(submissions) else ""


def similarity_reason(one: Fingerprint, other: Fingerprint) -> str:
    """Why two works are the same, "" where they are not."""
    if one.work and one.work == other.work:
        return "the same work (equal id)"
    if one.weights and one.weights == other.weights:
        return "the same weights to the last bit"
    if one.sample and one.layout == other.layout and _near(one.sample, other.sample):
        return "nearly the same weights"
    if not one.weights and not other.weights and one.graph and one.graph == other.graph:
        return "the same network"
    return ""


def _near(one: Sequence[float], other: Sequence[float]) -> bool:
    if len(one) != len(other) or len(one) < 4:
        return False
    off = np.abs(np.asarray(one) - np.asarray(other))
    return bool(float(np.median(off)) < NEAR)


def _words(others: dict[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for file, why in sorted(others.items()):
        by_reason.setdefault(why, []).append(file)
    return " ".join(
        f"{why[0].upper()}{why[1:]} as in {format_quoted_list(files)}."
        for why, files in by_reason.items()
    )
