"""Texts: what ``netbuilder new`` and ``train`` make of a table, beside TF-IDF and a linear model.

    python benchmarks/texts.py --debian FOLDER [--only NAME,…] [--seconds N]

- ``fortunes``: ten kinds of short texts by their file: ``fortunes`` and ``fortunes-min`` of Debian,
  unpacked by ``dpkg -x`` into the folder ``--debian``.
- ``packages``: descriptions of Debian packages by section, from ``apt-cache dumpavail``.
- ``docstrings``: the first paragraph of functions by their package (scipy, pandas, keras, …).

Printed is one JSON object: of each set the share of correct predictions on held-out rows by the
network, by logistic regression on TF-IDF, and by the most frequent class; and of each candidate the
share on held-out training rows and on how many parts it was tried.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
KINDS = ("computers", "cookie", "food", "law", "literature", "love", "medicine", "politics",
         "science", "work")  # fmt: skip
SECTIONS = ("games", "science", "sound", "graphics", "net", "python", "fonts", "electronics")
PACKAGES = ("scipy.stats", "scipy.signal", "pandas", "keras.ops", "sklearn.metrics", "numpy.linalg",
            "PIL.Image", "matplotlib.pyplot")  # fmt: skip
Row = tuple[str, str]


def fortunes(debian: Path) -> list[Row]:
    """At most 150 sayings of each kind."""
    rows = []
    for kind in KINDS:
        text = (debian / "usr/share/games/fortunes" / kind).read_text("utf-8", errors="replace")
        sayings = [" ".join(saying.split()) for saying in text.split("\n%\n")]
        rows += [(saying, kind) for saying in sayings if len(saying) > 20][:150]
    return rows


def packages(debian: Path) -> list[Row]:
    """At most 150 descriptions of each section."""
    text = subprocess.run(
        ["apt-cache", "dumpavail"], check=True, capture_output=True, text=True
    ).stdout
    descriptions: dict[str, set[str]] = {name: set() for name in SECTIONS}
    for entry in text.split("\n\n"):
        section = re.search(r"^Section: (\S+)", entry, re.MULTILINE)
        words = re.search(r"^Description: (.+)", entry, re.MULTILINE)
        if section and words and section[1] in descriptions:
            descriptions[section[1]].add(words[1])
    draw = random.Random(1)
    return [
        (words, section)
        for section, texts in descriptions.items()
        for words in draw.sample(sorted(texts), min(150, len(texts)))
    ]


def docstrings(debian: Path) -> list[Row]:
    """The first paragraph of what packages document."""
    rows = []
    for name in PACKAGES:
        module = import_module(name)
        texts = {inspect.getdoc(getattr(module, part)) or "" for part in dir(module)}
        firsts = {" ".join(text.split("\n\n")[0].split()) for text in texts}
        rows += [(text, name) for text in sorted(firsts) if 20 < len(text) < 400][:150]
    return rows


def linear(train: list[Row], test: list[Row]) -> float:
    """Return the share correct of logistic regression on TF-IDF of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    model.fit(*zip(*train, strict=True))
    return float(model.score(*zip(*test, strict=True)))


def measured(rows: list[Row], seconds: float) -> dict[str, Any]:
    """Return the results of a set; 30 % of its rows are held out."""
    import pandas as pd

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.registry import recipe_for
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.evaluate import evaluate
    from netbuilder.core.results.suggestion.selection import select_network

    random.Random(1).shuffle(rows)
    cut = round(0.7 * len(rows))
    train, test = rows[:cut], rows[cut:]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, part in (("train", train), ("test", test)):
            pd.DataFrame(part, columns=["text", "kind"]).to_csv(folder / f"{name}.csv", index=False)
        data = replace(recipe_for(folder / "train.csv", "train.csv"), test_split=0.0)
        began = time.perf_counter()
        suggestion = select_network(Project(data=data), folder, seconds=seconds)
        suggested = time.perf_counter() - began
        dataset = load_dataset(suggestion.project, folder)
        trained = Session(suggestion.project, dataset, storage=RunStorage(record=False)).run()
        network = evaluate(trained, folder / "test.csv").metrics["accuracy"]
    classes = [kind for _text, kind in test]
    return {
        "network": network, "linear": linear(train, test),
        "chance": max(map(classes.count, classes)) / len(classes),
        "train": len(train), "test": len(test), "selected": suggestion.name,
        "scores": {score.candidate.name: [round(1 - score.mean, 4), len(score.parts)]
                   for score in suggestion.scores},
        "seconds": {"new": round(suggested, 1), "train": round(trained.seconds, 1)},
    }  # fmt: skip


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--debian", type=Path, required=True)
    words.add_argument("--only", help="names of sets, separated by commas")
    words.add_argument("--seconds", type=float, default=15.0, help="for the trials of a set")
    options = words.parse_args()
    only = set((options.only or "").split(",")) - {""}
    results = {}
    for make in (fortunes, packages, docstrings):
        name = make.__name__
        if not only or name in only:
            results[name] = measured(make(options.debian), options.seconds)
            print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    print(json.dumps({"sets": results}))


if __name__ == "__main__":
    main()
