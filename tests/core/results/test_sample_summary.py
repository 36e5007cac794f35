"""What goes in and comes out, as a person would write it."""

import numpy as np
import pytest

from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn, InputPreprocessing
from netbuilder.core.results.file_samples import row_of
from netbuilder.core.results.layer_values import node_activations, raw_sample
from netbuilder.core.results.live.sample_summary import (
    features_of,
    input_summary,
    predictions_in_units,
)
from netbuilder.core.results.own_units import has_dates
from netbuilder.core.results.predict import predict_rows


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
