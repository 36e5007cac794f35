"""The script of a data set, also of series and included weights: the program's own numbers."""

import io
import shutil
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.examples import find_example
from netbuilder.core.data.kinds.scripts.folder_script import files_of_classes
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.readers.class_folders import find_samples, select_files
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.formats.registry import save_network
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project import files
from netbuilder.core.project.model import ColumnChoice, Data
from tests.core.formats.same_numbers import CLASSES, NUMBER, WORDS, Layers, chain, same_numbers

source = partial(script_source, style=Style.EXACT)


def frame(count=60):
    steps = np.arange(count)
    days = pd.date_range("2024-01-25", periods=count).to_series().sample(frac=1, random_state=1)
    return pd.DataFrame(
        {
            "a": np.sin(steps) * 10,
            "colour": np.array(["red", "Blue", "green"], object)[steps % 7 % 3],
            "who": np.array([f"person {one}" for one in range(11)], object)[steps * 5 % 11],
            "part": np.array(["Train", "train", "val", "test"], object)[steps // 3 % 4],
            "heavy": steps % 5 + 0.5,
            "day": days.dt.strftime("%d.%m.%Y").to_numpy(),
            "y": steps * 2.0,
        }
    )


ROLES = {
    "split": {"part": "split"},
    "split_and_weight": {"part": "split", "heavy": "weight"},
    "group": {"who": "group"},
    "weight": {"heavy": "weight"},
    "order": {"day": "order"},
    "order_and_split": {"day": "order", "part": "split"},
}


@pytest.mark.parametrize("name", ROLES)
def test_roles_of_columns(tmp_path, monkeypatch, name):
    frame().to_csv(tmp_path / "d.csv", index=False)
    columns = {n: ColumnChoice("ignore") for n in ("who", "part", "heavy", "day")}
    columns |= {n: ColumnChoice(role) for n, role in ROLES[name].items()}
    data = Data("csv", path="d.csv", target=("y",), columns=columns)
    space = same_numbers(chain(data, *NUMBER), tmp_path, monkeypatch)
    if name == "group":
        groups = [set(space["groups"][space[f"{one}_rows"]]) for one in ("train", "test")]
        assert not groups[0] & groups[1]


@pytest.mark.parametrize("known", [True, False])
def test_a_column_that_an_input_names_and_the_program_leaves_out(tmp_path, monkeypatch, known):
    """Dates that nobody decided to use are no feature, although the Input asks for them."""
    frame().to_csv(tmp_path / "d.csv", index=False)
    data = Data("csv", path="d.csv", target=("y",), inputs={"input": ("a", "day", "heavy")})
    project = chain(data, *NUMBER)
    facts = load_facts(project, tmp_path)
    assert list(facts.column_types) == ["a", "heavy"]
    if known:
        same_numbers(project, tmp_path, monkeypatch)
    text = source(project, facts if known else None).partition("# Build")[0]
    space: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    exec(compile(text, "script", "exec"), space)
    assert list(space["x"].columns) == ["a", "heavy"]


def test_a_split_that_names_no_rows_for_watching(tmp_path, monkeypatch):
    rows = frame()
    rows["part"] = rows["part"].replace("val", "train")
    rows[["a", "part", "y"]].to_csv(tmp_path / "d.csv", index=False)
    columns = {"part": ColumnChoice("split")}
    data = Data("csv", path="d.csv", target=("y",), columns=columns)
    same_numbers(chain(data, *NUMBER), tmp_path, monkeypatch)


def test_roles_beside_a_test_file(tmp_path, monkeypatch):
    frame().to_csv(tmp_path / "d.csv", index=False)
    frame(20)[["a", "colour", "y"]].to_csv(tmp_path / "t.csv", index=False)
    for role in ("split", "group", "weight"):
        columns = {n: ColumnChoice("ignore") for n in ("who", "part", "heavy", "day")}
        columns[{"split": "part", "group": "who", "weight": "heavy"}[role]] = ColumnChoice(role)
        data = Data("csv", path="d.csv", test_path="t.csv", target=("y",), columns=columns)
        same_numbers(chain(data, *NUMBER), tmp_path, monkeypatch, alone=False)


def test_a_class_of_one_row_stays_to_be_learned_from(tmp_path, monkeypatch):
    rows = frame()[["a", "colour"]]
    rows.loc[7, "colour"] = "white"
    rows.to_csv(tmp_path / "d.csv", index=False)
    data = Data("csv", path="d.csv", target=("colour",))
    project = chain(data, ("Dense", {"units": 4, "activation": "softmax"}))
    space = same_numbers(project, tmp_path, monkeypatch)
    assert 7 in space["train_rows"]


def test_one_spelling_of_words(tmp_path, monkeypatch):
    rows = frame()[["a", "colour", "y"]]
    rows.loc[[3, 9, 33], "colour"] = ["blue", "RED", " green"]
    rows.to_csv(tmp_path / "d.csv", index=False)
    data = Data("csv", path="d.csv", target=("y",), options={"same_words": ["colour"]})
    space = same_numbers(chain(data, *NUMBER), tmp_path, monkeypatch)
    assert space["words"] == {"colour": ["Blue", "green", "red"]}


def test_lines_that_are_left_out(tmp_path, monkeypatch):
    text = frame()[["a", "colour", "y"]].to_csv(index=False)
    (tmp_path / "d.csv").write_text(f"Measured in May\n\n{text}")
    data = Data("csv", path="d.csv", target=("y",), options={"skip_lines": [5, 21]})
    space = same_numbers(chain(data, *NUMBER), tmp_path, monkeypatch, alone=False)
    assert len(space["data"]) == 58 and not space["data"]["y"].isin([2, 34]).any()


@pytest.mark.parametrize("parts", ["x", "x_train x_test", "x_train x_val", "x_train x_dev x_test"])
@pytest.mark.parametrize("pixels", [True, False])
def test_arrays_in_parts(tmp_path, monkeypatch, parts, pixels):
    random, held = np.random.default_rng(1), {}
    for name, count in zip(parts.split(), (40, 9, 7), strict=False):
        held[name] = random.integers(0, 250, (count, 4, 3)).astype("uint8" if pixels else "float32")
        held[name.replace("x", "y")] = np.arange(count) % 3
    np.savez(tmp_path / "d.npz", **held)
    layers = (("Conv2D", {"filters": 1, "kernel_size": 1}), *CLASSES) if pixels else CLASSES
    same_numbers(chain(Data("arrays", path="d.npz"), *layers), tmp_path, monkeypatch)
    x, y = parts.split(maxsplit=1)[0], parts.split(maxsplit=1)[0].replace("x", "y")
    np.savez(tmp_path / "t.npz", **{x: held[x][::3], y: held[y][::3]})
    told = Data("arrays", path="d.npz", test_path="t.npz")
    same_numbers(chain(told, *layers), tmp_path, monkeypatch)


def test_times_of_the_day(tmp_path, monkeypatch):
    rows = frame()[["day", "y"]]
    rows["at"] = [f"{step % 24:02d}:30" for step in range(len(rows))]
    rows.to_csv(tmp_path / "d.csv", index=False)
    columns = {name: ColumnChoice(type="date") for name in ("at", "day")}
    data = Data("csv", path="d.csv", target=("y",), columns=columns, scaling="none")
    space = same_numbers(chain(data, *NUMBER), tmp_path, monkeypatch, alone=False)
    assert set(np.unique(space["x"]["at"] * 24 % 1)) == {0.5}


# Folders.

LAYOUTS: dict[str, tuple[str, ...]] = {
    "classes": ("cat/1", "cat/2", "dog/1", "dog/inner/0", "dog/2", "README"),
    "wrapped": ("all/cat/1", "all/cat/2", "all/dog/1"),
    "train_test": ("train/cat/1", "train/dog/1", "test/cat/7", "test/dog/8"),
    "three": ("x/training/cat/1", "x/training/dog/1", "x/val/cat/7", "x/testing/dog/8",
              "x/notes/n"),
    "watched": ("train/cat/1", "train/dog/1", "valid/cat/7"),
    "unlabelled": ("train/cat/1", "train/dog/1", "train/unsup/9", "test/one", "test/two"),
    "names": ("cat.1", "cat.2", "dog (3)", "dog (4)", "rabbit1", "LIESMICH"),
    "wrapped_names": ("in/cat.1", "in/cat.2", "in/dog.1", "in/dog.2"),
    "only_train": ("train/cat/1", "train/dog/1"),
    "vehicles": ("bus/1", "car/1", "train/train1", "train/train2"),
    "german": ("Trainingsdaten/a/1", "Trainingsdaten/b/1", "Testbilder/a/7", "Testbilder/b/8"),
    "junk": ("__MACOSX/cat/1", ".git/a/1", "cat/._1", "cat/1", "dog/2", "Thumbs.db/x/1"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_files_are_found_as_the_program_finds_them(tmp_path, name):
    for one in LAYOUTS[name]:
        file = tmp_path / f"{one}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(one)
    found = find_samples(tmp_path, (".txt",))
    mine = files_of_classes(tmp_path, (".txt",))
    for part, held in found.parts.items():
        listed = [(label, file) for number, label, file in mine if number == part]
        assert listed == list(zip(held.labels, held.files, strict=True))
    assert {number for number, _, _ in mine} == set(found.parts)
    chosen = select_files(found)
    if chosen.parts is not None:
        assert [file for _, _, file in mine] == chosen.files


def written(folder, layout, write):
    """Files below ``folder``: so many for each class folder."""
    number = 0
    for place, (name, count) in enumerate(layout.items()):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            write(folder / name / f"{index}", place, number)
            number += 1


PARTS = {
    "classes": {"10": 12, "9": 12, "8": 9},
    "train_test": {"train/a": 12, "train/b": 10, "train/c": 9, "test/a": 3, "test/c": 4},
    "three": {"train/a": 9, "train/b": 9, "train/c": 5, "valid/a": 3, "valid/b": 2, "test/b": 4},
    "watched": {"train/a": 9, "train/b": 9, "train/c": 5, "val/c": 3},
}


def a_text(path, place, number):
    words = ["Tief", "Höhe", "null", "Strand,", "wieder", "klar"]
    text = " ".join(words[(number * step + place) % 6] for step in range(1, 5 + place))
    path.with_suffix(".txt").write_text(text, "utf-8-sig" if number == 2 else "utf-8")


@pytest.mark.parametrize("name", PARTS)
def test_texts_in_folders(tmp_path, monkeypatch, name):
    written(tmp_path / "t", PARTS[name], a_text)
    same_numbers(chain(Data("text", path="t"), *WORDS), tmp_path, monkeypatch)


def test_texts_beside_a_folder_for_testing(tmp_path, monkeypatch):
    written(tmp_path / "t", PARTS["three"], a_text)
    written(tmp_path / "more", {"a": 3, "c": 3}, a_text)
    same_numbers(chain(Data("text", path="t", test_path="more"), *WORDS), tmp_path, monkeypatch)


def test_texts_in_a_table(tmp_path, monkeypatch):
    steps = np.arange(40)
    rows = pd.DataFrame(
        {
            "say": [f"so {'gut ' * (step % 4)}wie {step % 7}" for step in steps],
            "who": steps * 3 % 8,
            "part": np.array(["train", "test", "val", "train"])[steps % 4],
            "heavy": steps % 3 + 1.0,
            "mood": np.array(["up", "down", "so"])[steps % 5 % 3],
        }
    )
    rows.to_csv(tmp_path / "d.csv", index=False)
    rows[["say", "mood"]].iloc[:9].to_csv(tmp_path / "t.csv", index=False)
    for columns, test in (
        ({"part": "split", "who": "ignore"}, ""), ({"who": "group", "part": "ignore"}, ""),
        ({"part": "ignore", "who": "ignore"}, "t.csv"),
    ):  # fmt: skip
        told = {n: ColumnChoice(role) for n, role in (columns | {"heavy": "weight"}).items()}
        if test:
            told["heavy"] = ColumnChoice("ignore")
        data = Data("text", path="d.csv", test_path=test, target=("mood",), columns=told)
        same_numbers(chain(data, *WORDS), tmp_path, monkeypatch)


def a_picture(path, place, number):
    """Colours and grey, transparent, and turned by a camera."""
    random = np.random.default_rng(number)
    pixels = random.integers(0, 256, (7, 11, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    if number % 4 == 1:
        picture = picture.convert("RGBA")
        picture.putalpha(Image.fromarray(pixels[..., 0]))
    if number % 4 == 2:
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.save(path.with_suffix(".jpg"), exif=exif)
        return
    picture.convert("L" if number % 4 == 3 else picture.mode).save(path.with_suffix(".png"))


@pytest.mark.parametrize("name", PARTS)
def test_pictures_in_folders(tmp_path, monkeypatch, name):
    written(tmp_path / "p", PARTS[name], a_picture)
    project = chain(Data("images", path="p", options={"image_size": [6, 8]}), *CLASSES)
    same_numbers(project, tmp_path, monkeypatch)


def test_a_zip_of_grey_pictures_and_a_folder_for_testing(tmp_path, monkeypatch):
    written(tmp_path / "p", PARTS["classes"], a_picture)
    shutil.make_archive(str(tmp_path / "z"), "zip", tmp_path, "p")
    written(tmp_path / "more", {"10": 2, "8": 3}, a_picture)
    out = [f"z.zip/p/9/{one.name}" for one in (tmp_path / "p" / "9").glob("3.*")]
    data = Data("images", path="z.zip", test_path="more", options={"skip_files": out})
    project = chain(data, *CLASSES)
    nodes = (replace(project.graph.nodes[0], params={"shape": [8, 6, 1]}), *project.graph.nodes[1:])
    project = replace(project, graph=replace(project.graph, nodes=nodes))
    same_numbers(project, tmp_path, monkeypatch)


@pytest.mark.parametrize("scaling", ["auto", "none"])
def test_pictures_of_sixteen_bits(tmp_path, monkeypatch, scaling):
    def deep(path, place, number):
        pixels = np.random.default_rng(number).integers(0, 4000, (5, 5)).astype(np.uint16)
        Image.fromarray(pixels).save(path.with_suffix(".png"))

    written(tmp_path / "p", {"a": 9, "b": 9, "c": 9}, deep)
    data = Data("images", path="p", scaling=scaling, options={"image_size": [4, 5]})
    space = same_numbers(chain(data, *CLASSES), tmp_path, monkeypatch, alone=False)
    assert "offset" not in space or space["scale"] == 4095


def test_pictures_that_a_table_names(tmp_path, monkeypatch):
    written(tmp_path, {"pictures": 24}, a_picture)
    names = sorted(one.name for one in (tmp_path / "pictures").iterdir())
    rows = pd.DataFrame({"file": names, "owner": [0] * 24, "age": range(24)})
    rows["owner"] = rows["age"] * 7 % 12
    rows.to_csv(tmp_path / "d.csv", index=False)
    data = Data("images", path="d.csv", target=("age",), columns={"owner": ColumnChoice("group")},
                options={"image_size": [4, 4], "skip_files": [f"d.csv/pictures/{names[3]}"]},
                )  # fmt: skip
    same_numbers(chain(data, ("Flatten", {}), *NUMBER), tmp_path, monkeypatch, alone=False)


@pytest.mark.parametrize("name", PARTS)
def test_sounds_in_folders(tmp_path, monkeypatch, name):
    soundfile = pytest.importorskip("soundfile")

    def sound(path, place, number):
        moments = np.arange(400 + 40 * number) / 4000
        wave = 0.3 * np.sin(2 * np.pi * (200 + 90 * place + number) * moments)
        soundfile.write(path.with_suffix(".wav"), wave, 4000)

    written(tmp_path / "s", PARTS[name], sound)
    data = Data("sounds", path="s", options={"sample_rate": 4000, "mels": 8})
    same_numbers(chain(data, *CLASSES), tmp_path, monkeypatch)


# And what is learned from it.


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weights", "balanced", "pictures"])
def test_training_on_it_gives_the_same_losses(tmp_path, monkeypatch, name):
    columns = {"part": ColumnChoice("split"), "heavy": ColumnChoice("weight")}
    if name == "pictures":
        written(tmp_path / "p", PARTS["three"], a_picture)
        project = chain(Data("images", path="p", options={"image_size": [6, 8]}), *CLASSES)
    elif name == "balanced":
        frame()[["a", "who", "part", "heavy", "colour"]].to_csv(tmp_path / "d.csv", index=False)
        data = Data("csv", path="d.csv", target=("colour",), columns=columns)
        project = chain(data, ("Dense", {"units": 3, "activation": "softmax"}))
    else:
        frame()[["a", "part", "heavy", "y"]].to_csv(tmp_path / "d.csv", index=False)
        data = Data("csv", path="d.csv", target=("y",), columns=columns)
        project = chain(data, *NUMBER)
    weight = "balanced" if name == "balanced" else "none"
    training = replace(project.training, epochs=3, batch_size=8, class_weight=weight)
    project = replace(project, training=training)
    trained = Session(
        project, load_dataset(project, tmp_path), storage=RunStorage(record=False)
    ).run()
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        exec(source(project, load_facts(project, tmp_path)), space)
    for key in ("loss", "val_loss"):
        found = space["model"].history.history[key]
        np.testing.assert_allclose(found, trained.history[key], rtol=1e-3)


# What the saved models take.


def run_whole(project, folder, monkeypatch):
    """The names of a script that ran to its end, an epoch long, in ``folder``."""
    monkeypatch.chdir(folder)
    space: dict[str, Any] = {}
    short = replace(project, training=replace(project.training, epochs=1))
    with redirect_stdout(io.StringIO()):
        exec(source(short, load_facts(project, folder)), space)
    return space


@pytest.mark.parametrize("how", ["spectrogram", "waveform"])
def test_a_keras_hears_waves(tmp_path, monkeypatch, how):
    import keras

    soundfile = pytest.importorskip("soundfile")

    def sound(path, place, number):
        moments = np.arange(500) / 4000
        wave = 0.3 * np.sin(2 * np.pi * (200 + 90 * place + number) * moments)
        soundfile.write(path.with_suffix(".wav"), wave, 4000)

    written(tmp_path / "s", PARTS["classes"], sound)
    options = {"sample_rate": 4000, "mels": 8, "representation": how}
    data = Data("sounds", path="s", options=options)
    space = run_whole(chain(data, *CLASSES), tmp_path, monkeypatch)
    files = sorted((tmp_path / "s").rglob("*.wav"))[:6]
    waves = np.stack([space["sound_wave"](str(file), 4000, space["seconds"]) for file in files])
    heard = waves[..., None]
    if how == "spectrogram":
        heard = np.stack([space["log_mel"](wave, 4000, 8) for wave in waves])
    told, numbers = (keras.models.load_model(f"row_script.{end}") for end in ("keras", "h5"))
    np.testing.assert_allclose(
        told.predict(waves, verbose=0), numbers.predict(heard, verbose=0), atol=1e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize("lowercase", [True, False])
def test_a_keras_reads_the_end_of_a_text(tmp_path, monkeypatch, lowercase):
    import keras

    (tmp_path / "t.txt").write_text("Ärger im Haus. Über uns, ärgerlich!\n" * 30, encoding="utf-8")
    told: dict[str, Any] = {"task": "next_token", "window": 6, "lowercase": lowercase}
    network = (
        ("Embedding", {"input_dim": 50, "output_dim": 4}),
        ("Flatten", {}),
        ("Dense", {"units": 30, "activation": "softmax"}),
    )
    project = chain(Data("text", path="t.txt", options=told), *network)
    units = len(load_facts(project, tmp_path).classes)
    last = replace(project.graph.nodes[-1], params={"units": units, "activation": "softmax"})
    graph = replace(project.graph, nodes=(*project.graph.nodes[:-1], last))
    space = run_whole(replace(project, graph=graph), tmp_path, monkeypatch)
    texts = ["im Haus. ÜBER uns", "Ä", "ärger §", "uns,\n"]
    spelled = {token: number for number, token in enumerate(space["known"], 2)}

    def windows(text):
        small = text.lower() if lowercase else text
        ids = [spelled.get(space["shown"].get(one, one), 1) for one in small]
        return [*[0] * 6, *ids][-6:]

    asked = np.array([windows(text) for text in texts], "int32")
    assert 1 in asked[2], "an unknown character"
    reads, numbers = (keras.models.load_model(f"row_script.{end}") for end in ("keras", "h5"))
    given = np.array(texts, object)[:, None]
    import tensorflow as tf

    np.testing.assert_allclose(
        np.asarray(reads(tf.constant(given.astype(str)))),
        numbers.predict(asked, verbose=0),
        atol=1e-5,
    )


def test_what_no_layer_can_do_says_why(tmp_path):
    (tmp_path / "t.txt").write_text("one two three four. " * 30, encoding="utf-8")
    told = {"task": "next_token", "level": "word", "window": 3}
    data = Data("text", path="t.txt", options=told)
    text = source(chain(data, *WORDS), None)
    assert "no Keras layer splits words and punctuation" in text
    assert ".keras" not in text


def hours(count=90):
    steps = np.arange(count)
    return pd.DataFrame(
        {
            "when": pd.date_range("2024-03-01", periods=count, freq="h").strftime("%d.%m.%Y %H:%M"),
            "t": np.sin(steps / 4) * 9,
            "wind": (steps % 11) ** 1.5,
            "part": np.array(["train", "val", "test"])[np.digitize(steps, [50, 70])],
            "heavy": 1.0 + steps % 4,
        }
    )


@pytest.mark.parametrize("case", ["plain", "shuffled", "gap", "roles", "dropped", "test", "filled"])
def test_series(tmp_path, monkeypatch, case):
    rows, columns = hours(), {"part": "ignore", "heavy": "ignore"}
    options: dict[str, Any] = {"window": 5, "horizon": 2}
    if case == "shuffled":
        rows = rows.sample(frac=1, random_state=2)
    if case == "gap":
        rows = rows.drop(index=[*range(20, 23), 61])
    if case == "roles":
        columns = {"part": "split", "heavy": "weight"}
    if case == "dropped":
        rows.loc[[13, 50], "wind"] = np.nan
        rows.loc[70, "t"] = np.nan
        options["missing"] = "drop"
    if case == "filled":
        rows.loc[[13, 50, 51], "wind"] = np.nan
        options["missing"] = "mean"
    rows.to_csv(tmp_path / "d.csv", index=False)
    hours(30).to_csv(tmp_path / "t.csv", index=False)
    told = {name: ColumnChoice(role) for name, role in columns.items()}
    data = Data("series", path="d.csv", target=("t",), options=options, columns=told,
                test_path="t.csv" if case == "test" else "")  # fmt: skip
    layers: Layers = (("LSTM", {"units": 2}), ("Dense", {"units": 2}))
    same_numbers(chain(data, *layers), tmp_path, monkeypatch)


def test_a_series_whose_days_and_numbers_were_answered(tmp_path, monkeypatch):
    """Both numbers of each date are at most 12: only the answer says that the day comes first."""
    rows = [
        f'{day:02d}/{month:02d}/2024,{100 + month * day},"${1000 + 37 * month + day * day:,}"'
        for month in range(1, 13)
        for day in range(1, 13)
    ]
    (tmp_path / "d.csv").write_text("date,visitors,revenue\n" + "\n".join(rows) + "\n")
    layers: Layers = (("LSTM", {"units": 2}), ("Dense", {"units": 1}))
    ends = []
    for options in ({"dates": {"date": "day"}}, {"dates": {"date": "month"}}):
        data = Data("series", path="d.csv", target=("revenue",), options={"window": 3, **options})
        space = same_numbers(chain(data, *layers), tmp_path, monkeypatch, alone=False)
        ends.append(space["y"][0].item())
    assert len(set(ends)) == 2, "the answer matters"


def test_series_of_several_shops(tmp_path, monkeypatch):
    """Told apart by themselves, and cut into parts by time."""
    rows = hours(60)[["when", "t", "wind"]]
    both = pd.concat([rows.assign(shop="north"), rows.assign(shop="south", t=rows["t"] * 2)])
    both.to_csv(tmp_path / "d.csv", index=False)
    data = Data("series", path="d.csv", target=("t",), options={"window": 4})
    layers: Layers = (("LSTM", {"units": 2}), ("Dense", {"units": 1}))
    space = same_numbers(chain(data, *layers), tmp_path, monkeypatch, alone=False)
    told = Data("series", path="d.csv", target=("t",), options={"window": 4, "group": "shop"})
    same_numbers(chain(told, *layers), tmp_path, monkeypatch)
    assert len(space["x"]) == 2 * (60 - 4)


def _project():
    project = files.read(find_example("frozen_body").path)
    return replace(project, training=replace(project.training, epochs=1))


@pytest.mark.parametrize("ending", [".py", ".ipynb"])
def test_the_weights_lie_beside_it(tmp_path, ending):
    path = tmp_path / f"body{ending}"
    (note,) = save_network(_project(), path, tmp_path)
    assert "drawn_digits.weights.h5" in note
    assert (tmp_path / "drawn_digits.weights.h5").stat().st_size > 100_000
    text = path.read_text(encoding="utf-8")
    assert "drawn_digits.weights.h5" in text
    assert "resources" not in text


def test_a_file_of_that_name_stays(tmp_path):
    (tmp_path / "drawn_digits.weights.h5").write_bytes(b"mine")
    save_network(_project(), tmp_path / "body.py", tmp_path)
    assert (tmp_path / "drawn_digits.weights.h5").read_bytes() == b"mine"


@pytest.mark.slow
def test_it_runs_in_another_folder_without_the_program(tmp_path, plain_python):
    save_network(_project(), tmp_path / "body.py", tmp_path)
    away = tmp_path / "away"
    away.mkdir()
    for name in ("body.py", "drawn_digits.weights.h5"):
        (tmp_path / name).rename(away / name)
    plain_python((away / "body.py").read_text(encoding="utf-8"), away)
    assert list(away.glob("*.h5"))
