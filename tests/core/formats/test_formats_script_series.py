"""The windows that a script cuts of a series are those that the program trains on."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.project.model import ColumnChoice, Data
from tests.core.formats.same_numbers import Layers, chain, same_numbers


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
