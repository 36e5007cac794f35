"""Missing values at evaluation and prediction: as the model was trained, or as one says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.errors import DataError
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.predict_file import predict_file
from netbuilder.core.results.unusual_values import with_missing_rule


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
