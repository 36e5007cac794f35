"""What goes in and comes out, as a person would write it."""

from __future__ import annotations

import numpy as np
import pytest

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.preprocessing.preprocess import Column, InputPre
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.results.answers import has_dates
from netbuilder.core.results.inside import look, sample_of
from netbuilder.core.results.live.told import features_of, own_answers, told_inputs
from netbuilder.core.results.predict import predict_rows
from netbuilder.core.results.samples import row_of

Trained = tuple[TrainedModel, Dataset]


def test_cells_of_a_row_are_those_of_its_file() -> None:
    entry = InputPre(
        "table",
        (6,),
        columns=(
            Column("size", unit="m²"),
            Column("town", "category", ("Bath", "York")),
            Column("garden", "boolean", ("no", "yes")),
            Column("built", "date"),
            Column("rooms"),
        ),
    )
    raw = np.array([81.5, 0, 1, 1, 11_016, np.nan])
    assert told_inputs({"input": entry}, {"input": raw}) == {
        "input": (
            ("size", "81.5 m²"),
            ("town", "York"),
            ("garden", "yes"),
            ("built", "2000-02-29"),
            ("rooms", "?"),
        )
    }
    assert features_of({"input": entry})["input"][1:3] == ("town=Bath", "town=York")


def test_a_text_reads_as_it_came_and_pictures_say_nothing() -> None:
    words = InputPre("text", (5,), "int32", vocabulary=("", "[UNK]", "good", "very", "film"))
    assert told_inputs({"text": words}, {"text": np.array([3, 2, 1, 4, 0])}) == {
        "text": (("", "very good [UNK] film"),)
    }
    letters = InputPre(
        "tokens", (4,), "int32", vocabulary=("", "[UNK]", "a", " ", "b"), level="character"
    )
    told = told_inputs({"text": letters}, {"text": np.array([2, 3, 4, 3])})
    assert told == {"text": (("", "a␣b␣"),)}
    picture = InputPre("image", (8, 8, 1))
    assert told_inputs({"picture": picture}, {"picture": np.zeros((8, 8, 1))}) == {}


def test_the_answer_has_the_units_of_the_data(house_model: Trained) -> None:
    trained, dataset = house_model
    raw = sample_of(dataset.train, 5)
    values = {node: one[None] for node, one in look(trained, raw).items()}
    (price,) = own_answers(values, trained.project, trained.pre.outputs)["out"][0]
    assert abs(float(values["out"][0, 0])) < 10 < price, "the layer itself gives scaled numbers"
    predicted = predict_rows(trained, row_of(trained, raw)).first.values
    assert price == pytest.approx(float(np.reshape(predicted, -1)[0]), rel=1e-4)


def test_years_and_seconds_that_count_as_dates_stay_numbers() -> None:
    columns = (Column("built", "date", low=1950), Column("at", "date", low=1.7e9, high=1.8e9))
    entry = InputPre("table", (2,), columns=columns)
    told = told_inputs({"input": entry}, {"input": np.array([1985, 1_750_000_000])})
    assert dict(told["input"]) == {"built": "1985", "at": "1750000000"}
    assert has_dates(-3000.0, 20_000.0)
    assert not has_dates(1950.0, 2020.0)
    assert not has_dates(1.7e9, 1.8e9)
    assert not has_dates(float("nan"), 3.0)
