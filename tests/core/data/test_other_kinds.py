"""Built-in sets, pictures, texts, series, arrays and sounds, whole or not there."""

import gzip
import json
import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from netbuilder.core.data.kinds.arrays.array_files import read_arrays_by_name
from netbuilder.core.data.kinds.builtin import BUILTINS, keras_sets
from netbuilder.core.data.kinds.builtin.keras_sets import keras_home
from netbuilder.core.data.kinds.images.picture_files import decode_pictures
from netbuilder.core.data.kinds.sounds.sound_files import log_mel, sound_wave
from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.word_encoding import encode_texts, fit_vocabulary
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import Data, Graph, Node, Project
from tests.processes import run_python


def builtin(name, **options: object):
    return Project(data=Data("builtin", name=name, options=options))


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, row in BUILTINS.items() if not row.fetched])
def test_every_builtin_set_is_ready_and_the_same_every_time(name):
    found = load_dataset(builtin(name), Path())
    assert found.facts.task == BUILTINS[name].task
    assert found.validation is not None
    assert found.test is not None
    for part in (found.train, found.validation, found.test):
        x, y = part.x["input"], part.y["output"]
        assert len(x) == len(y) > 0
        assert x.shape[1:] == found.facts.input_shapes["input"]
        assert np.isfinite(x).all()
        assert np.isfinite(y).all()
    shown = load_preview(builtin(name), Path(), 20)
    assert len(shown.rows) == 20
    if found.facts.classes:
        assert len({row[-1] for row in shown.rows}) > 1 or name in {"iris", "wine"}


def test_digits_are_pictures_from_0_to_1():
    found = load_dataset(builtin("digits"), Path())
    assert found.facts.input_shapes["input"] == (8, 8, 1)
    assert (found.train.x["input"].min(), found.train.x["input"].max()) == (0.0, 1.0)
    assert found.facts.value_range == (0.0, 16.0)
    images = load_preview(builtin("digits"), Path(), 5).images
    assert (images.shape, images.dtype, images.max()) == ((5, 8, 8, 1), np.uint8, 255)


@pytest.fixture
def pictures(tmp_path):
    for label, colour in (("cats", (200, 30, 30)), ("dogs", (30, 30, 200))):
        (tmp_path / label).mkdir()
        for index in range(12):
            Image.new("RGB", (20, 10), colour).save(tmp_path / label / f"{index}.png")
    return tmp_path


def images(**options: object):
    return Project(data=Data("images", path=".", options=options))


def test_a_folder_of_pictures(pictures):
    found = load_dataset(images(), pictures)
    assert found.facts.input_shapes["input"] == (10, 20, 3)
    assert found.facts.classes == ("cats", "dogs")
    assert found.train.raw_x["input"].dtype == np.uint8
    assert found.train.x["input"].max() == pytest.approx(200 / 255)
    sized = load_dataset(images(image_size=[8, 6], color_mode="grayscale"), pictures)
    assert sized.facts.input_shapes["input"] == (8, 6, 1)
    shown = load_preview(images(), pictures, 4).images
    assert shown.shape == (4, 10, 20, 3)


def test_an_input_that_says_its_size_is_obeyed(pictures):
    graph = Graph((Node("input", "Input", {"shape": [5, 5, 1]}),))
    found = load_facts(Project(graph=graph, data=Data("images", path=".")), pictures)
    assert found.input_shapes["input"] == (5, 5, 1)


def test_unreadable_pictures_are_named(pictures):
    (pictures / "cats" / "broken.png").write_bytes(b"not a picture")
    with pytest.raises(
        DataError, match=r"not in the format that its extension indicates: 'cats/broken\.png'"
    ):
        load_facts(images(), pictures)
    (pictures / "cats" / "broken.png").unlink()
    whole = (pictures / "dogs" / "0.png").read_bytes()
    (pictures / "dogs" / "0.png").write_bytes(whole[: len(whole) // 2 + 8])
    with pytest.raises(
        DataError,
        match=r"1 file is damaged or not in the format that its extension indicates: 'dogs/0.png'",
    ):
        load_facts(images(), pictures)


def test_folders_without_pictures(tmp_path):
    with pytest.raises(DataError, match="no samples in the folders"):
        load_facts(images(), tmp_path)
    with pytest.raises(DataError, match="no folder 'gone'"):
        load_facts(Project(data=Data("images", path="gone")), tmp_path)
    with pytest.raises(DataError, match="color mode 'cmyk'"):
        (tmp_path / "a").mkdir()
        Image.new("L", (4, 4)).save(tmp_path / "a" / "x.png")
        load_facts(images(color_mode="cmyk"), tmp_path)


def test_a_folder_of_an_unknown_class_is_named(pictures, tmp_path_factory):
    found = load_dataset(images(), pictures)
    other = tmp_path_factory.mktemp("other")
    for label in ("cats", "owls"):
        (other / label).mkdir()
        Image.new("RGB", (20, 10)).save(other / label / "t.png")
    with pytest.raises(DataError) as told:
        read_split(Data("images", path="."), found.preprocessing, other)
    assert "has the folder 'owls', a class that does not occur in the training data" in str(
        told.value
    )
    assert "line" not in str(told.value)
    assert "'cats' and 'dogs'" in str(told.value)


def test_train_and_test_folders(pictures, tmp_path_factory):
    root = tmp_path_factory.mktemp("both")
    (root / "train").mkdir()
    (root / "test").mkdir()
    for label in ("cats", "dogs"):
        (pictures / label).rename(root / "train" / label)
        (root / "test" / label).mkdir()
        Image.new("RGB", (20, 10)).save(root / "test" / label / "t.png")
    found = load_facts(Project(data=Data("images", path=".")), root)
    assert (found.rows + found.validation_rows, found.test_rows) == (24, 2)


def test_texts_from_a_csv_and_from_folders(tmp_path):
    texts = ["A really good film!", "so BAD, so dull"] * 20
    pd.DataFrame({"stars": [5, 1] * 20, "review": texts, "opinion": ["good", "bad"] * 20}).to_csv(
        tmp_path / "t.csv", index=False
    )
    found = load_dataset(Project(data=Data("text", path="t.csv", target=("opinion",))), tmp_path)
    assert found.facts.task == "binary"
    assert found.facts.vocabulary[:2] == ("", "[UNK]")
    assert set(found.facts.vocabulary[2:]) == {"a", "really", "good", "film", "so", "bad", "dull"}
    assert found.train.x["input"].dtype == np.int32
    assert found.facts.input_shapes["input"] == (4,)
    for label, text in (("good", "so good"), ("bad", "so bad")):
        (tmp_path / "f" / label).mkdir(parents=True)
        for index in range(8):
            (tmp_path / "f" / label / f"{index}.txt").write_text(f"{text} {index}")
    folder = load_facts(Project(data=Data("text", path="f")), tmp_path)
    assert folder.classes == ("bad", "good")


def test_word_numbers_equal_keras_text_vectorization():
    import keras

    texts = ["Don't panic: the answer's 42!", "the   Answer, is [here]", "unheard-of", ""]
    vocabulary = fit_vocabulary(texts[:2], {})
    layer = keras.layers.TextVectorization(
        vocabulary=list(vocabulary[2:]), output_sequence_length=6
    )
    assert layer.get_vocabulary()[2:] == list(vocabulary[2:])
    assert np.array_equal(encode_texts(texts, vocabulary, 6), np.asarray(layer(texts)))


def test_chinese_and_japanese_are_cut_by_character(tmp_path):
    """The careless reading: a sentence without blanks is one word that never comes again."""
    import keras

    rows = [("这部电影很好，我很喜欢", "好"), ("这部电影很差", "差"), ("とても良い映画 OK", "好")]
    table = pd.DataFrame(rows * 8, columns=["text", "mood"])
    table.to_csv(tmp_path / "t.csv", index=False)
    recipe = Data("text", path="t.csv", target=("mood",), test_split=0.0, validation_split=0.0)
    known = load_facts(Project(data=recipe), tmp_path)
    assert "影" in known.vocabulary and "这部电影很差" not in known.vocabulary
    assert known.input_shapes["input"] == (11,)
    assert any("Each character" in note for note in known.notes)
    layer = keras.layers.TextVectorization(
        vocabulary=list(known.vocabulary[2:]), output_sequence_length=11, split="character"
    )
    texts = [text for text, _ in rows] + ["全新的 电影"]
    found = encode_texts(texts, known.vocabulary, 11, "character")
    assert np.array_equal(found, np.asarray(layer(texts)))
    # It can be decided by hand, and other texts are cut at blanks as ever.
    by_hand = replace(recipe, options={"split": "blanks"})
    assert "这部电影很差" in load_facts(Project(data=by_hand), tmp_path).vocabulary


def test_a_series_is_cut_into_windows_in_the_order_of_time(tmp_path):
    pd.DataFrame({"day": [f"d{i}" for i in range(100)], "t": np.arange(100.0)}).to_csv(
        tmp_path / "s.csv", index=False
    )
    recipe = Data("series", path="s.csv", target=("t",), scaling="none",
                  options={"window": 5, "horizon": 2})  # fmt: skip
    found = load_dataset(Project(data=recipe), tmp_path)
    assert found.train.x["input"][0, :, 0].tolist() == [0, 1, 2, 3, 4]
    assert found.train.y["output"][0].tolist() == [5, 6]
    assert found.train.y["output"].max() < found.test.y["output"].min()
    with pytest.raises(DataError, match="window shorter than 99"):
        load_facts(
            Project(data=Data("series", path="s.csv", target=("t",), options={"window": 99})),
            tmp_path,
        )


def test_arrays_from_npz_and_h5(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (60, 7, 7), dtype=np.uint8)
    y = np.eye(3)[np.arange(60) % 3]
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    found = load_dataset(Project(data=Data("arrays", path="a.npz")), tmp_path)
    assert found.facts.input_shapes["input"] == (7, 7, 1)
    assert (found.facts.task, found.facts.test_rows) == ("classes", 9)
    assert found.train.x["input"].max() <= 1.0
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["signals"] = np.random.default_rng(0).normal(size=(60, 20, 2))
        file["answer"] = np.arange(60) * 1.5
    recipe = Data("arrays", path="a.h5", options={"x": "signals", "y": "answer"})
    found = load_dataset(Project(data=recipe), tmp_path)
    assert (found.facts.task, found.facts.input_shapes["input"]) == ("regression", (20, 2))


def test_bad_arrays(tmp_path):
    def said(**options: object):
        with pytest.raises(DataError) as caught:
            load_facts(Project(data=Data("arrays", path="a.npz", options=options)), tmp_path)
        return str(caught.value)

    np.savez(tmp_path / "a.npz", x=np.zeros((5, 3)), y=np.arange(4))
    assert "'x' in a.npz has 5 samples, but 'y' has 4" in said()
    assert "Did you mean 'x'" in said(x="xx") or "It holds x and y" in said(x="xx")
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}] * 4, object), y=np.arange(4))
    assert "contains Python objects" in said()
    np.savez(tmp_path / "a.npz", x=np.array([[1.0], [np.nan]]), y=np.arange(2))
    assert "missing or infinite value in sample 1" in said()
    (tmp_path / "a.npz").write_bytes(b"PK nonsense")
    assert "not a file of arrays, or it is damaged" in said()


def test_numbers_for_an_embedding_stay_whole(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(600).reshape(60, 10) % 50, y=np.arange(60) % 2)
    graph = Graph((Node("input", "Input"), Node("e", "Embedding")), (("input", "e"),))
    found = load_dataset(Project(graph=graph, data=Data("arrays", path="a.npz")), tmp_path)
    assert found.facts.input_dtypes == {"input": "int32"}
    assert not found.preprocessing.inputs["input"].scaled


def test_several_arrays_go_to_several_inputs_and_outputs(tmp_path):
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "a.npz",
        near=random.normal(size=(60, 4)),
        far=random.normal(size=(60, 9, 2)),
        size=np.arange(60) * 1.5,
        kind=np.eye(3)[np.arange(60) % 3],
    )
    graph = Graph(
        (Node("a", "Input"), Node("b", "Input"), Node("c", "Concatenate"),
         Node("number", "Dense"), Node("class", "Dense")),
        (("a", "c"), ("b", "c"), ("c", "number"), ("c", "class")),
    )  # fmt: skip
    recipe = Data("arrays", path="a.npz", inputs={"a": ("near",), "b": ("far",)},
                  targets={"number": ("size",), "class": ("kind",)})  # fmt: skip
    found = load_dataset(Project(graph=graph, data=recipe), tmp_path)
    assert found.facts.input_shapes == {"a": (4,), "b": (9, 2)}
    assert found.facts.tasks == {"number": "regression", "class": "classes"}


def test_a_test_set_of_another_shape_or_order(tmp_path):
    frame = pd.DataFrame({"t": np.arange(60.0), "u": np.arange(60.0) * 2})
    frame.to_csv(tmp_path / "s.csv", index=False)
    frame.assign(extra=1.0)[["extra", "u", "t"]].to_csv(tmp_path / "t.csv", index=False)
    recipe = Data("series", path="s.csv", test_path="t.csv", target=("t",), scaling="none")
    found = load_dataset(Project(data=recipe), tmp_path)
    assert found.test.x["input"][0, :2].tolist() == [[0, 0], [1, 2]]
    frame[["t"]].to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match=r"t\.csv lacks the column u of s\.csv"):
        load_dataset(Project(data=recipe), tmp_path)
    np.savez(tmp_path / "a.npz", x=np.zeros((9, 4, 4)), y=np.arange(9))
    np.savez(tmp_path / "b.npz", x=np.zeros((9, 4, 5)), y=np.arange(9))
    with pytest.raises(DataError, match=r"shape \(4, 5\), but those of a\.npz have shape \(4, 4\)"):
        load_dataset(Project(data=Data("arrays", path="a.npz", test_path="b.npz")), tmp_path)


def test_an_input_that_says_its_number_of_words_is_obeyed():
    graph = Graph((Node("input", "Input", {"shape": [7]}),))
    project = Project(graph=graph, data=Data("builtin", name="reviews"))
    assert load_facts(project, Path()).input_shapes["input"] == (7,)


def test_pictures_of_all_modes(tmp_path):
    (tmp_path / "a").mkdir()
    deep = np.full((6, 6), 40_000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "a" / "0.png")
    clear = Image.new("RGBA", (6, 6), (10, 20, 30, 0))
    clear.save(tmp_path / "a" / "1.png")
    Image.new("CMYK", (6, 6)).save(tmp_path / "a" / "2.jpg")
    Image.new("P", (6, 6)).save(tmp_path / "a" / "3.gif")
    turned = Image.new("L", (6, 3))
    turned.putpixel((0, 0), 255)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "a" / "4.png", exif=exif)
    pixels = decode_pictures(sorted((tmp_path / "a").iterdir()), (6, 6, 1))
    assert pixels[0, 0, 0, 0] == round(40_000 / 257)
    assert pixels[1].min() == 255
    assert pixels[4, 0, 5, 0] > 128 > pixels[4, 0, 0, 0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"memory_limit_mb": "much"}, "'memory_limit_mb' cannot be 'much'"),
        ({"categories": 5}, "'categories' cannot be 5"),
        ({"ignore": ["gone"]}, "q.csv has no column 'gone'"),
    ],
)
def test_options_written_by_hand(tmp_path, options, words):
    (tmp_path / "q.csv").write_text("a,b,c\n" + "".join(f"{i},{i % 3},{i}\n" for i in range(50)))
    with pytest.raises(DataError) as caught:
        load_dataset(Project(data=Data("csv", path="q.csv", options=options)), tmp_path)
    assert words in str(caught.value)


source = partial(script_source, style=Style.EXACT)

FETCHED = [name for name, row in BUILTINS.items() if row.fetched]


def built_in(name):
    return Project(data=Data("builtin", name=name))


def test_there_are_the_ones_of_the_course():
    assert FETCHED == ["mnist", "fashion_mnist", "cifar10", "imdb"]


@pytest.mark.parametrize("name", FETCHED)
def test_the_script_is_python(name):
    compile(source(built_in(name)), name, "exec")
    code = re.sub(r'""".*?"""|#[^\n]*', "", source(built_in(name)), flags=re.S)
    assert "netbuilder" not in code.lower()


def test_a_wrong_file_is_not_taken_and_the_message_says_where(tmp_path, monkeypatch):
    """The proxy leads nowhere, so that it is the same with and without a network."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").write_bytes(b"other data")
    with pytest.raises(DataError) as told:
        load_facts(built_in("mnist"), Path())
    assert "'mnist' is not on this computer and could not be downloaded" in told.value.what
    assert f"put mnist.npz into {keras_home()}" in told.value.fix


def idx(path, values):
    """As the makers of MNIST wrote arrays of bytes.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    head = b"\0\0\x08" + bytes([values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
    path.write_bytes(gzip.compress(head + values.tobytes()))


READ = """
import json
from pathlib import Path
from netbuilder.core.data.load import load_dataset
from netbuilder.core.project.model import Data, Project
recipe = Data("builtin", name="fashion_mnist", validation_split=0.0)
found = load_dataset(Project(data=recipe), Path())
print(json.dumps([
    [(part.x["input"][:, 0, 0, 0] * 255).round().tolist(),
     [found.facts.classes[int(n)] for n in part.raw_y["output"]]]
    for part in (found.train, found.test)
]))
"""


@pytest.mark.slow
def test_files_that_were_put_there_by_hand_are_read(tmp_path):
    """Where the message says; no network is asked. Keras learns its folder when it starts."""
    labels = np.arange(40, dtype=np.uint8) % 10
    pictures = np.repeat(labels, 28 * 28).reshape(40, 28, 28) * 25
    folder = tmp_path / "datasets" / "fashion-mnist"
    for part, kept in (("train", slice(0, 30)), ("t10k", slice(30, 40))):
        idx(folder / f"{part}-labels-idx1-ubyte.gz", labels[kept])
        idx(folder / f"{part}-images-idx3-ubyte.gz", pictures[kept])
    closed = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    env = {**os.environ, **closed, "KERAS_HOME": str(tmp_path)}
    done = run_python(READ, env=env, check=True)
    parts = json.loads(done.stdout.splitlines()[-1])
    assert [len(shades) for shades, _ in parts] == [30, 10]
    # The shade of each picture says its class: 25 for class 1, 225 for class 9.
    for shades, names in parts:
        assert names == [keras_sets._CLOTHES[int(shade) // 25] for shade in shades]


@pytest.mark.skipif(
    not (keras_home() / "mnist.npz").exists(), reason="MNIST was never fetched here"
)
def test_mnist_where_it_is():
    found = load_dataset(built_in("mnist"), Path())
    assert found.facts.rows + found.facts.validation_rows == 60_000
    assert found.facts.test_rows == 10_000
    assert found.train.x["input"].max() == 1.0


def tone(path, pitch, rate = 16_000, seconds = 0.5, channels = 1
         ):  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate)
    soundfile.write(path, np.repeat(wave[:, None], channels, axis=1), rate)


@pytest.fixture
def folder(tmp_path):
    for index in range(10):
        tone(tmp_path / "s" / "low" / f"{index}.wav", 300 + index)
        tone(tmp_path / "s" / "high" / f"{index}.flac", 3000 + index)
    return tmp_path


def sounds(**options: object):
    return Project(data=Data("sounds", path="s", options=options))


def test_spectrograms_of_a_folder(folder):
    assert recipe_for(folder / "s", "s").kind == "sounds"
    found = load_dataset(sounds(), folder)
    # Half a second: frames of 400 every 160 of 8,000 numbers.
    assert found.facts.input_shapes["input"] == (48, 40)
    assert found.facts.classes == ("high", "low")
    x = found.train.x["input"]
    assert abs(x.mean()) < 0.2
    assert 0.7 < x.std() < 1.3
    loudest = found.train.raw_x["input"].mean(axis=1).argmax(axis=1)
    classes = np.array(found.facts.classes)[found.train.raw_y["output"]]
    assert (loudest[classes == "high"].min() > loudest[classes == "low"].max()).all()


def test_the_pitch_stands_where_the_mel_scale_puts_it():
    rate, mels = 16_000, 40
    for pitch in (440.0, 1000.0, 4000.0):
        wave = np.sin(2 * np.pi * pitch * np.arange(rate) / rate).astype(np.float32)
        highest = 2595 * np.log10(1 + rate / 2 / 700)
        expected = 2595 * np.log10(1 + pitch / 700) / highest * (mels + 1) - 1
        assert log_mel(wave, rate, mels).mean(axis=0).argmax() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg"])
def test_each_kind_of_sound_file(tmp_path, ending):
    for index in range(8):
        tone(tmp_path / "s" / "low" / f"{index}{ending}", 300 + index)
        tone(tmp_path / "s" / "high" / f"{index}{ending}", 3000 + index)
    assert recipe_for(tmp_path / "s", "s").kind == "sounds"
    found = load_dataset(sounds(representation="waveform"), tmp_path)
    assert found.facts.classes == ("high", "low")
    waves = found.train.raw_x["input"][..., 0]
    strongest = np.abs(np.fft.rfft(waves, axis=1)).argmax(axis=1) * 2
    said = np.array(found.facts.classes)[found.train.raw_y["output"].astype(int).ravel()]
    assert set(said[strongest > 1500]) == {"high"}
    assert set(said[strongest < 1500]) == {"low"}


def test_waveforms(folder):
    found = load_dataset(sounds(representation="waveform", sample_rate=8000), folder)
    assert found.facts.input_shapes["input"] == (4000, 1)
    assert not found.preprocessing.inputs["input"].scaled
    assert np.abs(found.train.x["input"]).max() == pytest.approx(0.5, abs=0.05)


def test_other_rates_channels_and_lengths(tmp_path):
    tone(tmp_path / "a.ogg", 500, rate=44_100, seconds=1.0, channels=2)
    wave = sound_wave(str(tmp_path / "a.ogg"), 16_000, 2.0)
    assert wave.shape == (32_000,)
    assert np.abs(wave[16_100:]).max() == 0, "padded with silence"
    strength = np.abs(np.fft.rfft(wave[2000:10_000]))
    assert strength.argmax() * 2 == pytest.approx(500, abs=2)
    for index in range(6):
        for label in ("a", "b"):
            long = 3.0 if (index, label) == (0, "a") else 0.5
            tone(tmp_path / "s" / label / f"{index}.wav", 500, seconds=long)
    found = load_facts(sounds(seconds=0.5), tmp_path)
    assert "1 of 12 sounds is longer than 0.5 s and is cut off." in found.notes


def test_parts_preview_and_judging(tmp_path):
    for part, count in (("train", 6), ("val", 2), ("test", 2)):
        for label, pitch in (("low", 300), ("high", 3000)):
            for index in range(count):
                tone(tmp_path / "s" / part / label / f"{index}.wav", pitch + index)
    found = load_dataset(sounds(), tmp_path)
    assert (found.facts.rows, found.facts.validation_rows, found.facts.test_rows) == (12, 4, 4)
    shown = load_preview(sounds(), tmp_path, 5)
    assert shown.sequences is not None
    assert shown.rows[0] == ("0.wav", "high")
    split = read_split(sounds().data, found.preprocessing, tmp_path / "s" / "test")
    assert split.x["input"].shape == (4, 48, 40)


def test_bad_sounds(folder):
    (folder / "s" / "low" / "bad.wav").write_bytes(b"RIFF nonsense")
    with pytest.raises(
        DataError,
        match=r"1 file is damaged or not in the format that its extension indicates: 'low/bad.wav'",
    ):
        load_facts(sounds(), folder)
    (folder / "s" / "low" / "bad.wav").unlink()
    with pytest.raises(DataError, match="representation 'smell'"):
        load_facts(sounds(representation="smell"), folder)
    (folder / "s" / "low" / "talk.m4a").write_bytes(b"x")
    assert "1 .m4a file cannot be read." in load_facts(sounds(), folder).notes


def test_speech_bands_are_those_that_the_embedding_was_trained_with(tmp_path):
    """A tone of 1,000 Hz: its band, its decibels, and quiet of 40 frames before and after."""
    rate = 16_000
    wave = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)).astype(np.float32)
    bands = log_mel(wave, rate, 32, speech=True)
    assert bands.shape == (98 + 80, 32)
    # Slaney's scale: 1,000 Hz is step 15.
    ends = 60 * 3 / 200, 15 + 27 * np.log(3.8) / np.log(6.4)
    place = (15 - ends[0]) / ((ends[1] - ends[0]) / 33) - 1
    assert bands[90].argmax() == pytest.approx(place, abs=1)
    assert (bands[:40] == bands[40:-40].min(axis=0)).all()
    assert bands.max() - bands.min() <= 8 + 1e-5
    # Half the amplitude is 6.02 dB less.
    difference = bands - log_mel(wave / 2, rate, 32, speech=True)
    np.testing.assert_allclose(difference[90].max(), 0.602, atol=1e-3)


def test_speech_reaches_the_network_as_it_is(folder):
    found = load_dataset(sounds(representation="speech", mels=64, sample_rate=8000), folder)
    assert found.facts.input_shapes["input"] == (48 + 80, 32)
    assert not found.preprocessing.inputs["input"].scaled
    assert found.preprocessing.inputs["input"].sound == (16_000.0, 0.5, 32.0, 1.0)


X = np.random.default_rng(0).normal(size=(60, 5, 2)).astype(np.float32)
Y = np.arange(60) % 3


def arrays(path, **options: object):
    return Project(data=Data("arrays", path=path, scaling="none", options=options))


def test_any_names_are_told_apart_by_their_shapes(tmp_path):
    np.savez(tmp_path / "a.npz", signal=X, kind=Y)
    found = load_facts(arrays("a.npz"), tmp_path)
    assert (found.input_shapes["input"], found.classes) == ((5, 2), ("0", "1", "2"))
    assert "'signal' is used as the input and 'kind' as the target." in found.notes
    np.savez(tmp_path / "b.npz", train_signal=X, train_kind=Y, test_signal=X[:9], test_kind=Y[:9])
    assert load_facts(arrays("b.npz"), tmp_path).test_rows == 9
    np.savez(tmp_path / "c.npz", one=X, two=X, three=Y)
    with pytest.raises(
        DataError, match=r"The file contains one \(60×5×2\), two \(60×5×2\) and three"
    ):
        load_facts(arrays("c.npz"), tmp_path)
    assert load_facts(arrays("c.npz", x="two", y="three"), tmp_path).input_shapes["input"] == (5, 2)


def test_parts_under_the_usual_names(tmp_path):
    for word in ("val", "valid", "validation"):
        np.savez(tmp_path / "a.npz", **{
            "x_train": X[:40], "y_train": Y[:40],
            f"x_{word}": X[40:52] + 100, f"y_{word}": Y[40:52],
            "x_test": X[52:], "y_test": Y[52:],
        })  # fmt: skip
        found = load_dataset(arrays("a.npz"), tmp_path)
        told = found.facts
        assert (told.rows, told.validation_rows, told.test_rows) == (40, 12, 8)
        assert found.train.x["input"].max() < 50
        assert found.validation.x["input"].min() > 50


def test_two_npy_files(tmp_path):
    np.save(tmp_path / "x_train.npy", X)
    np.save(tmp_path / "y_train.npy", Y)
    np.save(tmp_path / "x_test.npy", X[:7])
    np.save(tmp_path / "y_test.npy", Y[:7])
    found = load_facts(arrays("x_train.npy"), tmp_path)
    assert (found.rows + found.validation_rows, found.test_rows) == (60, 7)
    assert found.classes == ("0", "1", "2")


def test_one_table_in_a_npy(tmp_path):
    table = np.column_stack([np.arange(50.0), np.arange(50.0) ** 2, np.arange(50.0) * 3.5])
    np.save(tmp_path / "t.npy", table)
    found = load_dataset(arrays("t.npy"), tmp_path)
    assert found.facts.input_shapes["input"] == (2,)
    first = found.train.raw_x["input"][:, 0]
    np.testing.assert_allclose(found.train.raw_y["output"][:, 0], first * 3.5)
    assert "its last column is used as the target" in " ".join(found.facts.notes)


def test_groups_of_an_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/one/signal"] = X
        file["run/one/kind"] = Y
        file["other"] = np.zeros(3)
    found = load_facts(arrays("a.h5", x="run/one/signal", y="run/one/kind"), tmp_path)
    assert found.input_shapes["input"] == (5, 2)
    with pytest.raises(DataError, match=r"run/one/kind \(60\)"):
        load_facts(arrays("a.h5"), tmp_path)


def test_a_link_out_of_a_group_is_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = X
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/y"] = Y
        file["group/x"] = h5py.ExternalLink("secret.h5", "x")
    with pytest.raises(DataError, match="There is no array 'group/x'"):
        load_facts(arrays("a.h5", x="group/x", y="group/y"), tmp_path)


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 cut", b"plain words"])
def test_no_arrays(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        load_facts(arrays(name), tmp_path)


def test_objects_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}] * 4, object))
    with pytest.raises(DataError):
        load_facts(arrays("a.npy"), tmp_path)


def test_a_head_that_no_parser_takes_ends_in_words(tmp_path):
    """NumPy reads the head as Python: its tokenizer and parser have exceptions of their own."""
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((20, 3)))
    whole = path.read_bytes()
    for old, new in ((b"'fortran_order'", b"'fortran_orde(("), (b"(20, 3)", b"(-2, 3)")):
        path.write_bytes(whole.replace(old, new))
        with pytest.raises(DataError):
            load_dataset(Project(data=Data("arrays", path="a.npy")), tmp_path)


@pytest.mark.parametrize("ending", [".npz", ".npy", ".h5"])
def test_numbers_of_another_machine(tmp_path, ending):
    """Written with the large end first: pandas and TensorFlow take none such."""
    values = np.arange(6, dtype=">f8")
    path = tmp_path / f"x{ending}"
    if ending == ".h5":
        with h5py.File(path, "w") as file:
            file["x"] = values
    elif ending == ".npz":
        np.savez(path, x=values)
    else:
        np.save(path, values)
    found = read_arrays_by_name(path, ["x"])["x"]
    assert found.dtype.isnative
    assert found.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
