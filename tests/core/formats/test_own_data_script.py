"""Short scripts for one's own texts, series and photos: short, run alone, and come back."""

import random
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from PIL import Image

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import LEFT_OUT
from netbuilder.core.formats.registry import save_network
from netbuilder.core.formats.script.python import script_source
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project, Training

GOOD, BAD = "good great lovely fine sweet".split(), "bad awful sad poor ugly".split()  # noqa: SIM905
SIZE = 64


def chain(name, data, *layers: tuple[str, str, dict[str, object]]):
    nodes = (Node("input", "Input"), *(Node(*layer) for layer in layers))
    ids = [node.id for node in nodes]
    edges = tuple(pairwise(ids))
    return Project(name, Graph(nodes, edges), data, Training(epochs=2, seed=1))


def texts(folder):
    """Texts whose network begins with the included word vectors."""
    draw = random.Random(3)
    rows = ["text,label"]
    for row in range(80):
        words = draw.sample((GOOD, BAD)[row % 2], 3)
        rows.append(f"the film was {' '.join(words)},{('pos', 'neg')[row % 2]}")
    (folder / "texts.csv").write_text("\n".join(rows), encoding="utf-8")
    options = {"max_words": 40, "sequence_length": 8}
    embedding = {"input_dim": 40, "output_dim": 50, "weights": "included"}
    return chain(
        "texts",
        Data("text", path="texts.csv", target=("label",), options=options),
        ("words", "Embedding", embedding),
        ("mean", "GlobalAveragePooling1D", {}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )


def series(folder, horizon):
    months = [f"{1990 + n // 12}-{n % 12 + 1:02d},{100 + 3 * n + n % 12}" for n in range(96)]
    (folder / "sales.csv").write_text("\n".join(["month,sales", *months]), encoding="utf-8")
    options = {"window": 12, **({"horizon": horizon} if horizon > 1 else {})}
    return chain(
        "sales",
        Data("series", path="sales.csv", options=options, validation_split=0.25),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": horizon}),
    )


def photos(folder):
    """Photos for the backbone that comes with the program."""
    draw = np.random.default_rng(0)
    for label, color in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        (folder / "photos" / label).mkdir(parents=True)
        for number in range(8):
            noise = draw.integers(-30, 30, (SIZE, SIZE, 3))
            pixels = np.clip(np.array(color) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / label / f"{number}.png")
    return chain(
        "photos",
        Data("images", path="photos", options={"image_size": [SIZE, SIZE]}),
        ("body", "EfficientNetLite0", {"pooling": "avg"}),
        ("out", "Dense", {"units": 2, "activation": "softmax"}),
    )


def sounds(folder, representation):
    speech = representation == "speech"
    rate = 8000 if representation == "spectrogram" else 16_000
    for label, pitch in (("high", 1500), ("low", 300)):
        (folder / "s" / label).mkdir(parents=True)
        for number in range(12):
            wave = 0.4 * np.sin((pitch + 20 * number) * 6.28 * np.arange(rate) / rate)
            soundfile.write(folder / "s" / label / f"{number}.wav", wave, rate)
    options = {"seconds": 0.9, "representation": representation}
    if rate == 8000:
        options = {"seconds": 0.9, "sample_rate": rate, "mels": 12}
    first = ("body", "SpeechEmbedding", {}) if speech else (
        "body", "Conv1D", {"filters": 4, "kernel_size": 3})  # fmt: skip
    return chain(
        "sounds",
        Data("sounds", path="s", options=options),
        first,
        ("mean", "GlobalAveragePooling1D", {}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )


def table(folder):
    """Times of the day, dates of a German spreadsheet, durations, prices and words."""
    rows = ["ab;am;dauer;preis;linie;leute"]
    rows += [
        f"{n % 24:02}:{n % 60:02};{n % 28 + 1:02}.{n % 12 + 1:02}.2024;{n % 9}:{n % 60:02};"
        f"1.{n:03},50 €;{['S1', 'U2', 'Bus'][n % 3]};{40 + n % 24}" for n in range(200)
    ]  # fmt: skip
    rows[7] = rows[7].replace(rows[7].split(";")[2], "", 1)
    (folder / "fahrten.csv").write_text("\n".join(rows), encoding="utf-8")
    columns = {"am": ColumnChoice("order")}
    options = {"missing": "median"}
    data = Data("csv", path="fahrten.csv", target=("leute",), columns=columns, options=options)
    return chain("table", data, ("out", "Dense", {"units": 1}))


MAKERS = {
    "table": table,
    "spectrograms": lambda folder: sounds(folder, "spectrogram"),
    "waves": lambda folder: sounds(folder, "waveform"),
    "speech": lambda folder: sounds(folder, "speech"),
    "texts": texts,
    "series": lambda folder: series(folder, 1),
    "three steps": lambda folder: series(folder, 3),
    "photos": photos,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_it_is_short_and_comes_back(tmp_path, kind):
    project = MAKERS[kind](tmp_path)
    text = script_source(project, load_facts(project, tmp_path))
    code = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    assert len(code) <= (70 if kind == "table" else 50)
    assert not any(line.startswith("def ") for line in code), "a function beyond what it needs"
    path = tmp_path / "it.py"
    path.write_text(text, encoding="utf-8")
    imported = import_file(path)
    assert not [item for item in imported.report if item.taken == LEFT_OUT]
    back = imported.project
    assert [node.layer for node in back.graph.nodes] == [n.layer for n in project.graph.nodes]
    for node, other in zip(back.graph.nodes, project.graph.nodes, strict=True):
        assert node.params.get("weights") == other.params.get("weights")
    assert (back.data.kind, back.data.path) == (project.data.kind, project.data.path)
    roles = {name: choice.role for name, choice in back.data.columns.items()}
    assert all(roles.get(n) == c.role for n, c in project.data.columns.items())
    assert back.data.validation_split == project.data.validation_split
    assert load_facts(back, tmp_path).target_names == load_facts(project, tmp_path).target_names
    for name, value in project.data.options.items():
        assert back.data.options.get(name) == value, name


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["texts", "three steps", "photos", "speech"])
def test_it_runs_where_the_program_is_not_installed(tmp_path, kind, plain_python):
    from netbuilder.core.formats.described_project import DescribedProject

    project = MAKERS[kind](tmp_path)
    facts = load_facts(project, tmp_path)
    save_network(DescribedProject(project, facts), tmp_path / "it.py", tmp_path)
    plain_python((tmp_path / "it.py").read_text("utf-8"), tmp_path)
    assert list(tmp_path.glob("*.h5"))


@pytest.mark.slow
def test_the_exact_script_of_a_frozen_backbone_has_the_same_losses(tmp_path, monkeypatch):
    project = photos(tmp_path)
    data = load_dataset(project, tmp_path)
    trained = Session(project, data, storage=RunStorage(tmp_path, record=False)).run()
    save_network(trained, tmp_path / "it.py", tmp_path, style="exact")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, object] = {"__name__": "__main__"}
    exec((tmp_path / "it.py").read_text("utf-8").replace("plt.show()", ""), names)
    losses = names["model"].history.history["val_loss"]
    np.testing.assert_allclose(losses, trained.history["val_loss"], rtol=1e-4)
