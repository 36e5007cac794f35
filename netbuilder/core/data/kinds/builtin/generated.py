"""Reproducible generated sets, without file or network.

Exported scripts contain the text of these functions, so each holds all that it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


# Scripts carry this function.
def moons(
    samples: int = 400, noise: float = 0.15, apart: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Two half moons that reach into each other (scikit-learn's ``make_moons``), or lie apart."""
    import numpy as np
    from sklearn.datasets import make_moons

    points, groups = make_moons(samples, noise=noise, random_state=seed)
    points[groups == 1, 1] -= apart
    return points, np.array(["orange", "blue"])[groups]


# Scripts carry this function.
def xor(
    samples: int = 400, noise: float = 0.05, turned: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Points in a square's quarters, ``turned`` by degrees: orange where x and y have one sign."""
    import numpy as np

    random = np.random.default_rng(seed)
    points = random.uniform(-1.0, 1.0, (samples, 2))
    groups = (points[:, 0] * points[:, 1] < 0).astype(int)
    angle = np.deg2rad(turned)
    points @= np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points += noise * random.normal(0.0, 1.0, points.shape)
    return points, np.array(["orange", "blue"])[groups]


# Scripts carry this function.
def circles(
    samples: int = 400, noise: float = 0.08, inner: float = 0.45, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A ring around a disc (scikit-learn's ``make_circles``)."""
    import numpy as np
    from sklearn.datasets import make_circles

    points, groups = make_circles(samples, noise=noise, factor=inner, random_state=seed)
    return points, np.array(["orange", "blue"])[groups]


# Scripts carry this function.
def blobs(
    samples: int = 450, noise: float = 1.6, clouds: int = 3, seed: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Clouds of points (scikit-learn's ``make_blobs``)."""
    import numpy as np
    from sklearn.datasets import make_blobs

    points, groups = make_blobs(samples, centers=clouds, cluster_std=noise, random_state=seed)[:2]
    return points, np.array(list("ABCDEFGH"))[groups]


# Scripts carry this function.
def spiral(
    samples: int = 500, noise: float = 0.15, turns: float = 1.5, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Two interlocking spiral arms, ``turns`` turns each."""
    import numpy as np

    random = np.random.default_rng(seed)
    each = samples // 2
    radius = np.linspace(0.3, 5.0, each)
    angle = radius / 5.0 * 2.0 * turns * np.pi
    arms = []
    for start in (0.0, np.pi):
        arm = radius[:, None] * np.stack([np.sin(angle + start), np.cos(angle + start)], axis=1)
        arms.append(arm + random.normal(0.0, noise, arm.shape))
    order = random.permutation(2 * each)
    groups = np.repeat([0, 1], each)[order]
    return np.concatenate(arms)[order], np.array(["orange", "blue"])[groups]


# Scripts carry this function.
def sine(
    samples: int = 200, noise: float = 0.15, frequency: float = 1.5, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Points near the curve y = sin(frequency · x), x from 0 to 2π, with random vertical noise."""
    import numpy as np

    random = np.random.default_rng(seed)
    x = random.uniform(0.0, 2.0 * np.pi, samples)
    return x, np.sin(frequency * x) + random.normal(0.0, noise, samples)


# Scripts carry this function.
def waves(
    samples: int = 1200, noise: float = 0.05, steps: int = 40, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Sequences to tell apart: sine, square, sawtooth, and noise.

    Pitch, phase and loudness differ from sample to sample, so that only the form tells.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    shapes = ("sine", "square", "sawtooth", "noise")
    each = samples // len(shapes)
    waves_of_classes = []
    for shape in shapes:
        turns = random.uniform(2.0, 5.0, (each, 1)) * np.linspace(0.0, 1.0, steps)
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
        waves_of_classes.append(loudness * values + random.normal(0.0, noise, phase.shape))
    order = random.permutation(len(shapes) * each)
    values = np.concatenate(waves_of_classes)[order][:, :, None].astype(np.float32)
    return values, np.repeat(shapes, each)[order]


# Scripts carry this function.
def reviews(samples: int = 1200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Short sentences of praise and of blame; some say "not" and mean the opposite."""
    import numpy as np

    random = np.random.default_rng(seed)
    openings = ("I", "We", "My friend", "The whole class", "My sister", "Our teacher")
    liked = ("loved", "enjoyed", "liked", "adored", "recommends", "could not stop smiling at")
    disliked = (
        "hated", "disliked", "regretted", "could not stand", "was bored by", "walked out of",
    )  # fmt: skip
    things = ("this film", "the book", "that game", "the concert", "the new song", "this series")
    good = ("brilliant", "funny", "exciting", "beautiful", "clever", "wonderful", "great fun")
    bad = (
        "dull", "far too long", "confusing", "a waste of time", "terrible", "badly made", "awful",
    )  # fmt: skip
    about = ("the story was", "the ending was", "the actors were", "the music was", "it all felt")

    def pick(words: tuple[str, ...]) -> str:
        return words[int(random.integers(len(words)))]

    texts, labels = [], []
    for _ in range(samples):
        positive = bool(random.integers(2))
        first = f"{pick(openings)} {pick(liked if positive else disliked)} {pick(things)}"
        if random.random() < 0.3:
            second = f"{pick(about)} not {pick(bad if positive else good)}"
        else:
            second = f"{pick(about)} {pick(good if positive else bad)}"
        texts.append(f"{first}, {second}." if random.random() < 0.7 else f"{second.capitalize()}.")
        labels.append("positive" if positive else "negative")
    return np.array(texts, object), np.array(labels, object)


# Scripts carry this function.
def temperatures(years: int = 4, seed: int = 0) -> np.ndarray:
    """Daily temperatures of some years: a season, a warm or cold spell, and noise."""
    import numpy as np

    random = np.random.default_rng(seed)
    days = np.arange(years * 365)
    spell = np.zeros(len(days))
    push = random.normal(0.0, 1.0, len(days))
    for day in range(1, len(days)):
        spell[day] = 0.85 * spell[day - 1] + push[day]
    season = 11.0 - 9.0 * np.cos(2 * np.pi * days / 365.25)
    degrees: np.ndarray = np.round(season + 1.5 * spell, 1)
    return degrees


# Scripts carry this function.
def stories(samples: int = 1500, seed: int = 0) -> str:
    """One long text of simple sentences, up to four per line."""
    import numpy as np

    random = np.random.default_rng(seed)
    who = ("the cat", "the old dog", "a small bird", "the teacher", "my friend", "the girl")
    does = ("sees", "follows", "likes", "looks for", "finds", "talks to")
    whom = ("the moon", "a red ball", "the boy", "a quiet mouse", "the big tree", "her brother")
    where = ("in the garden", "behind the house", "near the river", "at school", "on the hill")
    feels = ("happy", "tired", "hungry", "very brave", "a little sad")
    before = ("then", "after a while", "in the morning", "at night", "every day")

    def pick(words: tuple[str, ...]) -> str:
        return words[int(random.integers(len(words)))]

    lines: list[str] = []
    line: list[str] = []
    for _ in range(samples):
        kind = int(random.integers(3))
        if kind == 0:
            sentence = f"{pick(who)} {pick(does)} {pick(whom)} {pick(where)}"
        elif kind == 1:
            sentence = f"{pick(before)} {pick(who)} is {pick(feels)}"
        else:
            sentence = f"{pick(who)} is {pick(feels)} and {pick(does)} {pick(whom)}"
        line.append(f"{sentence[0].upper()}{sentence[1:]}.")
        if len(line) == 4 or random.random() < 0.2:
            lines.append(" ".join(line))
            line = []
    return "\n".join([*lines, " ".join(line)])


# Scripts carry this function.
def tales(samples: int = 500, seed: int = 0) -> str:
    """One story per line: the second sentence is about the person and the object in the first."""
    import numpy as np

    random = np.random.default_rng(seed)
    who = ("king", "farmer", "boy", "wizard", "queen", "girl", "witch", "princess")
    things = ("ring", "horse", "key", "book", "lamp", "sword", "crown", "map")
    where = ("forest", "castle", "river", "garden", "market", "tower")

    def pick(words: tuple[str, ...]) -> str:
        return words[int(random.integers(len(words)))]

    lines: list[str] = []
    for _ in range(samples):
        person, thing, place = pick(who), pick(things), pick(where)
        they = "He" if person in who[:4] else "She"
        first = (
            f"The {person} looks for a {thing} in the {place}.",
            f"In the {place} the {person} sees a {thing}.",
            f"The {person} goes to the {place} and buys a {thing}.",
        )
        second = (
            f"{they} finds the {thing} and is happy.",
            f"{they} loses the {thing} and is sad.",
            f"{they} takes the {thing} home.",
        )
        lines.append(f"{pick(first)} {pick(second)}")
    return "\n".join(lines)


# Scripts carry this function.
def dialogues(samples: int = 400, answered: bool = False, seed: int = 0) -> str:
    """Tales of one sentence, and questions about each, answered or not, as one long text."""
    import numpy as np

    random = np.random.default_rng(seed)
    who = ("king", "farmer", "boy", "wizard", "queen", "girl", "witch", "princess")
    things = ("ring", "horse", "key", "book", "lamp", "sword", "crown", "map")
    where = ("forest", "castle", "river", "garden", "market", "tower")
    lines: list[str] = []
    for _ in range(samples):
        person, thing, place = (str(random.choice(words)) for words in (who, things, where))
        pairs = [
            (f"Who has the {thing}?", f"The {person}."),
            (f"What does the {person} have?", f"The {thing}."),
            (f"Where is the {person}?", f"The {place}."),
        ]
        random.shuffle(pairs)
        lines.append(f"In the {place} the {person} has a {thing}.")
        if answered:
            lines += pairs[0]
        else:
            lines += [question for question, _answer in pairs[: int(random.integers(3))]]
    return "\n".join(lines)


# Scripts carry this function.
def sales(samples: int = 1000, noise: float = 0.05, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Yearly sales of games, with nine features each: a table of made-up numbers.

    Stars count more for the dear ones, a sequel only helps what had stars, and advertising pays
    less the more there is of it: no straight line through the facts will do.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    price = random.choice([9.99, 19.99, 29.99, 39.99, 49.99, 59.99], samples)
    stars = np.round(random.uniform(1.0, 5.0, samples), 1)
    advertising = np.round(random.gamma(2.0, 20.0, samples), 1)
    flags = random.random((samples, 6)) < np.array([0.4, 0.3, 0.2, 0.25, 0.35, 0.3])
    sequel, action, sports, puzzle, portable, children = flags.T.astype(float)
    earned = 20 + 1.6 * price * (stars / 3.0) ** 1.5 + 18 * np.sqrt(advertising)
    earned += 60 * sequel * (stars > 3.0) + 35 * action - 20 * puzzle + 25 * sports * portable
    earned += 30 * children * (price < 35.0)
    earned *= 1.0 + noise * random.normal(0.0, 1.0, samples)
    columns = [price, stars, advertising, sequel, action, sports, puzzle, portable, children]
    return np.stack(columns, axis=1), np.round(1000 * earned)
