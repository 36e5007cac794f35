"""One small network for each kind of data, with rows as they stand in its files.

``CASES`` by name; each is a function that writes its files into a folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training

Layers = tuple[tuple[str, dict[str, Any]], ...]

DENSE: Layers = (("Dense", {"units": 6, "activation": "relu"}), ("Dense", {"units": 1}))


@dataclass(frozen=True)
class Case:
    """A project on files in a folder, and rows to ask about.

    Attributes:
        project: what is trained.
        file: as the command line reads them, relative to the folder.
        cells: the same rows as plain Python reads them out of that file: by column, or by Input
            id where a sample is no row of a table.
        near: answers of a ``.keras`` or a script may differ so much: another library resizes.
    """

    project: Project
    file: str
    cells: Mapping[str, list[Any]] = field(default_factory=dict)
    near: float = 1e-4


def plan(epochs=2):
    return Training(optimizer=Choice("Adam", {"learning_rate": 0.02}), epochs=epochs, seed=3)


def chain(data, *layers: tuple[str, dict[str, Any]]):
    nodes = [Node("input", "Input"), *(Node(f"l{i}", *one) for i, one in enumerate(layers))]
    edges = tuple(pairwise(node.id for node in nodes))
    return Project("Row", Graph(tuple(nodes), edges), data, plan())


def flats(count=90):
    """Numbers, words, whole numbers that are names, yes and no, dates, and a price."""
    steps = np.arange(count)
    days = pd.date_range("2023-11-05", periods=count, freq="31h").strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "size": 20 + steps % 40 * 1.5,
            "colour": np.array(["rot", "blau", "grün"], object)[steps % 7 % 3],
            "floor": steps % 4,
            "lift": np.where(steps % 3, "yes", "no"),
            "built": days,
            "town": np.array(["Bonn", "Ulm / Donau"], object)[steps // 2 % 2],
            "price": 100 + steps % 40 * 30 + (steps % 4) * 50.0,
        }
    )


COLUMNS = {
    "floor": ColumnChoice(type="category"),
    "lift": ColumnChoice(type="boolean"),
    "built": ColumnChoice(type="date"),
}


def _asked(frame, folder):
    """Some rows as a file of their own, without answers; their cells as they stand there."""
    frame.to_csv(folder / "row.csv", index=False)
    return {
        str(name): [None if pd.isna(cell) else cell for cell in frame[name].tolist()]
        for name in frame
    }


def _table(folder, frame, asked, **more: Any):
    frame.to_csv(folder / "d.csv", index=False)
    cells = _asked(asked, folder)
    told = {"target": ("price",), "scaling": "standard", "columns": COLUMNS, **more}
    options = {"task": "regression", **told.pop("options", {})}
    data = Data("csv", path="d.csv", options=options, **told)
    return Case(chain(data, *DENSE), "row.csv", cells)


def table(folder):
    frame = flats()
    return _table(folder, frame, frame.iloc[[3, 50, 88]].drop(columns="price"))


def gaps(folder):
    """Each rule for gaps; the rows that are asked about have gaps too."""
    frame = flats()
    steps = np.arange(len(frame))
    frame["size"] = frame["size"].where(steps % 11 != 5)
    frame["colour"] = frame["colour"].where(steps % 9 != 4)
    frame["town"] = frame["town"].where(steps % 13 != 7)
    frame["width"] = (steps % 17 * 0.5) ** 2
    frame["width"] = frame["width"].where(steps % 10 != 1)
    rules = {
        "size": ColumnChoice(missing="median"), "width": ColumnChoice(missing="mean"),
        "colour": ColumnChoice(missing="most_frequent"), "town": ColumnChoice(missing="category"),
    }  # fmt: skip
    asked = frame.iloc[[3, 5, 13, 7, 21]].drop(columns="price")
    assert asked.isna().any().sum() == 4
    return _table(folder, frame, asked, columns=COLUMNS | rules)


def dropped(folder):
    """Rows with gaps are left out; stand-ins are gaps; a column of many texts is left out."""
    frame = flats()
    steps = np.arange(len(frame))
    frame["size"] = frame["size"].where(steps % 11 != 5, -999.0)
    frame["note"] = [f"flat number {step}" for step in steps]
    options = {"missing": "drop", "missing_values": {"size": [-999]}}
    asked = frame.iloc[[2, 31]].drop(columns=["price", "note"])
    return _table(folder, frame, asked, options=options, scaling="minmax")


def classes(folder):
    """Three classes of words, from numbers alone."""
    frame = flats().drop(columns=["lift", "built", "town", "price"])
    frame.to_csv(folder / "d.csv", index=False)
    cells = _asked(frame.iloc[[1, 2, 8]].drop(columns="colour"), folder)
    data = Data("csv", path="d.csv", target=("colour",))
    layers: Layers = (("Dense", {"units": 3, "activation": "softmax"}),)
    return Case(chain(data, *layers), "row.csv", cells)


def two_inputs(folder):
    """A column that two inputs share, and two answers, one of them a class."""
    frame = flats().drop(columns=["lift", "built", "floor"])
    frame.to_csv(folder / "d.csv", index=False)
    cells = _asked(frame.iloc[[4, 40]].drop(columns=["price", "town"]), folder)
    nodes = (
        Node("left", "Input"), Node("right", "Input"), Node("both", "Concatenate"),
        Node("cost", "Dense", {"units": 1}), Node("where", "Dense", {"units": 1, "activation":
                                                                      "sigmoid"}),
    )  # fmt: skip
    edges = (("left", "both"), ("right", "both"), ("both", "cost"), ("both", "where"))
    data = Data(
        "csv", path="d.csv", target=("price", "town"),
        inputs={"left": ("size",), "right": ("colour", "size")},
        targets={"cost": ("price",), "where": ("town",)},
    )  # fmt: skip
    return Case(Project("Row", Graph(nodes, edges), data, plan()), "row.csv", cells)


TEXTS = ["Ärgerlich: ein SCHLECHTER Film, (wirklich)  langweilig!", "gut", "ein ganz neues Wort"]


def texts(folder):
    good = ["Ein guter Film", "wirklich schön und gut", "große Kunst, gut", "sehr unterhaltsam"]
    bad = ["ein schlechter Film", "ärgerlich und langweilig", "öde, schlecht", "lange Stunden"]
    rows = [(one, "gut") for one in good] + [(one, "schlecht") for one in bad]
    pd.DataFrame(rows * 6, columns=["text", "mood"]).to_csv(folder / "d.csv", index=False)
    pd.DataFrame({"text": TEXTS}).to_csv(folder / "row.csv", index=False)
    data = Data("text", path="d.csv", target=("mood",))
    layers: Layers = (
        ("Embedding", {"input_dim": 60, "output_dim": 4}),
        ("GlobalAveragePooling1D", {}),
        ("Dense", {"units": 1, "activation": "sigmoid"}),
    )
    return Case(chain(data, *layers), "row.csv", {"input": TEXTS})


def stories(folder):
    """The next character of a text; the longest beginning has more than a window."""
    text = "Über dem Öl-See\nsingt ein Vogel. " * 8
    (folder / "t.txt").write_text(text, "utf-8")
    (folder / "row.txt").write_text("Dem Vogel singt ein", "utf-8")
    options = {"task": "next_token", "window": 9, "level": "character"}
    layers: Layers = (("Embedding", {"input_dim": 40, "output_dim": 5}), ("Flatten", {}),
                      ("Dense", {"units": 19, "activation": "softmax"}))  # fmt: skip
    project = chain(Data("text", path="t.txt", options=options), *layers)
    return Case(project, "row.txt", {"input": ["Dem Vogel singt ein"]})


CONV: Layers = (
    ("Conv2D", {"filters": 3, "kernel_size": 3, "activation": "relu"}),
    ("GlobalAveragePooling2D", {}),
    ("Dense", {"units": 1, "activation": "sigmoid"}),
)


def _pictures(folder, size, asked, **options: Any):
    random = np.random.default_rng(0)
    mode = options.get("color_mode", "rgb")
    channels = (3,) if mode == "rgb" else ()
    for label, bright in (("dark", 60), ("light", 190)):
        (folder / "p" / label).mkdir(parents=True)
        for index in range(16):
            pixels = np.clip(random.normal(bright, 30, (*size, *channels)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(folder / "p" / label / f"{index}.png")
    rows, columns = np.indices(asked)
    wave = 128 + 100 * np.sin(rows / 5) * np.cos(columns / 4)
    large = np.repeat(wave[..., None], 3, -1) if channels else wave
    Image.fromarray(large.astype("uint8")).save(folder / "row.png")
    cells = np.asarray(Image.open(folder / "row.png"), float)
    cells = cells if channels else cells[..., None]
    return Case(
        chain(Data("images", path="p", options=options), *CONV), "row.png",
        {"input": [cells.tolist()]}, near=1e-4 if size == asked else 4e-3,
    )  # fmt: skip


def pictures(folder):
    return _pictures(folder, (12, 10), (12, 10))


def pictures_8(folder):
    return _pictures(folder, (8, 8), (8, 8), color_mode="grayscale")


def pictures_of_another_size(folder):
    return _pictures(folder, (12, 10), (33, 27))


def series(folder):
    """Two columns with gaps in one, three steps predicted."""
    steps = np.arange(120)
    frame = pd.DataFrame(
        {"t": 50 + 20 * np.sin(steps / 5) + steps % 3, "wind": (steps % 11) ** 1.5}
    )
    frame["wind"] = frame["wind"].where(steps % 17 != 3)
    frame.to_csv(folder / "d.csv", index=False)
    asked = frame.iloc[100:106]
    assert asked["wind"].isna().sum() == 1
    asked.to_csv(folder / "row.csv", index=False)
    options = {"window": 6, "horizon": 3, "missing": "mean"}
    data = Data("series", path="d.csv", target=("t",), options=options)
    project = chain(data, ("LSTM", {"units": 4}), ("Dense", {"units": 3}))
    window = asked.astype(object).where(asked.notna(), None).to_numpy().tolist()
    return Case(project, "row.csv", {"input": [window]})


def sounds(folder):
    import soundfile

    moments = np.arange(1600) / 8000
    for label, pitch in (("high", 1500), ("low", 300)):
        (folder / "s" / label).mkdir(parents=True)
        for index in range(12):
            wave = 0.4 * np.sin(2 * np.pi * (pitch + 20 * index) * moments)
            soundfile.write(folder / "s" / label / f"{index}.wav", wave, 8000)
    soundfile.write(folder / "row.wav", 0.3 * np.sin(2 * np.pi * 900 * moments), 8000)
    options = {"sample_rate": 8000, "mels": 12, "seconds": 0.2}
    layers: Layers = (("GlobalAveragePooling1D", {}), ("Dense", {"units": 1, "activation":
                                                                 "sigmoid"}))  # fmt: skip
    wave = soundfile.read(folder / "row.wav")[0].tolist()
    return Case(
        chain(Data("sounds", path="s", options=options), *layers), "row.wav", {"input": [wave]}
    )


def _arrays(folder, x, y, asked, layers):
    np.savez(folder / "d.npz", x=x, y=y)
    np.savez(folder / "row.npz", x=asked)
    data = Data("arrays", path="d.npz", target=())
    cells = np.asarray(asked, float)
    cells = cells if layers is not CONV else cells[..., None]
    return Case(chain(data, *layers), "row.npz", {"input": cells.tolist()})


def arrays(folder):
    random = np.random.default_rng(4)
    x = random.normal(5, 3, (80, 7, 2)).astype("float32")
    y = x.sum(axis=(1, 2)) * 10
    return _arrays(folder, x, y, x[:3], (("Flatten", {}), *DENSE))


def array_pictures(folder):
    random = np.random.default_rng(5)
    x = random.integers(0, 256, (60, 8, 8), dtype=np.uint8)
    y = (x.mean(axis=(1, 2)) > 127).astype("int64")
    return _arrays(folder, x, y, x[:3], CONV)


def generated(folder):
    cells = {"x": [0.5, -1.0], "y": [0.25, 0.75]}
    pd.DataFrame(cells).to_csv(folder / "row.csv", index=False)
    layers: Layers = (DENSE[0], ("Dense", {"units": 1, "activation": "sigmoid"}))
    return Case(chain(Data("builtin", name="moons"), *layers), "row.csv", cells)


CASES: dict[str, Callable[[Path], Case]] = {
    one.__name__: one
    for one in (
        table, gaps, dropped, classes, two_inputs, texts, stories, pictures, pictures_8,
        pictures_of_another_size, series, sounds, arrays, array_pictures, generated,
    )
}  # fmt: skip
