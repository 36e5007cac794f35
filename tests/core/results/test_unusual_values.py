"""Files with rows unlike the training rows, or with numbers that were scaled beforehand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.folders import resource
from netbuilder.core.project import files
from netbuilder.core.project.model import Data
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.results.predict_file import predict_file, predictions_of_file
from netbuilder.core.results.statistics import far_words, out_of_range
from netbuilder.core.results.unusual_values import is_out_of_range, undo_scaling, unusual_sentences
from tests.core.results.conftest import chain, train

ROWS = pd.DataFrame({"size": [60.0, 100.0, 120.0], "town": ["Bath", "York", "Bath"]})


def written(folder, table):
    table.to_csv(folder / "asked.csv", index=False)
    return folder / "asked.csv"


def scaled_by_hand(trained):
    """As a MinMaxScaler that was fitted to the training rows gives them."""
    column = preprocessing_of(trained[0]).inputs["input"].columns[0]
    assert column.name == "size"
    assert column.low is not None
    assert column.high is not None
    return ROWS.assign(size=(ROWS["size"] - column.low) / (column.high - column.low))


def test_a_file_of_scaled_numbers_is_told_and_taken_back(house_model, tmp_path):
    trained = house_model[0]
    raw = predictions_of_file(trained, written(tmp_path, ROWS))
    assert not raw.looks_scaled
    assert not raw.predictions.notes

    path = written(tmp_path, scaled_by_hand(house_model))
    wrong = predictions_of_file(trained, path)
    assert wrong.looks_scaled
    assert "'size' is far from the training rows in 3 rows of 3" in wrong.predictions.notes[0]
    told = predict_file(trained, path).notes
    assert "as if they were already scaled" in told[0]
    assert told[0].endswith("add --scaled.")

    right = predictions_of_file(trained, path, scaled=True)
    assert not right.looks_scaled
    assert not right.predictions.notes
    answers = [one.predictions.first.values[:, 0] for one in (raw, right, wrong)]
    assert answers[1] == pytest.approx(answers[0], rel=1e-4)
    assert np.abs(answers[2] - answers[0]).max() > 50_000, "scaled twice they are far off"
    cells = [float(cell) for cell in right.table["size"]]
    as_given = scaled_by_hand(house_model)["size"].tolist()
    assert cells == pytest.approx(as_given), "the file's own cells are written as they stood"


def test_one_row_far_away_is_no_scaled_file(house_model, tmp_path):
    path = written(tmp_path, ROWS.assign(size=[60.0, 0.9, 120.0]))
    found = predictions_of_file(house_model[0], path)
    assert not found.looks_scaled
    note = found.predictions.notes[0]
    assert note.startswith("'size' is far from the training rows in 1 row of 3, such as 0.9 in")
    assert "line 3" in note


def test_empty_cells_stay_empty(house_model):
    table = pd.DataFrame({"size": [0.5, np.nan], "town": ["Bath", "York"]})
    back = undo_scaling(table, preprocessing_of(house_model[0]))["size"]
    assert 60 < back[0] < 140
    assert np.isnan(back[1])


def test_a_window_that_was_dragged_far_off_is_told():
    """Its answer kept the range of the known windows, as if one like it had been seen."""
    project = files.read(resource("examples", "temperatures.netbuilder"))
    data = load_dataset(project, Path())
    (name, entry), *_ = data.preprocessing.inputs.items()
    shift, scale = np.array(entry.offset), np.array(entry.scale)
    windows = {name: data.train.x[name][:3] * scale + shift}
    low, high = (float(part) for part in (entry.columns[0].low, entry.columns[0].high))
    assert low - 0.01 <= windows[name].min() and windows[name].max() <= high + 0.01
    assert not is_out_of_range(data.preprocessing, windows).any()
    assert unusual_sentences(data.preprocessing, windows) == ()
    windows[name][1, 5, 0] = 80.0
    assert is_out_of_range(data.preprocessing, windows).tolist() == [False, True, False]
    one = {name: windows[name][1:2]}
    (told,) = unusual_sentences(data.preprocessing, one)
    assert told.startswith("'temperature' is 80, but the training rows range from −5.8 to 25.4")


def test_of_a_series_inputs_and_targets_outside_are_counted_apart(tmp_path):
    """One jump to 50 in the test rows, 3 before their end: a target of the samples of which it is
    step 1 or 2, and an input of the later ones."""
    rows = [n % 10 for n in range(100)]
    rows[97] = 50
    (tmp_path / "s.csv").write_text("\n".join(["v", *map(str, rows)]), encoding="utf-8")
    options = {"window": 4, "horizon": 2}
    recipe = Data("series", path="s.csv", target=("v",), test_split=0.2, options=options)
    layers = ("flat", "Flatten", {}), ("out", "Dense", {"units": 2})
    model, dataset = train(chain(*layers), recipe, tmp_path, epochs=1)
    found = out_of_range(model, dataset.test.raw_x, dataset.test.raw_y)
    assert [(one["values"], one["samples"], one["found"]) for one in found] == [
        ("inputs", 1, [50, 50]), ("targets", 2, [50, 50])
    ]  # fmt: skip
    assert "1 sample has input values" in far_words(found[0])
    assert "2 samples have target values" in far_words(found[1])
