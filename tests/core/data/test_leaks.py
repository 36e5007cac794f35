"""What makes results look better than they are: leaks, groups, codes, stand-ins; the target."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.preprocessing.cells import dates_as_days, in_one_century
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
ROWS = 300
COURSE = Path(__file__).resolve().parents[4] / "shared" / "data" / "sales_training.csv"


def project(**data: object):
    return Project(graph=GRAPH, data=Data("csv", path="d.csv", **{"target": ("y",), **data}))


def frame(**more: object):
    source = np.random.default_rng(3)
    table = pd.DataFrame(source.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
    return table.assign(y=source.normal(10, 3, ROWS).round(3)).assign(**more)


def told(folder, table, code, **data: object):
    table.to_csv(folder / "d.csv", index=False)
    return [one for one in make_report(project(**data), folder).notes if one.code == code]


def drawn(low, high, seed):
    return np.random.default_rng(seed).integers(low, high, ROWS)


def test_a_factor_gives_the_target_away(tmp_path):
    net = drawn(1000, 50_000, 1) / 100
    (one,) = told(tmp_path, frame(net=net, y=(net * 1.19).round(2)), "target-given-away")
    assert one.column == "net" and "1.19 × net" in one.message
    assert not told(tmp_path, frame(net=net, y=net + drawn(0, 400, 2)), "target-given-away")


def test_two_columns_give_the_target_away_by_their_mean(tmp_path):
    read, math = drawn(20, 90, 3), drawn(20, 90, 4)
    table = frame(read=read, math=math, y=((read + math) / 2).round())
    (one,) = told(tmp_path, table, "target-given-away")
    assert "'read'" in one.message and "'math'" in one.message
    left = one.fixes[2].edit(project())
    assert {left.data.columns[name].role for name in ("read", "math")} == {"ignore"}
    noisy = frame(read=read, math=math, y=(read + math) / 2 + drawn(-20, 20, 5))
    assert not told(tmp_path, noisy, "target-given-away"), "what goes with it is to be learned from"


def test_a_threshold_gives_the_target_away(tmp_path):
    weight = drawn(900, 4900, 6)
    (one,) = told(tmp_path, frame(bwt=weight, y=(weight < 2500).astype(int)), "target-given-away")
    assert one.column == "bwt"
    apart = np.where(weight < 2500, weight, weight + 3000)
    species = frame(petal=apart, y=(weight < 2500).astype(int))
    assert not told(tmp_path, species, "target-given-away"), "between two species stands a gap"


def patients():
    """Forty patients with eight rows each, and a diagnosis by chance."""
    source, who = np.random.default_rng(7), np.repeat(np.arange(40), 8)
    values = source.normal(size=(40, 4))[who] + source.normal(0, 0.2, (320, 4))
    table = pd.DataFrame(values, columns=["f1", "f2", "f3", "f4"])
    return table.assign(patient=who + 1000, y=source.integers(0, 2, 40)[who])


def test_rows_of_one_patient_are_kept_together(tmp_path):
    (one,) = told(tmp_path, patients(), "rows-in-groups")
    assert one.column == "patient"
    careless, kept = project(), one.fixes[0].edit(project())
    assert kept.data.columns["patient"].role == "group"
    who = patients()["patient"].to_numpy()
    for wanted, both in ((careless, True), (kept, False)):
        rows = prepare_data(wanted, tmp_path).rows
        shared = set(who[rows.train]) & {*who[rows.test], *who[rows.validation]}
        assert bool(shared) == both
    assert not [n for n in make_report(kept, tmp_path).notes if n.code == "rows-in-groups"]
    assert load_dataset(kept, tmp_path).facts.column_names == ("f1", "f2", "f3", "f4")


def test_a_town_that_says_little_about_its_rows_is_no_group(tmp_path):
    town = np.array([*"ABCDEFGHIJKLMNOPQRST"])[drawn(0, 20, 8)]
    assert not told(tmp_path, frame(town=town, age=drawn(20, 60, 9)), "rows-in-groups")


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("zip_code", "category"),
        ("phone", "ignore"),
        ("patient_id", "category"),
        ("PLZ", "category"),
    ],
)
def test_codes_are_no_amounts(tmp_path, name, fix):
    values = drawn(10_000, 99_999, 10) if fix == "ignore" else 10_000 + 371 * (drawn(0, 20, 10))
    (one,) = told(tmp_path, frame(**{name: values}), "codes")
    choice = one.fixes[0].edit(project()).data.columns[name]
    assert fix in {choice.type, choice.role}


@pytest.mark.parametrize("name", ["rooms", "price", "children"])
def test_amounts_that_repeat_are_no_codes(tmp_path, name):
    assert not told(tmp_path, frame(**{name: drawn(1, 9, 11)}), "codes")


@pytest.mark.parametrize(
    ("values", "odd", "asked"),
    [
        (drawn(180, 450, 12) / 10, 0, True),  # a BMI
        (drawn(50, 900, 13) / 10, -1, True),  # a depth
        (drawn(0, 12, 14), 0, False),  # children
        (np.round(np.random.default_rng(15).exponential(2, ROWS), 1), 0, False),  # rain
    ],
)
def test_what_cannot_be_is_asked_about(tmp_path, values, odd, asked):
    held = values.astype(float)
    held[::20] = odd
    found = told(tmp_path, frame(v=held), "stand-in")
    assert bool(found) == asked
    if asked:
        after = found[0].fixes[0].edit(project())
        assert after.data.options["missing_values"] == {"v": [odd]}


def test_born_in_2075_is_asked(tmp_path):
    dates = [f"{1 + n % 28:02d}.{1 + n % 12:02d}.{30 + n % 60:02d}" for n in range(ROWS)]
    (one,) = told(tmp_path, frame(born=dates), "years-of-two-digits")
    after = one.fixes[0].edit(project()).data.options["centuries"]["born"]
    days = dates_as_days(in_one_century(pd.Series(["01.02.75", "01.02.20"]), after), "", "dayfirst")
    assert days.tolist() == [1857.0, 18293.0]
    assert days.max() < 36_500, "the careless reading: 2075"


@pytest.mark.parametrize("cell", ["9999-12-31", "2024-02-30"])
def test_a_day_that_cannot_be_is_told(tmp_path, cell):
    dates = [f"2024-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(ROWS)]
    dates[7] = cell
    (one,) = told(tmp_path, frame(seen=dates), "impossible-dates")
    assert cell in one.message
    assert one.fixes[0].edit(project()).data.options["missing_values"] == {"seen": [cell]}


def test_rows_that_are_there_by_chance_are_no_copy_of_the_training_file(tmp_path):
    table = pd.DataFrame(
        {"a": np.arange(120) % 4, "b": np.arange(120) % 3, "y": np.arange(120) % 2}
    )
    table.iloc[:24].to_csv(tmp_path / "t.csv", index=False)
    assert not told(tmp_path, table, "test-is-training", test_path="t.csv")
    assert told(tmp_path, table, "test-rows-known", test_path="t.csv")


@pytest.mark.parametrize(
    ("names", "target", "told_why"),
    [
        (("critic_rating", "is_action", "total_earnings", "unit_price"), "total_earnings", True),
        (("Survived", "Age", "Fare"), "Survived", True),
        (("size", "rooms", "garden"), "garden", True),
        (("a", "b", "y"), "y", True),
    ],
)
def test_a_likely_target_is_taken_and_told(tmp_path, names, target, told_why):
    source = np.random.default_rng(17)
    values = source.normal(size=(60, len(names))).round(3)
    pd.DataFrame(values, columns=list(names)).to_csv(tmp_path / "d.csv", index=False)
    found = make_report(project(target=()), tmp_path)
    assert {one.name for one in found.columns if one.role == "target"} == {target}
    assert found.facts is not None and found.facts.target_names == (target,)
    said = [one for one in found.notes if one.code == "default-target"]
    assert bool(said) == told_why
    assert not said or target in said[0].message


@pytest.mark.skipif(not COURSE.is_file(), reason="the course's data is not here")
def test_the_course_s_own_table_predicts_earnings(tmp_path):
    (tmp_path / "d.csv").write_bytes(COURSE.read_bytes())
    found = make_report(project(target=()), tmp_path)
    assert found.facts is not None and found.facts.target_names == ("total_earnings",)
    assert not [one for one in found.notes if one.code == "target-given-away"]


def test_a_logarithm_gives_the_target_away(tmp_path):
    wage = np.random.default_rng(8).uniform(20, 300, ROWS).round(2)
    table = frame(y=wage, logwage=np.log(wage).round(6))
    assert [one.column for one in told(tmp_path, table, "target-given-away")] == ["logwage"]
    years = frame(year=np.arange(ROWS), y=np.sort(wage))
    assert told(tmp_path, years, "target-given-away") == [], "a year may go up by itself"


def test_three_columns_give_the_target_away_by_their_sum(tmp_path):
    parts = {name: drawn(0, 50, seed) for seed, name in enumerate(("read", "write", "maths"))}
    table = frame(**parts, y=sum(parts.values()))
    leak = told(tmp_path, table, "target-given-away")
    assert len(leak) == 1 and all(name in leak[0].message for name in parts)
    noisy = frame(**parts, y=sum(parts.values()) + drawn(-9, 9, 5))
    assert told(tmp_path, noisy, "target-given-away") == []


def test_a_formula_names_no_factor_of_one(tmp_path):
    gross, tax = drawn(100, 900, 1), drawn(10, 90, 2)
    leak = told(tmp_path, frame(gross=gross, tax=tax, y=gross - tax), "target-given-away")
    assert "'y' is gross − tax." in leak[0].message


def test_amounts_that_go_together_are_no_groups(tmp_path):
    """Cars of equal horsepower resemble each other; so do those of nearly equal horsepower."""
    source = np.random.default_rng(4)
    power = source.integers(40, 130, ROWS)
    more = {name: power * (n + 1) + source.normal(0, 4, ROWS) for n, name in enumerate("abc")}
    table = frame(**more, horsepower=power, y=power * 2 + source.normal(0, 8, ROWS))
    assert told(tmp_path, table, "rows-in-groups") == []
    visits = source.permutation(90)[drawn(0, 60, 3)]
    mood = source.normal(0, 9, 90)[visits]
    more = {name: mood + source.normal(0, 1, ROWS) for name in "abc"}
    table = frame(**more, who=visits, y=mood + source.normal(0, 1, ROWS))
    assert [one.column for one in told(tmp_path, table, "rows-in-groups")] == ["who"]


def test_one_height_of_0_is_asked_about_and_one_goal_is_not(tmp_path):
    height, goals = drawn(150, 195, 1), drawn(1, 30, 2)
    height[7] = goals[7] = 0
    table = frame(height=height, goals=goals)
    assert [one.column for one in told(tmp_path, table, "stand-in")] == ["height"]


def test_a_gas_called_no_is_no_code(tmp_path):
    assert told(tmp_path, frame(NO=drawn(4, 90, 1)), "codes") == []
    assert [one.column for one in told(tmp_path, frame(StoreID=drawn(1, 7, 1)), "codes")] == [
        "StoreID"
    ]


def test_born_in_2091_is_told_and_a_contract_that_ends_is_not(tmp_path):
    born = [f"19{50 + n % 30}-03-0{1 + n % 9}" for n in range(ROWS)]
    born[9] = "2091-05-05"
    wrong = told(tmp_path, frame(born=born), "impossible-dates")
    assert wrong and wrong[0].fixes[0].edit(project()).data.options["missing_values"] == {
        "born": ["2091-05-05"]
    }
    ends = [f"20{15 + n % 25}-03-01" for n in range(ROWS)]
    assert told(tmp_path, frame(ends=ends), "impossible-dates") == []


def test_versions_are_no_dates(tmp_path):
    versions = ["1.2.3", "1.10.0", "2.0.1"] * (ROWS // 3)
    assert told(tmp_path, frame(v=versions), "impossible-dates") == []


def test_days_first_and_months_first_in_one_column_are_told(tmp_path):
    days = [f"{13 + n % 9}/0{1 + n % 8}/2021" for n in range(ROWS)]
    days[::2] = [f"0{1 + n % 8}/{13 + n % 9}/2021" for n in range(0, ROWS, 2)]
    kinds = {"d": ColumnChoice("feature", "date")}
    assert len(told(tmp_path, frame(d=days), "dates-two-ways", columns=kinds)) == 1


@pytest.mark.parametrize(
    ("names", "target", "instead"),
    [
        (("carat", "price", "x", "y", "z"), "price", "z"),
        (("X", "Y", "month", "area"), "area", "month"),
        (("y", "x1", "x2"), "y", "x2"),
        (("x", "y"), "y", "x"),
        (("y", "rating", "size"), "rating", "y"),
        (("class", "x", "y"), "class", "y"),
    ],
)
def test_a_coordinate_called_y_is_no_target(tmp_path, names, target, instead):
    values = np.random.default_rng(1).normal(size=(60, len(names))).round(3)
    pd.DataFrame(values, columns=list(names)).to_csv(tmp_path / "d.csv", index=False)
    report = make_report(project(target=()), tmp_path)
    assert report.facts is not None and report.facts.target_names == (target,)
    (note,) = [one for one in report.notes if one.code == "default-target"]
    assert note.fixes[0].edit(project(target=())).data.target == (instead,)


def test_a_target_of_texts_is_told(tmp_path):
    rows = [f'{n},"this is text number {n} of many words",{"ab"[n % 2]}' for n in range(40)]
    (tmp_path / "d.csv").write_text("stars,review,mood\n" + "\n".join(rows), encoding="utf-8")
    recipe = Project(graph=GRAPH, data=Data("text", path="d.csv"))
    (note,) = [n for n in make_report(recipe, tmp_path).notes if n.code == "default-target"]
    assert "'mood'" in note.message
    assert note.fixes[0].edit(recipe).data.target == ("stars",)


def by_person(people, rows, seed=7):
    """Noise, and a diagnosis that each of some people has in all their rows."""
    source, who = np.random.default_rng(seed), np.repeat(np.arange(people), rows)
    table = pd.DataFrame(source.normal(size=(people * rows, 3)), columns=["f1", "f2", "f3"])
    ill = source.permutation(np.arange(people) % 2)
    return table.assign(
        person=[f"P{n:02d}" for n in who], y=np.where(ill, "ill", "well")[who],
        chance=np.where(source.integers(0, 2, people * rows), "ill", "well"),
    )  # fmt: skip


def test_a_category_that_decides_the_target_is_told(tmp_path):
    people = by_person(30, 10)
    (note,) = told(tmp_path, people.drop(columns="chance"), "rows-in-groups")
    assert note.column == "person" and "30 values" in note.message
    assert note.fixes[0].edit(project()).data.columns["person"].role == "group"
    wards = by_person(6, 30).rename(columns={"person": "ward"})
    (note,) = told(tmp_path, wards.drop(columns="chance"), "target-given-away")
    assert note.column == "ward"
    assert note.fixes[0].edit(project()).data.columns["ward"].role == "ignore"
    for table in (people, wards):
        by_chance = table.drop(columns="y").rename(columns={"chance": "y"})
        for code in ("target-given-away", "rows-in-groups"):
            assert told(tmp_path, by_chance, code) == []
    few = pd.DataFrame(
        {"a": drawn(0, 9, 1)[:20], "b": [*"uuuuvvvvww"] * 2, "y": [0, 0, 0, 0, 1] * 4}
    )
    assert not told(tmp_path, few, "target-given-away"), "twenty rows may agree by chance"


def test_a_category_decides_a_number(tmp_path):
    town = drawn(0, 6, 2)
    table = frame(
        town=np.array([*"ABCDEF"])[town], y=np.array([3.5, 7.25, 1.5, 9.0, 4.0, 2.0])[town]
    )
    assert [n.column for n in told(tmp_path, table, "target-given-away")] == ["town"]
    assert not told(tmp_path, table.assign(y=table["y"] + drawn(0, 3, 4)), "target-given-away")


def test_groups_of_an_ignored_column_are_told(tmp_path):
    out = {"patient": ColumnChoice("ignore")}
    table = patients()
    (note,) = told(tmp_path, table, "rows-in-groups", columns=out)
    assert [fix.edit(project(columns=out)).data.columns["patient"].role for fix in note.fixes] == [
        "group"
    ]
    noise = by_person(30, 10).drop(columns="chance")
    ignored = {"person": ColumnChoice("ignore")}
    assert not told(tmp_path, noise, "rows-in-groups", columns=ignored), "rows name nobody then"
    traits = noise["person"].str[1:].astype(int)
    people = noise.assign(
        blood=[*map(["A", "B", "AB", "0"].__getitem__, traits % 4)], town=traits % 7
    )
    people["town"] = "T" + people["town"].astype(str)
    (note,) = told(tmp_path, people, "rows-in-groups", columns=ignored)
    assert note.column == "person", "blood and town name the person together"
    chosen = {"patient": ColumnChoice("feature")}
    assert not told(tmp_path, table, "rows-in-groups", columns=chosen)


def test_a_sum_of_marks_is_told_where_it_looks_like_classes(tmp_path):
    marks = {name: drawn(1, 7, seed) for seed, name in enumerate(("maths", "physics", "art"))}
    (note,) = told(tmp_path, frame(**marks, y=sum(marks.values())), "target-given-away")
    assert all(name in note.message for name in marks)
    (note,) = told(tmp_path, pd.DataFrame(marks).assign(y=sum(marks.values())), "rows-twice")
    assert note.severity == "info", "few marks are possible"
    assert not told(tmp_path, frame(**marks, y=drawn(3, 19, 9)), "target-given-away")


@pytest.mark.parametrize(
    ("group", "scores", "codes"),
    [
        (np.arange(100, 130), np.random.default_rng(5).normal(50, 10, 30).round(2), 1),
        (np.arange(1990, 2020), np.linspace(400, 900, 30).round(2) + drawn(0, 30, 6)[:30], 0),
        (np.arange(30), 80 + 60 * np.sin(np.arange(30) / 4).round(3), 0),
    ],
)
def test_numbers_that_name_a_group_are_no_amounts(tmp_path, group, scores, codes):
    """A score for each of 30 patients; but a rent goes on from year to year."""
    who = np.repeat(np.arange(30), 10)
    table = frame(y=scores[who])
    table.insert(0, "entity", group[who])
    notes = told(tmp_path, table, "rows-in-groups")
    assert [note.column for note in notes] == ["entity"] * codes


@pytest.mark.parametrize("columns", [{}, {"y": ColumnChoice("target", "number")}])
def test_copies_are_no_coincidence(tmp_path, columns):
    """A hundred pairs of few values, each three times: the target is of the row."""
    source = np.random.default_rng(2)
    pairs = pd.DataFrame({"a": source.integers(0, 25, 100), "b": source.integers(0, 25, 100)})
    pairs = pairs.assign(y=source.normal(size=100).round(2)).drop_duplicates()
    (note,) = told(tmp_path, pd.concat([pairs] * 3), "rows-twice", columns=columns)
    assert (note.severity, len(note.fixes)) == ("warning", 1)
    for seed in range(6):
        source = np.random.default_rng(seed)
        pairs = pd.DataFrame({"a": source.integers(0, 25, 100), "b": source.integers(0, 25, 100)})
        pairs = pairs.assign(y=source.integers(0, 2, 100)).drop_duplicates()
        copied = pairs.loc[np.repeat(pairs.index, source.integers(2, 5, len(pairs)))]
        (note,) = told(tmp_path, copied.sample(frac=1, random_state=1), "rows-twice")
        assert note.severity == "warning", "copied two to four times"
    grid = pd.DataFrame({"a": np.repeat(np.arange(10), 10), "b": np.tile(np.arange(10), 10)})
    grid = grid.assign(y=(grid["a"] > grid["b"]).astype(int))
    (note,) = told(tmp_path, pd.concat([grid] * 3), "rows-twice")
    assert note.severity == "warning"
    cells = pd.DataFrame({name: drawn(0, 3, seed) for seed, name in enumerate("abcy")})
    (note,) = told(tmp_path, cells, "rows-twice")
    assert note.severity == "info", "of 81 rows many are equal by chance"
    source = np.random.default_rng(4)
    mood = source.normal(size=(ROWS, 1)) * 0.8 + source.normal(size=(ROWS, 5)) * 0.6
    survey = pd.DataFrame(np.clip(np.round(mood + 2), 0, 4).astype(int), columns=[*"abcde"])
    (note,) = told(tmp_path, survey.assign(y=drawn(0, 2, 8)), "rows-twice")
    assert note.severity == "info", "answers that go together"
    source = np.random.default_rng(5)
    mood = 0.9 * source.normal(size=(ROWS, 1)) + 0.44 * source.normal(size=(ROWS, 10))
    survey = pd.DataFrame(np.clip(np.round(mood * 1.25 + 3), 1, 5).astype(int))
    survey.columns = [f"q{n}" for n in range(10)]
    (note,) = told(tmp_path, survey, "rows-twice", target=("q9",))
    assert note.severity == "info", "answers that go together closely"
    for code in ("target-given-away", "rows-in-groups"):
        assert not told(tmp_path, survey, code, target=("q9",))
    loose = mood + source.normal(size=mood.shape)
    survey[:] = np.clip(np.round(loose + 3), 1, 5).astype(int)
    (note,) = told(tmp_path, pd.concat([survey, survey[:40]]), "rows-twice", target=("q9",))
    assert note.severity == "warning", "forty people are there twice"
    noisy = pd.DataFrame({name: drawn(0, 3, seed) for seed, name in enumerate("abcd")})
    noisy = noisy.assign(y=1000 * noisy["a"] + 317 * noisy["b"] + drawn(0, 20, 7))
    (note,) = told(tmp_path, noisy, "rows-twice")
    assert note.severity == "info", "the target is decided by few features and a little noise"


@pytest.mark.parametrize(
    ("name", "values", "asked"),
    [
        ("price", 199 + 50 * drawn(0, 7, 1), True),
        ("children", drawn(0, 6, 2), True),
        ("class", drawn(0, 6, 3), False),
        ("died", drawn(0, 2, 4), False),
        ("digit", drawn(0, 10, 5), False),
        ("visits", drawn(0, 90, 6), False),
        *(
            (name, drawn(0, 6, 8), True)
            for name in ("Kinder", "class_size", "Gruppengröße", "group_size", "n_types", "y")
        ),
        *((name, drawn(0, 6, 8), False) for name in ("Klasse", "Altersgruppe", "类别")),
        ("mood", np.array([*"abc"])[drawn(0, 3, 7)], False),
    ],
)
def test_amounts_that_become_classes_are_told(tmp_path, name, values, asked):
    table = frame().drop(columns="y").assign(**{name: values})
    notes = told(tmp_path, table, "class-numbers", target=(name,))
    assert bool(notes) == asked
    if asked:
        number = notes[0].fixes[0].edit(project(target=(name,)))
        report = make_report(number, tmp_path)
        assert report.facts is not None and report.facts.task == "regression"
        assert not [one for one in report.notes if one.code == "class-numbers"]


@pytest.mark.parametrize(
    ("name", "values", "is_id"),
    [
        ("Inserat-Nr", np.random.default_rng(1).permutation(ROWS) + 4000, True),
        ("Kundennummer", drawn(10_000, 99_999, 2) * 10 + np.arange(ROWS) % 10, True),
        ("lfd_nr", np.arange(ROWS) + 1, True),
        ("customer_no", np.arange(ROWS) + 501, True),
        ("whatever", np.random.default_rng(3).permutation(ROWS), True),
        ("weight", np.random.default_rng(4).permutation(3 * ROWS)[:ROWS], False),
        ("year", np.arange(ROWS) + 1700, False),
        ("rank", np.random.default_rng(5).permutation(ROWS) + 1, False),
    ],
)
def test_an_id_is_known_by_what_it_is(tmp_path, name, values, is_id):
    notes = told(tmp_path, frame(**{name: values}), "id-column")
    assert [one.column for one in notes] == ([name] if is_id else [])
    assert not told(tmp_path, frame(**{name: values}), "codes"), "it is said once"


def test_a_step_that_the_target_follows_is_no_id(tmp_path):
    walk = np.random.default_rng(6).normal(size=ROWS).cumsum().round(3)
    assert not told(tmp_path, frame(step=np.arange(ROWS), y=walk), "id-column")
    by_price = frame(step=np.arange(ROWS), y=np.sort(drawn(100, 900, 1)) + 0.5)
    assert told(tmp_path, by_price, "id-column"), "a list sorted by price counts its rows"
