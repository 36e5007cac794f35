"""How long large data takes: until it is seen, checked and prepared, an epoch of it, and the whole
job beside pandas and ``fit``.

    python benchmarks/data.py [--rows N] [--pictures N] [--epochs N] [--rounds N] [--only PART]

A CSV of N × 20 (1,000,000 rows) and a folder of N pictures (50,000 of 28×28), made here. Prints
one JSON object: times in seconds (on the clock, and of the processor, which counts where the
machine has other work), peaks of memory in megabytes. Each number is of a process of
its own; an epoch of data that does not fit in memory is measured alternately with the same data
in memory, and is the median of the epochs after the first half, once the compilation is chosen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REACH = {
    "csv_seen": 2.0, "csv_check": 8.0, "epoch_ratio": 1.5, "memory_ratio": 1.5,
    "pictures_seen": 1.0, "pictures_megabytes": 1500, "csv_again": 1.0, "wide_again": 4.0,
    "job_ratio": 0.9,
}  # fmt: skip
# Of the recipe's limit of memory: all of it fits, or next to nothing does.
SIDES = {"memory": 4096.0, "mapped": 8.0}


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


def write_wide(path: Path, rows: int = 300, columns: int = 5000) -> None:
    """Genes, say: many columns of numbers in few rows."""
    import numpy as np

    values = np.round(np.random.default_rng(0).normal(size=(rows, columns)), 4)
    lines = [",".join(f"g{n}" for n in range(columns)), *(",".join(map(str, v)) for v in values)]
    path.write_text("\n".join(lines) + "\n")


def write_pictures(folder: Path, count: int) -> None:
    """Grey pictures of noise, a hundred different ones, in ten folders of classes."""
    import io

    import numpy as np
    from PIL import Image

    source = np.random.default_rng(0)
    files = []
    for _ in range(100):
        held = io.BytesIO()
        Image.fromarray(source.integers(0, 256, (28, 28), np.uint8)).save(held, "PNG")
        files.append(held.getvalue())
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
    for number in range(count):
        (folder / str(number % 10) / f"{number}.png").write_bytes(files[number % 100])


def pictures_project() -> Any:
    """The folder of pictures, as it is dropped on the window."""
    from netbuilder.core.project.model import Data, Project

    return Project(data=Data("images", path="pictures", options={"color_mode": "grayscale"}))


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


def seen(project: Any, folder: Path) -> dict[str, float]:
    """Until the Data panel shows the first rows, and until it has told all that was found."""
    from netbuilder.core.data import data_report, load

    began, busy = time.perf_counter(), time.process_time()
    load.load_preview(project, folder)
    shown, used = time.perf_counter() - began, time.process_time() - busy
    data_report.make_report(project, folder)
    return {
        "seen": round(shown, 3),
        "seen_processor": round(used, 3),
        "told": round(time.perf_counter() - began, 3),
        "told_processor": round(time.process_time() - busy, 3),
        "megabytes": peak_megabytes(),
    }


def check_seconds(folder: Path, memory_mb: float) -> dict[str, float]:
    """``netbuilder check``, in a process of its own: on the clock, and of the processor."""
    from netbuilder.core.project import files

    path = folder / "p.netbuilder"
    files.write(project_of(memory_mb), path)
    words = [sys.executable, "-m", "netbuilder", "check", str(path)]
    began, before = time.perf_counter(), os.times()
    subprocess.run(words, env=environment(), capture_output=True, check=False)
    after = os.times()
    used = sum(after[2:4]) - sum(before[2:4])
    return {"seconds": round(time.perf_counter() - began, 3), "processor": round(used, 3)}


def epochs(folder: Path, side: str, count: int) -> dict[str, float]:
    """Seconds of an epoch of training steps, how long the data took before, and the peak."""
    from dataclasses import replace

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.events import EpochEnd
    from netbuilder.core.engine.session import RunStorage, Session

    project = project_of(SIDES[side])
    project = replace(project, training=replace(project.training, epochs=count))
    began = time.perf_counter()
    data = load_dataset(project, folder)
    ready = time.perf_counter() - began
    assert (data.stream is not None) == (side == "mapped")
    ends = [time.perf_counter()]

    def listen(event: Any) -> None:
        if isinstance(event, EpochEnd):
            ends.append(time.perf_counter())

    Session(project, data, on_event=listen, storage=RunStorage(record=False)).run()
    each = [after - before for before, after in pairwise(ends)]
    return {
        "ready": round(ready, 3),
        "epoch": round(median(each[count // 2 :]), 4),
        "megabytes": peak_megabytes(),
    }


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def environment() -> dict[str, str]:
    """Of a process that measures."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def apart(folder: Path, *words: str) -> dict[str, float]:
    """One measurement, in a process of its own."""
    call = [sys.executable, __file__, "--folder", str(folder), *words]
    done = subprocess.run(call, env=environment(), capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(asked: argparse.Namespace) -> dict[str, float]:
    """What a process of its own does, by its word."""
    folder = Path(asked.folder)
    if asked.measure in SIDES:
        return epochs(folder, asked.measure, asked.epochs)
    if asked.measure.startswith("job-"):
        return job(folder, asked.measure.removeprefix("job-"))
    if asked.measure == "wide":
        from netbuilder.core.project.model import Data, Project

        return seen(Project(data=Data("csv", path="wide.csv")), folder)
    return seen(pictures_project() if asked.measure == "pictures" else project_of(4096), folder)


def csv_part(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The table: seen, checked, and its epochs."""
    write_csv(folder / "d.csv", asked.rows)
    result: dict[str, Any] = {
        "rows": asked.rows,
        "csv": apart(folder, "--measure", "csv"),
        # What was found stays on the disk: another start of the program reads no file again.
        "csv_again": apart(folder, "--measure", "csv"),
        "csv_check": check_seconds(folder, SIDES["memory"]),
        "csv_check_large": check_seconds(folder, SIDES["mapped"]),
        "csv_check_large_again": check_seconds(folder, SIDES["mapped"]),
    }
    runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(asked.rounds):
        for side, found in runs.items():
            found.append(apart(folder, "--measure", side, "--epochs", str(asked.epochs)))
    for name in ("ready", "epoch", "megabytes"):
        result[name] = {s: median(run[name] for run in found) for s, found in runs.items()}
    for name, of in (("epoch_ratio", "epoch"), ("memory_ratio", "megabytes")):
        result[name] = round(result[of]["mapped"] / result[of]["memory"], 3)
    return result


def pictures_part(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The pictures: seen, and the memory that it takes."""
    write_pictures(folder / "pictures", asked.pictures)
    return {"pictures": asked.pictures, "seen": apart(folder, "--measure", "pictures")}


def wide_part(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """A table of 5,000 columns and 300 rows: seen, and seen again by another process."""
    write_wide(folder / "wide.csv")
    return {
        "wide": apart(folder, "--measure", "wide"),
        "wide_again": apart(folder, "--measure", "wide"),
    }


def job(folder: Path, side: str) -> dict[str, float]:
    """From the file to an epoch and the test, with the libraries loaded: as NetBuilder does it, or
    as a script with pandas, scikit-learn and ``fit`` does."""
    import keras
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.core.results.evaluate import evaluate

    began, busy = time.perf_counter(), time.process_time()
    if side == "netbuilder":
        project = project_of(SIDES["memory"])
        data = load_dataset(project, folder)
        trained = Session(
            project, data, on_event=lambda _event: None, storage=RunStorage(record=False)
        ).run()
        assert data.test is not None
        error = evaluate(trained, data.test).metrics["mean_absolute_error"]
    else:
        frame = pd.get_dummies(pd.read_csv(folder / "d.csv"), dtype="float32")
        x, y = frame.drop(columns="y").to_numpy("float32"), frame[["y"]].to_numpy("float32")
        x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=1)
        x, x_held, y, y_held = train_test_split(x, y, test_size=0.1, random_state=1)
        scaler, of_target = StandardScaler(), StandardScaler()
        x, y = scaler.fit_transform(x), of_target.fit_transform(y)
        layers = [keras.layers.Dense(50, activation="relu") for _ in range(2)]
        model = keras.Sequential([keras.Input((x.shape[1],)), *layers, keras.layers.Dense(1)])
        model.compile("adam", keras.losses.MeanSquaredError())
        held = (scaler.transform(x_held), of_target.transform(y_held))
        model.fit(x, y, epochs=1, batch_size=128, validation_data=held, verbose=0)
        given = of_target.inverse_transform(model.predict(scaler.transform(x_test), verbose=0))
        error = float(abs(given - y_test).mean())
    used = time.process_time() - busy
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 2), "processor": round(used, 2), "error": round(error, 4)}


def job_part(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The whole job beside pandas and ``fit``; nothing is known of the file."""
    write_csv(folder / "d.csv", asked.rows)
    runs: dict[str, list[dict[str, float]]] = {"netbuilder": [], "pandas": []}
    for number in range(asked.rounds):
        os.environ["NETBUILDER_DATA_DIR"] = str(folder / f"home{number}")
        for side, found in runs.items():
            found.append(apart(folder, "--measure", f"job-{side}"))
    jobs = {
        side: {name: median(run[name] for run in found) for name in found[0]}
        for side, found in runs.items()
    }
    ratio = jobs["netbuilder"]["seconds"] / jobs["pandas"]["seconds"]
    return {"rows": asked.rows, "job": jobs, "job_ratio": round(ratio, 3)}


PARTS = {"csv": csv_part, "job": job_part, "wide": wide_part, "pictures": pictures_part}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--pictures", type=int, default=50_000)
    words.add_argument("--epochs", type=int, default=10)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", choices=[*PARTS])
    words.add_argument("--measure", help=argparse.SUPPRESS)
    words.add_argument("--folder", help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked)))
        return
    with tempfile.TemporaryDirectory() as name:
        os.environ["NETBUILDER_DATA_DIR"] = str(Path(name) / "home")
        result: dict[str, Any] = {}
        for part, work in PARTS.items():
            if asked.only in {None, part}:
                result |= work(Path(name), asked)
        result["reach"] = REACH
    print(json.dumps(result))


if __name__ == "__main__":
    main()
