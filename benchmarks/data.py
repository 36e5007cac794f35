"""How long large data takes: until it is seen, checked and prepared, and an epoch of it.

    python benchmarks/data.py [--rows N] [--epochs N]

A CSV of N × 20 made here (1,000,000 rows). Prints one JSON object, times in seconds. An epoch of
data that does not fit in memory is measured alternately with the same data in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REACH = {"seen": 2.0, "check": 8.0, "epoch": 1.5}


def write_csv(path: Path, rows: int) -> None:
    """Numbers, a column of words, and a target that follows from five of them."""
    import numpy as np
    import polars as pl

    source = np.random.default_rng(0)
    values = source.normal(size=(rows, 18))
    columns: dict[str, Any] = {f"x{n}": np.round(values[:, n], 4) for n in range(18)}
    columns["town"] = np.array(["Ulm", "Köln", "Bonn"])[source.integers(0, 3, rows)]
    columns["y"] = np.round(values[:, :5].sum(axis=1) + source.normal(0, 0.1, rows), 4)
    pl.DataFrame(columns).write_csv(path)


def project_of(memory_mb: float) -> Any:
    """A small network on the file."""
    from netbuilder.core.project.model import Data, Graph, Node, Project, Training

    graph = Graph(
        (
            Node("input", "Input"), Node("a", "Dense", {"units": 50, "activation": "relu"}),
            Node("b", "Dense", {"units": 50, "activation": "relu"}),
            Node("out", "Dense", {"units": 1}),
        ),
        (("input", "a"), ("a", "b"), ("b", "out")),
    )  # fmt: skip
    options = {"memory_limit_mb": memory_mb}
    data = Data("csv", path="d.csv", target=("y",), options=options)
    return Project(graph=graph, data=data, training=Training(epochs=1, batch_size=128))


def timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return round(time.perf_counter() - began, 3), found


def check_seconds(folder: Path, memory_mb: float) -> float:
    """``netbuilder check``, in a process of its own."""
    from netbuilder.core.project import files

    path = folder / "p.netbuilder"
    files.write(project_of(memory_mb), path)
    words = [sys.executable, "-m", "netbuilder", "check", str(path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = lambda: subprocess.run(words, env=env, capture_output=True, check=False)  # noqa: E731
    return timed(done)[0]


def epochs(folder: Path, count: int) -> dict[str, float]:
    """Median seconds of an epoch in memory and of one that is read, measured alternately."""
    from netbuilder.core.data.load import load
    from netbuilder.core.engine.session import Session

    sides = {"memory": 4096.0, "mapped": 8.0}
    data = {name: load(project_of(limit), folder) for name, limit in sides.items()}
    assert data["mapped"].stream is not None
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(count):
        for name, limit in sides.items():
            run = Session(project_of(limit), data[name], on_event=lambda event: None, record=False)
            trained = run.run()
            seconds[name].append(1.0 / trained.steps_per_second)
    return {name: median(values) for name, values in seconds.items()}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--epochs", type=int, default=3)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["NETBUILDER_DATA_DIR"] = str(Path(name) / "home")
        from netbuilder.core.data import load

        folder = Path(name)
        write_csv(folder / "d.csv", asked.rows)
        large = project_of(8.0)
        result: dict[str, Any] = {
            "rows": asked.rows,
            "megabytes": round((folder / "d.csv").stat().st_size / 1e6, 1),
            "seen": timed(lambda: load.preview(project_of(4096.0), folder))[0],
            "check_in_memory": check_seconds(folder, 4096.0),
            "check_large": check_seconds(folder, 8.0),
            "prepared_again": timed(lambda: load.load(large, folder))[0],
        }
        step = epochs(folder, asked.epochs)
        result["step_milliseconds"] = {key: round(1e3 * one, 4) for key, one in step.items()}
        result["epoch_ratio"] = round(step["mapped"] / step["memory"], 3)
        result["reach"] = REACH
    print(json.dumps(result))


if __name__ == "__main__":
    main()
