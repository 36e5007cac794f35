"""Data sets that are made on the spot, the same every time: no file, no network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.readers.samples import Samples

WAVES = ("sine", "square", "sawtooth", "noise")
_STEPS = 40


def _labelled(labels: NDArray[Any] | list[str], name: str) -> Any:
    import pandas as pd

    return pd.DataFrame({name: labels})


def _points(points: NDArray[Any], groups: NDArray[Any], source: str) -> Samples:
    import pandas as pd

    return Samples(
        role="table",
        table=pd.DataFrame(np.asarray(points, np.float64), columns=["x", "y"]),
        targets=_labelled(np.array(["orange", "blue", "green", "pink"])[groups], "colour"),
        source=source,
    )


def moons() -> Samples:
    """Two half moons that reach into each other (scikit-learn's ``make_moons``)."""
    from sklearn.datasets import make_moons

    points, groups = make_moons(400, noise=0.15, random_state=0)
    return _points(points, groups, "moons")


def circles() -> Samples:
    """A ring around a disc (scikit-learn's ``make_circles``)."""
    from sklearn.datasets import make_circles

    points, groups = make_circles(400, noise=0.08, factor=0.45, random_state=0)
    return _points(points, groups, "circles")


def blobs() -> Samples:
    """Three clouds of points (scikit-learn's ``make_blobs``)."""
    from sklearn.datasets import make_blobs

    points, groups = make_blobs(450, centers=3, cluster_std=1.6, random_state=8)
    return _points(points, groups, "blobs")


def spiral() -> Samples:
    """Two arms of a spiral wound into each other, one turn and a half each."""
    random = np.random.default_rng(0)
    each = 250
    radius = np.linspace(0.3, 5.0, each)
    angle = radius / 5.0 * 3.0 * np.pi
    arms = []
    for start in (0.0, np.pi):
        arm = radius[:, None] * np.stack([np.sin(angle + start), np.cos(angle + start)], axis=1)
        arms.append(arm + random.normal(0.0, 0.15, arm.shape))
    order = random.permutation(2 * each)
    return _points(np.concatenate(arms)[order], np.repeat([0, 1], each)[order], "spiral")


def waves() -> Samples:
    """Sequences of 40 steps to tell apart: sine, square, sawtooth, and noise.

    Pitch, phase and loudness differ from sample to sample, so that only the form tells.
    """
    random = np.random.default_rng(0)
    each = 300
    samples = []
    for shape in WAVES:
        turns = random.uniform(2.0, 5.0, (each, 1)) * np.linspace(0.0, 1.0, _STEPS)
        phase = (turns + random.uniform(0.0, 1.0, (each, 1))) % 1.0
        if shape == "sine":
            values = np.sin(2 * np.pi * phase)
        elif shape == "square":
            values = np.where(phase < 0.5, 1.0, -1.0)
        elif shape == "sawtooth":
            values = 2 * phase - 1
        else:
            values = random.normal(0.0, 0.7, phase.shape)
        loudness = random.uniform(0.7, 1.3, (each, 1))
        samples.append(loudness * values + random.normal(0.0, 0.05, phase.shape))
    order = random.permutation(len(WAVES) * each)
    return Samples(
        role="numbers",
        arrays={"wave": np.concatenate(samples)[order][:, :, None].astype(np.float32)},
        targets=_labelled(np.repeat(WAVES, each)[order], "shape"),
        source="waves",
    )


_OPENINGS = ("I", "We", "My friend", "The whole class", "My sister", "Our teacher")
_LIKED = ("loved", "enjoyed", "liked", "adored", "recommends", "could not stop smiling at")
_DISLIKED = ("hated", "disliked", "regretted", "could not stand", "was bored by", "walked out of")
_THINGS = ("this film", "the book", "that game", "the concert", "the new song", "this series")
_GOOD = ("brilliant", "funny", "exciting", "beautiful", "clever", "wonderful", "great fun")
_BAD = ("dull", "far too long", "confusing", "a waste of time", "terrible", "badly made", "awful")
_ABOUT = ("the story was", "the ending was", "the actors were", "the music was", "it all felt")


def reviews() -> Samples:
    """Short sentences of praise and of blame; some say "not" and mean the opposite."""
    random = np.random.default_rng(0)

    def pick(words: tuple[str, ...]) -> str:
        return words[int(random.integers(len(words)))]

    texts, labels = [], []
    for _ in range(1200):
        positive = bool(random.integers(2))
        first = f"{pick(_OPENINGS)} {pick(_LIKED if positive else _DISLIKED)} {pick(_THINGS)}"
        if random.random() < 0.3:
            second = f"{pick(_ABOUT)} not {pick(_BAD if positive else _GOOD)}"
        else:
            second = f"{pick(_ABOUT)} {pick(_GOOD if positive else _BAD)}"
        texts.append(f"{first}, {second}." if random.random() < 0.7 else f"{second.capitalize()}.")
        labels.append("positive" if positive else "negative")
    return Samples(
        role="text",
        arrays={"text": np.array(texts, object)},
        targets=_labelled(labels, "opinion"),
        source="reviews",
    )


def temperatures() -> Any:
    """Four years of daily temperatures: a season, a warm or cold spell, and noise (a table)."""
    import pandas as pd

    random = np.random.default_rng(0)
    days = np.arange(4 * 365)
    spell = np.zeros(len(days))
    push = random.normal(0.0, 1.0, len(days))
    for day in range(1, len(days)):
        spell[day] = 0.85 * spell[day - 1] + push[day]
    season = 11.0 - 9.0 * np.cos(2 * np.pi * days / 365.25)
    return pd.DataFrame({"temperature": np.round(season + 1.5 * spell, 1)})
