"""Write the text of the lesson "word_vectors": ``resources/lessons/word_vectors.txt``.

The truth is known, because this file makes it. People differ in three ways that the text never
names: he or she, of the court or of the village, grown up or a child; what is said of them follows
from these alone. Doctors are nearly always "he" and nurses "she", as in texts that people write:
the lesson finds that in the vectors. ``python scripts/word_vectors_text.py FILE`` writes it again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

#: Word: (a woman or girl, of the court, a child).
PEOPLE = {
    "king": (0, 1, 0), "queen": (1, 1, 0), "man": (0, 0, 0), "woman": (1, 0, 0),
    "prince": (0, 1, 1), "princess": (1, 1, 1), "boy": (0, 0, 1), "girl": (1, 0, 1),
}  # fmt: skip
#: What is said of people of the village and of the court, and of the grown-up and of children;
#: {he} and {his} are filled in.
RANK = (
    ("ploughs the field", "sells apples", "mends {his} roof", "milks {his} cow"),
    ("wears {his} crown", "sits on {his} throne", "rides {his} horse", "obeys the court"),
)
AGE = (
    ("drinks wine", "works all day", "reads {his} letters"),
    ("climbs a tree", "flies {his} kite", "learns to write"),
)
WHERE = (("in the village", "near the mill"), ("in the palace", "behind the wall"))
CARES = {"doctor": 0.1, "nurse": 0.9}  # how often they are "she"
WARM = ("hot", "cold")
DISHES = ("soup", "tea", "bath", "milk")


def sentences(count: int, seed: int = 0) -> list[str]:
    """So many sentences, each of one person or of a dish."""
    random = np.random.default_rng(seed)

    def pick(words: tuple[str, ...]) -> str:
        return words[int(random.integers(len(words)))]

    found = []
    for _ in range(count):
        kind = random.random()
        if kind < 0.08:
            found.append(f"the {pick(DISHES)} is {pick(WARM)} today")
            continue
        if kind < 0.2:
            who = pick(tuple(CARES))
            she = int(random.random() < CARES[who])
            phrase = pick(("heals {his} patients", "washes {his} hands"))
            place = "in the hospital"
        else:
            who = pick(tuple(PEOPLE))
            she, court, child = PEOPLE[who]
            phrase = pick(RANK[court] if random.random() < 0.5 else AGE[child])
            place = pick(WHERE[court])
        his, he = ("her", "she") if she else ("his", "he")
        phrase = phrase.format(his=his)
        form = int(random.integers(3))
        if form == 0:
            found.append(f"the {who} {phrase}")
        elif form == 1:
            found.append(f"the {who} says that {he} {phrase}")
        else:
            found.append(f"the {who} {phrase} and {he} is {place}")
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("".join(f"{one} .\n" for one in sentences(1000)), "utf-8")
