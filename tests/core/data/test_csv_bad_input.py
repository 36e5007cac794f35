"""Every way in which a student's CSV file is wrong gets one message that names place and mend."""

from pathlib import Path

import pytest

from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Data, Project

GOOD = [f"{i},{i * 2 % 7},{i * 3.5}" for i in range(1, 41)]


def project(name="d.csv", **data: object):
    options = data.pop("options", {})
    target = data.pop("target", ("price",))
    return Project(data=Data("csv", path=name, target=target, options=options, **data))


def write(folder, lines, name="d.csv", encoding="utf-8"):
    (folder / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))


def write_wrong(folder, wrong):
    """Write the table with other lines at some places; the header is line 0."""
    lines = ["size,rooms,price", *GOOD]
    write(folder, [wrong.get(number, line) for number, line in enumerate(lines)])


def message(folder, **data: object):
    with pytest.raises(DataError) as caught:
        load_dataset(project(**data), folder)
    assert caught.value.fix, "an error without a mend"
    return str(caught.value)


@pytest.mark.parametrize(
    ("number", "line", "words"),
    [
        (5, "5,3,1,400", "Line 6 of 'd.csv' has 4 cells, but there are 3 columns"),
        (7, '7,"3,24.5', "quotation mark in line 8 of 'd.csv' is never closed"),
        (7, "inf,3,24.5", "line 8 that is too large (inf)"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, number, line, words):
    write_wrong(tmp_path, {number: line})
    assert words in message(tmp_path)


def test_missing_values_name_column_lines_and_mend(tmp_path):
    write_wrong(tmp_path, {4: "4,,14.0", 9: "9,,31.5", 12: ",3,42.0"})
    said = message(tmp_path)
    assert "3 values are missing in d.csv" in said
    assert "column 'rooms' in lines 5 and 10" in said
    assert "column 'size' in line 13" in said
    assert '"drop"' in said
    assert '"mean"' in said


def test_every_column_with_missing_values_is_named(tmp_path):
    lines = ["full,a,b,c,d,price"]
    lines += ["1,,,,," if n in (2, 3) else f"{n},1,2,3,{n},{2 * n}" for n in range(12)]
    write(tmp_path, lines)
    said = message(tmp_path, target=("price",))
    assert "column 'c' in lines 4 and 5; also in columns 'd' and 'price'." in said
    assert "more" not in said


def test_missing_values_are_dropped_or_filled_on_request(tmp_path):
    write_wrong(tmp_path, {4: "4,,14.0"})
    dropped = load_facts(project(options={"missing": "drop"}, test_split=0.0), tmp_path)
    assert dropped.rows + dropped.validation_rows == 39
    assert "1 row with missing values was left out." in dropped.notes
    filled = load_dataset(project(options={"missing": "mean"}, test_split=0.0), tmp_path)
    assert filled.facts.rows + filled.facts.validation_rows == 40
    rooms = filled.preprocessing.inputs["input"].columns[1]
    rows = filled.train.raw_x["input"]
    at = rows[rows[:, 0] == 4.0]
    assert at.size == 0 or at[0, 1] == pytest.approx(rooms.fill)


def test_a_missing_target_is_never_made_up(tmp_path):
    write_wrong(tmp_path, {4: "4,5,"})
    filled = load_facts(project(options={"missing": "mean"}, test_split=0.0), tmp_path)
    assert filled.rows + filled.validation_rows == 39


def test_unknown_rule_for_missing_values(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    assert "'error', 'drop', 'mean', 'median'" in message(tmp_path, options={"missing": "guess"})


def test_a_wrong_separator_says_so(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    said = message(tmp_path, options={"separator": "semicolon"})
    assert "d.csv has no target column 'price'" in said
    assert "not a single character" in message(tmp_path, options={"separator": "::"})


def test_a_wrong_encoding_is_named(tmp_path):
    write(tmp_path, ["größe,rooms,price", *GOOD], encoding="cp1252")
    assert "'utf-8'" in message(tmp_path, options={"encoding": "utf-8"})


def test_duplicate_headers_name_the_columns(tmp_path):
    write(tmp_path, ["size,size,price", *GOOD])
    said = message(tmp_path)
    assert "2 columns named 'size' (columns 1 and 2)" in said


def test_no_rows(tmp_path):
    write(tmp_path, ["size,rooms,price"])
    assert "column names but no rows" in message(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "d.csv").write_bytes(b"")
    assert "'d.csv' is empty" in message(tmp_path)


def test_a_target_with_one_value(tmp_path):
    write(tmp_path, ["size,rooms,price", *(f"{i},{i % 3},9" for i in range(40))])
    said = message(tmp_path)
    assert "target column 'price' of d.csv has the same value in every row: '9'" in said


def test_a_target_that_is_not_there_suggests_the_nearest(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    said = message(tmp_path, target=("prise",))
    assert "Did you mean 'price'?" in said
    assert "size, rooms and price" in said


def test_a_test_file_with_other_columns(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    write(tmp_path, ["size,room,price", *GOOD], "t.csv")
    said = message(tmp_path, test_path="t.csv")
    assert "t.csv lacks the column rooms of d.csv" in said


def test_a_test_file_with_more_columns_is_fine(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    write(tmp_path, ["note,rooms,size,price", *(f"x,{line}" for line in GOOD)], "t.csv")
    found = load_dataset(project(test_path="t.csv"), tmp_path)
    assert found.facts.test_rows == 40
    assert found.test.raw_x["input"][0].tolist() == [2.0, 1.0]
    assert any("note" in note for note in found.facts.notes)


def test_a_file_that_is_gone_a_folder_and_a_spreadsheet(tmp_path):
    assert "There is no file" in message(tmp_path)
    (tmp_path / "d.csv").mkdir()
    assert "is a folder" in message(tmp_path)
    (tmp_path / "e.csv").write_bytes(b"PK\x03\x04" + b"x" * 50)
    assert "save it as CSV" in message(tmp_path, name="e.csv")


def test_an_impossible_split(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    assert "validation split cannot be 1.5" in message(tmp_path, validation_split=1.5)


def test_a_text_target_with_too_many_values(tmp_path):
    lines = ["size,rooms,price", *(f"{i},{i % 3},code-{i}-x" for i in range(40))]
    write(tmp_path, lines)
    said = message(tmp_path)
    assert "too many for classes" in said
    rows = "".join(f"{n},{10 + n % 9}:{n * 7 % 60:02d}\n" for n in range(40))
    (tmp_path / "d.csv").write_text("age,time\n" + rows)
    timed = Project(data=Data("csv", path="d.csv", target=("time",)))
    with pytest.raises(DataError) as caught:
        load_facts(timed, tmp_path)
    hours = load_dataset(apply_data_fix(timed, caught.value.fixes[0]), tmp_path).train.raw_y
    assert hours["output"].min() >= 10 and hours["output"].max() < 19
    assert "'code-0-x'" in said


def test_no_data_and_unknown_kinds():
    with pytest.raises(DataError, match="No data is chosen"):
        load_facts(Project(), Path())
    with pytest.raises(DataError, match="no kind of data 'sql'"):
        load_facts(Project(data=Data("sql")), Path())
    with pytest.raises(DataError, match=r"Did you mean 'iris'\?"):
        load_facts(Project(data=Data("builtin", name="irsi")), Path())


def test_a_scaling_that_does_not_exist(tmp_path):
    write(tmp_path, ["size,rooms,price", *GOOD])
    assert "There is no scaling 'robust'" in message(tmp_path, scaling="robust")


def test_the_preview_shows_a_file_whose_recipe_does_not_fit(tmp_path):
    write_wrong(tmp_path, {4: "4,,14.0"})
    seen = load_preview(project(target=()), tmp_path, rows=5)
    assert seen.columns == ("size", "rooms", "price")
    assert seen.rows[3] == ("4", "", "14")
    assert [entry.missing for entry in seen.stats] == [0, 1, 0]
    assert seen.stats[2].maximum == 140.0


def test_a_separator_at_the_end_of_each_line_is_fine(tmp_path):
    write(tmp_path, ["size,rooms,price", *(f"{line}," for line in GOOD)])
    assert load_facts(project(), tmp_path).column_names == ("size", "rooms")
    write(tmp_path, ["size,rooms,price", *(f"{line},8" for line in GOOD)])
    assert "Line 2 of 'd.csv' has 4 cells" in message(tmp_path)


def test_blank_lines_and_old_line_ends(tmp_path):
    (tmp_path / "d.csv").write_bytes("\r".join(["", "size,rooms,price", *GOOD, ""]).encode())
    found = load_facts(project(), tmp_path)
    assert found.rows + found.validation_rows + found.test_rows == len(GOOD)
    lines = ["", "size,rooms,price", *GOOD[:5], "", "x,1,2.5", *GOOD[5:]]
    write(tmp_path, lines)
    assert "line 9 has the text 'x'" in message(tmp_path)
