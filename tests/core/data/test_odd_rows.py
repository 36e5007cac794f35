"""A line of units, names that stand twice, ticks and empty cells: told, with the mend."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def project(**more: Any):
    recipe = Data("csv", path="d.csv", test_split=0.0, validation_split=0.0, scaling="none", **more)
    return Project(graph=GRAPH, data=recipe, training=Training(loss=Choice("mse")))


@pytest.mark.parametrize(
    ("head", "again", "said"),
    [
        ("t,v,w\n[s],[V],[W]\n", "", "Line 2 has words ('[s]', '[V]' and '[W]')"),
        ("t,v,w\n", "t,v,w\n", "Line 22 repeats the names"),
    ],
)
def test_a_line_of_words_among_numbers_is_left_out_with_one_click(tmp_path, head, again, said):
    rows = [f"{n},{n * 0.5},{n * 2 + n % 3}\n" for n in range(20)]
    (tmp_path / "d.csv").write_text(head + "".join(rows) + again + "".join(rows))
    told = [one for one in make_report(project(), tmp_path).notes if one.code == "strange-row"]
    assert [one.message.startswith(said) for one in told] == [True]
    mended = told[0].fixes[0].edit(project())
    found = load_dataset(mended, tmp_path)
    assert len(found.train) == 40
    assert found.train.raw_x["input"][:, 1].max() == 9.5
    assert not [one for one in make_report(mended, tmp_path).notes if one.code == "strange-row"]


def test_a_word_in_one_column_is_no_strange_line(tmp_path):
    rows = "".join(f"{n},{n * 0.5}\n" for n in range(20))
    (tmp_path / "d.csv").write_text("a,b\n" + rows + "lost,3\n")
    codes = {one.code for one in make_report(project(), tmp_path).notes}
    assert "strange-row" not in codes


def test_what_is_not_ticked_is_no(tmp_path, monkeypatch):
    rows = "".join(
        f"{'x' if n % 3 else ''},{'1' if n % 2 else ''},{'yes' if n % 5 else ''},{n}\n"
        for n in range(30)
    )
    (tmp_path / "d.csv").write_text("hat,beard,late,y\n" + rows)
    with pytest.raises(DataError) as told:
        load_facts(project(), tmp_path)
    fix = told.value.fixes[0]
    assert fix.label == "An empty cell means \"no\" in 'hat', 'beard' and 'late'"
    mended = apply_data_fix(project(), fix)
    data = load_dataset(mended, tmp_path)
    numbers = data.train.raw_x["input"]
    assert data.preprocessing.column_names == ("hat=no", "hat=x", "beard", "late=no", "late=yes")
    assert numbers.mean(axis=0).tolist() == pytest.approx([1 / 3, 2 / 3, 0.5, 0.2, 0.8])
    registry.save_network(mended, tmp_path / "out.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec((tmp_path / "out.py").read_text("utf-8").split("# Build the network")[0], space)
    np.testing.assert_allclose(sorted(space["x_train"].mean(axis=0)), sorted(numbers.mean(axis=0)))


def test_an_answer_that_is_ticked_or_not_is_yes_or_no(tmp_path):
    rows = "".join(f"{n},{'✓' if n % 2 else ''}\n" for n in range(20))
    (tmp_path / "d.csv").write_text("points,passed\n" + rows)
    with pytest.raises(DataError) as told:
        load_facts(project(), tmp_path)
    mended = partial(apply_data_fix, fix=told.value.fixes[0])(project())
    assert load_facts(mended, tmp_path).classes == ("no", "✓")


def test_a_word_that_is_no_tick_is_filled_with_nothing_new(tmp_path):
    rows = "".join(f"{'Peru' if n % 7 else ''},{n}\n" for n in range(20))
    (tmp_path / "d.csv").write_text("country,y\n" + rows)
    with pytest.raises(DataError) as told:
        load_facts(project(), tmp_path)
    assert not any("means" in fix.label for fix in told.value.fixes)


def rows_told(folder, end, code):
    rows = [f"t{n % 5},{n},{n * 2 + n % 3}\n" for n in range(20)]
    (folder / "d.csv").write_text("town,a,w\n" + "".join(rows) + end, encoding="utf-8")
    return [one for one in make_report(project(), folder).notes if one.code == code]


@pytest.mark.parametrize(
    "word",
    ["Razem", "Totaal", "Toplam", "Yhteensä", "Итого", "合计", "Moyenne générale", "Total (n=20)"],
)
def test_totals_in_many_languages(tmp_path, word):
    assert len(rows_told(tmp_path, f"{word},190,399\n", "total-row")) == 1


def test_a_sum_is_told_by_its_numbers_whatever_its_word(tmp_path):
    assert len(rows_told(tmp_path, "Kogusumma,190,399\n", "total-row")) == 1
    assert rows_told(tmp_path, "Total Wine,5,9\n", "total-row") == [], "a shop"


@pytest.mark.parametrize("note", ["Quelle: Bundesamt,,", "* estimated", "(20 rows affected)"])
def test_a_note_below_a_table_is_no_sample(tmp_path, note):
    told = rows_told(tmp_path, f"{note}\n", "note-row")
    assert len(told) == 1
    assert len(load_dataset(told[0].fixes[0].edit(project()), tmp_path).train) == 20
    assert rows_told(tmp_path, "t3,,\n", "note-row") == [], "a sample whose numbers are missing"


def test_totals_within_a_table_are_left_out(tmp_path):
    """As a spreadsheet's subtotals are, and a total in the first row or of two words."""
    towns = [(town, [(n * 13 % 29, n * 7 % 31 + 0.5) for n in range(at, at + 8)])
             for at, town in enumerate("ABCDE")]  # fmt: skip
    whole = [sum(row[at] for _town, rows in towns for row in rows) for at in (0, 1)]
    plain, subtotals = [], []
    for town, rows in towns:
        lines = [f"{town},{a},{w}" for a, w in rows]
        plain += lines
        sums = ",".join(str(sum(column)) for column in zip(*rows, strict=True))
        subtotals += [*lines, f"{town} Total,{sums}"]
    total = f"{whole[0]},{whole[1]}"
    for lines, count in (
        ([*subtotals, f"Grand Total,{total}"], 6),
        ([f"Total,{total}", *plain], 1),
        ([*plain, f"Total général,{total}"], 1),
        ([*plain[:20], "Total Wine,12,3.5", *plain[20:]], 0),
    ):
        (tmp_path / "d.csv").write_text("\n".join(["town,a,w", *lines]), encoding="utf-8")
        found = make_report(project(target=("w",)), tmp_path)
        assert sum(found.rows.values()) == len(lines) - count
        notes = [one for one in found.notes if one.code in {"total-row", "outlier"}]
        assert [one.severity for one in notes] == ["info"] * bool(count)
