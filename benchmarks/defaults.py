"""Real tables that packages ship: the suggested network beside other methods.

    python benchmarks/defaults.py [--only NAME,...] [--splits N] [--final] [--seconds S]
        [--out FILE]

Each table becomes a network by what ``netbuilder new`` does: the candidates are tried on training
rows, for at most S seconds, and the selected one is trained. A linear model, nearest neighbours, a
tree, a forest and boosting with scikit-learn's defaults get the same preparation, and the
validation rows to learn from too. All are evaluated on the same test rows. Printed is one JSON
object: by table the mean over the splits of each error (the share of wrong predictions, or the mean
absolute error), the ratio of the network's error to that of the best other method and to that of
the linear model, and by how many standard errors of the rows' differences the network is behind
them: below 2 the ratio may be chance, as of one wrong prediction against none. Of tables with more
rows 4,000 are drawn. ``--final`` opens the ten tables of ``FINAL``, which no default was chosen by.
``pip install netbuilder-studio[bench]`` brings them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tarfile
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
GOALS = {"median": 1.0, "worst": 1.5, "worst_to_linear": 1.1}
MOST_ROWS = 4_000


@dataclass(frozen=True)
class Source:
    """A table ("package:name"), its target, and columns that give it away or name the row."""

    place: str
    target: str
    dropped: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.place.partition(":")[2]


TABLES = (
    Source("sklearn:breast_cancer", "target"),
    Source("sklearn:wine", "target"),
    Source("sklearn:iris", "target"),
    Source("sklearn:diabetes", "target"),
    Source("statsmodels:modechoice", "choice", ("individual",)),
    Source("statsmodels:fair", "affairs"),
    Source("statsmodels:anes96", "vote"),
    Source("vega:seattle-weather", "weather", ("date",)),
    Source("vega:cars", "Miles_per_Gallon", ("Name",)),
    Source("pydataset:airquality", "Ozone"),
    Source("pydataset:Housing", "price"),
    Source("pydataset:Computers", "price"),
    Source("pydataset:Wages1", "wage"),
    Source("pydataset:Boston", "medv"),
    Source("pydataset:biopsy", "class", ("ID",)),
    Source("pydataset:titanic", "survived"),
    Source("pydataset:Mroz", "work"),
    Source("pydataset:Caschool", "testscr", ("distcod", "district", "readscr", "mathscr")),
    Source("pydataset:Hedonic", "mv"),
    Source("pydataset:Fishing", "mode", ("price", "catch")),
    Source("pydataset:Participation", "lfp"),
    Source("pydataset:OFP", "ofp"),
    Source("pydataset:Clothing", "tsales"),
    Source("pydataset:fgl", "type"),
    Source("pydataset:birthwt", "low", ("bwt",)),
    Source("pydataset:crabs", "sex", ("index",)),
    Source("pydataset:Pima.te", "type"),
)
FINAL = (
    Source("pydataset:Hdma", "deny"),
    Source("pydataset:Heating", "depvar", ("idcase",)),
    Source("pydataset:Bwages", "wage"),
    Source("pydataset:Tobacco", "occupation"),
    Source("pydataset:Catsup", "choice", ("id",)),
    Source("pydataset:SLID", "wages"),
    Source("pydataset:Salaries", "salary"),
    Source("pydataset:Chile", "vote"),
    Source("pydataset:Schooling", "wage76", ("lwage76",)),
    Source("pydataset:Workinghours", "hours"),
)


def frame_of(source: Source) -> Any:
    """Return the table."""
    import importlib.util

    import pandas as pd

    package, _colon, name = source.place.partition(":")
    if package == "sklearn":
        from sklearn import datasets

        loaded = getattr(datasets, f"load_{name}")(as_frame=True)
        frame = loaded.frame
        if hasattr(loaded, "target_names"):
            frame["target"] = [str(loaded.target_names[number]) for number in loaded.target]
    else:
        module = {"vega": "vega_datasets"}.get(package, package)
        spec = importlib.util.find_spec(module)
        assert spec is not None and spec.origin is not None, f"{module} is not installed"
        folder = Path(spec.origin).parent
        if package == "statsmodels":
            frame = pd.read_csv(folder / "datasets" / name / f"{name}.csv", sep=None,
                                engine="python")  # fmt: skip
        elif package == "vega":
            (path,) = (folder / "_data").glob(f"{name}.*")
            frame = pd.read_json(path) if path.suffix == ".json" else pd.read_csv(path)
        else:
            with tarfile.open(folder / "resources.tar.gz") as archive:
                member = next(
                    m for m in archive if m.name.endswith(f"/{name}.csv") and "/._" not in m.name
                )
                frame = pd.read_csv(archive.extractfile(member), index_col=0)  # type: ignore[arg-type]
    frame.columns = frame.columns.str.strip("'")  # statsmodels 0.15 quotes the names of anes96
    frame = frame.dropna(subset=[source.target]).drop(columns=list(source.dropped))
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=0)
    return frame


def measured(source: Source, frame: Any, seed: int, seconds: float) -> dict[str, Any]:
    """Return the errors on one split, and what was selected."""
    import numpy as np

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.registry import recipe_for
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.core.project.model import Project, Training
    from netbuilder.core.results.evaluate import evaluate
    from netbuilder.core.results.other_methods import METHODS
    from netbuilder.core.results.suggestion.selection import select_network

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "t.csv"
        frame.to_csv(path, index=False)
        project = Project(data=recipe_for(path, path.name), training=Training(seed=seed + 1))
        began, processor = time.perf_counter(), time.process_time()
        suggestion = select_network(project, path.parent, target=source.target, seconds=seconds)
        took = (time.perf_counter() - began, time.process_time() - processor)
        dataset = load_dataset(suggestion.project, path.parent)
        trained = Session(suggestion.project, dataset, storage=RunStorage(record=False)).run()
    numbers = suggestion.task == "regression"
    assert dataset.test is not None
    evaluation = evaluate(trained, dataset.test)

    def error(predictions: Any) -> Any:
        truth = np.asarray(evaluation.truth).reshape(len(predictions), -1)[:, 0]
        off = np.abs(predictions - truth) if numbers else predictions != truth
        return np.asarray(off, float)

    errors = {"network": error(np.asarray(evaluation.predictions).reshape(len(dataset.test)))}
    splits = [part for part in (dataset.train, dataset.validation) if part is not None]
    x = np.concatenate([next(iter(part.x.values())) for part in splits])
    y = np.concatenate([next(iter(part.raw_y.values())).reshape(-1) for part in splits])
    x_test = next(iter(dataset.test.x.values()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in METHODS.values():
            estimator = (method.regressor if numbers else method.classifier)(0)
            if method.name == "tree":
                estimator.set_params(max_depth=None)
            errors[method.name] = error(estimator.fit(x, y).predict(x_test))
    return {
        "errors": errors, "task": suggestion.task, "rows": len(frame), "selected": suggestion.name,
        "scores": {one.candidate.name: [round(one.mean, 4), round(one.spread, 4)]
                   for one in suggestion.scores},
        "seconds": round(took[0], 1), "processor_seconds": round(took[1], 1),
    }  # fmt: skip


def summary_of(splits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the means of a table over its splits, the two ratios, and what may be chance."""
    import numpy as np

    rows = {
        name: np.concatenate([one["errors"][name] for one in splits])
        for name in splits[0]["errors"]
    }
    least = 1e-9 if splits[0]["task"] == "regression" else 0.5
    errors = {
        name: mean(
            max(one["errors"][name].sum(), least) / len(one["errors"][name]) for one in splits
        )
        for name in rows
    }
    network = errors["network"]
    best = min((name for name in errors if name != "network"), key=lambda name: errors[name])

    def behind(other: str) -> float:
        more = rows["network"] - rows[other]
        return round(float(more.mean() / max(more.std() / np.sqrt(len(more)), 1e-12)), 2)

    return {
        "task": splits[0]["task"], "rows": splits[0]["rows"],
        "errors": {name: round(value, 5) for name, value in errors.items()},
        "best_other": best, "ratio": round(network / errors[best], 3),
        "standard_errors_behind": {"best": behind(best), "linear": behind("linear")},
        "ratio_to_linear": round(network / errors["linear"], 3),
        "selected": [one["selected"] for one in splits],
        "scores": [one["scores"] for one in splits],
        "seconds": max(one["seconds"] for one in splits),
        "processor_seconds": max(one["processor_seconds"] for one in splits),
    }  # fmt: skip


def main() -> int:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names of tables, joined by commas")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--final", action="store_true", help="the tables kept until the end")
    parser.add_argument("--seconds", type=float, default=15.0, help="for the trials of a table")
    parser.add_argument("--out", help="a file that holds what is measured so far")
    arguments = parser.parse_args()
    only = {name for name in arguments.only.split(",") if name}
    tables: dict[str, Any] = {}
    report: dict[str, Any] = {}
    for source in FINAL if arguments.final else TABLES:
        if only and source.name not in only:
            continue
        frame = frame_of(source)
        splits = [
            measured(source, frame, seed, arguments.seconds) for seed in range(arguments.splits)
        ]
        tables[source.name] = summary_of(splits)
        ratios = [table["ratio"] for table in tables.values()]
        report = {
            "tables": tables, "goals": GOALS, "splits": arguments.splits,
            "median": round(median(ratios), 3), "worst": max(ratios),
            "worst_to_linear": max(table["ratio_to_linear"] for table in tables.values()),
        }  # fmt: skip
        print(f"{source.name}: {tables[source.name]}", file=sys.stderr, flush=True)
        if arguments.out:
            Path(arguments.out).write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
