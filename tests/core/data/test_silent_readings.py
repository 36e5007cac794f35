"""Cells that were read wrongly without a word: each with its truth, and with what stays quiet."""

from datetime import timedelta

import numpy as np
import openpyxl
import pandas as pd
import polars
import pytest

from netbuilder.cli import main
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.kinds.sounds.sound_files import wav_bytes
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.number_text import number_style, parse_numbers
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import ColumnChoice, Data, Project
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.live.sample_summary import mark_filled
from netbuilder.core.results.mistakes import mistake_samples
from netbuilder.core.wording import format_number

ROWS = 40
COUNT = np.arange(ROWS)


def read(folder, cell, name="v"):
    """Return a column as it is read, its unit, and the codes of what is told of it."""
    rows = [f'"{cell(n)}";{n}' for n in range(ROWS)]
    (folder / "d.csv").write_text(f"{name};y\n" + "\n".join(rows), encoding="utf-8")
    table = read_table(folder / "d.csv", {})
    reading = table_reading(table)
    codes = {finding.code for finding in reading.findings if finding.column == name}
    return table[name], reading.units.get(name, ""), codes


@pytest.mark.parametrize(
    ("name", "cell", "truth", "unit"),
    [
        ("lon", lambda n: f"{n + 0.5}W", -(COUNT + 0.5), "°"),
        ("v", lambda n: f"{n + 0.5}{'SN'[n % 2]}", (COUNT + 0.5) * np.where(COUNT % 2, 1, -1), "°"),
        ("v", lambda n: f"{n}.25° W", -(COUNT + 0.25), "°"),
        ("lamp", lambda n: f"{n + 0.5}W", COUNT + 0.5, "W"),
        ("v", lambda n: f"{n % 12 + 1} {'ap'[n // 12 % 2]}m",
         (COUNT % 12 + 1) % 12 + 12 * (COUNT // 12 % 2), "h"),
        ("v", lambda n: f"{n}h {n + 10}m" if n % 3 else f"{n}h",
         COUNT + np.where(COUNT % 3, COUNT + 10, 0) / 60, "h"),
        ("v", lambda n: (f"{n} hr 20 min", f"{n} Min", f"{n} Std")[n % 3],
         np.where(COUNT % 3 == 1, COUNT / 60, COUNT + (COUNT % 3 == 0) / 3), "h"),
        ("v", lambda n: f"{n}h{n + 5:02}", COUNT + (COUNT + 5) / 60, "h"),
        ("v", lambda n: f"PT{n}H{n}M", COUNT + COUNT / 60, "h"),
        ("v", lambda n: f"{n}:{n + 10}.{n % 10}", COUNT * 60 + COUNT + 10 + COUNT % 10 / 10, "s"),
        ("v", lambda n: f"{n + 5}:{n + 10}:30", COUNT + 5 + (COUNT + 10.5) / 60, "h"),
        ("v", lambda n: f"{n % 3} days, 01:30:00", 24 * (COUNT % 3) + 1.5, "h"),
        ("v", lambda n: f"{n % 3}." * (n % 3 > 0) + f"{n % 24:02}:30:00",
         24 * (COUNT % 3) + COUNT % 24 + 0.5, "h"),
        ("v", lambda n: f"'{n}.28", COUNT + 0.28, ""),
        ("v", lambda n: f"{n}.5×10^-3", (COUNT + 0.5) / 1000, ""),
        ("v", lambda n: f"{n}.5 × 10⁻³", (COUNT + 0.5) / 1000, ""),
        ("v", lambda n: f"{n}.5".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
         COUNT + 0.5, ""),
    ],
)  # fmt: skip
def test_numbers_are_read_as_meant(tmp_path, name, cell, truth, unit):
    series, seen, codes = read(tmp_path, cell, name)
    assert series.to_numpy(float) == pytest.approx(truth)
    assert seen == unit
    assert bool(codes) == bool(unit), "what was concluded is told"


@pytest.mark.parametrize(
    "cell",
    [
        lambda n: f"{'123'[n % 3]}{('st', 'nd', 'rd')[n % 3]} class",
        lambda n: f"({n % 4 + 1}) {('North', 'East', 'South', 'West')[n % 4]}",
        lambda n: f"{n % 24:02}:{n + 10}",
        lambda n: f"{n}:{n % 7}",
    ],
)
def test_what_is_no_amount_stays_text_without_a_word(tmp_path, cell):
    series, unit, codes = read(tmp_path, cell)
    assert (series.dtype.kind, unit, codes) == ("O", "", set())


@pytest.mark.parametrize("proven", ["", "."])
@pytest.mark.parametrize("sign", [" €", ""])
def test_thousands_beside_hundreds_are_no_decimals(proven, sign):
    cells = [f"{600 + 7 * n}{sign}" for n in range(30)] + [f"2.008{sign}", f"1.450{sign}"]
    style = number_style(cells, proven)
    assert style is not None and style.readings == (",", "."), "it is asked"
    assert parse_numbers(pd.Series(cells), style).max() == 2008
    petrol = [f"1.4{n:02}{sign}" for n in range(30)] + [f"2{sign}"]
    style = number_style(petrol, ".")
    assert style is not None and parse_numbers(pd.Series(petrol), style).max() == 2
    known = number_style(cells, ",")
    assert known is not None and known.readings == (), "the rest of the file says it"


def report(folder, table, **data: object):
    table.to_csv(folder / "d.csv", index=False)
    return make_report(Project(data=Data("csv", path="d.csv", **data)), folder)


def codes(found, column):
    return {note.code for note in found.notes if note.column == column}


def test_clock_times_are_numbers_and_a_target_of_them_is_asked(tmp_path):
    clock = [f"{6 + n % 5}:{n % 6}0" for n in range(ROWS)]
    table = pd.DataFrame({"t": clock, "y": COUNT + 0.5})
    found = report(tmp_path, table)
    assert found.facts is not None and found.facts.column_types == {"t": "date"}
    raw = load_dataset(Project(data=Data("csv", path="d.csv")), tmp_path).train.raw_x["input"]
    assert raw.min() == pytest.approx(6 / 24) and raw.max() < 11 / 24
    target = [f"{6 + n % 17}:{n:02}" for n in range(ROWS)]
    pd.DataFrame({"x": COUNT, "t": target}).to_csv(tmp_path / "d.csv", index=False)
    project = Project(data=Data("csv", path="d.csv", target=("t",)))
    (note,) = [one for one in make_report(project, tmp_path).notes if one.severity == "error"]
    hours = load_dataset(note.fixes[0].edit(project), tmp_path).train.raw_y["output"]
    assert hours.min() >= 6 and hours.max() < 23


def test_a_labelled_total_is_left_out_and_can_be_used(tmp_path):
    lines = ["town;n;y", *(f"t{n};{n};{2 * n}" for n in range(ROWS)), "Total;780;1560"]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    project = Project(data=Data("csv", path="d.csv"))
    found = make_report(project, tmp_path)
    (note,) = [one for one in found.notes if one.code == "total-row"]
    assert (note.severity, sum(found.rows.values())) == ("info", ROWS)
    used = make_report(note.fixes[0].edit(project), tmp_path)
    assert (sum(used.rows.values()), codes(used, "")) == (ROWS + 1, {"default-target"})
    lines[-1] = "t99;780;1560"
    (tmp_path / "d.csv").write_text("\n".join(lines))
    found = make_report(project, tmp_path)
    (note,) = [one for one in found.notes if one.code == "total-row"]
    assert (note.severity, sum(found.rows.values())) == ("warning", ROWS + 1), "no word says it"
    kinds = pd.DataFrame(
        {"sex": ["male", "female", "Total"] * 13, "y": np.arange(39) * 7 % 5 + 0.5}
    )
    assert "total-row" not in {one.code for one in report(tmp_path, kinds).notes}


def test_results_of_a_test_in_several_spellings_are_one(tmp_path):
    words = ["pos", "POS", "positive", "neg", "negative"] * 8
    table = pd.DataFrame({"v": words, "y": COUNT + 0.5})
    (note,) = [one for one in report(tmp_path, table).notes if one.code == "same-word-twice"]
    one = note.fixes[0].edit(Project(data=Data("csv", path="d.csv")))
    names = load_dataset(one, tmp_path).facts.column_names
    assert len(names) == 2
    other = pd.DataFrame({"v": ["pos", "post", "posit", "neg"] * 10, "y": COUNT + 0.5})
    assert not codes(report(tmp_path, other), "v")


def test_a_measured_zero_is_no_missing_value(tmp_path):
    source = np.random.default_rng(1)
    force = np.repeat(np.arange(10), 12) * 2.0
    length = np.where(force > 0, 30 + force * 40 + source.normal(0, 1, 120), 0.0).round(1)
    power = source.uniform(40, 60, 120).round(1)
    power[30:60] = 0
    bmi = source.uniform(18, 45, 120).round(1)
    bmi[::13] = 0
    table = pd.DataFrame({"force": force, "power": power, "bmi": bmi, "y": source.normal(size=120)})
    found = report(tmp_path, table)
    assert {note.column for note in found.notes if note.code == "stand-in"} == {"bmi"}
    spring = pd.DataFrame({"force": force, "length": np.where(force > 0, length - 30, 0)})
    spring["y"] = source.normal(size=120)
    assert "stand-in" not in codes(report(tmp_path, spring), "length")


def test_of_several_sheets_the_table_is_taken(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "About"
    for line in ("Measured in May", "by class 9b", "", "Contact: the school"):
        book.active.append([line])
    sheet = book.create_sheet("Data")
    for row in (["size", "price"], *([n, 3 * n] for n in range(20))):
        sheet.append(row)
    book.create_sheet("Also").append(["x"])
    book.save(tmp_path / "d.xlsx")
    table = read_table(tmp_path / "d.xlsx", {})
    assert list(table) == ["size", "price"]
    (note,) = [one for one in table_reading(table).findings if one.code == "sheet"]
    assert [fix.edit(Project()).data.options["sheet"] for fix in note.fixes] == ["About", "Also"]


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("plain", lambda days: days, ""),
        ("repeated", lambda days: [*days[:20], days[19], *days[20:]], "repeats"),
        ("missing", lambda days: [*days[:20], *days[21:]], "gap"),
        ("reversed", lambda days: [*days[:20], days[21], days[20], *days[22:]], "sorted"),
    ],
)
def test_a_dated_series_with_one_odd_step_is_a_series(tmp_path, name, change, told):
    for step in ("D", "h"):
        when = pd.date_range("2024-10-20", periods=60, freq=step)
        days = change([str(one) for one in when])
        rows = [f"{day},{n * n % 17 + 0.5}" for n, day in enumerate(days)]
        (tmp_path / "d.csv").write_text("when,load\n" + "\n".join(rows))
        recipe = recipe_for(tmp_path / "d.csv", "d.csv")
        assert recipe.kind == "series"
        found = make_report(Project(data=recipe), tmp_path)
        assert not [one for one in found.notes if one.severity == "error"]
        notes = [one.message for one in found.notes if one.code == "done"]
        assert any(told in note for note in notes) if told else not notes


@pytest.mark.parametrize("in_pairs", [False, True])  # as in a file that was sorted
@pytest.mark.parametrize(
    ("step", "repeats", "days"), [("h", 1, 14), ("15min", 4, 14), ("15min", 4, 3), ("5min", 12, 2)]
)
def test_the_hour_that_autumn_repeats_is_told(tmp_path, step, repeats, days, in_pairs):
    last = pd.Timestamp("2024-10-28")
    when = pd.date_range(last - pd.Timedelta(days=days), last, freq=step, tz="UTC")
    when = when.tz_convert("Europe/Berlin")
    if in_pairs:
        when = when.tz_localize(None).sort_values().tz_localize("UTC")
    table = pd.DataFrame({"when": when.tz_localize(None), "load": np.arange(len(when)) ** 2 % 17})
    table.assign(load=table["load"] + 0.5).to_csv(tmp_path / "d.csv", index=False)
    recipe = recipe_for(tmp_path / "d.csv", "d.csv")
    assert recipe.kind == "series"
    notes = [one.message for one in make_report(Project(data=recipe), tmp_path).notes]
    assert any(f"{repeats} row" in note and "repeat" in note for note in notes)


def test_the_second_hour_of_autumn_comes_after_the_first(tmp_path):
    when = pd.date_range("2024-10-25", "2024-10-29", freq="15min", tz="Europe/Berlin")
    table = pd.DataFrame({"when": when.tz_localize(None), "load": np.arange(len(when)) + 0.5})
    table.to_csv(tmp_path / "d.csv", index=False)
    dataset = load_dataset(Project(data=recipe_for(tmp_path / "d.csv", "d.csv")), tmp_path)
    for part in (dataset.train, dataset.validation, dataset.test):
        assert (np.diff(next(iter(part.raw_x.values())), axis=1) == 1).all()


@pytest.mark.parametrize(("odd", "asked"), [(0, True), (1, True), (20, False)])
def test_dates_with_few_odd_steps_are_asked_about(tmp_path, odd, asked):
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=80)]
    for place in range(odd):
        days[3 + 2 * place] = days[2 + 2 * place]
    source = np.random.default_rng(1)
    table = pd.DataFrame({"day": days, "a": source.normal(size=80), "y": source.normal(size=80)})
    columns = {"day": ColumnChoice("feature", "date")}
    assert ("even-steps" in codes(report(tmp_path, table, columns=columns), "")) == asked


def test_a_log_with_many_equal_times_is_no_series(tmp_path):
    days = [f"2024-01-{1 + n // 3:02}" for n in range(60)]
    pairs = [f"2024-01-01 {n // 8:02}:{n // 2 % 4 * 15:02}" for n in range(80)]
    for times in (days, pairs):  # two sensors: every quarter of an hour twice
        rows = [f"{time},{n * n % 17 + 0.5}" for n, time in enumerate(times)]
        (tmp_path / "d.csv").write_text("when,load\n" + "\n".join(rows))
        assert recipe_for(tmp_path / "d.csv", "d.csv").kind == "csv"


def test_texts_and_labels_open_as_texts(tmp_path):
    path = tmp_path / "d.csv"
    rows = [f'"This is review {n}, it was really long",{"ab"[n % 2]}' for n in range(20)]
    path.write_text("text,label\n" + "\n".join(rows))
    recipe = recipe_for(path, "d.csv")
    assert recipe.kind == "text"
    facts = load_dataset(Project(data=recipe), tmp_path).facts
    assert facts.classes == ("a", "b") and facts.vocabulary
    films = ("这部电影非常好看，我很喜欢它的故事", "演员的表演很差，浪费了两个小时")
    for rows in (
        [f"{films[n % 2]}第{n}次,{'ab'[n % 2]}" for n in range(20)],
        [f"good film{n},{'ab'[n % 2]}" for n in range(20)],
    ):
        path.write_text("text,label\n" + "\n".join(rows), encoding="utf-8")
        assert recipe_for(path, "d.csv").kind == "text"
        assert main(["new", str(path), "-o", str(tmp_path / f"{rows[0][:4]}.netbuilder")]) == 0
    cities = zip("北上广深成重武西南天杭苏", "京海州圳都庆汉安京津州州", strict=True)
    for other in (
        "city,kind\n" + "\n".join(f"{a}{b}市,{'ab'[n % 2]}" for n, (a, b) in enumerate(cities)),
        "good,kind\n" + "\n".join(f"red car{n},{'ab'[n % 2]}" for n in range(20)),
        "name,kind\n" + "\n".join(f"Anna{n},{'ab'[n % 2]}" for n in range(20)),
        "text,price\n" + "\n".join(f"this is offer number {n},{n * 1.5}" for n in range(20)),
        "text,label\n" + "\n".join(f"one of three long answers,{'ab'[n % 2]}" for n in range(20)),
    ):
        path.write_text(other)
        assert recipe_for(path, "d.csv").kind == "csv"


def test_durations_of_a_parquet_file_are_seconds(tmp_path):
    lasts = [timedelta(minutes=n, milliseconds=500) for n in range(ROWS)]
    polars.DataFrame({"lasts": lasts, "y": list(range(ROWS))}).write_parquet(tmp_path / "d.parquet")
    table = read_table(tmp_path / "d.parquet", {})
    assert table["lasts"].to_numpy() == pytest.approx(COUNT * 60 + 0.5)
    assert {one.code for one in table_reading(table).findings} == {"times"}


def test_cut_off_and_wrong_sounds_are_named_with_the_empty_one(tmp_path):
    whole = wav_bytes(np.sin(np.arange(8000) / 20), 8000)
    for label in "ab":
        (tmp_path / "s" / label).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "s" / label / f"{number}.wav").write_bytes(whole[:-2] + bytes([number, 1]))
    recipe = Project(data=Data("sounds", path="s"))
    assert not [one for one in make_report(recipe, tmp_path).notes if one.severity == "error"]
    (tmp_path / "s" / "a" / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "s" / "a" / "wrong.mp3").write_bytes(b"no sound at all" * 40)
    (tmp_path / "s" / "a" / "empty.wav").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        make_report(recipe, tmp_path)
    assert all(name in str(caught.value) for name in ("cut.wav", "wrong.mp3", "empty.wav"))
    after = make_report(apply_data_fix(recipe, caught.value.fixes[0]), tmp_path)
    assert not [one for one in after.notes if one.severity == "error"]


def test_years_are_written_without_a_group():
    assert [format_number(one) for one in (2009, 2009.0, 9999, 12_346)] == [
        "2009", "2009", "9999", "12,346",
    ]  # fmt: skip


def test_cells_that_were_filled_are_marked_in_the_worst_mistakes(tmp_path):
    source = np.random.default_rng(4)
    table = pd.DataFrame({"a": source.normal(size=60), "y": source.normal(size=60)}).round(3)
    table.loc[::3, "a"] = None
    table.to_csv(tmp_path / "d.csv", index=False)
    data = load_dataset(
        Project(data=Data("csv", path="d.csv", options={"missing": "mean"})), tmp_path
    )
    truth = data.test.raw_y["output"]
    found = Evaluation("regression", len(truth), {}, "", truth, truth, columns=("y",))
    samples = mistake_samples(found, data.test, data.preprocessing, np.arange(len(data.test)))
    empty = [
        bool(np.isnan(table["a"].iloc[line - 2])) for line in data.test.index[: len(samples.rows)]
    ]
    assert [row[0].endswith(mark_filled("")) for row in samples.cells] == empty
    assert any(empty) and not all(empty)


@pytest.mark.parametrize(("mark", "target"), [(";", True), (", ", True), ("|", False)])
def test_lists_of_labels_can_be_split(tmp_path, mark, target):
    genres = [["drama", "action"], ["drama"], ["comedy", "drama"], ["action"]] * 15
    table = pd.DataFrame({"genres": [mark.join(row) for row in genres], "n": np.arange(60) / 7})
    table.to_csv(tmp_path / "d.csv", index=False, sep="\t")
    project = Project(data=Data("csv", path="d.csv", target=("genres",) if target else ("n",)))
    (note,) = [one for one in make_report(project, tmp_path).notes if one.code == "lists-of-labels"]
    split = load_dataset(note.fixes[0].edit(project), tmp_path).train
    truth = np.array([[label in row for label in ("action", "comedy", "drama")] for row in genres])
    rows = split.index - 2
    values = split.raw_y["output"] if target else split.raw_x["input"]
    assert values.tolist() == truth[rows].astype(float).tolist()


@pytest.mark.parametrize(
    "cells",
    [
        ["Paris, France", "Rome, Italy", "Lyon, France"],
        ["small", "large", "medium"],
        ["3,5", "4,1", "7,9"],
        [f"Smith{n}, Ann" for n in range(60)],
        [f"a long text number {n}, with commas, and more of them" for n in range(60)],
    ],
)
def test_what_only_holds_a_mark_is_no_list(tmp_path, cells):
    table = pd.DataFrame({"v": [*cells] * (60 // len(cells)), "y": np.arange(60) / 7})
    assert "lists-of-labels" not in codes(report(tmp_path, table), "v")
