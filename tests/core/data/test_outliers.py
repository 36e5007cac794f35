"""A single number far beyond all others is told; amounts with long tails are not cried at."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare.outliers import outliers
from tests.core.data.test_data_quality import frame, project


def weights(seed=1):
    values = np.random.default_rng(seed).normal(70, 12, 300).round()
    values[41] = 667
    return pd.DataFrame({"weight": values}, index=pd.RangeIndex(2, 302))


def test_a_weight_ten_times_too_large(tmp_path):
    table = frame(300).assign(weight=weights()["weight"].to_numpy())
    table[["weight", "a", "b", "y"]].to_csv(tmp_path / "d.csv", index=False)
    (one,) = make_report(project(), tmp_path).notes
    assert (one.code, one.column) == ("outlier", "weight")
    assert "has the value 667 in line 43, while all others range from" in one.message
    without, missing = one.fixes
    rest = load_dataset(without.edit(project()), tmp_path)
    assert rest.train.raw_x["input"][:, 0].max() < 200
    assert rest.facts.rows + rest.facts.validation_rows + rest.facts.test_rows == 299
    asked = missing.edit(project(options={"missing": "mean"}))
    assert load_dataset(asked, tmp_path).train.raw_x["input"][:, 0].max() < 200


def test_far_below_and_two_of_them():
    table = weights()
    table.iloc[7, 0] = -700
    assert [one.fixes[0].label for one in outliers(table)] == [
        "Leave line 9 out",
        "Leave line 43 out",
    ]


@pytest.mark.parametrize(
    "of",
    [
        lambda random: random.lognormal(10, 1.2, 400),  # earnings
        lambda random: 5000 * (1 + random.pareto(1.1, 400)),  # populations of towns
        lambda random: random.poisson(2.0, 400),
        lambda random: random.poisson(0.2, 400),
        lambda random: random.exponential(30, 400),
        lambda random: random.normal(70, 12, 400),
        lambda random: random.standard_t(4, 400),
        lambda random: np.where(random.random(400) < 0.6, 0, random.lognormal(3, 1, 400)),
    ],
)
def test_what_is_skewed_by_nature_is_left_alone(of):
    cried = 0
    for seed in range(40):
        values = of(np.random.default_rng(seed))
        cried += bool(list(outliers(pd.DataFrame({"x": values}))))
    assert cried <= 1
