"""Which works are copies, and which are only equal.

Honest works can be equal to the last bit: the same lesson, data, settings and seed give the same
weights. That is expected and no suspicion. A copy has the id of another work; or its weights or its
history where its own seed or settings would have given others; or weights nearer to another's than
to what its own training gives.
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

from netbuilder.core.grading.submission import Fingerprint, Submission
from netbuilder.core.history_columns import EPOCH
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Graph, Project
from netbuilder.core.wording import format_quoted_list, join_sentences

SAMPLED = 256
# Weights that differ by less than this share of their own spread were not learned separately:
# another seed changes them by about their whole spread.
NEAR = 0.02
# Another seed's weights correlate with these by about nothing.
RELATED = 0.8
# Fewer equal epochs may be chance.
_EPOCHS = 3

_REASONS = {
    "same_id": N_("The same work (same ID) as {files}."),
    "same_weights": N_("The same weights as {files}, though seed or settings differ."),
    "near_weights": N_("Nearly the same weights as {files}, though seed or settings differ."),
    "same_history": N_("The same training history as {files}, though seed or settings differ."),
    "same_beginning": N_(
        "Its training history starts like that of {files}, though seed or settings differ."
    ),
    "trained_further": N_(
        "The weights are those of {files}, trained further; they do not come from the recorded "
        "seed."
    ),
    "expected": N_("Equal to {files}, as expected: the same seed, data and settings."),
    "same_network": N_("The same untrained network as {files}, which is likely in a lesson."),
    "confirmed": N_("Equal to {files}, and retraining confirms both."),
}


@dataclass(frozen=True)
class Similarity:
    """Why two works are alike: a code of ``_REASONS``, and whether that is a suspicion."""

    reason: str
    suspicious: bool


def fingerprint_of(
    graph: Graph | None, weights: Sequence[Any], work: str, project: Project | None = None,
    epochs: int = 0,
) -> Fingerprint:  # fmt: skip
    """What tells a work from others.

    Args:
        graph: the network; None where it is not known.
        weights: arrays, in the model's own order; none for a project.
        work: id of the work, or "".
        project: with data and settings; None where they are not known.
        epochs: of the training.
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
        sample=sample_of(arrays),
        layout=shapes.hexdigest() if arrays else "",
        recipe=recipe_hash(project) if project is not None else "",
        seed=project.training.seed if project is not None else 0,
        epochs=epochs,
    )


def recipe_hash(project: Project) -> str:
    """SHA-256 of network, data and settings; "" where there is no data or no network.

    Seed and epochs do not count, and neither does the folder that the data lie in.
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


def sample_of(arrays: Sequence[Any]) -> tuple[float, ...]:
    """Return numbers at fixed random places, each array by its own spread so that all count."""
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
    """Return the submissions with ``same_as``, ``expected_same`` and a sentence on each."""
    found: dict[str, dict[str, Similarity]] = {one.file: {} for one in submissions}
    given = template_work_id(submissions)
    works = [
        replace(one, fingerprint=replace(one.fingerprint, work=""))
        if one.fingerprint.work == given
        else one
        for one in submissions
    ]
    for index, one in enumerate(works):
        for other in works[index + 1 :]:
            why = compare_works(one, other)
            if why is not None:
                found[one.file][other.file] = found[other.file][one.file] = why
    return [_marked(one, found[one.file]) for one in submissions]


def _marked(one: Submission, others: dict[str, Similarity]) -> Submission:
    if not others:
        return one
    words = _words(others)
    return replace(
        one,
        same_as=tuple(sorted(file for file, why in others.items() if why.suspicious)),
        expected_same=tuple(sorted(file for file, why in others.items() if not why.suspicious)),
        message=join_sentences((one.message, words)),
        same_words=words,
    )


def template_work_id(submissions: Sequence[Submission]) -> str:
    """The id that most works of a class have, "" where there is none.

    They began from one file that the teacher gave to all: the id tells nothing then.
    """
    works = Counter(one.fingerprint.work for one in submissions if one.fingerprint.work)
    if not works:
        return ""
    work, count = works.most_common(1)[0]
    return work if count > 3 and count * 2 > len(submissions) else ""


def compare_works(one: Submission, other: Submission) -> Similarity | None:
    """Say how two works are alike; None where they are not."""
    mine, theirs = one.fingerprint, other.fingerprint
    if mine.work and mine.work == theirs.work:
        return Similarity("same_id", True)
    if not mine.weights and not theirs.weights:
        same = bool(mine.graph) and mine.graph == theirs.graph
        return Similarity("same_network", False) if same else None
    alike = _likeness(one, other)
    if not alike:
        return None
    if mine.recipe and (mine.recipe, mine.seed) == (theirs.recipe, theirs.seed):
        # Two that a machine rounded in its own way are far from what training again gives here.
        if mine.epochs != theirs.epochs and (_further(one, other) or _further(other, one)):
            return Similarity("trained_further", True)
        return Similarity("expected", False) if alike != "trained_further" else None
    if one.verified and other.verified:
        return Similarity("confirmed", False)
    return Similarity(alike, True)


def _likeness(one: Submission, other: Submission) -> str:
    mine, theirs = one.fingerprint, other.fingerprint
    if mine.weights == theirs.weights:
        return "same_weights"
    history = _same_history(one, other)
    if history:
        return history
    if mine.layout != theirs.layout or not mine.sample or not theirs.sample:
        return ""
    if near(mine.sample, theirs.sample):
        return "near_weights"
    return "trained_further" if _further(one, other) or _further(other, one) else ""


def _same_history(one: Submission, other: Submission) -> str:
    """Whether two curves are equal as far as the shorter goes: no two seeds give that."""
    mine, theirs = one.history.get("loss", ()), other.history.get("loss", ())
    count = min(len(mine), len(theirs))
    shown = (one.history.get(EPOCH, ())[:count], other.history.get(EPOCH, ())[:count])
    # A curve that stands still says nothing.
    if count < _EPOCHS or shown[0] != shown[1] or len(set(mine[:count])) < _EPOCHS:
        return ""
    if mine[:count] != theirs[:count]:
        return ""
    return "same_history" if len(mine) == len(theirs) else "same_beginning"


def _further(one: Submission, other: Submission) -> bool:
    """Whether ``one``'s weights come from ``other``'s: far from its own training, near to them."""
    if one.verified is not False or len(one.retrained) != len(one.fingerprint.sample):
        return False
    mine, theirs, own = (
        np.asarray(numbers)
        for numbers in (one.fingerprint.sample, other.fingerprint.sample, one.retrained)
    )
    if len(mine) < 4 or not mine.std() or not theirs.std():
        return False
    related = float(np.corrcoef(mine, theirs)[0, 1]) > RELATED
    return related and float(np.linalg.norm(mine - theirs)) < 0.5 * float(
        np.linalg.norm(mine - own)
    )


def near(one: Sequence[float], other: Sequence[float]) -> bool:
    """Say whether two samples of weights are too near for separate training."""
    if len(one) != len(other) or len(one) < 4:
        return False
    off = np.abs(np.asarray(one) - np.asarray(other))
    return bool(float(np.median(off)) < NEAR)


def _words(others: dict[str, Similarity]) -> str:
    by_reason: dict[str, list[str]] = {}
    # What is suspicious comes first.
    for file, why in sorted(others.items(), key=lambda item: (not item[1].suspicious, item[0])):
        by_reason.setdefault(why.reason, []).append(file)
    return " ".join(
        _(_REASONS[reason], files=format_quoted_list(files)) for reason, files in by_reason.items()
    )


def copy_word(one: Submission) -> str:
    """Return what a table says of a work: suspicious, equal by coincidence, or nothing."""
    if one.same_as:
        return _("suspicious")
    return _("coincidence") if one.expected_same else ""


def similarity_sentence(submissions: Sequence[Submission]) -> str:
    """How many works look like copies, and how many are only equal; "" where none are."""
    copies = sum(bool(one.same_as) for one in submissions)
    equal = sum(bool(one.expected_same) and not one.same_as for one in submissions)
    said = [
        ngettext("{count} looks like a copy.", "{count} look like copies.", copies)
        if copies
        else "",
        ngettext(
            "{count} equals another by coincidence: seed, data and settings are the same.",
            "{count} are equal by coincidence: seed, data and settings are the same.",
            equal,
        )
        if equal
        else "",
    ]
    return " ".join(one for one in said if one)
