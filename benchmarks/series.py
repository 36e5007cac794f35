"""Real series that packages ship: the suggested network beside the naive forecasts.

    python benchmarks/series.py [--only NAME,…] [--horizon N] [--seconds N]

Each series is written as a CSV of dates and values and goes the way of ``netbuilder new`` and
``netbuilder train``: suggest, train, evaluate on the last fifth. Printed is one JSON object: for
each series the mean absolute error of the network, of repeating the value of one season before
("seasonal": the season that the benchmark states, not the one that the suggestion found) and of
repeating the last value, the ratios of the network's to both, what was suggested, and how many of
the test values lie in the forecast's 80 % band. The first seven are those that the network was
made with, the last five were not looked at before. The data is in the extra ``[bench]``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tarfile
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REACH = {"most": 1.0, "median": 0.7}
NEW = ("UKgas", "nottem", "UKDriverDeaths", "lynx", "unemployment")


def package_file(package: str, path: str) -> Path:
    """Return a file that a package ships, without running the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is missing: pip install 'netbuilder-studio[bench]'")
    return Path(spec.submodule_search_locations[0]) / path


def statsmodels(name: str) -> Any:
    """Return a table of statsmodels."""
    import pandas as pd

    return pd.read_csv(package_file("statsmodels", f"datasets/{name}/{name}.csv"))


def pydataset(name: str) -> Any:
    """Return the values of a series of pydataset."""
    import pandas as pd

    with tarfile.open(package_file("pydataset", "resources.tar.gz")) as archive:
        file = archive.extractfile(f"resources/rdata/csv/datasets/{name}.csv")
        assert file is not None
        return pd.read_csv(file, index_col=0).iloc[:, -1].to_numpy()


def all_series() -> dict[str, tuple[Any, int]]:
    """Return dates with values, a pandas Series, and the rows of a season, by name."""
    import numpy as np
    import pandas as pd

    def dated(values: Any, start: str, step: str) -> Any:
        return pd.Series(
            np.asarray(values, float), pd.date_range(start, periods=len(values), freq=step)
        )

    co2 = statsmodels("co2")
    weather = pd.read_csv(package_file("vega_datasets", "_data/seattle-weather.csv"))
    elnino = statsmodels("elnino").iloc[:, 1:].to_numpy().ravel()
    day = np.arange(1000)
    shop = (
        200
        + 0.1 * day
        + 30 * np.sin(2 * np.pi * day / 7)
        + np.random.default_rng(1).normal(0, 12, 1000)
    )
    return {
        "AirPassengers": (dated(pydataset("AirPassengers"), "1949", "MS"), 12),
        "CO2": (pd.Series(co2["co2"].to_numpy(), pd.to_datetime(co2["date"].astype(str))), 52),
        "sunspots": (dated(statsmodels("sunspots").iloc[:, 1], "1700", "YS"), 11),
        "El Nino": (dated(elnino, "1950", "MS"), 12),
        "shop": (dated(shop.round(1), "2021-01-01", "D"), 7),
        "Nile": (dated(statsmodels("nile").iloc[:, 1], "1871", "YS"), 1),
        "temperatures": (dated(weather["temp_max"], "2012-01-01", "D"), 1),
        "UKgas": (dated(pydataset("UKgas"), "1960", "QS"), 4),
        "nottem": (dated(pydataset("nottem"), "1920", "MS"), 12),
        "UKDriverDeaths": (dated(pydataset("UKDriverDeaths"), "1969", "MS"), 12),
        "lynx": (dated(pydataset("lynx"), "1821", "YS"), 10),
        "unemployment": (dated(statsmodels("macrodata")["unemp"], "1959", "QS"), 4),
    }  # fmt: skip


def measured(series: Any, season: int, horizon: int, seconds: float) -> dict[str, Any]:
    """Return the errors of the network and of the naive forecasts on the same test rows."""
    from dataclasses import replace

    import numpy as np

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.registry import recipe_for
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.evaluate import evaluate_run
    from netbuilder.core.results.forecast import half_widths
    from netbuilder.core.results.suggestion.selection import select_network

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        series.rename("value").rename_axis("date").to_csv(folder / "s.csv", date_format="%Y-%m-%d")
        data = recipe_for(folder / "s.csv", "s.csv")
        data = replace(data, options={**data.options, "horizon": horizon})
        began = time.perf_counter()
        suggestion = select_network(Project("s", data=data), folder, seconds=seconds)
        suggested = time.perf_counter() - began
        dataset = load_dataset(suggestion.project, folder)
        trained, evaluation = evaluate_run(
            Session(suggestion.project, dataset, storage=RunStorage(record=False)).run(), dataset
        )
    assert evaluation is not None and dataset.test is not None
    past = np.asarray(dataset.test.raw_x["input"], float)[..., 0]
    steps = np.arange(horizon)
    truth = np.asarray(evaluation.truth, float)
    naive = {
        rows: float(np.abs(truth - past[:, past.shape[1] - rows + steps % rows]).mean())
        for rows in (1, season) if rows <= past.shape[1]
    }  # fmt: skip
    error = evaluation.metrics["mean_absolute_error"]
    inside = np.abs(evaluation.predictions - truth) <= half_widths(trained, horizon)[:, 0]
    return {
        "rows": len(series), "test": evaluation.samples, "error": error,
        "seasonal": naive.get(season), "last": naive[1],
        "over_seasonal": error / naive[season] if season in naive else None,
        "over_last": error / naive[1], "suggested": suggestion.name,
        "season": suggestion.project.data.options.get("season", 1),
        "window": suggestion.project.data.options.get("window"),
        "scores": {score.candidate.name: round(score.mean, 4) for score in suggestion.scores},
        "in_band": float(inside.mean()), "seconds": round(trained.seconds, 1),
        "suggested_seconds": round(suggested, 1),
    }  # fmt: skip


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--only", default="", help="names, with commas between them")
    words.add_argument("--horizon", type=int, default=1, help="rows to predict at once")
    words.add_argument("--seconds", type=float, default=15.0, help="for the trials of a series")
    options = words.parse_args()
    names = [name for name in options.only.split(",") if name]
    results = {}
    for name, (series, season) in all_series().items():
        if not names or name in names:
            results[name] = measured(series, season, options.horizon, options.seconds)
            print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    ratios = [one["over_seasonal"] for one in results.values() if one["over_seasonal"]]
    print(json.dumps({
        "reach": REACH, "new": NEW, "median": median(ratios), "most": max(ratios),
        "reached": max(ratios) <= REACH["most"] and median(ratios) <= REACH["median"],
        "series": results,
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
