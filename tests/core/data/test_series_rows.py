"""Series: sorted by time, by group, never over a gap, filled by training rows, all steps ahead."""

import calendar
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import polars
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.defaults import fit_output_to_data, resolve_defaults
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.cells import dates_as_days
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.edits_data import apply_data_fix, set_columns
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.predict_file import predictions_of_file
from netbuilder.core.results.suggestion.selection import suggest

source = partial(script_source, style=Style.EXACT)


def days(count, start="2024-01-01"):
    return [str(day.date()) for day in pd.date_range(start, periods=count)]


def project(folder, frame, **options: object):
    frame.to_csv(folder / "s.csv", index=False)
    recipe = Data("series", path="s.csv", target=("t",), scaling="none",
                  options={"window": 4, **options})  # fmt: skip
    return Project(data=recipe)


def windows_of(found, folder):
    """All windows of the first column and what follows, over all parts."""
    loaded = load_dataset(found, folder)
    parts = [part for part in (loaded.train, loaded.validation, loaded.test) if part is not None]
    return {
        tuple(x[:, 0].tolist()): tuple(np.ravel(y).tolist())
        for part in parts
        for x, y in zip(part.x["input"], part.y["output"], strict=True)
    }


def test_all_steps_of_the_horizon_are_predicted(tmp_path):
    frame = pd.DataFrame({"t": np.arange(40.0), "u": np.arange(40.0) * 10})
    found = project(tmp_path, frame, horizon=3)
    assert windows_of(found, tmp_path)[0, 1, 2, 3] == (4, 5, 6)
    told = load_facts(found, tmp_path)
    assert told.target_names == ("t +1", "t +2", "t +3")
    assert told.output_units == {"output": 3}
    assert told.rows + told.validation_rows + told.test_rows == 40 - 4 - 3 + 1
    both = Project(data=Data("series", path="s.csv", target=("t", "u"), scaling="none",
                             options={"window": 4, "horizon": 2}))  # fmt: skip
    assert windows_of(both, tmp_path)[0, 1, 2, 3] == (4, 5, 40, 50)


@pytest.mark.parametrize("order", ["newest first", "shuffled"])
def test_rows_are_sorted_by_their_date(tmp_path, order):
    frame = pd.DataFrame({"date": days(60), "t": np.arange(60.0)})
    frame = frame[::-1] if order == "newest first" else frame.sample(frac=1, random_state=1)
    found = project(tmp_path, frame)
    assert windows_of(found, tmp_path)[10, 11, 12, 13] == (14,)
    assert "The rows were sorted by 'date'." in load_facts(found, tmp_path).notes
    test = load_dataset(found, tmp_path).test
    assert test.y["output"].min() > load_dataset(found, tmp_path).train.y["output"].max()


@pytest.mark.parametrize("horizon", [1, 3])
def test_each_window_knows_its_days(tmp_path, horizon):
    """Shuffled in the file, and with a gap of a month: the value of each day is its number."""
    when = [*days(30), *days(30, "2024-03-01")]
    number = np.array(when, "datetime64[D]").astype(float)
    frame = pd.DataFrame({"date": when, "t": number}).sample(frac=1, random_state=1)
    loaded = load_dataset(project(tmp_path, frame, horizon=horizon), tmp_path)
    for part in (loaded.train, loaded.validation, loaded.test):
        assert part.days.shape == (len(part), 4 + horizon)
        np.testing.assert_allclose(part.days[:, :4], part.raw_x["input"][..., 0])
        np.testing.assert_allclose(part.days[:, 4:], part.raw_y["output"])
    counted = project(tmp_path, frame.drop(columns="date"))
    assert load_dataset(counted, tmp_path).train.days is None


def test_several_shops_one_below_the_other(tmp_path):
    one = pd.DataFrame({"date": days(40), "shop": "A", "t": np.arange(40.0)})
    other = one.assign(shop="B", t=one["t"] + 1000)
    found = project(tmp_path, pd.concat([one, other]))
    seen = windows_of(found, tmp_path)
    assert len(seen) == 2 * 36
    assert seen[36 - 1, 36, 37, 38] == (39,)
    assert all(max(window) - min(window) == 3 for window in seen), "no window mixes two shops"
    assert any("'shop'" in note for note in load_facts(found, tmp_path).notes)
    # The test part is later for both, not the second shop.
    test = load_dataset(found, tmp_path).test
    assert {bool(value > 900) for value in test.y["output"][:, 0]} == {True, False}


def test_the_same_time_twice_without_a_group_is_asked_about(tmp_path):
    frame = pd.DataFrame({"date": days(20) * 2, "t": np.arange(40.0)})
    with pytest.raises(DataError, match="have the same 'date', such as '2024-01-01'"):
        load_facts(project(tmp_path, frame), tmp_path)


def test_no_window_spans_a_gap(tmp_path):
    dates = [*days(30), *days(30, "2024-06-01")]
    found = project(tmp_path, pd.DataFrame({"date": dates, "t": np.arange(60.0)}))
    seen = windows_of(found, tmp_path)
    assert len(seen) == 2 * 26
    assert (28.0, 29.0, 30.0, 31.0) not in seen
    assert (27.0, 28.0, 29.0, 30.0) not in seen
    assert "'date' has 1 gap: no window spans a gap." in load_facts(found, tmp_path).notes


def test_weekends_of_a_stock_exchange_are_no_gaps(tmp_path):
    dates = [str(day.date()) for day in pd.bdate_range("2024-01-01", periods=60)]
    found = project(tmp_path, pd.DataFrame({"date": dates, "t": np.arange(60.0)}))
    assert len(windows_of(found, tmp_path)) == 56


def test_months_of_28_to_31_days_are_no_gaps(tmp_path):
    dates = [str(day.date()) for day in pd.date_range("2020-01-01", periods=48, freq="MS")]
    found = project(tmp_path, pd.DataFrame({"month": dates, "t": np.arange(48.0)}))
    assert len(windows_of(found, tmp_path)) == 44


def test_left_out_rows_break_the_series_also_where_they_are_sorted(tmp_path):
    values = np.arange(60.0)
    values[20] = np.nan
    frame = pd.DataFrame({"date": days(60), "t": values})[::-1]
    seen = windows_of(project(tmp_path, frame, missing="drop"), tmp_path)
    assert len(seen) == 16 + 35
    assert seen[15, 16, 17, 18] == (19,)
    assert not any({19.0, 21.0} <= {*window, *after} for window, after in seen.items())


def test_missing_features_are_filled_from_training_rows_and_targets_never(tmp_path):
    """The last fifth, which is the test part, is a thousand times larger."""
    u = np.where(np.arange(100) < 80, 2.0, 2000.0)
    u[[5, 95]] = np.nan
    t = np.arange(100.0)
    t[50] = np.nan
    found = project(tmp_path, pd.DataFrame({"u": u, "t": t}), missing="mean")
    loaded = load_dataset(found, tmp_path)
    assert loaded.preprocessing.inputs["input"].columns[0].fill == pytest.approx(2.0)
    seen = {float(value) for value in np.unique(loaded.train.x["input"][..., 0])}
    assert seen == {2.0}
    assert {float(v) for v in np.unique(loaded.test.x["input"][..., 0])} == {2.0, 2000.0}
    assert np.isfinite(loaded.train.y["output"]).all()
    assert 50.0 not in loaded.train.y["output"]


def test_missing_values_are_named_where_nothing_was_decided(tmp_path):
    values = np.arange(30.0)
    values[7] = np.nan
    with pytest.raises(DataError, match="column 't' in line 9"):
        load_facts(project(tmp_path, pd.DataFrame({"t": values, "u": 1.0})), tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    frame = pd.DataFrame({"date": days(80), "t": np.arange(80.0) / 10, "u": 1.0})
    found = project(folder, frame, horizon=7)
    nodes = (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 1}))
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    found = Project(graph=graph, data=found.data)
    loaded = load_dataset(found, folder)
    found = resolve_defaults(fit_output_to_data(found, loaded.facts), loaded.facts)
    training_model = build_training_model(found, loaded.facts)
    whole = assemble(training_model, found, loaded.preprocessing, loaded.facts)
    return (
        TrainedModel(
            found, training_model, whole, loaded.preprocessing, loaded.facts, {}, {}, 1.0, 1.0, 1, 1
        ), folder
    )  # fmt: skip


def test_seven_steps_are_judged_and_predicted(model):
    trained, folder = model
    assert trained.training_model.output_shape == (None, 7)
    split = read_split(trained.project.data, trained.preprocessing, folder / "s.csv")
    assert split.raw_y["out"].shape == (80 - 4 - 7 + 1, 7)
    np.testing.assert_allclose(split.raw_y["out"][0], np.arange(4, 11) / 10)
    # Newest first: each prediction stands beside its date, and what comes next is above.
    late = pd.DataFrame({"date": days(10, "2025-01-01"), "t": np.arange(10.0), "u": 1.0})[::-1]
    late.to_csv(folder / "new.csv", index=False)
    found = predictions_of_file(trained, folder / "new.csv")
    assert list(found.answers)[:3] == ["predicted t", "predicted t +1", "predicted t +2"]
    assert found.table["date"].tolist() == days(17, "2025-01-01")[::-1]
    assert found.table["predicted t"].notna().tolist() == [True] * 13 + [False] * 4
    assert found.table["predicted t +1"].notna().tolist() == [False] * 6 + [True] * 7 + [False] * 4
    last = found.predictions.first.values[-1]
    assert found.table["predicted t"][:7].tolist() == pytest.approx(last[::-1], rel=1e-5)


@pytest.mark.parametrize("given", [{}, {"order_by": "date"}])
def test_the_script_sorts_too(tmp_path, monkeypatch, given):
    frame = pd.DataFrame({"date": days(60), "t": np.arange(60.0), "u": 1.0})[::-1]
    found = project(tmp_path, frame, horizon=2, **given)
    text = source(found).split("# Split the data")[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(text, "script", "exec"), names)
    x, y = np.asarray(names["x"]), np.asarray(names["y"])
    loaded = load_dataset(found, tmp_path)
    np.testing.assert_array_equal(x[: len(loaded.train)], loaded.train.x["input"])
    np.testing.assert_array_equal(y[: len(loaded.train)], loaded.train.y["output"])


def test_the_script_keeps_groups_apart(tmp_path, monkeypatch):
    one = pd.DataFrame({"date": days(30), "shop": "A", "t": np.arange(30.0)})
    frame = pd.concat([one, one.assign(shop="B", t=one["t"] + 1000)])
    found = project(tmp_path, frame, group="shop")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    text = source(found).split("# Split the data")[0]
    exec(compile(text, "script", "exec"), names)
    x = np.asarray(names["x"])[:, :, 0]
    assert len(x) == 2 * 26
    assert (np.ptp(x, axis=1) == 3).all()


# -- numbers that say when, and times of the day


def clocks(count, step):
    return list(pd.date_range("2024-01-30", periods=count, freq=f"{step}h"))


NUMBER_TIMES = {
    "year": np.arange(60) + 1960,
    "date": [int(day.replace("-", "")) for day in days(60, "2023-12-10")],
    "timestamp": 1_600_000_000 + 3600 * np.arange(60),
}


@pytest.mark.parametrize("name", NUMBER_TIMES)
def test_numbers_that_say_when_order_the_rows(tmp_path, name):
    """Newest first, a careless reader predicts the past from the future."""
    frame = pd.DataFrame({name: NUMBER_TIMES[name], "t": np.arange(60.0)})[::-1]
    found = project(tmp_path, frame)
    rows = load_facts(found, tmp_path)
    assert rows.column_roles[name] == "order"
    assert windows_of(found, tmp_path) == {
        tuple(float(n) for n in range(start, start + 4)): (start + 4.0,) for start in range(56)
    }
    assert f"The rows were sorted by '{name}'." in rows.notes


def test_a_year_of_months_is_a_number_like_others(tmp_path):
    frame = pd.DataFrame({"year": 1960 + np.arange(60) // 12, "t": np.arange(60.0)})
    loaded = load_dataset(project(tmp_path, frame), tmp_path)
    assert loaded.train.x["input"].shape[1:] == (4, 2)


@pytest.mark.parametrize("style", ["%d/%m/%Y", "%Y-%m-%d"])
def test_a_day_and_the_time_beside_it(tmp_path, style):
    when = clocks(60, 6)
    frame = pd.DataFrame({
        "day": [one.strftime(style) for one in when],
        "time": [one.strftime("%H:%M") for one in when],
        "t": np.arange(60.0),
    }).sample(frac=1, random_state=3)  # fmt: skip
    found = project(tmp_path, frame)
    assert len(windows_of(found, tmp_path)) == 56
    assert (0.0, 1.0, 2.0, 3.0) in windows_of(found, tmp_path)
    rows = load_facts(found, tmp_path)
    assert (rows.column_roles["day"], rows.column_roles["time"]) == ("order", "order")
    assert "'time' is read as the time of day of 'day'." in rows.notes


def test_a_time_of_the_day_is_the_same_on_every_day(tmp_path):
    """pandas puts 06:00 on the day on which it reads it."""
    cells = pd.Series(["06:00", "18:30", "11:15 PM"], name="at")
    np.testing.assert_allclose(dates_as_days(cells, "d.csv", ""), [0.25, 18.5 / 24, 23.25 / 24])


def test_days_that_recur_can_be_left_as_they_stand(tmp_path):
    frame = pd.DataFrame({"date": [*days(30), *days(30)], "t": np.arange(60.0)})
    found = project(tmp_path, frame)
    with pytest.raises(DataError, match="have the same 'date'") as told:
        load_facts(found, tmp_path)
    (fix,) = told.value.fixes
    assert fix.label == "Keep the order of the rows"
    assert len(windows_of(apply_data_fix(found, fix), tmp_path)) == 56


@pytest.mark.parametrize("name", [*NUMBER_TIMES, "day"])
def test_the_script_orders_likewise(tmp_path, monkeypatch, name):
    when = clocks(60, 6)
    columns = {name: NUMBER_TIMES[name]} if name in NUMBER_TIMES else {
        "day": [one.strftime("%d/%m/%Y") for one in when],
        "time": [one.strftime("%H:%M") for one in when],
    }  # fmt: skip
    frame = pd.DataFrame({**columns, "t": np.arange(60.0)}).sample(frac=1, random_state=3)
    found = project(tmp_path, frame)
    text = source(found, load_facts(found, tmp_path)).split("# Split the data")[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(text, "script", "exec"), names)
    x = np.asarray(names["x"])
    loaded = load_dataset(found, tmp_path)
    np.testing.assert_array_equal(x[: len(loaded.train)], loaded.train.x["input"])


def test_a_model_that_took_years_for_a_number_still_does(tmp_path):
    """Models that were trained before years ordered the rows."""
    frame = pd.DataFrame({"year": np.arange(60) + 1960, "t": np.arange(60.0)})
    found = project(tmp_path, frame)
    nodes = (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 1}))
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    found = replace(found, graph=graph)
    taught = set_columns(found, ("year",), role="feature")
    loaded = load_dataset(taught, tmp_path)
    assert loaded.train.x["input"].shape[1:] == (4, 2)
    judged = read_split(found.data, loaded.preprocessing, tmp_path / "s.csv")
    assert judged.raw_x["input"][0, :, 0].tolist() == [1960, 1961, 1962, 1963]
    training_model = build_training_model(taught, loaded.facts)
    whole = assemble(training_model, taught, loaded.preprocessing, loaded.facts)
    trained = TrainedModel(
        found, training_model, whole, loaded.preprocessing, loaded.facts, {}, {}, 1.0, 1.0, 1, 1
    )
    assert len(predictions_of_file(trained, tmp_path / "s.csv").predictions) == 57


SINE = [f"{np.sin(n / 5):.4f}" for n in range(60)]


def written(folder, times, values, head="when,y"):
    lines = [head, *(",".join(pair) for pair in zip(times, values, strict=True))]
    (folder / "one.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "one.csv"


@pytest.mark.parametrize(
    "times",
    [
        days(60),
        [f"{1990 + n // 12}-{n % 12 + 1:02d}" for n in range(60)],
        [f"{n % 12 + 1}/28/{1990 + n // 12}" for n in range(60)],
        [f"28.{n % 12 + 1:02d}.{1990 + n // 12}" for n in range(60)],
        [str(day.date()) for day in pd.bdate_range("2024-01-01", periods=60)],
        [f"2024-03-{1 + n // 24:02d}T{n % 24:02d}:00:00Z" for n in range(60)],
        [f"2024/3/{1 + n // 24} {n % 24}:00" for n in range(60)],
        [f"{calendar.month_abbr[n % 12 + 1]} {1990 + n // 12}" for n in range(60)],
        [f"{1990 + n // 12} {calendar.month_abbr[n % 12 + 1]}" for n in range(60)],
        [f"{1990 + n // 4}Q{n % 4 + 1}" for n in range(60)],
    ],
    ids=[
        "days",
        "months",
        "month-first",
        "day-first",
        "weekdays",
        "hours-zone",
        "hours",
        "named-months",
        "year-and-month",
        "quarters",
    ],
)
def test_dates_that_rise_evenly_and_one_number_are_a_series(tmp_path, times):
    path = written(tmp_path, times, SINE)
    recipe = recipe_for(path, path.name)
    assert recipe.kind == "series"
    begun = Project(data=replace(recipe, scaling="none"))
    loaded = load_dataset(begun, tmp_path)
    (x, y) = loaded.train.x["input"], loaded.train.y["output"]
    assert x[0, :, 0] == pytest.approx([float(one) for one in SINE[:14]], abs=1e-6)
    assert np.ravel(y)[0] == pytest.approx(float(SINE[14]), abs=1e-6)
    (said,) = [one for one in make_report(begun, tmp_path).notes if one.code == "read-as-series"]
    back = said.fixes[0].edit(begun)
    assert back.data.kind == "csv"
    table = load_dataset(back, tmp_path)
    assert table.facts.target_names == ("y",)
    assert table.train.raw_x["input"].shape[1] == 1, "the date is the feature"


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "json", "jsonl"])
@pytest.mark.parametrize("rising", [True, False], ids=["rising", "mixed"])
def test_a_series_is_recognised_in_every_file_of_a_table(tmp_path, ending, rising):
    dates = [*pd.date_range("2024-01-01", periods=60)]
    table = pd.DataFrame({"when": dates if rising else dates[::-1], "y": [*map(float, SINE)]})
    path = tmp_path / f"one.{ending}"
    if ending == "xlsx":
        table.to_excel(path, index=False)
    elif ending == "parquet":
        polars.DataFrame(table.to_dict("list")).write_parquet(path)
    else:
        table.to_json(path, orient="records", lines=ending == "jsonl", date_format="iso")
    recipe = recipe_for(path, path.name)
    assert recipe.kind == ("series" if rising else "csv")
    if rising:
        loaded = load_dataset(Project(data=replace(recipe, scaling="none")), tmp_path)
        x, y = loaded.train.x["input"], loaded.train.y["output"]
        assert x[0, :, 0] == pytest.approx([float(one) for one in SINE[:14]], abs=1e-6)
        assert np.ravel(y)[0] == pytest.approx(float(SINE[14]), abs=1e-6)


def test_a_recognised_series_may_begin_with_its_values_and_is_built_for(tmp_path):
    path = written(tmp_path, SINE, days(60), "y,when")
    found = suggest(path, seconds=0)
    assert found.project.data.kind == "series"
    assert found.target == ("y",)
    assert any("series in time ('when')" in reason for reason in found.reasons)


def customers(order):
    """Birthdays, as no calendar spaces them, and incomes."""
    chance = np.random.default_rng(4)
    born = pd.to_datetime("1950-01-01") + pd.to_timedelta(chance.integers(0, 18000, 60), "D")
    texts = [str(day.date()) for day in born]
    return sorted(texts) if order == "sorted" else texts, [str(30000 + 7 * n) for n in range(60)]


@pytest.mark.parametrize(
    ("times", "values"),
    [
        customers("mixed"),
        customers("sorted"),
        ([days(60)[n // 2] for n in range(60)], SINE),
        ([days(60)[(7 * n) % 60] for n in range(60)], SINE),
        (days(60)[::-1], SINE),
        (days(60), ["01"[n % 2] for n in range(60)]),
        (days(60), [["low", "high"][n % 2] for n in range(60)]),
        ([f"01/{n % 12 + 1:02d}/{1990 + n // 12}" for n in range(60)], SINE),
        (days(20), SINE[:20]),
    ],
    ids=[
        "birthdays", "sorted-birthdays", "repeated", "shuffled", "falling", "yes-no", "words",
        "day-or-month", "too-short",
    ],
)  # fmt: skip
def test_what_may_be_no_series_is_not_read_as_one(tmp_path, times, values):
    assert recipe_for(written(tmp_path, times, values)).kind == "csv"


def test_several_numbers_beside_a_date_stay_a_table(tmp_path):
    path = written(tmp_path, days(60), [f"{one},{n}" for n, one in enumerate(SINE)], "when,y,z")
    assert recipe_for(path).kind == "csv"


def test_a_series_of_few_whole_numbers_is_of_numbers_and_not_of_classes(tmp_path):
    path = written(tmp_path, days(120), [str(n % 12) for n in range(120)])
    found = load_facts(Project(data=recipe_for(path, path.name)), tmp_path)
    assert (found.task, found.classes) == ("regression", ())
