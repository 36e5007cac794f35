"""Built-in sets, pictures, texts, series and arrays."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.images.picture_files import decode_pictures
from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.word_encoding import encode_texts, fit_vocabulary
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project


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
