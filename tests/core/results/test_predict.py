"""Rows, files, pictures, texts and drawings in; answers in own units or labels out."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn, InputPreprocessing
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.results.drawn_sample import picture_style, prepare_drawing
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.explain.methods import explain
from netbuilder.core.results.file_samples import row_of
from netbuilder.core.results.layer_values import node_activations, raw_sample
from netbuilder.core.results.live.sample_summary import (
    features_of,
    input_summary,
    predictions_in_units,
)
from netbuilder.core.results.own_units import has_dates, predict_values
from netbuilder.core.results.predict import (
    form_fields,
    input_sort,
    predict_files,
    predict_raw,
    predict_rows,
    predict_texts,
    unknown_words,
)
from netbuilder.core.results.predict_file import predict_file, predictions_of_file
from netbuilder.core.results.unusual_values import (
    KNOWS_NOTHING,
    has_no_known_words,
    with_missing_rule,
)


def test_a_row_filled_in_by_hand(house_model):
    trained, _ = house_model
    fields = {entry.name: entry for entry in form_fields(trained)}
    assert fields["town"].categories == ("Bath", "York")
    assert fields["size"].low is not None
    assert 40 <= fields["size"].low < 45
    bath = predict_rows(trained, {"size": "100", "town": "Bath"})
    york = predict_rows(trained, {"size": 100, "town": "York"})
    assert bath.first.values[0, 0] == pytest.approx(290_000, rel=0.1)
    assert york.first.values[0, 0] == pytest.approx(200_000, rel=0.1)
    assert bath.text().startswith("price: 2")
    assert not bath.notes
    comma = predict_rows(trained, {"size": "100,0", "town": "Bath"})
    assert comma.first.values[0, 0] == bath.first.values[0, 0]


def test_a_row_far_from_the_training_rows_is_remarked_on(house_model):
    found = predict_rows(house_model[0], {"size": 9000, "town": "Bath"})
    assert "'size' is 9000, but the training rows range from" in found.notes[0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"size": 100}, "lacks the column town"),
        ({"size": "", "town": "Bath"}, "'size' is empty"),
        ({"size": 50, "town": None}, "'town' is empty"),
        ({"size": "big", "town": "Bath"}, "'size' must be a number, not 'big'"),
        ({"size": 100, "town": "Paris"}, "'Paris'"),
        ({"sise": 100, "town": "Bath"}, "Did you mean 'size'"),
    ],
)
def test_wrong_rows(house_model, row, words):
    with pytest.raises(DataError) as caught:
        predict_rows(house_model[0], row)
    assert words in str(caught.value)


def test_a_csv_comes_back_with_answers(house_model, tmp_path):
    frame = pd.DataFrame({"name": ["a;b", "c"], "town": ["Bath", "York"], "size": [100.5, 60.25]})
    frame.to_csv(tmp_path / "in.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    found = predict_file(house_model[0], tmp_path / "in.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(tmp_path / "out.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert list(back.columns) == ["name", "town", "size", "predicted price"]
    assert back["name"].tolist() == ["a;b", "c"]
    assert np.allclose(back["predicted price"], found.first.values[:, 0])
    one = predict_rows(house_model[0], {"size": 60.25, "town": "York"})
    assert one.first.values[0, 0] == pytest.approx(back["predicted price"][1], rel=1e-5)


def test_a_row_with_an_unknown_word_is_left_out_and_named(house_model, tmp_path):
    (tmp_path / "in.csv").write_text("size,town\n50,Bath\n60,Rome\n70,York\n80,Rome\n")
    found = predict_file(house_model[0], tmp_path / "in.csv", tmp_path / "out.csv")
    back = pd.read_csv(tmp_path / "out.csv")
    assert back["predicted price"].isna().tolist() == [False, True, False, True]
    one = predict_rows(house_model[0], {"size": 70, "town": "York"})
    assert one.first.values[0, 0] == pytest.approx(back["predicted price"][2], rel=1e-5)
    assert (
        "No predictions for 2 rows: 'Rome' in column 'town' (lines 3 and 5) do not occur in the "
        "training data, which has 'Bath' and 'York'." in found.notes
    )


def test_the_cells_of_a_csv_come_back_as_they_stood(house_model, tmp_path):
    rows = ["36,Bath,NA,007", "", "40.50,York,,1e3"]
    (tmp_path / "in.csv").write_text("\n".join(["size,town,note,code", *rows]) + "\n")
    predict_file(house_model[0], tmp_path / "in.csv", tmp_path / "out.csv")
    head, *lines = (tmp_path / "out.csv").read_text().splitlines()
    assert head == "size,town,note,code,predicted price"
    assert [line.rsplit(",", 1)[0] for line in lines] == [row for row in rows if row]
    assert [bool(line.rsplit(",", 1)[1]) for line in lines] == [True, True]


def test_wrong_csv_files(house_model, tmp_path):
    def said(text):
        (tmp_path / "in.csv").write_text(text)
        with pytest.raises(DataError) as caught:
            predict_file(house_model[0], tmp_path / "in.csv", tmp_path / "out.csv")
        assert not (tmp_path / "out.csv").exists()
        return str(caught.value)

    assert "lacks the columns size and town" in said("a,b\n1,2\n")
    assert "'Rome' in line 2" in said("size,town\n60,Rome\n")
    assert "column 'size' in line 3" in said("size,town\n50,Bath\n,York\n")
    assert "line 2 has the text 'huge'" in said("size,town\nhuge,Bath\n50,York\n")
    with pytest.raises(DataError, match=r"gone\.csv"):
        predict_file(house_model[0], tmp_path / "gone.csv")
    with pytest.raises(DataError, match="The model takes rows"):
        predict_file(house_model[0], tmp_path)


def test_pictures(digits_model, tmp_path):
    trained, data = digits_model
    assert input_sort(trained) == "images"
    raw = data.test.raw_x["input"][:12]
    for index, picture in enumerate(raw):
        pixels = np.round(picture[:, :, 0] / 16 * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index:02}.png")
    found = predict_file(trained, tmp_path, tmp_path / "out.csv")
    direct = predict_raw(trained, {"input": raw})
    assert found.first.labels == direct.first.labels
    back = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert list(back.columns[:3]) == ["file", "predicted digit", "probability of 0"]
    assert back["file"].tolist() == [f"{index:02}.png" for index in range(12)]
    assert back["predicted digit"].tolist() == list(found.first.labels)
    single = predict_files(trained, [tmp_path / "00.png"])
    assert single.text().startswith(f"digit: {found.first.labels[0]} (")
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"'bad\.png' cannot be read"):
        predict_file(trained, tmp_path)


def test_pixels_in_a_csv(digits_model, tmp_path):
    trained, data = digits_model
    raw = data.test.raw_x["input"][:5]
    pd.DataFrame(raw.reshape(5, 64)).to_csv(tmp_path / "p.csv", index=False, header=False)
    found = predict_file(trained, tmp_path / "p.csv")
    assert found.first.labels == predict_raw(trained, {"input": raw}).first.labels
    pd.DataFrame(raw.reshape(5, 64)[:, :9]).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DataError, match=r"9 numeric columns, but the model takes 64"):
        predict_file(trained, tmp_path / "p.csv")


def test_texts(reviews_model, tmp_path):
    trained, _ = reviews_model
    assert input_sort(trained) == "texts"
    found = predict_texts(trained, ["The ending was brilliant.", "The story was terrible!"])
    assert found.first.labels == ("positive", "negative")
    (tmp_path / "one.txt").write_text("The story was terrible!")
    assert predict_file(trained, tmp_path / "one.txt").first.labels == ("negative",)
    pd.DataFrame({"id": [1], "text": ["We loved the concert."]}).to_csv(
        tmp_path / "t.csv", index=False
    )
    predict_file(trained, tmp_path / "t.csv", tmp_path / "out.csv")
    back = pd.read_csv(tmp_path / "out.csv")
    assert back["predicted opinion"].tolist() == ["positive"]
    with pytest.raises(DataError, match="does not take table rows"):
        predict_rows(trained, {"text": "hello"})


def test_arrays_of_another_shape(digits_model, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 8, 8), np.float32))
    assert len(predict_file(digits_model[0], tmp_path / "a.npz")) == 2
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 9, 9, 1), np.float32))
    with pytest.raises(DataError, match=r"shape \(9, 9, 1\), but takes \(8, 8, 1\)"):
        predict_file(digits_model[0], tmp_path / "a.npz")


def test_words_that_no_training_text_held_are_named(reviews_model, house_model):
    assert unknown_words(reviews_model[0], "I loved Zyx and zyx, qat!") == ("zyx", "and", "qat")
    assert unknown_words(house_model[0], "zyx") == ()


def test_a_raw_row_becomes_the_row_that_it_was(house_model):
    from netbuilder.core.results.file_samples import row_of
    from netbuilder.core.results.predict import raw_from_rows

    trained, dataset = house_model
    towns = set()
    for index in range(10):
        sample = {key: values[index] for key, values in dataset.train.raw_x.items()}
        row = row_of(trained, sample)
        towns.add(row["town"])
        raw, _ = raw_from_rows(trained, [row])
        for key, values in raw.items():
            assert values[0] == pytest.approx(sample[key])
    assert towns == {"Bath", "York"}


Plain = Callable[..., TrainedModel]


@pytest.fixture
def plain(tmp_path):
    """A network that was saved by Keras alone: one Dense with these weights."""

    def make(kernel, activation=None, loss="", shape=None):
        weights = np.array(kernel, "float32")
        flat = [] if shape is None else [keras.layers.Flatten()]
        dense = keras.layers.Dense(weights.shape[1], activation, use_bias=False)
        model = keras.Sequential([keras.Input(shape or weights.shape[:1]), *flat, dense])
        dense.set_weights([weights])
        if loss:
            model.compile("sgd", loss)
        model.save(tmp_path / "plain.h5")
        return registry.load_network(tmp_path / "plain.h5")

    return make


def _csv(tmp_path, text):
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_numbers(plain, tmp_path):
    """y is a + 10 b, and the second row is off by 3."""
    found = evaluate(plain([[1], [10]]), _csv(tmp_path, "a,b,y\n1,2,21\n2,1,15\n,1,4\n3,0,3\n"))
    assert found.metrics["mean_absolute_error"] == pytest.approx(1.0)
    assert (found.samples, found.columns) == (3, ("y",))
    assert "columns a and b of rows.csv are the inputs, y is the target" in found.reading
    assert "1 row with empty cells was left out" in found.reading
    assert found.sentence.endswith(found.reading)


def test_a_counting_column_is_no_input(plain, tmp_path):
    text = "".join(f"{i},{i % 3},{i * 2},{i % 3 + 20 * i}\n" for i in range(1, 9))
    found = evaluate(plain([[1], [10]]), _csv(tmp_path, f",a,b,y\n{text}"))
    assert found.metrics["mean_absolute_error"] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("loss", ["", "binary_crossentropy"])
def test_yes_or_no(plain, tmp_path, loss):
    rows = "a,b,ill\n5,0,yes\n-5,0,no\n5,0,no\n-5,0,no\n"
    found = evaluate(plain([[1], [1]], "sigmoid", loss), _csv(tmp_path, rows))
    assert (found.metrics["accuracy"], found.labels) == (0.75, ("no", "yes"))


def test_classes_by_name_by_number_first_and_one_hot(plain, tmp_path):
    """The network says class 0 where a is largest, 1 where b is, 2 where c is."""
    model = plain(np.eye(3), "softmax", "sparse_categorical_crossentropy")
    values = ["9,0,0", "0,9,0", "0,0,9", "0,0,9"]
    for head, answers, first in (
        ("sort", ("ash", "elm", "oak", "ash"), False),
        ("sort", ("0", "1", "2", "0"), False),
        ("sort", ("ash", "elm", "oak", "ash"), True),
        ("ash,elm,oak", ("1,0,0", "0,1,0", "0,0,1", "1,0,0"), False),
    ):
        pairs = [(head, "a,b,c"), *zip(answers, values, strict=True)]
        lines = [",".join(pair if first else pair[::-1]) for pair in pairs]
        found = evaluate(model, _csv(tmp_path, "\n".join(lines) + "\n"))
        assert found.metrics["accuracy"] == 0.75, (head, first)
        assert found.confusion_matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_pictures_in_rows_and_arrays(plain, tmp_path):
    """Four pixels a row; class 1 where the last is bright."""
    kernel = [[1, 0], [0, 0], [0, 0], [0, 1]]
    model = plain(kernel, "softmax", "sparse_categorical_crossentropy", shape=(2, 2, 1))
    found = evaluate(model, _csv(tmp_path, "p1,p2,p3,p4,digit\n9,0,0,0,0\n0,0,0,9,1\n9,0,0,0,1\n"))
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    model = plain(kernel, "softmax", "sparse_categorical_crossentropy")
    x = np.array([[9, 0, 0, 0], [0, 0, 0, 9], [9, 0, 0, 0]], "float32")
    np.savez(tmp_path / "rows.npz", x=x, y=np.array([0, 1, 1]))
    found = evaluate(model, tmp_path / "rows.npz")
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert "samples of rows.npz" in found.reading


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,y\n1,2\n", "takes 2 numbers per row, but rows.csv has 2 columns"),
        ("a,b,y\n1,red,2\n2,blue,3\n", "the column 'b' of rows.csv is text"),
        ("a,b,y\n1,2,red\n2,3,blue\n", "the column 'y' of rows.csv is text"),
        ("a,b,y\n1,,2\n,1,3\n", "an empty cell"),
    ],
)
def test_what_does_not_fit_is_told(plain, tmp_path, rows, words):
    with pytest.raises(DataError, match=words):
        evaluate(plain([[1], [10]]), _csv(tmp_path, rows))


def test_classes_that_cannot_be_told_apart(plain, tmp_path):
    model = plain(np.eye(3), "softmax", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match="2 different values"):
        evaluate(model, _csv(tmp_path, "a,b,c,sort\n1,0,0,ash\n0,1,0,elm\n"))


def asked(folder):
    rows = {"size": [100.0, None, 80.0], "town": ["Bath", "York", None], "price": [3e5, 2e5, 2e5]}
    pd.DataFrame(rows).to_csv(folder / "in.csv", index=False)
    return folder / "in.csv"


def test_another_rule_can_be_given(house_model, tmp_path):
    trained, path = house_model[0], asked(tmp_path)
    dropped = with_missing_rule(trained, "drop")
    assert (len(predict_file(dropped, path)), evaluate(dropped, path).samples) == (1, 1)
    column = trained.preprocessing.inputs["input"].columns[0]
    town = trained.preprocessing.inputs["input"].columns[1]
    for rule, size in (("mean", column.mean), ("median", column.typical)):
        filled = with_missing_rule(trained, rule)
        answers = predict_file(filled, path).to_columns()["predicted price"]
        assert evaluate(filled, path).samples == 3
        # What fills is known from the training rows, not from these.
        pd.DataFrame({"size": [100.0, size, 80.0], "town": ["Bath", "York", town.common]}).to_csv(
            tmp_path / "whole.csv", index=False
        )
        whole = predict_file(trained, tmp_path / "whole.csv").to_columns()["predicted price"]
        np.testing.assert_allclose(answers, whole, rtol=1e-6)
    assert trained.project.data.options.get("missing") is None


def test_a_rule_that_does_not_exist(house_model):
    with pytest.raises(DataError, match="'guess'") as caught:
        with_missing_rule(house_model[0], "guess")
    assert caught.value.code == "missing_rule_unknown"


def test_a_spreadsheet_of_new_rows_is_answered(house_model, tmp_path):
    import polars

    rows = {"size": [100.0, 60.0], "town": ["Bath", "York"]}
    polars.DataFrame(rows).write_parquet(tmp_path / "in.parquet")
    pd.DataFrame(rows).to_csv(tmp_path / "in.csv", index=False)
    one, other = (
        predict_file(house_model[0], tmp_path / name).to_columns()["predicted price"]
        for name in ("in.parquet", "in.csv")
    )
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_numbers_are_read_as_they_were_at_training(house_model, tmp_path):
    trained = house_model[0]
    told = replace(
        trained, preprocessing=replace(trained.preprocessing, hints={"like_decimal": ","})
    )
    (tmp_path / "in.csv").write_text("size;town\n1,125;Bath\n")
    (tmp_path / "plain.csv").write_text("size;town\n1.125;Bath\n")
    one, other = (
        predict_file(model, tmp_path / name).to_columns()["predicted price"]
        for model, name in ((told, "in.csv"), (trained, "plain.csv"))
    )
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_network_says_that_it_knows_no_word(reviews_model):
    trained, _ = reviews_model
    assert KNOWS_NOTHING in predict_texts(trained, ["xylophonic qwertz"]).notes
    word = next(iter(trained.preprocessing.inputs.values())).vocabulary[5]
    assert KNOWS_NOTHING not in predict_texts(trained, [f"{word} qwertz"]).notes
    key, entry = next(iter(trained.preprocessing.inputs.items()))
    numbers = np.zeros(entry.shape, np.int64)
    assert not has_no_known_words(numbers), "an empty text"
    numbers[:2] = 1
    found = explain(trained, {key: numbers}, text="xylophonic qwertz")
    assert found.sentence.startswith(KNOWS_NOTHING)
    assert not any(value for _, value in found.tokens), "no bar says otherwise"


COLORS = {"blue": (20, 40, 200), "green": (30, 180, 40), "red": (200, 30, 20)}


def write_pictures(folder, count, seed):
    random = np.random.default_rng(seed)
    for name, color in COLORS.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = np.clip(random.normal(color, 20, (8, 8, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    # One that is in the wrong folder, so that an evaluation has something to find.
    Image.new("RGB", (8, 8), COLORS["red"]).save(folder / "blue" / "wrong.png")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_pictures(folder / "train", 12, 1)
    nodes = (Node("input", "Input"), Node("flat", "Flatten"), Node("output", "Dense", {"units": 3}))
    graph = Graph(nodes, (("input", "flat"), ("flat", "output")))
    project = Project(data=Data("images", path="train"), graph=graph)
    dataset = load_dataset(project, folder)
    project = edits.set_training(fit_output_to_data(project, dataset.facts), epochs=30)
    return Session(project, dataset, storage=RunStorage(record=False)).run()


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in a folder"])
def test_a_zip_gives_what_its_folder_gives(trained, tmp_path, wrapped):
    write_pictures(tmp_path / "new", 5, 2)
    parts = (tmp_path, "new") if wrapped else (tmp_path / "new",)
    zipped = shutil.make_archive(str(tmp_path / "zipped" / "new"), "zip", *parts)
    by_folder, by_zip = (evaluate(trained, path) for path in (tmp_path / "new", zipped))
    assert by_zip.samples == 16
    assert by_zip.metrics == pytest.approx(by_folder.metrics)
    assert by_zip.metrics["accuracy"] == pytest.approx(15 / 16)
    tables = [predictions_of_file(trained, path).table for path in (tmp_path / "new", zipped)]
    assert list(tables[0]["predicted class"]) == list(tables[1]["predicted class"])
    assert len(tables[1]) == 16


def test_a_zip_of_something_else_is_refused(trained, tmp_path):
    (tmp_path / "other").mkdir()
    for name in ("a.doc", "b.doc"):
        (tmp_path / "other" / name).write_text("no picture")
    zipped = shutil.make_archive(str(tmp_path / "other"), "zip", tmp_path / "other")
    with pytest.raises(DataError) as caught:
        evaluate(trained, zipped)
    assert caught.value.code == "archive_not_one_table"


def test_cells_of_a_row_are_those_of_its_file():
    entry = InputPreprocessing(
        "table",
        (6,),
        columns=(
            FittedColumn("size", unit="m²"),
            FittedColumn("town", "category", ("Bath", "York")),
            FittedColumn("garden", "boolean", ("no", "yes")),
            FittedColumn("built", "date"),
            FittedColumn("rooms"),
        ),
    )
    raw = np.array([81.5, 0, 1, 1, 11_016, np.nan])
    assert input_summary({"input": entry}, {"input": raw}) == {
        "input": (
            ("size", "81.5 m²"),
            ("town", "York"),
            ("garden", "yes"),
            ("built", "2000-02-29"),
            ("rooms", "?"),
        )
    }
    assert features_of({"input": entry})["input"][1:3] == ("town=Bath", "town=York")


def test_a_text_reads_as_it_came_and_pictures_say_nothing():
    words = InputPreprocessing(
        "text", (5,), "int32", vocabulary=("", "[UNK]", "good", "very", "film")
    )
    assert input_summary({"text": words}, {"text": np.array([3, 2, 1, 4, 0])}) == {
        "text": (("", "very good [UNK] film"),)
    }
    letters = InputPreprocessing(
        "tokens", (4,), "int32", vocabulary=("", "[UNK]", "a", " ", "b"), level="character"
    )
    told = input_summary({"text": letters}, {"text": np.array([2, 3, 4, 3])})
    assert told == {"text": (("", "a␣b␣"),)}
    picture = InputPreprocessing("image", (8, 8, 1))
    assert input_summary({"picture": picture}, {"picture": np.zeros((8, 8, 1))}) == {}


def test_the_answer_has_the_units_of_the_data(house_model):
    trained, dataset = house_model
    raw = raw_sample(dataset.train, 5)
    values = {node: one[None] for node, one in node_activations(trained, raw).items()}
    (price,) = predictions_in_units(values, trained.project, trained.preprocessing.outputs)["out"][
        0
    ]
    assert abs(float(values["out"][0, 0])) < 10 < price, "the layer itself gives scaled numbers"
    predicted = predict_rows(trained, row_of(trained, raw)).first.values
    assert price == pytest.approx(float(np.reshape(predicted, -1)[0]), rel=1e-4)


def test_years_and_seconds_that_count_as_dates_stay_numbers():
    columns = (
        FittedColumn("built", "date", low=1950),
        FittedColumn("at", "date", low=1.7e9, high=1.8e9),
    )
    entry = InputPreprocessing("table", (2,), columns=columns)
    told = input_summary({"input": entry}, {"input": np.array([1985, 1_750_000_000])})
    assert dict(told["input"]) == {"built": "1985", "at": "1750000000"}
    assert has_dates(-3000.0, 20_000.0)
    assert not has_dates(1950.0, 2020.0)
    assert not has_dates(1.7e9, 1.8e9)
    assert not has_dates(float("nan"), 3.0)


def test_blocks_of_four_are_counted():
    ink = np.zeros((168, 168))
    ink[20:148, 60:76] = 1.0  # a stroke of 128 × 16: of 32 × 4 where it fills the page
    found = prepare_drawing(ink, (8, 8, 1), 16.0)[:, :, 0]
    assert found.sum() == 32 * 4
    assert set(np.flatnonzero(found.sum(axis=0))) <= {3, 4}
    assert np.all(found.sum(axis=1) == 16)


def test_the_mass_lies_in_the_middle():
    ink = np.zeros((168, 168))
    ink[0:60, 0:20] = 1.0
    ink[40:60, 0:60] = 1.0
    found = prepare_drawing(ink, (28, 28, 1), 255.0)[:, :, 0]
    rows, columns = np.indices((28, 28)) + 0.5
    assert (found * rows).sum() / found.sum() == pytest.approx(14, abs=0.6)
    assert (found * columns).sum() / found.sum() == pytest.approx(14, abs=0.6)
    lit = np.flatnonzero(found.max(axis=1) > 0)
    assert lit[-1] - lit[0] + 1 == 20
    assert found.max() == 255
    dark = prepare_drawing(ink, (28, 28, 3), 1.0, dark_ink=True)
    assert dark.shape == (28, 28, 3)
    assert np.median(dark) == 1.0
    with pytest.raises(DataError, match="The drawing is empty"):
        prepare_drawing(np.zeros((10, 10)), (8, 8, 1), 16.0)


def test_a_drawn_one_and_a_drawn_nought_are_known(digits_model):
    trained, data = digits_model
    y, x = np.mgrid[0:168, 0:168]
    radius = np.hypot((x - 84) / 0.75, y - 84)
    nought = (np.abs(radius - 60) < 9).astype(float)
    sample = prepare_drawing(nought, (8, 8, 1), 16.0)
    assert predict_raw(trained, {"input": sample[None]}).first.labels == ("0",)
    assert picture_style(data.train.raw_x["input"][0]) == (0.0, 16.0, False)
    assert trained.preprocessing.inputs["input"].value_range == (0.0, 16.0)


def test_what_black_and_white_are_is_the_sets_not_one_samples():
    dim = np.full((28, 28, 1), 3.0)  # a nearly black picture of a set from 0 to 255
    assert picture_style(dim, (0.0, 255.0)) == (0.0, 255.0, False)
    low, top, dark = picture_style(np.full((6, 6, 1), -1.0), (-1.0, 1.0))
    assert (low, top, dark) == (-1.0, 1.0, False)
    ink = np.zeros((60, 60))
    ink[20:40, 20:40] = 1.0
    found = prepare_drawing(ink, (6, 6, 1), top, low=low)[:, :, 0]
    assert found.min() == -1.0
    assert found.max() == 1.0


def test_a_known_row_that_is_drawn_gets_its_own_answer(digits_model):
    """Test rows as they were before scikit-learn counted them, 32×32 black and white."""
    trained, data = digits_model
    rows = data.test.raw_x["input"][:100]
    drawn = np.array([prepare_drawing(_bitmap(row[:, :, 0]), (8, 8, 1), 16.0) for row in rows])
    full = np.array([row.any(axis=(1, 2))[[0, -1]].all() for row in rows])
    assert full.mean() > 0.5, "most of them fill the page from top to bottom"
    # What fills the page is not resized: the rows are what they were, moved to the middle.
    assert np.array_equal(drawn.sum(axis=(2, 3))[full], rows.sum(axis=(2, 3))[full])
    own = predict_raw(trained, {"input": rows}).first.labels
    found = predict_raw(trained, {"input": drawn}).first.labels
    assert np.mean([one == other for one, other in zip(own, found, strict=True)]) >= 0.9


def test_a_picture_that_is_centred_already_stays_as_it_is():
    """A row of a 28×28 set, drawn pixel by pixel on the pad, is that very row."""
    ink = np.zeros((168, 168))
    ink[30:150, 60:78] = 1.0
    ink[30:48, 60:132] = 1.0  # a "7" the other way round: its mass is not in its middle
    row = prepare_drawing(ink, (28, 28, 1), 255.0)
    again = prepare_drawing(np.kron(row[:, :, 0] / 255.0, np.ones((6, 6))), (28, 28, 1), 255.0)
    assert np.abs(row - again).max() <= 2.0


def _bitmap(counts):
    """A black and white page of 32×32 with so many black pixels in each block of 4×4."""
    page = np.zeros((32, 32))
    for (row, column), count in np.ndenumerate(counts.astype(int)):
        block = np.zeros(16)
        block[:count] = 1.0
        if row >= 4:  # the ink reaches the page's lower edge, as it reaches the upper one
            block = block[::-1]
        page[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = block.reshape(4, 4)
    return page


def chain(*nodes: Node):
    made = (Node("input", "Input"), *nodes)
    return Graph(made, tuple((a.id, b.id) for a, b in pairwise(made)))


def train(graph, data, base, epochs, **plan: object):
    training = Training(optimizer=Choice("Adam", {"learning_rate": 0.02}), epochs=epochs, **plan)
    project = Project(graph=graph, data=data, training=training)
    return Session(project, load_dataset(project, base), on_event=lambda event: None).run()


@pytest.fixture
def flats(tmp_path):
    random = np.random.default_rng(0)
    size = random.uniform(20, 100, 300)
    frame = pd.DataFrame(
        {
            "size": size,
            "rent": size * 10 + random.normal(0, 5, 300),
            "kind": np.where(size > 60, "large", np.where(size > 35, "middle", "small")),
            "lift": (size > 50).astype(int),
            "bath": (size > 30).astype(int),
        }
    )
    frame.to_csv(tmp_path / "d.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_a_number_and_a_class_at_once(flats):
    graph = Graph(
        (Node("input", "Input"), Node("hidden", "Dense", {"units": 16, "activation": "relu"}),
         Node("rent", "Dense", {"units": 1}),
         Node("kind", "Dense", {"units": 3, "activation": "softmax"})),
        (("input", "hidden"), ("hidden", "rent"), ("hidden", "kind")),
    )  # fmt: skip
    recipe = Data("csv", path="d.csv", inputs={"input": ("size",)},
                  targets={"rent": ("rent",), "kind": ("kind",)})  # fmt: skip
    trained = train(graph, recipe, flats, 30)
    found = evaluate(trained, flats / "d.csv")
    assert found.task == "regression"
    assert found.metrics["r2_score"] > 0.9
    assert found.others["kind"].metrics["accuracy"] > 0.8
    answer = predict_rows(trained, {"size": 90})
    assert answer.text().startswith("rent: ")
    assert "kind: large (" in answer.text()
    predict_file(trained, flats / "d.csv", flats / "out.csv")
    back = pd.read_csv(flats / "out.csv")
    assert list(back.columns[5:]) == [
        "predicted rent", "predicted kind", "probability of large", "probability of middle",
        "probability of small",
    ]  # fmt: skip


def test_labels_that_hold_at_the_same_time(flats):
    graph = chain(Node("out", "Dense", {"units": 2, "activation": "sigmoid"}))
    recipe = Data("csv", path="d.csv", target=("lift", "bath"),
                  options={"ignore": ["rent", "kind"]})  # fmt: skip
    trained = train(graph, recipe, flats, 40)
    found = evaluate(trained, flats / "d.csv")
    assert found.task == "multi_label"
    assert found.metrics["accuracy"] > 0.85
    assert found.labels == ("lift", "bath")
    assert "of the 2 labels are correct" in found.sentence
    assert predict_rows(trained, [{"size": 95}, {"size": 20}]).first.labels == ("lift, bath", "")


def test_raw_scores_become_probabilities(flats):
    graph = chain(Node("out", "Dense", {"units": 3}))
    recipe = Data("csv", path="d.csv", target=("kind",),
                  options={"ignore": ["rent", "lift", "bath"]})  # fmt: skip
    loss = Choice("sparse_categorical_crossentropy", {"from_logits": True})
    trained = train(graph, recipe, flats, 20, loss=loss)
    answers = predict_rows(trained, {"size": 90}).first
    assert answers.probabilities.sum() == pytest.approx(1.0)
    scores = np.asarray(trained.training_model(np.array([[1.5]], np.float32)))[0]
    expected = np.exp(scores) / np.exp(scores).sum()
    assert np.allclose(
        predict_values(trained, {"input": np.array([[1.5]])})["out"][0], expected, atol=1e-5
    )


def test_a_series_is_judged_on_a_file_of_its_own(tmp_path):
    wave = pd.DataFrame({"t": np.sin(np.arange(400) / 5.0) * 10 + 20})
    wave.to_csv(tmp_path / "s.csv", index=False)
    wave.iloc[:60].to_csv(tmp_path / "more.csv", index=False)
    graph = chain(Node("flat", "Flatten"), Node("out", "Dense", {"units": 1}))
    recipe = Data("series", path="s.csv", target=("t",), options={"window": 8})
    trained = train(graph, recipe, tmp_path, 30)
    found = evaluate(trained, tmp_path / "more.csv")
    assert found.samples == 52
    assert found.metrics["mean_absolute_error"] < 0.5
    predict_file(trained, tmp_path / "more.csv", tmp_path / "out.csv")
    back = pd.read_csv(tmp_path / "out.csv")
    assert len(back) == 61, "what comes next, too"
    assert back["predicted t"].isna().tolist() == [True] * 8 + [False] * 53
    off = back["predicted t"].to_numpy()[8:-1] - back["t"].to_numpy()[8:-1]
    assert np.abs(off).mean() < 0.5
    wave.iloc[:5].to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(DataError, match=r"has 5 rows, .* needs 8 rows") as caught:
        predict_file(trained, tmp_path / "few.csv")
    assert caught.value.code == "series_too_short"
    raw = {"input": wave.to_numpy()[None, 100:108]}
    assert predict_raw(trained, raw).first.values[0, 0] == pytest.approx(
        float(wave["t"][108]), abs=1.0
    )


def test_a_folder_of_pictures_is_judged(tmp_path):
    for part, count in (("train", 20), ("more", 6)):
        for label, grey in (("dark", 40), ("light", 210)):
            (tmp_path / part / label).mkdir(parents=True)
            for index in range(count):
                Image.new("L", (6, 6), grey + index).save(tmp_path / part / label / f"{index}.png")
    graph = chain(
        Node("flat", "Flatten"), Node("out", "Dense", {"units": 1, "activation": "sigmoid"})
    )
    recipe = Data("images", path="train", options={"color_mode": "grayscale"})
    trained = train(graph, recipe, tmp_path, 150)
    found = evaluate(trained, tmp_path / "more")
    assert (found.samples, found.metrics["accuracy"]) == (12, 1.0)
    (tmp_path / "more" / "light").rename(tmp_path / "more" / "bright")
    with pytest.raises(DataError, match="'bright'"):
        evaluate(trained, tmp_path / "more")


def test_a_model_without_notes_about_its_data_is_asked_by_position():
    graph = chain(Node("out", "Dense", {"units": 1}))
    made = train(graph, Data("builtin", name="diabetes"), Path(), 2)
    bare = TrainedModel(
        made.project,
        made.training_model,
        made.training_model,
        type(made.preprocessing)(),
        made.facts,
    )
    row = {f"x{index}": 0.5 for index in range(10)}
    answer = predict_rows(bare, row).first
    assert answer.columns == ("out",)
    expected = np.asarray(made.training_model(np.full((1, 10), 0.5, np.float32)))
    assert answer.values[0, 0] == pytest.approx(float(expected[0, 0]), rel=1e-5)
