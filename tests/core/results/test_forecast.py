"""A series predicted on and on: on weights whose continuation is known."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.preprocessing.time_columns import days_after
from netbuilder.core.data.registry import target_words
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Project
from netbuilder.core.results.forecast import (
    date_words,
    end_of_data,
    forecast,
    forecast_words,
    half_widths,
    naive_note,
    series_ends,
    with_forecast_errors,
)
from netbuilder.core.results.other_methods import compare
from netbuilder.core.results.own_units import predict_values, repeated_predictor
from netbuilder.core.results.predict import predict_raw
from netbuilder.core.results.predict_file import predictions_of_file
from netbuilder.core.wording import labelled
from netbuilder.ui.canvas.scene.card_text import target_text
from tests.core.results.conftest import chain, train
from tests.few import few

TRAINED = {}


def ramp(folder, horizon, target=("a",)):
    """Two columns, a rising by 2 a row and b falling by 1, with a window of 3 rows.

    Trained once for all tests: what counts are the weights that each sets.
    """
    lines = ["a,b", *(f"{2 * i},{-i}" for i in range(40))]
    (folder / "r.csv").write_text("\n".join(lines))
    units = horizon * len(target)
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": units}))
    options = {"window": 3, "horizon": horizon}
    data = Data("series", path="r.csv", target=target, scaling="standard", options=options)
    if (horizon, target) not in TRAINED:
        TRAINED[horizon, target] = train(graph, data, folder, epochs=1)
    return TRAINED[horizon, target]


def set_rule(trained, kernel, bias):
    """Weights that act on raw values: the scaling around them is folded in."""
    model, _ = trained
    entry, target = model.preprocessing.inputs["input"], model.preprocessing.outputs["out"]
    inner, outer = np.tile(np.array(entry.scale), 3), np.array(target.scale)
    shift = np.tile(np.array(entry.offset), 3)
    scaled = kernel * inner[:, None] / outer
    moved = (bias + shift @ kernel - np.array(target.offset)) / outer
    model.training_model.get_layer("out").set_weights([scaled, moved])


def test_it_builds_on_its_own_answers(tmp_path):
    trained = ramp(tmp_path, 1)
    kernel = np.zeros((6, 1))
    kernel[4, 0], kernel[2, 0] = 2.0, -1.0  # next a = 2 · last a − the a before: a line goes on
    set_rule(trained, kernel, np.zeros(1))
    window = np.array([[10.0, 0.0], [13.0, 0.0], [16.0, 5.0]])
    found = forecast(trained[0], window, 5)
    assert found.targets == ("a",)
    assert found.values[:, 0] == pytest.approx([19, 22, 25, 28, 31], abs=1e-3)
    assert "From step 2 on" in found.note
    assert "Kept at the last value: b." in found.note
    assert window.tolist() == [[10.0, 0.0], [13.0, 0.0], [16.0, 5.0]], "the window is left alone"


def test_columns_that_are_not_predicted_stay(tmp_path):
    trained = ramp(tmp_path, 1)
    kernel = np.zeros((6, 1))
    kernel[4, 0], kernel[5, 0] = 1.0, 1.0  # next a = last a + last b
    set_rule(trained, kernel, np.zeros(1))
    window = np.array([[0.0, 9.0], [0.0, 9.0], [1.0, 4.0]])
    assert forecast(trained[0], window, 3).values[:, 0] == pytest.approx([5, 9, 13], abs=1e-3)


def test_several_steps_of_several_columns_at_once(tmp_path):
    """Answers stand column by column ("a +1", "a +2", "b +1", "b +2"), and not step by step."""
    trained = ramp(tmp_path, 2, ("a", "b"))
    assert trained[0].preprocessing.outputs["out"].columns == ("a +1", "a +2", "b +1", "b +2")
    kernel = np.zeros((6, 4))
    kernel[4, :2] = 1.0  # a from the last a
    kernel[5, 2:] = 1.0  # b from the last b
    set_rule(trained, kernel, np.array([1.0, 2.0, 10.0, 20.0]))
    window = np.array([[0.0, 0.0], [0.0, 0.0], [100.0, 500.0]])
    found = forecast(trained[0], window, 5)
    assert found.values[:, 0] == pytest.approx([101, 102, 103, 104, 105], abs=1e-2)
    assert found.values[:, 1] == pytest.approx([510, 520, 530, 540, 550], abs=1e-2)
    assert forecast(trained[0], window, 2).note == ""


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_last_window_ends_with_the_last_row_of_the_file(tmp_path, horizon):
    """What follows it is in no file: a sample's window ends before its answer does."""
    trained = ramp(tmp_path, horizon)[0]
    window, days = end_of_data(trained, tmp_path)
    assert days is None, "its rows have no dates"
    assert window.tolist() == [[74.0, -37.0], [76.0, -38.0], [78.0, -39.0]]
    held_out = ["a,b", *(f"{2 * i},{-i}" for i in range(100, 120))]
    (tmp_path / "later.csv").write_text("\n".join(held_out))
    data = replace(trained.project.data, test_path="later.csv")
    later = replace(trained, project=replace(trained.project, data=data))
    window, _days = end_of_data(later, tmp_path)
    assert window[-1].tolist() == [238.0, -119.0]


def test_the_last_window_is_the_latest_of_rows_that_stand_in_another_order(tmp_path):
    rows = [f"2024-{1 + i // 28:02}-{1 + i % 28:02},{i}" for i in range(28)]
    (tmp_path / "r.csv").write_text("\n".join(["day,a", *reversed(rows)]))
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": 1}))
    data = Data("series", path="r.csv", target=("a",), options={"window": 3})
    window, _days = end_of_data(train(graph, data, tmp_path, epochs=1)[0], tmp_path)
    assert window[:, 0].tolist() == [25.0, 26.0, 27.0]


def test_the_days_of_the_last_window_go_on_in_their_rhythm(tmp_path):
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": 1}))
    data = Data("series", path="r.csv", target=("a",), options={"window": 3})
    rows = [f"{2020 + i // 12}-{1 + i % 12:02}-01,{i}" for i in range(30)]
    (tmp_path / "r.csv").write_text("\n".join(["month,a", *rows]))
    _window, days = end_of_data(train(graph, data, tmp_path, epochs=1)[0], tmp_path)
    assert days.astype("datetime64[D]").astype(str).tolist() == [
        "2022-04-01", "2022-05-01", "2022-06-01",
    ]  # fmt: skip
    ahead = days_after(days, 3).astype("datetime64[D]").astype(str)
    assert ahead.tolist() == ["2022-07-01", "2022-08-01", "2022-09-01"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["2024-12-29", "2024-12-30", "2024-12-31"], ["2025-01-01", "2025-01-02"]),
        (["2024-01-31", "2024-02-29", "2024-03-31"], ["2024-04-30", "2024-05-31"]),
        (["2020-02-15", "2021-02-15", "2022-02-15"], ["2023-02-15", "2024-02-15"]),
        (["2024-03-01", "2024-06-01", "2024-09-01"], ["2024-12-01", "2025-03-01"]),
        (["2024-01-01", "2024-01-08", "2024-01-15"], ["2024-01-22", "2024-01-29"]),
    ],
)
def test_days_go_on_by_days_weeks_months_and_years(given, expected):
    days = np.array(given, "datetime64[D]").astype(float)
    found = days_after(days, 2).astype("datetime64[D]").astype(str)
    assert found.tolist() == expected


def test_hours_go_on_by_hours():
    assert days_after(np.array([10.25, 10.5, 10.75]), 2).tolist() == [11.0, 11.25]
    assert days_after(np.array([3.0]), 1).tolist() == [4.0]


@pytest.mark.parametrize(("horizon", "targets"), [(1, 1), (3, 1), (2, 2)])
def test_a_forecast_in_words_names_its_first_and_last_date(tmp_path, horizon, targets):
    trained = ramp(tmp_path, horizon, ("a", "b")[:targets])
    bias = np.repeat([100.0, 200.0], horizon)[: targets * horizon]  # a: 101, 102 …; b: 201, 202 …
    bias += np.tile(np.arange(1, horizon + 1), targets)
    set_rule(trained, np.zeros((6, targets * horizon)), bias)
    window, _days = end_of_data(trained[0], tmp_path)
    answer, ends = predict_raw(trained[0], {"input": window[None]}).first, series_ends(trained[0])
    dates = date_words(np.datetime64("2026-03-12").astype(float) + np.arange(horizon))
    expected = {
        (1, 1): ("a: 101", "12 Mar 2026: 101"),
        (3, 1): ("step 1: 101 … step 3: 103", "12 Mar 2026: 101 … 14 Mar 2026: 103"),
        (2, 2): (
            "step 1: a: 101, b: 201 … step 2: a: 102, b: 202",
            "12 Mar 2026: a: 101, b: 201 … 13 Mar 2026: a: 102, b: 202",
        ),
    }[horizon, targets]
    assert (forecast_words(answer, ends, ()), forecast_words(answer, ends, dates)) == expected


def test_hours_are_written_with_their_time():
    (words,) = date_words(np.array([20_000.25]))
    assert "4 Oct 2024" in words and "06:00" in words


@pytest.mark.parametrize(
    ("written", "horizon"),
    few([("%Y-%m-%d", 1), ("%d.%m.%Y", 3), ("%A %d %B %Y", 1)], ("%d.%m.%Y", 3)),
)
def test_predictions_for_a_file_stand_beside_the_dates_that_they_are_for(
    tmp_path, horizon, written
):
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(400) if n != 250]
    value = {day: 2.0 * (day - days[0]).days for day in days}
    lines = ["day,a", *(f"{day.strftime(written)},{value[day]}" for day in days)]
    (tmp_path / "r.csv").write_text("\n".join(lines))
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": horizon}))
    options = {"window": 3, "horizon": horizon}
    data = Data("series", path="r.csv", target=("a",), scaling="standard", options=options)
    trained = train(graph, data, tmp_path, epochs=1)
    kernel = np.zeros((3, horizon))
    kernel[2] = 1.0
    set_rule(trained, kernel, 2.0 * np.arange(1, horizon + 1))  # a rises by 2 a day
    found = predictions_of_file(trained[0], tmp_path / "r.csv")
    assert found.order == "day" and found.before == 3
    names, rows = found.text_rows()
    assert names[:2] == ("day", "predicted a") and names[-1] == "a"
    assert len(rows) == 399 - 3 + horizon, "all of them, and what is in no file"
    after = [days[-1] + timedelta(days=step) for step in range(1, horizon + 1)]
    known = written if written != "%A %d %B %Y" else "%Y-%m-%d"
    texts = [day.strftime(written) for day in days[3:]] + [day.strftime(known) for day in after]
    assert [row[0] for row in rows] == texts
    value |= {day: value[days[-1]] + 2.0 * step for step, day in enumerate(after, 1)}
    gap = days[250:253]  # too near to the gap for a window
    for name in found.answers:
        for day, one in zip([*days, *after], found.table[name], strict=True):
            if not np.isnan(one):
                assert one == pytest.approx(value[day], abs=0.05), (name, day)
    empty = found.table.index[found.table["predicted a"].isna()].tolist()
    assert empty == [*range(2, 5), *(days.index(day) + 2 for day in gap)]
    found.write(tmp_path / "out.csv")
    saved = pd.read_csv(tmp_path / "out.csv")
    assert len(saved) == 399 + horizon and saved["a"].isna().sum() == horizon
    assert saved["predicted a"].iloc[-1] == pytest.approx(value[after[-1]], abs=0.05)


def test_of_series_side_by_side_each_is_predicted_beyond_its_end(tmp_path):
    rows = [(n, city) for n in range(30) for city in ("a", "b")]
    lines = [f"{2000 + n},{city},{n + 100 * (city == 'b')}" for n, city in rows]
    (tmp_path / "r.csv").write_text("\n".join(["year,city,t", *lines]))
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": 1}))
    columns = {"year": ColumnChoice(role="order"), "city": ColumnChoice(role="group")}
    options = {"window": 3}
    data = Data("series", path="r.csv", target=("t",), options=options, columns=columns)
    trained = train(graph, data, tmp_path, epochs=1)
    found = predictions_of_file(trained[0], tmp_path / "r.csv").table
    ends = found.iloc[-2:]
    assert ends["year"].tolist() == ["2030", "2030"]
    assert ends["city"].tolist() == ["a", "b"]
    window = np.array([[27.0], [28.0], [29.0]])
    wanted = [predict_raw(trained[0], {"input": w[None]}).first.values[0, 0] for w in
              (window, window + 100)]  # fmt: skip
    assert ends["predicted t"].tolist() == pytest.approx(wanted, rel=1e-4)


def test_other_methods_call_the_numbers_of_a_window_by_column_and_lag(tmp_path):
    trained, _unused = ramp(tmp_path, 1)
    found = compare(trained, load_dataset(trained.project, tmp_path), ("linear",))
    one = found.features.index("a, 1 row before")
    assert found.features == tuple(
        f"{name}, {lag} row{'s' * (lag > 1)} before" for lag in (3, 2, 1) for name in ("a", "b")
    )
    before = found.x[:, one] * found.own[one].scale + found.own[one].offset
    truth = found.candidates[0].evaluation.truth.ravel()
    assert before == pytest.approx(truth - 2, abs=1e-3), "a rises by 2 a row"


@pytest.mark.parametrize(
    ("horizon", "targets", "line", "card"),
    [
        (1, ("a",), "a: a number", "a"),
        (14, ("a",), "a: the next 14 values", "a · the next 14 values"),
        (2, ("a", "b"), "a and b: the next 2 values", "a, b · the next 2 values"),
    ],
)
def test_a_horizon_is_told_as_values_that_come_next(tmp_path, horizon, targets, line, card):
    lines = ["a,b", *(f"{2 * i},{-i}" for i in range(60))]
    (tmp_path / "r.csv").write_text("\n".join(lines))
    options = {"window": 3, "horizon": horizon}
    data = Data("series", path="r.csv", target=targets, options=options)
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": horizon * len(targets)}))
    project = Project(graph=graph, data=data)
    facts = load_facts(project, tmp_path)
    assert labelled(*target_words(facts, data)) == line
    assert target_text(project, facts, "out").startswith(card)


def test_the_band_is_that_of_rows_that_were_not_learned_from(tmp_path):
    """A network memorises noise of N(0, 5): its training errors would promise a band in which
    hardly a new row lies."""
    noise = np.random.default_rng(1).normal(0, 5, 1200)
    (tmp_path / "n.csv").write_text("\n".join(["a", *(f"{value:.3f}" for value in noise)]))
    graph = chain(("flat", "Flatten", {}), ("wide", "Dense", {"units": 128, "activation": "relu"}),
                  ("out", "Dense", {"units": 1}))  # fmt: skip
    data = Data("series", path="n.csv", target=("a",), validation_split=0.3, options={"window": 12})
    model, dataset = train(graph, data, tmp_path, epochs=120)
    known = with_forecast_errors(model, dataset)

    def errors(split):
        values = predict_values(known, split.x)["out"]
        return np.abs(values - next(iter(split.raw_y.values())))[:, 0]

    test = errors(dataset.test)
    assert known.novelty is None, "the trend of a forecast is no reason to distrust it"
    half = half_widths(known, 20)[:, 0]
    assert (test <= half[0]).mean() == pytest.approx(0.8, abs=0.08)
    assert (test <= np.quantile(errors(dataset.train), 0.8)).mean() < 0.6, "a careless band"
    assert (np.diff(half) >= 0).all() and half[0] > 1.28 * 5
    found = forecast(known, dataset.test.raw_x["input"][-1], 20)
    low, high = found.band
    assert high - low == pytest.approx(2 * found.half_widths)
    assert np.isnan(half_widths(model, 3)).all() and not naive_note(model), "nothing is known yet"


def test_the_forecast_says_that_repeating_the_last_value_is_better(tmp_path):
    model, dataset = ramp(tmp_path, 1)
    set_rule((model, dataset), np.zeros((6, 1)), np.array([7.0]))  # always 7
    known = with_forecast_errors(model, dataset)
    assert known.preprocessing.outputs["out"].naive[:2] == pytest.approx((1, 2.0), abs=1e-4)
    warning = naive_note(known)
    window = dataset.test.raw_x["input"][-1]
    assert warning and warning in forecast(known, window, 1).note
    assert warning in predictions_of_file(known, tmp_path / "r.csv").predictions.notes
    right = np.zeros((6, 1))
    right[4, 0] = 1.0
    set_rule((model, dataset), right, np.array([2.0]))  # a rises by 2
    assert not naive_note(with_forecast_errors(model, dataset))


def test_a_file_of_predictions_has_the_band_beside_each(tmp_path):
    model, _dataset = ramp(tmp_path, 1)
    output = model.preprocessing.outputs["out"]
    outputs = {"out": replace(output, half_widths=(3.0, 4.0))}
    known = replace(model, preprocessing=replace(model.preprocessing, outputs=outputs))
    found = predictions_of_file(known, tmp_path / "r.csv")
    assert found.answers == ("predicted a", "lower 80% a", "upper 80% a")
    last = found.table.iloc[-1]
    assert last["upper 80% a"] - last["lower 80% a"] == pytest.approx(6, abs=1e-3)


def test_what_is_no_series_is_said(house_model, tmp_path):
    assert series_ends(house_model[0]) is None
    with pytest.raises(DataError, match="does not predict a series"):
        forecast(house_model[0], np.zeros((3, 2)), 4)
    with pytest.raises(DataError, match="as many rows as the network's window"):
        forecast(ramp(tmp_path, 1)[0], np.zeros((4, 2)), 4)


def test_the_traced_network_answers_the_same(reviews_model):
    trained, dataset = reviews_model
    asked = repeated_predictor(trained)
    for index in range(3):
        x = {key: value[index : index + 1] for key, value in dataset.train.x.items()}
        assert asked(x)["out"] == pytest.approx(predict_values(trained, x)["out"], abs=1e-5)
