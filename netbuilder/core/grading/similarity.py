"""Which submissions are copies, and which are equal by coincidence.

Honest works can be bit-identical: the same lesson, data, settings and seed give the same weights.
A copy has another work's ID; or its weights or history despite another seed or settings; or
weights nearer to another's than to those of its own retraining.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from netbuilder.core.engine.history_columns import EPOCH
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.folders import resource_json
from netbuilder.core.grading.submission import Fingerprint, Submission
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Graph, Project
from netbuilder.core.wording import format_quoted_list, join_sentences

_sentence = sentences_of("grading")

SAMPLED = 256
# Relative to the spread of the weights: another seed changes them by about their whole spread.
NEAR = 0.02
# Correlation: about 0 for another seed.
RELATED = 0.8
# Fewer equal epochs may be coincidence.
_EPOCHS = 3
# Of sampled weights after the same history: other processors round differently.
_ROUNDING = 1e-3

_REASONS: dict[str, str] = resource_json("texts.json")["similarity"]


@dataclass(frozen=True)
class Similarity:
    """Why two works are alike, a key of ``_REASONS``, and whether that is suspicious."""

    reason: str
    suspicious: bool


def fingerprint_of(
    graph: Graph | None, weights: Sequence[Any], work: str, project: Project | None = None,
    epochs: int = 0,
) -> Fingerprint:  # fmt: skip
    """Return the fingerprint of a work.

    Args:
        graph: the network; None if unknown.
        weights: arrays in the model's order; empty for a project.
        work: id of the work, or "".
        project: with data and settings; None if unknown.
        epochs: of the training.
    """
    arrays = [np.ascontiguousarray(array, np.float32) for array in weights]
    digest = hashlib.sha256()
    shapes = hashlib.sha256()
    for array in arrays:
        digest.update(repr(array.shape).encode() + array.tobytes())
        shapes.update(repr(array.shape).encode())
    return Fingerprint(
        weights=digest.hexdigest() if arrays else "",
        graph=graph_hash(graph) if graph is not None and graph.nodes else "",
        work=work,
        sample=sample_of(arrays),
        layout=shapes.hexdigest() if arrays else "",
        recipe=recipe_hash(project) if project is not None else "",
        seed=project.training.seed if project is not None else 0,
        epochs=epochs,
    )


def recipe_hash(project: Project) -> str:
    """Return the SHA-256 of network, data and settings; neither seed, epochs nor folders count.

    It is "" without data or network.
    """
    if not project.data.kind or not project.graph.nodes:
        return ""
    data = project.data
    data = replace(data, path=_file_name(data.path), test_path=_file_name(data.test_path))
    training = replace(project.training, seed=0, epochs=1, extra={})
    text = json.dumps([graph_hash(project.graph), repr(data), repr(training)])
    return hashlib.sha256(text.encode()).hexdigest()


def _file_name(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name


def graph_hash(graph: Graph) -> str:
    """Return the SHA-256 of layers, parameters and connections, without names and positions."""
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


def sample_of(arrays: Sequence[Any]) -> tuple[float, ...]:
    """Return weights at fixed random places, each array scaled by its spread."""
    parts = []
    for array in arrays:
        flat = array.ravel()
        spread = float(flat.std()) if flat.size else 0.0
        # Constant arrays (biases at 0) carry no information but keep their places.
        parts.append(flat / spread if np.isfinite(spread) and spread > 0 else np.zeros(flat.size))
    if not parts:
        return ()
    numbers = np.concatenate(parts)
    if len(numbers) > SAMPLED:
        numbers = numbers[np.random.default_rng(len(numbers)).choice(len(numbers), SAMPLED, False)]
    return tuple(float(number) for number in numbers)


def mark_similar(submissions: Sequence[Submission]) -> list[Submission]:
    """Return the submissions with ``same_as``, ``expected_same`` and a sentence on each."""
    similarities: dict[str, dict[str, Similarity]] = {row.file: {} for row in submissions}
    template = template_work_id(submissions)
    works = [
        replace(row, fingerprint=replace(row.fingerprint, work=""))
        if row.fingerprint.work == template
        else row
        for row in submissions
    ]
    for index, row in enumerate(works):
        for other in works[index + 1 :]:
            similarity = compare_works(row, other)
            if similarity is not None:
                similarities[row.file][other.file] = similarities[other.file][row.file] = similarity
    return [_marked(row, similarities[row.file]) for row in submissions]


def _marked(row: Submission, others: dict[str, Similarity]) -> Submission:
    if not others:
        return row
    words = _words(others)
    return replace(
        row,
        exact_copy=any(similarity.reason == "same_file" for similarity in others.values()),
        same_as=tuple(sorted(file for file, similarity in others.items() if similarity.suspicious)),
        expected_same=tuple(
            sorted(file for file, similarity in others.items() if not similarity.suspicious)
        ),
        message=join_sentences((row.message, words)),
        same_words=words,
    )


def template_work_id(submissions: Sequence[Submission]) -> str:
    """Return the work ID that most submissions share: a template's; "" if there is none."""
    works = Counter(row.fingerprint.work for row in submissions if row.fingerprint.work)
    if not works:
        return ""
    work, count = works.most_common(1)[0]
    return work if count > 3 and count * 2 > len(submissions) else ""


def compare_works(first: Submission, second: Submission) -> Similarity | None:
    """Return how two works are alike; None if they are not."""
    a, b = first.fingerprint, second.fingerprint
    if a.file and a.file == b.file:
        return Similarity("same_file", True)
    if a.work and a.work == b.work:
        return Similarity("same_id", True)
    if not a.weights and not b.weights:
        same = bool(a.graph) and a.graph == b.graph
        return Similarity("same_network", False) if same else None
    reason = _likeness(first, second)
    if not reason:
        return None
    if a.recipe and (a.recipe, a.seed) == (b.recipe, b.seed):
        # Works rounded alike on one machine both differ from retraining here.
        if a.epochs != b.epochs and (_further(first, second) or _further(second, first)):
            return Similarity("trained_further", True)
        if reason == "same_history" and _differ(a.sample, b.sample):
            return Similarity("other_weights", True)
        return Similarity("expected", False) if reason != "trained_further" else None
    if first.verified and second.verified:
        return Similarity("confirmed", False)
    return Similarity(reason, True)


def _likeness(first: Submission, second: Submission) -> str:
    a, b = first.fingerprint, second.fingerprint
    if a.weights == b.weights:
        return "same_weights"
    history = _same_history(first, second)
    if history:
        return history
    if a.layout != b.layout or not a.sample or not b.sample:
        return ""
    if near(a.sample, b.sample):
        return "near_weights"
    return "trained_further" if _further(first, second) or _further(second, first) else ""


def _same_history(first: Submission, second: Submission) -> str:
    """Compare two loss curves up to the shorter's end: no two seeds give equal ones."""
    a, b = first.history.get("loss", ()), second.history.get("loss", ())
    count = min(len(a), len(b))
    epochs = (first.history.get(EPOCH, ())[:count], second.history.get(EPOCH, ())[:count])
    # A constant curve proves nothing.
    if count < _EPOCHS or epochs[0] != epochs[1] or len(set(a[:count])) < _EPOCHS:
        return ""
    if a[:count] != b[:count]:
        return ""
    return "same_history" if len(a) == len(b) else "same_beginning"


def _further(trained: Submission, origin: Submission) -> bool:
    """Return whether ``trained`` continued from ``origin``: nearer to it than to its retraining."""
    if trained.verified is not False or len(trained.retrained) != len(trained.fingerprint.sample):
        return False
    mine, theirs, retrained = (
        np.asarray(numbers)
        for numbers in (trained.fingerprint.sample, origin.fingerprint.sample, trained.retrained)
    )
    if len(mine) < 4 or not mine.std() or not theirs.std():
        return False
    related = float(np.corrcoef(mine, theirs)[0, 1]) > RELATED
    return related and float(np.linalg.norm(mine - theirs)) < 0.5 * float(
        np.linalg.norm(mine - retrained)
    )


def near(first: Sequence[float], second: Sequence[float]) -> bool:
    """Return whether two samples of weights are too close for separate trainings."""
    if len(first) != len(second) or len(first) < 4:
        return False
    differences = np.abs(np.asarray(first) - np.asarray(second))
    return bool(float(np.median(differences)) < NEAR)


def _differ(first: Sequence[float], second: Sequence[float]) -> bool:
    return len(first) != len(second) or not np.allclose(first, second, rtol=0, atol=_ROUNDING)


def _words(others: dict[str, Similarity]) -> str:
    by_reason: dict[str, list[str]] = {}
    for file, similarity in sorted(
        others.items(), key=lambda item: (not item[1].suspicious, item[0])
    ):
        by_reason.setdefault(similarity.reason, []).append(file)
    return " ".join(
        _(_REASONS[reason], files=format_quoted_list(files)) for reason, files in by_reason.items()
    )


def copy_word(row: Submission) -> str:
    """Return the table's word for a copy: copy, suspicious, coincidence or ""."""
    if row.exact_copy:
        return _("copy")
    if row.same_as:
        return _("suspicious")
    return _("coincidence") if row.expected_same else ""


def similarity_sentence(submissions: Sequence[Submission]) -> str:
    """Return how many works look like copies or are equal by coincidence; "" if none."""
    copies = sum(bool(row.same_as) for row in submissions)
    equal = sum(bool(row.expected_same) and not row.same_as for row in submissions)
    sentences = [
        ngettext("{count} looks like a copy.", "{count} look like copies.", copies)
        if copies
        else "",
        _sentence("coincidences", count=equal) if equal else "",
    ]
    return " ".join(filter(None, sentences))
