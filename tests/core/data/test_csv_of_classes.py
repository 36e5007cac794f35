"""Tables as classes bring them: the truth was written down before each was read."""

import importlib.util
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits_data import apply_data_fix, set_columns
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
N = 40
DAYS = [(1 + place % 28, 11 + place // 28) for place in range(N)]


def day(text):
    return float((np.datetime64(text) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))


@dataclass(frozen=True)
class Case:
    text: str
    columns: dict[str, tuple[object, ...]]
    codes: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"


def lines(head, row):
    return "\n".join([head, *(row(place) for place in range(N))]) + "\n"


CASES = {
    "excel, german": Case(
        lines(
            "Datum;Filiale;Umsatz;Temperatur;Kunden",
            lambda n: f"{DAYS[n][0]:02d}.{DAYS[n][1]}.2024;{('Ulm', 'Köln')[n % 2]};"
            f"1.{200 + n},50;{n - 3},5;{f'1.2{n:02d}' if n % 2 else 900 + n}",
        ),
        {
            "Datum": ("date", day("2024-11-01"), day("2024-12-12")),
            "Filiale": ("category", {"Ulm", "Köln"}),
            "Umsatz": ("number", 1200.5, 1239.5), "Temperatur": ("number", -3.5, 36.5),
            "Kunden": ("number", 900, 1239),
        },
        {"": "encoding", "Datum": "column-left-out"}, "cp1252",
    ),
    "united states": Case(
        lines(
            "Date,Revenue,Units,Profit",
            lambda n: f'{DAYS[n][1]}/{DAYS[n][0]:02d}/2024,"$1,{300 + n}.50",'
            f'"{f"1,2{n:02d}" if n % 2 else 900 + n}",{"($45.00)" if n % 4 == 0 else f"${n}.25"}',
        ),
        {
            "Date": ("date", day("2024-11-01"), day("2024-12-12")),
            "Revenue": ("number", 1300.5, 1339.5), "Units": ("number", 900, 1239),
            "Profit": ("number", -45, 39.25),
        },
        {"Revenue": "unit", "Profit": "unit", "Date": "column-left-out"},
    ),
    "google forms": Case(
        lines(
            'Timestamp,"How long do you sleep, in hours?",Which subjects?,Passed',
            lambda n: f'2024/11/{1 + n % 28:02d} 8:{n:02d}:22 PM GMT+1,{6 + n % 4},'
            f'"{("Maths", "Maths, Art")[n % 2]}",{("Yes", "No", "Yes")[n % 3]}',
        ),
        {
            # As the clock on the wall said.
            "Timestamp": ("date", day("2024-11-01T20:00:22"), day("2024-11-28T20:27:22")),
            "How long do you sleep, in hours?": ("number", 6, 9),
            "Which subjects?": ("category", {"Maths", "Maths, Art"}),
            "Passed": ("category", {"Yes", "No"}),
        },
        {"Timestamp": "column-left-out"},
    ),
    "survey": Case(
        lines(
            "q1,q2,happy",
            lambda n: f"{('Never', 'Rarely', 'Often', 'Always')[n % 4]},"
            f"{1 + n * 3 % 5},{n % 7 % 3}",
        ),
        {
            "q1": ("category", {"Never", "Rarely", "Often", "Always"}), "q2": ("number", 1, 5),
            "happy": ("category", {"0", "1", "2"}),
        },
    ),
    "weather station": Case(
        "# Station 10838, 593 m\n# missing = -999\n" + lines(
            "DATE;TEMP;WIND",
            lambda n: f"2024{DAYS[n][1]:02d}{DAYS[n][0]:02d};"
            f"{-999 if n in (7, 20) else n * 7 % 19 + 0.5};{n * 11 % 31}",
        ),
        {
            "DATE": ("number", 20241101, 20241212), "TEMP": ("number", -999, 18.5),
            "WIND": ("number", 0, 30),
        },
        {"": "comments", "DATE": "days-as-numbers", "TEMP": "stand-in"},
    ),
    "title and total": Case(
        "Sales report 2024,,\nPrinted on 3 Jan,,\n\n"
        + lines("Shop,Items,Sum", lambda n: f"S{n % 2},{10 + n},{n * n}")
        + ",,\nTotal,1180,20540\n",
        {"Shop": ("category", {"S0", "S1"}), "Items": ("number", 10, 49),
         "Sum": ("number", 0, 1521)},
        {"": "total-row"},
    ),
    "points of thousands": Case(
        lines(
            "Ort;Einwohner;y",
            lambda n: f"{'ab'[n % 2]};{f'{1 + n}.{n * 137 % 1000:03d}' if n % 3 else 300 + n};"
            f"{n}",
        ),
        {"Ort": ("category", {"a", "b"}), "Einwohner": ("number", 300, 39206),
         "y": ("number", 0, 39)},
        {"Einwohner": "ambiguous-numbers"},
    ),
    "points of decimals": Case(
        lines("a;b;y", lambda n: f"{1 + n}.{n * 137 % 1000:03d};0.{n + 100};{n}"),
        {"a": ("number", 1.0, 39.206 + 1.137), "b": ("number", 0.1, 0.139), "y": ("number", 0, 39)},
    ),
    "per cent": Case(
        lines("quota,change,y", lambda n: f"{10 + n}%,{'+' if n % 2 else '-'}{n}.5 %,{n}"),
        {"quota": ("number", 10, 49), "change": ("number", -38.5, 39.5), "y": ("number", 0, 39)},
        {"quota": "unit", "change": "unit"},
    ),
    "telephone numbers": Case(
        lines(
            "phone,mobile,abroad,plus,y",
            lambda n: f"0731{'123456789'[: 4 + n % 4]},0171 {3000000 + n},+49 171 {4000000 + n},"
            f"+49171{5000000 + n},{n}",
        ),
        {"mobile": ("text",), "abroad": ("text",), "y": ("number", 0, 39)},
        {"phone": "codes", "plus": "codes", "mobile": "column-left-out",
         "abroad": "column-left-out"},
    ),
    "coordinates": Case(
        lines(
            "lat,lon,where,y",
            lambda n: f'{48 + n / 64:.5f},{-9 - n / 64},"{48 + n}.5, 9.25",{n}',
        ),
        {"lat": ("number", 48, 48.60938), "lon": ("number", -9.609375, -9), "where": ("text",),
         "y": ("number", 0, 39)},
        {"where": "column-left-out"},
    ),
    "units beside each other": Case(
        lines("weight,fee,y", lambda n: f"{f'{900 - n} g' if n % 4 else f'{n} kg'},{n} €,{n}"),
        {"weight": ("number", 0, 36000), "fee": ("number", 0, 39), "y": ("number", 0, 39)},
        {"weight": "units-made-one", "fee": "unit"},
    ),
    "true and false": Case(
        lines(
            "wet,cold,y",
            lambda n: f"{('TRUE', 'FALSE')[n % 2]},{('ja', 'nein')[n // 2 % 2]},{n}",
        ),
        {"wet": ("boolean", 0, 1), "cold": ("category", {"ja", "nein"}), "y": ("number", 0, 39)},
    ),
    "chinese": Case(
        lines(
            "姓名,城市,年龄",
            lambda n: f"学生{n},{('北京', '上海', '广州')[n % 3]},{12 + n % 25}",
        ),
        {"城市": ("category", {"北京", "上海", "广州"}), "年龄": ("number", 12, 36)},
        {"": "encoding", "姓名": "column-left-out"}, "gb18030",
    ),
    "french": Case(
        lines("Ville;Habitants;Part", lambda n: f"V{n};{1 + n} {n * 31 % 1000:03d};{n},5 %"),
        {"Habitants": ("number", 1000, 40209), "Part": ("number", 0.5, 39.5)},
        {"Ville": "column-left-out", "Part": "unit"},
    ),
}  # fmt: skip


#: What is told of a choice, and is no doubt about how a cell is read.
CHOICES = {"done", "class-numbers", "default-target"}


@pytest.mark.parametrize("name", list(CASES))
def test_a_table_is_understood_rightly_or_asked_about(tmp_path, name):
    case = CASES[name]
    path = tmp_path / "d.csv"
    path.write_text(case.text, encoding=case.encoding)
    found = make_report(Project(graph=GRAPH, data=recipe_for(path, path.name)), tmp_path)
    columns = {one.name: one for one in found.columns}
    for column, truth in case.columns.items():
        facts = columns[column]
        assert facts.type == truth[0], column
        if len(truth) == 3:
            assert (facts.minimum, facts.maximum) == pytest.approx(truth[1:]), column
        elif len(truth) == 2:
            assert {word for word, _ in facts.common} == truth[1], column
    told = {(one.column, one.code) for one in found.notes}
    assert set(case.codes.items()) <= told
    unexpected = {column for column, code in told if code not in CHOICES} - set(case.codes) - {""}
    assert not unexpected


def asked(folder, text, code, **columns: ColumnChoice):
    (folder / "d.csv").write_text(text, encoding="utf-8")
    one = Project(graph=GRAPH, data=Data("csv", path="d.csv", scaling="none", columns=columns))
    (finding,) = (note for note in make_report(one, folder).notes if note.code == code)
    return one, list(finding.fixes)


def learned(project, folder):
    found = load_dataset(project, folder)
    values = [part.raw_x["input"] for part in (found.train, found.validation, found.test) if part]
    return np.sort(np.concatenate(values)[:, 0])


def test_what_a_point_is_can_be_answered_both_ways(tmp_path):
    text = lines("a;y", lambda n: f"{f'1.{200 + n}' if n % 2 else 900 + n};{n}")
    one, (whole, decimal) = asked(tmp_path, text, "ambiguous-numbers")
    assert learned(whole.edit(one), tmp_path).tolist() == sorted(
        1200 + n if n % 2 else 900 + n for n in range(N)
    )
    assert learned(decimal.edit(one), tmp_path)[0] == pytest.approx(1.201)


def test_whether_the_day_comes_first_can_be_answered_both_ways(tmp_path):
    text = lines("when,y", lambda n: f"01/{1 + n % 12:02d}/{2020 + n // 12},{n}")
    one, (first, second) = asked(tmp_path, text, "dates-two-ways", when=ColumnChoice(type="date"))
    months = learned(first.edit(one), tmp_path)
    assert months[:3].tolist() == [day("2020-01-01"), day("2020-02-01"), day("2020-03-01")]
    days = learned(second.edit(one), tmp_path)
    assert days[:3].tolist() == [day("2020-01-01"), day("2020-01-02"), day("2020-01-03")]
    assert {note.code for note in make_report(second.edit(one), tmp_path).notes} <= CHOICES


def test_days_written_as_one_number_become_days(tmp_path):
    text = lines("when,y", lambda n: f"2024{DAYS[n][1]:02d}{DAYS[n][0]:02d},{n}")
    one, (as_date, _) = asked(tmp_path, text, "days-as-numbers")
    days = learned(as_date.edit(one), tmp_path)
    assert (days[0], days[-1]) == (day("2024-11-01"), day("2024-12-12"))


def test_the_ends_of_a_scale_are_words(tmp_path):
    ends = {1: "1 - never", 5: "5 - always"}
    text = lines("q,y", lambda n: f"{ends.get(1 + n % 5, 1 + n % 5)},{n}")
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    one = Project(graph=GRAPH, data=Data("csv", path="d.csv"))
    with pytest.raises(DataError, match="contains numbers, but line") as raised:
        load_dataset(one, tmp_path)
    found = load_dataset(apply_data_fix(one, raised.value.fixes[0]), tmp_path)
    assert found.facts.column_types == {"q": "category"}
    assert len(found.facts.column_names) == 5


def test_columns_of_the_same_name_can_be_told_apart(tmp_path):
    (tmp_path / "d.csv").write_text(lines("a,a,y", lambda n: f"{n},{-n},{n * n}"), encoding="utf-8")
    one = Project(graph=GRAPH, data=Data("csv", path="d.csv"))
    with pytest.raises(DataError, match="2 columns named 'a'") as raised:
        load_dataset(one, tmp_path)
    found = load_dataset(apply_data_fix(one, raised.value.fixes[0]), tmp_path)
    assert found.facts.column_names == ("a", "a.1")


def test_a_few_dates_that_are_categories_are_said(tmp_path):
    text = lines("when,a,y", lambda n: f"2024-0{1 + n % 5}-01,{n},{n}")
    one, fixes = asked(tmp_path, text, "dates-as-words")
    seen = {column.name: column.type for column in make_report(one, tmp_path).columns}
    assert seen["when"] == "category"
    mended = fixes[0].edit(one)
    assert mended == set_columns(one, ["when"], type="date")


def test_a_table_that_names_pictures_which_are_not_there_can_be_learned_as_it_is(tmp_path):
    text = lines("photo,a,y", lambda n: f"{n}.png,{n},{n}")
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    one = Project(graph=GRAPH, data=recipe_for(tmp_path / "d.csv", "d.csv"))
    with pytest.raises(DataError, match="None of the pictures") as raised:
        load_dataset(one, tmp_path)
    assert load_dataset(
        apply_data_fix(one, raised.value.fixes[0]), tmp_path
    ).facts.column_names == ("a",)


@pytest.fixture(scope="module")
def truth():
    path = Path(__file__).parents[3] / "benchmarks" / "truth.py"
    spec = importlib.util.spec_from_file_location("truth", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["truth"] = module
    spec.loader.exec_module(module)
    return module


def test_no_column_is_read_wrongly_without_a_word(truth, tmp_path):
    count = truth.run(range(6, 18), tmp_path, every=6)
    assert count.wrong == []
    assert count.right > 0.9 * count.columns
    assert count.columns > 50


def test_a_reader_that_takes_each_comma_for_thousands_is_caught(truth, tmp_path, monkeypatch):
    """The count sees what was wrong before: 60,53 beside 67.76 was 6053."""
    import pandas as pd

    from netbuilder.core.data.readers import table_cells

    def careless(series, style):
        bare = series.astype(str).str.replace(r"[^0-9.\-]", "", regex=True)
        return pd.to_numeric(bare, errors="coerce").astype("float64")

    monkeypatch.setattr(table_cells, "parse_numbers", careless)
    assert len(truth.run(range(12), tmp_path).wrong) > 2


def test_a_leak_that_is_not_told_is_caught(truth, tmp_path, monkeypatch):
    from netbuilder.core.data.prepare import quality

    leaks = [n for n in range(16) if truth.decided(random.Random(n), tmp_path)]
    monkeypatch.setattr(quality, "determined", lambda *_tables: iter(()))
    missed = [n for n in range(16) if truth.decided(random.Random(n), tmp_path)]
    assert not leaks and len(missed) > 2
