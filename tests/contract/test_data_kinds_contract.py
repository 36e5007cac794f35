"""Every kind of data and every built-in set: options, preview, training, answers, script."""

import builtins
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.data.defaults import fit_output_to_data, resolve_defaults
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.data.load import load_dataset, load_preview
from netbuilder.core.data.registry import KINDS, modality_of, read_samples, recipe_for
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError, FormatError
from netbuilder.core.formats.registry import save_network
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.predict_file import predictions_of_file

source = partial(script_source, style=Style.EXACT)

Sample = Callable[[Path], tuple[Data, str]]


def _table(folder):
    rows = pd.DataFrame({"size": np.arange(60.0), "colour": ["red", "blue", "green"] * 20})
    rows.assign(price=rows["size"] * 3 + 1).to_csv(folder / "t.csv", index=False)
    rows.head(7).to_csv(folder / "ask.csv", index=False)
    return Data("csv", path="t.csv", target=("price",)), "ask.csv"


def _series(folder):
    rows = pd.DataFrame({"day": range(90), "degrees": np.sin(np.arange(90) / 5.0)})
    rows.to_csv(folder / "s.csv", index=False)
    rows.head(12).to_csv(folder / "ask.csv", index=False)
    recipe = Data("series", path="s.csv", target=("degrees",), options={"window": 6})
    return recipe, "ask.csv"


def _text(folder):
    said = {"text": ["a good film", "so bad and dull"] * 20, "mood": ["up", "down"] * 20}
    pd.DataFrame(said).to_csv(folder / "t.csv", index=False)
    (folder / "ask.txt").write_text("so good")
    return Data("text", path="t.csv", target=("mood",), options={"text": "text"}), "ask.txt"


def _images(folder):
    random = np.random.default_rng(0)
    for label, brightness in (("dark", 40), ("light", 200)):
        (folder / "p" / label).mkdir(parents=True)
        for index in range(12):
            pixels = random.integers(brightness - 30, brightness + 30, (8, 8, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "p" / label / f"{index}.png")
    recipe = Data("images", path="p", options={"image_size": [8, 8]})
    return recipe, "p/dark/0.png"


def _arrays(folder):
    x = np.random.default_rng(0).normal(size=(60, 5, 2))
    np.savez(folder / "a.npz", x=x, y=np.arange(60) % 3)
    np.savez(folder / "ask.npz", x=x[:4])
    return Data("arrays", path="a.npz"), "ask.npz"


def _builtin(folder):
    asked = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.0]})
    asked.to_csv(folder / "ask.csv", index=False)
    return Data("builtin", name="moons", options={"samples": 80}), "ask.csv"


def _sounds(folder):
    moments = np.arange(4000) / 8000
    for label, pitch in (("high", 2000), ("low", 200)):
        (folder / "s" / label).mkdir(parents=True)
        for index in range(8):
            wave = 0.5 * np.sin(2 * np.pi * (pitch + index) * moments)
            soundfile.write(folder / "s" / label / f"{index}.wav", wave, 8000)
    options = {"sample_rate": 8000, "seconds": 0.25, "mels": 16}
    return Data("sounds", path="s", options=options), "s/low/0.wav"


SAMPLES: Mapping[str, Sample] = {
    "builtin": _builtin,
    "csv": _table,
    "series": _series,
    "text": _text,
    "images": _images,
    "arrays": _arrays,
    "sounds": _sounds,
}


def network_input(data):
    """An Input and nothing else: enough to read data."""
    return Project("Sample", Graph((Node("input", "Input"),)), data, Training(epochs=1))


def network(data, folder):
    """The smallest network that takes this data: it is flattened, words are embedded first."""
    bare = network_input(data)
    facts = load_dataset(bare, folder).facts
    inner = [Node("flat", "Flatten")]
    if facts.input_dtypes["input"] == "int32":
        size = max(20, len(facts.vocabulary))
        inner = [Node("words", "Embedding", {"input_dim": size, "output_dim": 4}), *inner]
    nodes = (Node("input", "Input"), *inner, Node("out", "Dense", {"units": 1}))
    edges = tuple((a.id, b.id) for a, b in pairwise(nodes))
    project = replace(bare, graph=Graph(nodes, edges))
    return fit_output_to_data(project, load_dataset(project, folder).facts)


def trained(project, folder):
    """One epoch by Keras's own ``fit``: this is about data."""
    found = load_dataset(project, folder)
    project = resolve_defaults(project, found.facts)
    training_model = build_training_model(project, found.facts)
    training_model.fit(found.train.x["input"], found.train.y["out"], epochs=1, verbose=0)
    model = assemble(training_model, project, found.preprocessing, found.facts)
    return TrainedModel(
        project, training_model, model, found.preprocessing, found.facts, {}, {}, 1.0, 1.0, 1, 1
    )


def run_without_program(text, folder, monkeypatch):
    """Run a script in ``folder`` where nothing of the program can be imported."""
    real = builtins.__import__

    def only_others(name, *rest: Any):
        assert not name.startswith("netbuilder"), "the script needs the program"
        return real(name, *rest)

    names: dict[str, Any] = {"__name__": "__main__"}
    with monkeypatch.context() as patched:
        patched.chdir(folder)
        scope = {**vars(builtins), "__import__": only_others}
        names["__builtins__"] = scope
        exec(compile(re.sub(r"epochs=\d+", "epochs=1", text), "script", "exec"), names)
    return names


def test_every_kind_has_a_sample():
    assert set(SAMPLES) == set(KINDS)


def check_options(params):
    assert len({param.name for param in params}) == len(params)
    for param in params:
        assert param.help
        if param.default is not None and param.default != "":
            assert problem_with(param, param.default) is None, param.name


@pytest.mark.parametrize("name", list(KINDS))
def test_a_row_is_whole(name, tmp_path):
    kind = KINDS[name]
    data, _ = SAMPLES[name](tmp_path)
    assert kind.name == name
    assert kind.title
    assert kind.help
    assert kind.noun
    check_options(kind.params(data))
    assert kind.chosen(data)
    if kind.files.place is not DataLocation.NOWHERE:
        found = recipe_for(tmp_path / data.path, data.path)
        assert found.path == data.path
        assert found.kind in KINDS


#: Kinds whose samples are files that can be damaged; any bytes are a text.
IN_FILES = [name for name, kind in KINDS.items() if any(one.endings for one in kind.modalities)]


@pytest.mark.parametrize("name", [name for name in IN_FILES if name != "text"])
def test_a_damaged_sample_is_named_and_can_be_left_out(name, tmp_path):
    data, ask = SAMPLES[name](tmp_path)
    (tmp_path / ask).write_bytes(b"\0 no sample")
    with pytest.raises(DataError, match=re.escape(Path(ask).name)) as caught:
        load_dataset(network_input(data), tmp_path)
    (fix,) = caught.value.fixes
    without = replace(data, options={**data.options, **fix.data})
    assert load_dataset(network_input(without), tmp_path).facts.rows


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, kind in KINDS.items()
        if kind.files.place in {DataLocation.FOLDER, DataLocation.EITHER}
    ],
)
def test_a_folder_is_not_taken_for_another_kind(name, tmp_path):
    data, _ = SAMPLES[name](tmp_path)
    if (tmp_path / data.path).is_dir():
        assert recipe_for(tmp_path / data.path, data.path).kind == name


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_kind_from_file_to_answers(name, tmp_path, monkeypatch):
    data, ask = SAMPLES[name](tmp_path)
    project = network(data, tmp_path)
    shown = load_preview(project, tmp_path, 5)
    assert shown.rows
    model = trained(project, tmp_path)
    # Its Keras form is in the file, which is read again and compared before it is kept.
    save_network(model, tmp_path / "model.keras")
    refusals = {modality_of(one).no_web_page for one in model.preprocessing.inputs.values()}
    for sentence in refusals - {""}:
        with pytest.raises(FormatError, match=re.escape(sentence)):
            save_network(model, tmp_path / "model.html")
    answers = predictions_of_file(model, tmp_path / ask)
    assert len(answers.predictions) >= 1
    assert all(len(answers.table[column].dropna()) for column in answers.answers)
    names = run_without_program(source(project, model.facts), tmp_path, monkeypatch)
    assert names["model"].input_shape[1:] == model.facts.input_shapes["input"]


@pytest.mark.parametrize("name", [n for n, row in BUILTINS.items() if not row.fetched])
def test_a_set_says_the_same_numbers_in_its_script(name, tmp_path, monkeypatch):
    row = BUILTINS[name]
    check_options(row.options)
    small = {"samples": 60} if any(param.name == "samples" for param in row.options) else {}
    data = Data("builtin", name=name, options=small)
    samples = read_samples(data, tmp_path)
    text = source(network(data, tmp_path))
    lines = text.split("# Split the data")[0]
    names = run_without_program(lines, tmp_path, monkeypatch)
    assert len(names["y"]) == len(samples)
    if samples.role == "text":
        assert list(names["x"]) == list(samples.arrays["text"])
        return
    mine = samples.table if samples.table is not None else next(iter(samples.arrays.values()))
    theirs = np.asarray(names["x"], np.float64)
    np.testing.assert_allclose(theirs, np.asarray(mine, np.float64), 1e-5)
    if samples.targets.shape[1] == 1 and "labels" in names:
        labels = np.asarray(names["labels"])[np.asarray(names["y"], int)]
        shown = {" ": "␣", "\n": "↵"} if samples.role == "tokens" else {}
        assert [shown.get(one, one) for one in labels] == list(map(str, samples.targets.iloc[:, 0]))


def _parts(folder):
    for part, count in (("train", 8), ("test", 3)):
        for label, value in (("dark", 20), ("light", 220)):
            (folder / "p" / "pets" / part / label).mkdir(parents=True)
            for index in range(count):
                where = folder / "p" / "pets" / part / label / f"{index}.png"
                Image.new("L", (8, 8), value).save(where)
    return Data("images", path="p", options={"color_mode": "grayscale"})


def _zipped(folder):
    import shutil

    _images(folder)
    shutil.make_archive(str(folder / "z"), "zip", folder / "p")
    return Data("images", path="z.zip", options={"color_mode": "grayscale"})


def _listed(folder):
    _images(folder)
    files = sorted((folder / "p").rglob("*.png"))
    rows = [
        (file.relative_to(folder).as_posix(), len(file.name) + n) for n, file in enumerate(files)
    ]
    pd.DataFrame(rows, columns=["picture", "age"]).to_csv(folder / "t.csv", index=False)
    return Data("images", path="t.csv", target=("age",), options={"color_mode": "grayscale"})


@pytest.mark.parametrize("make", [_parts, _zipped, _listed])
def test_scripts_of_other_layouts_read_the_same_pictures(make, tmp_path, monkeypatch):
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    data = make(tmp_path)
    project = network(data, tmp_path)
    text = source(project, load_dataset(project, tmp_path).facts).split("# Split the data")[0]
    names = run_without_program(text, tmp_path, monkeypatch)
    samples = read_samples(data, tmp_path)
    # What a folder holds for testing stands behind the rest.
    y = np.ravel(names["y"])
    rows = np.flatnonzero(names.get("part_of", np.zeros(len(y))) == 0)
    assert names["x"][rows].shape == (len(samples), 8, 8, 1)
    assert len(y) == len(samples) + (6 if make is _parts else 0)
    if make is _listed:
        assert y.tolist() == samples.targets["age"].tolist()
    else:
        assert [names["labels"][one] for one in y[rows]] == samples.targets["class"].tolist()


def test_an_option_out_of_bounds_is_named():
    recipe = Data("builtin", name="moons", options={"samples": 3})
    with pytest.raises(DataError, match="'samples' is 3") as caught:
        read_samples(recipe, Path())
    assert caught.value.code == "data_option_invalid"


@pytest.fixture(autouse=True)
def _clean():
    yield
    keras.backend.clear_session()
