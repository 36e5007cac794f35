"""Texts: what ``netbuilder new`` and ``train`` make of a table, beside TF-IDF and a linear model.

    python benchmarks/texts.py --debian FOLDER [--only NAME,…]

- ``fortunes``: ten kinds of short texts by their file: ``fortunes`` and ``fortunes-min`` of Debian,
  unpacked by ``dpkg -x`` into the folder ``--debian``.
- ``packages``: descriptions of Debian packages by section, from ``apt-cache dumpavail``.
- ``docstrings``: the first paragraph of functions by their package (scipy, pandas, keras, …).

Printed is one JSON object: of each set the share of correct predictions on held-out rows by the
network, by logistic regression on TF-IDF, and by the most frequent class.
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
    found: dict[str, set[str]] = {name: set() for name in SECTIONS}
    for entry in text.split("\n\n"):
        section = re.search(r"^Section: (\S+)", entry, re.MULTILINE)
        words = re.search(r"^Description: (.+)", entry, re.MULTILINE)
        if section and words and section[1] in found:
            found[section[1]].add(words[1])
    draw = random.Random(1)
    return [
        (words, section)
        for section, some in found.items()
        for words in draw.sample(sorted(some), min(150, len(some)))
    ]


def docstrings(debian: Path) -> list[Row]:
    """The first paragraph of what packages document."""
    rows = []
    for name in PACKAGES:
        module = import_module(name)
        texts = {inspect.getdoc(getattr(module, one)) or "" for one in dir(module)}
        firsts = {" ".join(text.split("\n\n")[0].split()) for text in texts}
        rows += [(text, name) for text in sorted(firsts) if 20 < len(text) < 400][:150]
    return rows


def linear(train: list[Row], test: list[Row]) -> float:
    """TF-IDF of words and pairs, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    model.fit(*zip(*train, strict=True))
    return float(model.score(*zip(*test, strict=True)))


def measured(rows: list[Row]) -> dict[str, Any]:
    """Return the results of a set; 30 % of its rows are held out."""
    import pandas as pd

    random.Random(1).shuffle(rows)
    cut = round(0.7 * len(rows))
    train, test = rows[:cut], rows[cut:]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, part in (("train", train), ("test", test)):
            pd.DataFrame(part, columns=["text", "kind"]).to_csv(folder / f"{name}.csv", index=False)
        run = [sys.executable, "-m", "netbuilder"]
        began = time.perf_counter()
        text = subprocess.run(
            [*run, "new", str(folder / "train.csv"), "-o", str(folder / "p.netbuilder")],
            check=True, capture_output=True, text=True, cwd=ROOT,
        ).stdout  # fmt: skip
        suggested = time.perf_counter() - began
        subprocess.run(
            [*run, "train", str(folder / "p.netbuilder"), "-o", str(folder / "m.h5")],
            check=True, capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        seconds = time.perf_counter() - began - suggested
        import netbuilder as nb

        classes = [kind for _text, kind in test]
        return {
            "network": nb.load(folder / "m.h5").evaluate(folder / "test.csv")["accuracy"],
            "linear": linear(train, test),
            "chance": max(map(classes.count, classes)) / len(classes),
            "train": len(train),
            "test": len(test),
            "seconds": {"new": round(suggested, 1), "train": round(seconds, 1)},
            "reasons": text.splitlines(),
        }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--debian", type=Path, required=True)
    words.add_argument("--only", help="names of sets, separated by commas")
    options = words.parse_args()
    only = set((options.only or "").split(",")) - {""}
    results = {}
    for make in (fortunes, packages, docstrings):
        name = make.__name__
        if not only or name in only:
            results[name] = measured(make(options.debian))
            print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    print(json.dumps({"sets": results}))


if __name__ == "__main__":
    main()
