"""Rows, files, pictures and texts in; answers in own units or labels out."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.errors import DataError
from netbuilder.core.results.predict import (
    form_fields,
    input_sort,
    predict_files,
    predict_raw,
    predict_rows,
    predict_texts,
    unknown_words,
)
from netbuilder.core.results.predict_file import predict_file


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
