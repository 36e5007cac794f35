"""Damaged files: every one must open, or end in a ``UserError``; nothing else may be raised.

    python benchmarks/fuzz.py [--count 5000] [--seed 0] [--kinds h5,keras,netbuilder,npz,csv,...]

Honest files are made, each is changed at one to three places (bytes flipped, cut off, doubled;
values of its JSON replaced, removed, moved), and everything that reads such a file reads it.
Prints JSON: how many opened, how many were refused in words, and what failed otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from netbuilder.core.errors import UserError

KINDS = ("h5", "keras", "netbuilder", "npz", "csv", "zip", "arrays", "table")
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 2.5, -0.0, 1e308, 10**6, 10**9, 10**18, 10**30, "", "x",
    "é\ud800", "../x", "/", "Dense", "keras.layers", [], {}, [[]], [None],
    {"class_name": {}}, {"config": []},
    {"class_name": "Dense", "config": {}}, ["input", 0, 0], [["input", 0, 0, {}]], "a" * 300,
)  # fmt: skip


def mutated_json(value: Any, random_: random.Random) -> Any:
    """The value with one place in it changed."""
    value = json.loads(json.dumps(value))
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item))
        for key in keys:
            places.append((item, key))
            if isinstance(item[key], dict | list):
                waiting.append(item[key])
    if not places:
        return random_.choice(_ODD)
    holder, key = random_.choice(places)
    what = random_.random()
    if what < 0.55:
        holder[key] = random_.choice(_ODD)
    elif what < 0.75:
        del holder[key]
    elif what < 0.9:
        other, other_key = random_.choice(places)
        if other_key in other if isinstance(other, dict) else other_key < len(other):
            holder[key] = json.loads(json.dumps(other[other_key]))
    elif isinstance(holder, list):
        holder.append(json.loads(json.dumps(holder[key])))
    else:
        holder[str(key) + "_"] = holder.pop(key)
    return value


def mutated_bytes(data: bytes, random_: random.Random) -> bytes:
    """The bytes with one place changed."""
    if not data:
        return b"\0"
    result = bytearray(data)
    place = random_.randrange(len(result))
    what = random_.random()
    if what < 0.5:
        for _ in range(random_.choice((1, 4, 64))):
            result[random_.randrange(len(result))] = random_.randrange(256)
    elif what < 0.7:
        del result[place:]
    elif what < 0.85:
        del result[place : place + random_.choice((1, 8, 200))]
    else:
        result[place:place] = result[place : place + random_.choice((1, 8, 200))]
    return bytes(result)


def samples(folder: Path) -> dict[str, list[Path]]:
    """Honest files of each kind, made here."""
    import keras
    from keras import layers

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.networks.assembly import assemble
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.formats import registry
    from netbuilder.core.project import files
    from netbuilder.core.project.model import Data, Graph, Node, Project

    project = Project(
        name="Iris",
        graph=Graph(
            (
                Node("input", "Input"),
                Node("dense", "Dense", {"units": 4, "activation": "relu"}),
                Node("drop", "Dropout", {"rate": 0.1}),
                Node("out", "Dense", {"units": 3, "activation": "softmax"}),
            ),
            (("input", "dense"), ("dense", "drop"), ("drop", "out")),
        ),
        data=Data(kind="builtin", name="iris"),
    )  # fmt: skip
    data = load_dataset(project, folder)
    training_model = build_training_model(project, data.facts)
    trained = TrainedModel(
        project,
        training_model,
        assemble(training_model, project, data.preprocessing, data.facts),
        data.preprocessing,
        data.facts,
    )
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    words = _of_words(folder)
    for ending in ("h5", "keras"):
        registry.save_network(trained, folder / f"ours.{ending}")
        registry.save_network(words, folder / f"words.{ending}", folder)
    start = keras.Input((6,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(start)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.Add()([x, layers.Dense(6)(x)])
    inner = keras.Sequential([layers.Input((6, 6)), layers.Flatten(), layers.Dense(2)])
    theirs = keras.Model(start, inner(x) * 2.0)
    theirs.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
    theirs.save(folder / "theirs.keras")
    chain = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.MaxPooling2D(), layers.Flatten(),
         layers.Dense(2, kernel_regularizer="l2")]
    )  # fmt: skip
    chain.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
    chain.save(folder / "theirs.h5")
    for ending in ("h5", "keras"):
        found[ending] = [folder / f"{name}.{ending}" for name in ("ours", "theirs", "words")]
    # The same in the words of Keras 2, as far as reading goes.
    old = folder / "old.h5"
    old.write_bytes((folder / "theirs.h5").read_bytes())
    with h5py.File(old, "r+") as file:
        file.attrs["keras_version"] = "2.15.0"
    found["h5"].append(old)
    files.write(project, folder / "p.netbuilder")
    table = "a,b,when,y\n" + "".join(
        f"{i * 0.5},{'red' if i % 2 else 'blue'},2024-01-{i % 28 + 1:02d},{i % 3}\n"
        for i in range(40)
    )
    (folder / "t.csv").write_text(table)
    csv = Project(graph=project.graph, data=Data(kind="csv", path="t.csv", target=("y",)))
    files.write(csv, folder / "c.netbuilder")
    found["netbuilder"] = [folder / "p.netbuilder", folder / "c.netbuilder"]
    found["csv"] = [folder / "t.csv"]
    np.savez(folder / "a.npz", x=np.random.default_rng(0).random((30, 4)), y=np.arange(30) % 3)
    found["npz"] = [folder / "a.npz"]
    found["zip"] = [folder / "ours.keras", folder / "theirs.keras"]
    found["arrays"] = _arrays(folder)
    found["table"] = _tables(folder, table)
    return found


def _of_words(folder: Path) -> Any:
    """A trained network whose file takes words, gaps and texts by layers of its own."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.core.project.model import (
        ColumnChoice,
        Data,
        Graph,
        Node,
        Project,
        Training,
    )  # fmt: skip

    rows = [f"{i % 7},{'' if i % 5 else i},{'red' if i % 2 else 'blue'},{i % 2}" for i in range(60)]
    (folder / "w.csv").write_text("\n".join(["a,b,colour,y", *rows]))
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    columns = {"b": ColumnChoice(missing="median"), "y": ColumnChoice(type="number")}
    project = Project(
        name="Words",
        graph=graph,
        data=Data("csv", path="w.csv", target=("y",), columns=columns),
        training=Training(epochs=1),
    )
    return Session(
        project, load_dataset(project, folder), storage=RunStorage(folder, record=False)
    ).run()


def _arrays(folder: Path) -> list[Path]:
    """Arrays in the other files that hold some, names and groups included."""
    values, answers = np.random.default_rng(1).random((30, 4)), np.arange(30) % 3
    with h5py.File(folder / "tree.h5", "w") as file:
        file["train/pictures"], file["train/labels"] = values, answers
        file["train/labels"].attrs["unit"] = "class"
    with h5py.File(folder / "packed.h5", "w") as file:
        file.create_dataset("x", data=values, compression="gzip", chunks=(10, 4))
        file["y"] = answers
    np.save(folder / "b.npy", values)
    np.savez_compressed(folder / "c.npz", x=values, y=answers)
    return [folder / name for name in ("tree.h5", "packed.h5", "b.npy", "c.npz")]


def _tables(folder: Path, text: str) -> list[Path]:
    """The table in every other file that holds tables."""
    import gzip
    import io

    import pandas as pd
    import polars

    frame = pd.read_csv(io.StringIO(text))
    frame.to_excel(folder / "t.xlsx", index=False)
    polars.read_csv(io.StringIO(text)).write_parquet(folder / "t.parquet")
    frame.to_json(folder / "t.jsonl", orient="records", lines=True)
    (folder / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(folder / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", text)
    names = ("t.xlsx", "t.parquet", "t.jsonl", "t.csv.gz", "t.zip")
    return [folder / name for name in names]


def mutate(source: Path, target: Path, kind: str, random_: random.Random) -> None:
    """Write a changed copy of ``source``."""
    data = source.read_bytes()
    if kind == "netbuilder" and random_.random() < 0.8:
        value = json.loads(data)
        for _ in range(random_.choice((1, 1, 2, 3))):
            value = mutated_json(value, random_)
        target.write_text(json.dumps(value))
    elif kind == "h5" and random_.random() < 0.8:
        target.write_bytes(data)
        with h5py.File(target, "r+") as file:
            keys = [k for k in file.attrs if isinstance(file.attrs[k], str | bytes)]
            key = random_.choice([*keys, "model_config", "model_config"])
            text = file.attrs[key]
            try:
                value = json.loads(text)
            except ValueError:
                value = str(text)
            for _ in range(random_.choice((1, 1, 2, 3))):
                value = mutated_json(value, random_) if isinstance(value, dict | list) else None
            file.attrs[key] = json.dumps(value)
    elif kind == "keras":
        with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as out:
            texts = [n for n in archive.namelist() if n.endswith(".json")]
            chosen = random_.choice([*texts, "config.json", "config.json"])
            for name in archive.namelist():
                part = archive.read(name)
                if name == chosen:
                    value = json.loads(part)
                    for _ in range(random_.choice((1, 1, 2, 3))):
                        value = mutated_json(value, random_)
                    part = json.dumps(value).encode()
                elif name.endswith(".h5") and random_.random() < 0.2:
                    part = mutated_bytes(part, random_)
                out.writestr(name, part)
    else:  # bytes
        for _ in range(random_.choice((1, 1, 2, 3))):
            data = mutated_bytes(data, random_)
        target.write_bytes(data)


def read_all(path: Path, kind: str) -> None:
    """Everything that the program does with a file when it is opened."""
    from netbuilder.core.data.data_report import make_report
    from netbuilder.core.data.data_views import find_data_views
    from netbuilder.core.data.load import load_dataset, load_preview
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.script import python
    from netbuilder.core.formats.writers.svg import network_svg
    from netbuilder.core.project.model import Data, Project

    if kind in ("csv", "npz", "arrays", "table"):
        data = Data(kind="csv" if kind in ("csv", "table") else "arrays", path=path.name)
        project = Project(data=data)
        find_data_views(project, path.parent, make_report(project, path.parent))
        load_preview(project, path.parent)
        load_dataset(project, path.parent)
        return
    project = registry.read_project(path)
    python.script_source(project)
    network_svg(project)
    if kind != "netbuilder":
        registry.load_network(path)


def run(count: int, seed: int, kinds: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Make and read ``count`` damaged files; see the module's text."""
    random_ = random.Random(seed)
    honest = samples(folder)
    result: dict[str, Any] = {"files": count, "opened": 0, "refused": 0, "failed": []}
    start = time.monotonic()
    for number in range(count):
        kind = kinds[number % len(kinds)]
        source = random_.choice(honest[kind])
        path = folder / f"damaged{''.join(source.suffixes)}"
        mutate(source, path, kind, random_)
        _read(path, kind, read_all, result, number, folder)
        path.unlink(missing_ok=True)
    result["seconds"] = round(time.monotonic() - start, 1)
    return result


def _read(
    path: Path,
    kind: str,
    read: Callable[[Path, str], None],
    result: dict[str, Any],
    number: int,
    folder: Path,
) -> None:
    try:
        read(path, kind)
    except UserError:
        result["refused"] += 1
    # Whatever it is: finding it is what this program is for.
    except Exception as error:  # noqa: BLE001
        last = traceback.extract_tb(error.__traceback__)
        ours = [one for one in last if "netbuilder" in one.filename]
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
        result["failed"].append(f"{number} {kind} {type(error).__name__}: {error!s:.100} ({where})")
    else:
        result["opened"] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(
            arguments.count, arguments.seed, tuple(arguments.kinds.split(",")), Path(folder)
        )
    print(json.dumps(result, indent=2))
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
