"""One reading for a column: proven by its cells, or asked; values known beforehand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.findings import ERROR, WARNING
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.number_text import number_of, number_style
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.results.predict import form_fields, predict_rows, raw_from_rows
from netbuilder.ui.forms.parsing import read_cell

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
RECIPE = Data(
    "csv", path="d.csv", target=("y",), scaling="none", test_split=0.0, validation_split=0.0
)
PROJECT = Project(graph=GRAPH, data=RECIPE, training=Training(loss=Choice("mse"), epochs=1))


def write(folder, cells, separator=";", more=""):
    path = folder / "d.csv"
    lines = [f"{cell}{separator}{place}" for place, cell in enumerate(cells)]
    path.write_text(f"x{separator}y\n" + "\n".join(lines) + "\n" + more, encoding="utf-8")
    return path


def found(path, code):
    findings = table_reading(read_table(path, {})).findings
    return next((one for one in findings if one.code == code), None)


#: How a column is written, what it says, and what a careless reader takes one cell for.
PROVEN = {
    "two marks": (["60,53", "67.76", "8,5", "12.25"], [60.53, 67.76, 8.5, 12.25], 6053),
    "both marks, grouped": (["1.234,50", "1,234.50", "7,25"], [1234.5, 1234.5, 7.25], 1.2345),
    "minus behind": (["12,50-", "7,25", "3,10-"], [-12.5, 7.25, -3.1], 12.5),
    "brackets": (["(45)", "12", "($7)", "9"], [-45, 12, -7, 9], 45),
    "unit behind a space": (["1\u202f458,5\u00a0€", "12,75\u00a0€"], [1458.5, 12.75], 1),
    "a mark and a unit": (["60,53 kg", "67.76 kg", "5,1 kg"], [60.53, 67.76, 5.1], 6053),
    "lakhs": (["12,34,567", "1,00,000", "99"], [1234567, 100000, 99], 12),
    "a dash for cents": (["12,-", "7,50", "1.204,-"], [12, 7.5, 1204], 1.204),
    "carpenters": (["3 1/4", "12", "7 1/2"], [3.25, 12, 7.5], 31),
}


@pytest.mark.parametrize("name", list(PROVEN))
def test_the_only_reading_that_explains_every_cell_is_taken(tmp_path, name):
    cells, numbers, careless = PROVEN[name]
    column = read_table(write(tmp_path, cells * 4), {})["x"]
    assert column.tolist() == pytest.approx(numbers * 4)
    assert careless not in column.tolist()
    # The script reads with the program's own functions.
    registry.save_network(PROJECT, tmp_path / "out.py", tmp_path)
    text = (tmp_path / "out.py").read_text("utf-8").split("# Build the network")[0]
    space: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        exec(text, space)
    np.testing.assert_allclose(np.asarray(space["x_train"])[:, 0], numbers * 4, rtol=1e-6)


@pytest.mark.parametrize(
    ("cells", "first", "second"),
    [
        (["1,458 €", "12,300 €", "7,125 €"], 1458, 1.458),
        (["60,531", "67.762", "8,125", "12.250"], 60531, 60.531),
        (["1.204", "995", "2.250"], 1204, 1.204),
        (["1,125", "2.5", "7,250", "9.75"], 1125, 1.125),
    ],
)
def test_where_two_readings_explain_every_cell_three_cells_are_shown_in_each(
    tmp_path, cells, first, second
):
    path = write(tmp_path, cells * 3)
    asked = found(path, "ambiguous-numbers")
    assert asked is not None and asked.severity == ERROR and asked.column == "x"
    told = asked.message
    assert f"{first:g}" in told and f"{second:g}" in told, told
    read = {
        float(read_table(path, reading_options(fix.edit(PROJECT).data))["x"].iloc[0])
        for fix in asked.fixes[:2]
    }
    assert read == {first, second}


@pytest.mark.parametrize(("separator", "asked"), [("|", True), (";", True), (",", False)])
def test_points_before_three_digits_alone_are_asked_where_commas_part_no_cells(
    tmp_path, separator, asked
):
    """3.614 beside 5.678 is 3614 to who writes 3,5; who parts cells by commas writes 3.5."""
    path = write(tmp_path, ["3.614", "5.678", "1.028", "7.771"] * 4, separator)
    told = found(path, "ambiguous-numbers")
    assert bool(told) == asked
    if told is not None:
        read = [
            float(read_table(path, reading_options(fix.edit(PROJECT).data))["x"].iloc[0])
            for fix in told.fixes[:2]
        ]
        assert sorted(read) == [3.614, 3614]


def test_a_decimal_comma_elsewhere_is_no_proof_where_a_column_may_have_thousands(tmp_path):
    rows = [f"{one};0,{place}5" for place, one in enumerate(["5 196", "770", "7,949", "6 441"] * 3)]
    (tmp_path / "d.csv").write_text("a;b\n" + "\n".join(rows) + "\n", encoding="utf-8")
    asked = found(tmp_path / "d.csv", "ambiguous-numbers")
    assert asked is not None and (asked.column, asked.severity) == ("a", WARNING)


@pytest.mark.parametrize(
    ("cells", "careful"),
    [(["$1,304.50", "$20.00", "$995"], 1304.5), (["1,304,995", "2,000", "17"], 1304995)],
)
def test_what_is_plain_is_not_asked(tmp_path, cells, careful):
    path = write(tmp_path, cells * 4)
    assert found(path, "ambiguous-numbers") is None
    assert read_table(path, {})["x"].iloc[0] == careful


@pytest.mark.parametrize("word", ["Average", "Mittelwert", "Subtotal R0"])
def test_a_footer_is_told_wherever_its_word_stands(tmp_path, word):
    names = [f"r{place % 4};{place * 1.5}" for place in range(20)]
    (tmp_path / "a.csv").write_text("k;v\n" + "\n".join(names) + f"\n{word};14.25\n")
    told = found(tmp_path / "a.csv", "total-row")
    assert (told.severity, "22" in told.message) == ("info", True)
    # In a column of numbers the word names the cell, and the column stays one of numbers.
    write(tmp_path, [str(place * 1.5) for place in range(20)], more=f"{word};20\n")
    assert load_dataset(PROJECT, tmp_path).train.raw_x["input"].max() == 28.5
    used = make_report(PROJECT, tmp_path).notes[0].fixes[0].edit(PROJECT)
    with pytest.raises(DataError) as error:
        load_dataset(used, tmp_path)
    assert error.value.code == "text_among_numbers" and word in error.value.what


def test_yes_and_no_in_ten_spellings_are_two_words(tmp_path):
    cells = ["Y", "yes", "TRUE", "1", "ja", "N", "no", "FALSE", "0", "nein"]
    path = write(tmp_path, cells * 4)
    assert read_table(path, {})["x"].tolist() == (["yes"] * 5 + ["no"] * 5) * 4
    told = found(path, "truth-words")
    assert load_dataset(PROJECT, tmp_path).facts.column_names == ("x=no", "x=yes")
    apart = told.fixes[0].edit(PROJECT)
    assert len(load_dataset(apart, tmp_path).facts.column_names) == 10, "the careless reading"


def test_what_makes_words_of_a_column_is_named(tmp_path):
    cells = [str(place) for place in range(8)] + [f"w{place}" for place in range(12)]
    told = found(write(tmp_path, cells), "text-among-numbers")
    assert told is not None and "'w0' in line 10" in told.message


def test_feet_and_inches_are_read_and_minutes_are_asked(tmp_path):
    path = write(tmp_path, ["5'3", "6'4", "5'11"] * 4)
    assert read_table(path, {})["x"].tolist()[:3] == [63, 76, 71]
    assert found(path, "times") is not None
    path = write(tmp_path, ["5'3", "6'34", "5'11"] * 4)
    told = found(path, "feet-and-inches")
    after = told.fixes[0].edit(PROJECT)
    assert read_table(path, reading_options(after.data))["x"].tolist()[:3] == [63, 106, 71]


def test_ordinals_are_words_without_units(tmp_path):
    path = write(tmp_path, ["1st", "2nd", "3rd", "11th"] * 4)
    for cells in (
        ["1st", "2nd", "3rd"], ["1. Klasse", "2. Klasse"], ["1er étage", "2e étage", "3ème étage"],
        ["1ª classe", "2ª classe"], ["1ère classe", "2e classe"], ["1年级", "2年级", "3年级"],
    ):  # fmt: skip
        assert number_style(cells * 5) is None
    amounts = {"€": ["12. €", "5. €"], "ºC": ["20 ºC", "5 ºC"], "m": ["3 m", "2 m"]}
    for unit, cells in amounts.items():
        style = number_style(cells * 5)
        assert style is not None and style.unit == unit
    for name in ("Längengrad", "longitud", "latitud", "经度", "geo_breite", "Breitengrad"):
        style = number_style(["6.5W", "7.25W"] * 5, name=name)
        assert style is not None and number_of("6.5W", style.point, style.counts) == -6.5
    style = number_style(["6.5W", "7.25W"] * 5, name="Breitband")
    assert style is not None and style.unit == "W"
    assert found(path, "several-units") is None


def test_a_decimal_comma_in_a_form_is_one(tmp_path):
    """0,5 was 5, and 1,125 was 1.125 where the file's commas group thousands."""
    rows = [f"{n / 4:.2f}".replace(".", ",") + f";{n / 2}".replace(".", ",") for n in range(40)]
    (tmp_path / "d.csv").write_text("x;y\n" + "\n".join(rows) + "\n")
    trained = Session(
        PROJECT, load_dataset(PROJECT, tmp_path), storage=RunStorage(record=False)
    ).run()
    half, plain = (predict_rows(trained, {"x": cell}).first.values for cell in ("0,5", "0.5"))
    assert half == pytest.approx(plain)
    comma, three = (predict_rows(trained, {"x": x}).first.values for x in ("1,125", 1.125))
    assert comma == pytest.approx(three), "as the file writes it"
    with pytest.raises(DataError) as error:
        predict_rows(trained, {"x": "1.125"})
    assert error.value.code == "number_two_ways"
    (field,) = form_fields(trained)
    assert read_cell("1,125", field.marks, field.unit) == 1.125
    with pytest.raises(ValueError, match="1125"):
        read_cell("1.125", field.marks, field.unit)


def test_a_comma_in_a_form_is_asked_where_the_file_has_none(tmp_path):
    write(tmp_path, [str(place * 10) for place in range(40)])
    trained = Session(
        PROJECT, load_dataset(PROJECT, tmp_path), storage=RunStorage(record=False)
    ).run()
    with pytest.raises(DataError) as error:
        predict_rows(trained, {"x": "1,125"})
    assert error.value.code == "number_two_ways"


@pytest.mark.parametrize("value", [1.234, 60.53, 1234.5])
def test_a_number_in_a_row_is_itself_however_its_file_writes_numbers(tmp_path, value):
    """1.234 was 1234, and 60.53 an error, in a column that groups by points."""
    write(tmp_path, ["1.234,50", "60,53", "8,25", "12,75"] * 10)
    trained = Session(
        PROJECT, load_dataset(PROJECT, tmp_path), storage=RunStorage(record=False)
    ).run()
    raw, _notes = raw_from_rows(trained, [{"x": value}])
    assert raw["input"][0, 0] == pytest.approx(value)


def test_cells_that_a_reading_does_not_explain_are_no_numbers():
    one = {"": 1.0}
    assert np.isnan(number_of("60,53", ".", one)), "60,53 does not group by threes"
    assert np.isnan(number_of("1-2", ".", one))
    assert np.isnan(number_of("192.168.0.1", "either", one))
    assert np.isnan(number_of("12 kg", ".", one)), "a unit that nobody knows"


def test_signs_of_fractions_and_unseen_characters(tmp_path):
    path = write(tmp_path, ["3½", "2¼", "4", "5¾"] * 5)
    assert read_table(path, {})["x"].tolist() == [3.5, 2.25, 4, 5.75] * 5
    assert found(path, "several-units") is None
    path = write(tmp_path, ["\u200b82.9", "6.3\u200b", "71.8", "\ufeff5"] * 5)
    assert read_table(path, {})["x"].tolist() == [82.9, 6.3, 71.8, 5] * 5


def test_a_word_with_its_place_in_a_list_is_no_number_with_a_unit(tmp_path):
    cells = ["1. White", "2. Black", "3. Asian", "4. Other"]
    path = write(tmp_path, cells * 6)
    assert read_table(path, {})["x"].tolist() == cells * 6
    assert found(path, "several-units") is None and found(path, "text-among-numbers") is None


def test_a_script_knows_what_stands_for_a_missing_number(tmp_path):
    """``?`` is a gap in a column of numbers, which pandas takes for a word; a word elsewhere."""
    rows = [f"{'?' if n % 5 == 0 else n},{'yes' if n % 2 else 'no'},{n}" for n in range(30)]
    path = tmp_path / "a.csv"
    path.write_text("x,w,y\n" + "\n".join(rows) + "\n")
    read_as = table_reading(read_table(path, {})).read_as
    assert read_as == {"na_values": ["?"]}
    assert pd.read_csv(path, **read_as)["x"].equals(
        read_table(path, {})["x"].reset_index(drop=True)
    )
    path.write_text(path.read_text().replace("yes", "?"))
    assert table_reading(read_table(path, {})).read_as == {}, "there it is a word"
