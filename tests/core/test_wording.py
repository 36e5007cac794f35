"""Numbers, lists, sizes and names, read and written right in every language."""

import csv
import datetime as dt
import io
import os
import re
import subprocess
import sys
import tokenize
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core import i18n, wording
from netbuilder.core.errors import UserError
from netbuilder.core.escaping.plain_text import spreadsheet_cell
from netbuilder.core.files.file_names import portable_name
from netbuilder.core.formats.script.notebook import notebook
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.grading import report
from netbuilder.core.grading.submission import Submission, file_name, student_of
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project
from netbuilder.core.results.model_card import ModelCard, Section, as_markdown
from netbuilder.core.results.predict import Predictions
from netbuilder.core.results.predict_file import FilePredictions
from netbuilder.core.wording import (
    correct_sentence,
    format_approximate,
    format_percent,
    format_probability,
)


def test_no_digit_that_is_not_known():
    assert format_approximate(68.437, 79.26) == "68"
    assert format_approximate(79.26, 79.26) == "79"
    assert format_approximate(0.7231, 1.651) == "0.7"
    assert format_approximate(123456.0, 5400.0) == "123,500"
    assert format_approximate(1.5, 0.0) == "1.5"
    assert format_approximate(float("nan"), 1.0) == "nan"


def test_a_probability_has_one_decimal_and_is_all_only_where_it_is():
    assert [format_probability(part) for part in (1.0, 0.9996, 0.997, 0.83, 0.004, 1e-7, 0.0)] == [
        "100.0%", ">99.9%", "99.7%", "83.0%", "0.4%", "<0.1%", "0.0%",
    ]  # fmt: skip
    assert format_percent(598 / 600) == "99.7%"
    assert format_percent(0.999999) == ">99.99%"
    assert format_percent(0.998, 0, 0) == ">99%" and format_percent(0.002, 0, 0) == "<1%"
    assert format_percent(1.0, 1) == "100.0%" and format_percent(0.5, 1) == "50.0%"
    assert correct_sentence(1.0) == "100 of 100 predictions are correct."
    assert correct_sentence(598 / 600) == "997 of 1,000 predictions are correct."
    assert correct_sentence(0.0004) == "4 of 10,000 predictions are correct."
    assert correct_sentence(0.86) == "86 of 100 predictions are correct."


def test_a_unit_stands_where_it_is_written():
    assert wording.format_measure(1304, "$") == "$1,304"
    assert wording.format_measure(158.6, "$") == "$158.60"
    assert wording.format_measure(-20, "US$") == "−US$20"
    assert wording.format_measure(510.0000001, "$") == "$510"
    assert wording.format_measure(81.5, "m²") == "81.5 m²"
    assert wording.format_measure(2.5, "$ /m") == "$2.50 /m"
    assert wording.format_measure(0.00012, "$") == "$0.000120"
    assert wording.format_measure(7, "") == "7"
    assert wording.format_range("457", "2,745", "€") == "€457 to €2,745"
    assert wording.format_range("30", "89", "kg") == "30 to 89 kg"


@pytest.fixture
def language(tmp_path, monkeypatch):
    """German, French and Chinese without any sentence: their numbers are Babel's."""
    for name in ("de", "fr", "zh_CN"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "netbuilder.po").write_text('msgid ""\nmsgstr ""\n', encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    monkeypatch.setenv(i18n.VARIABLE, "en")
    i18n.load_catalog.cache_clear()
    yield
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")


NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("name", "thousands", "share", "size", "listed", "day"),
    [
        ("en", "−1,234.5", "97.7%", "1.4 GB", "a, b and c", "28 November 2026"),
        ("de", "−1.234,5", "97,7\xa0%", "1,4\xa0GB", "a, b und c", "28. November 2026"),
        ("fr", f"−1{NARROW}234,5", f"97,7{NARROW}%", f"1,4{NARROW}Go", "a, b et c",
         "28 novembre 2026"),
        ("zh_CN", "−1,234.5", "97.7%", "1.4 GB", "a、b和c", "2026年11月28日"),
    ],
)  # fmt: skip
def test_a_language_writes_numbers_its_own_way(language, name, thousands, share, size, listed, day):
    i18n.set_language(name)
    assert wording.format_number(-1234.5, ",.1f") == thousands
    assert format_percent(0.977, 1).replace("\xa0", NARROW) == share.replace("\xa0", NARROW)
    assert wording.format_bytes(1.4e9) == size
    assert wording.format_list("abc") == listed
    assert wording.format_date(dt.date(2026, 11, 28)) == day


def test_numbers_among_the_values_of_a_message_follow_the_language(language):
    i18n.set_language("de")
    assert i18n.gettext("{value} of {other:.2f}", value=0.5, other=1 / 3) == "0,5 of 0,33"
    assert i18n.ngettext("{count} row", "{count} rows", 12_000) == "12.000 rows"
    assert i18n.gettext("{value!r} in {name}", value=0.5, name="1.5.csv") == "0.5 in 1.5.csv"


def test_a_capital_is_that_of_the_language():
    try:
        for language, first in (("tr", "İz"), ("en", "Iz")):
            i18n.set_language(language)
            assert wording.capitalize_first("iz") == first
        i18n.set_language("tr")
        assert i18n.localized("-1.2e-05") == "−0,000012" and i18n.localized("1e-07") == "1e-07"
        assert i18n.localized(">99.9%") == ">%99,9" and i18n.localized("-5%") == "−%5"
    finally:
        i18n.set_language("en")


def test_a_value_has_one_text():
    number = wording.format_number
    assert number(-0.0) == "0" and number(-0.0004, ".2f") == "0.00"
    assert number(-3.2e-7) == "−3.20e-07" and number(1e-6) == "0.00000100"
    assert number(0.000541) == "0.000541" and number(0.00099996) == "0.001000"
    assert [number(value) for value in (0.128, 0.0840, 1.240, 0.00834, 12345.6)] == [
        "0.128", "0.084", "1.24", "0.00834", "12,346",
    ]  # fmt: skip
    assert number(12_345_678) == "12,345,678" and number(1e10) == "10,000,000,000"
    assert number(3.2e25) == "3.20e+25"
    assert number(-0.34485) == number(float(np.float32(-0.34485))) == "−0.3449"
    assert [wording.format_signed(value) for value in (0.3994, -0.05, 0.0)] == [
        "+0.3994", "−0.05", "0",
    ]  # fmt: skip
    beside = [wording.format_signed(value, 0.3994) for value in (1.91e-6, -1.91e-6, 0.002)]
    assert beside == ["0", "0", "+0.002"], "at the digits of the largest"


@pytest.mark.parametrize(("name", "point"), [("en", "."), ("de", ",")])
def test_decimal_points_of_a_column_are_in_one_line(language, name, point):
    i18n.set_language(name)
    texts = [wording.format_number(value) for value in (0.007269, 0.0478, 12.0)]
    rooms = [wording.decimal_padding(one, wording.most_decimals(texts)) for one in texts]
    assert {len((text + room).replace("\u2008", point).partition(point)[2])
            for text, room in zip(texts, rooms, strict=True)} == {6}  # fmt: skip
    assert wording.most_decimals(["1.5", "0.9 (0.8 to 1.0)"]) == 0
    share = f"98{point}6%"
    assert wording.most_decimals([share, texts[0]]) == 0, "an accuracy and a loss"
    assert wording.most_decimals([share, "9%"]) == 1


def test_halves_of_a_percent_are_rounded_up_as_at_school():
    assert wording.format_percent(77 / 80, 1) == wording.format_number(77 / 80, ".1%") == "96.3%"
    assert wording.format_percent(35 / 80, 1) == "43.8%"
    assert wording.format_number(-77 / 80, ".1%") == "−96.3%"
    assert wording.format_percent(1 / 8, 0) == "13%"
    assert wording.format_percent(0.0, 0) == "0%" and wording.format_percent(1.0) == "100.0%"


def test_sizes_and_durations():
    sizes = [wording.format_bytes(count) for count in (0, 999, 12_000, 600_000, 5e12)]
    assert sizes == ["0 bytes", "999 bytes", "12 kB", "0.6 MB", "5.0 TB"]
    durations = [wording.format_duration(seconds) for seconds in (0.01, 2.34, 33, 200, 3900)]
    assert durations == ["less than 0.1 s", "2.3 s", "33 s", "3 min 20 s", "1 h 05 min"]


@pytest.mark.parametrize(
    ("name", "sentences", "label", "values"),
    [
        ("en", "Done. One more.", "a: b", "4.3, 3"),
        ("de", "Fertig. Noch einer.", "a: b", "4,3; 3"),
        ("fr", "Fini. Encore un.", "a\xa0: b", "4,3\xa0; 3"),
        ("zh_CN", "完成。还有一个。", "a：b", "4.3，3"),
    ],
)
def test_sentences_labels_and_values_are_joined_as_the_language_does(
    monkeypatch, name, sentences, label, values
):
    monkeypatch.setenv(i18n.VARIABLE, "en")
    try:
        i18n.set_language(name)
        split = re.findall(r"[^.。]+[.。]", sentences)
        assert wording.join_sentences([split[0], "", split[1].strip()]) == sentences
        assert wording.join_sentences([]) == "" and wording.join_sentences(["a."]) == "a."
        assert wording.labelled("a", "b") == label
        assert wording.as_sentence("a") == ("a。" if name == "zh_CN" else "a.")
        assert wording.join_values([wording.format_number(4.3), 3]) == values
    finally:
        i18n.set_language("en")


def test_the_two_sentences_of_an_error_are_joined_so_too():
    assert str(UserError("没有数据。", "请选择数据。")) == "没有数据。请选择数据。"
    assert str(UserError("No data.", "Choose data.")) == "No data. Choose data."


CALC = "=cmd|' /C calc'!A0"
CODE = '\nraise SystemExit("injected")\n#'


@pytest.mark.parametrize(
    "text", [CALC, "+1+cmd|x", "-A1&B1", "@SUM(A1)", "\t=1", "\u202e=1", "-2+3"]
)
def test_a_formula_becomes_text(text):
    assert str(spreadsheet_cell(text)).startswith("'")


@pytest.mark.parametrize("cell", ["-5", "+1.5e3", "-", "-3,5 %", "-40 °C", "a=b", "", 3.0, None])
def test_what_is_no_formula_stays(cell):
    assert spreadsheet_cell(cell) is cell


def test_a_table_of_predictions_has_no_formulas(tmp_path):
    table = pd.DataFrame({"size": ["-5", "36"], "note": [CALC, "NA"], f"{CALC}2": [0.5, -0.5]})
    empty = Predictions(np.zeros((2, 1)), ())
    FilePredictions(empty, table, (f"{CALC}2",)).write(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["size", "note", f"'{CALC}2"]
    assert rows[1:] == [["-5", f"'{CALC}", "0.5"], ["36", "NA", "-0.5"]]


def test_marks_of_direction_are_left_out_of_grades(tmp_path):
    name = "\u202eAda\u2066 \u200fLovelace"
    row = Submission(f"{name}.h5", name, message=name, comment=f"\u202e{CALC}")
    report.write_table([row], tmp_path / "t.csv")
    report.write_html([row], tmp_path / "t.html")
    [page] = report.write_feedback([row], tmp_path / "back")
    for path in (tmp_path / "t.csv", tmp_path / "t.html", page):
        text = path.read_text("utf-8-sig")
        assert "Ada Lovelace" in text and not set("\u202e\u2066\u200f") & set(text)
    assert f",'{CALC}" in (tmp_path / "t.csv").read_text("utf-8-sig")
    assert "\u202e" not in student_of(Path(f"{name}.h5"), None)


def test_a_project_s_name_is_no_markup():
    name = "<img src=x onerror=1> [a](javascript:1)\n# `b`"
    [line, *rest] = as_markdown(
        ModelCard(name, (Section("Data", ((name, "1 | 2"),), "<script>x"),))
    ).split("\n")
    head = notebook(Project(name=name))["cells"][0]["source"][0]
    for text in (line, "\n".join(rest), head):
        assert "<" not in text and "[a](" not in text.replace("\\[a\\](", "")
    assert line == head.rstrip("\n") == (
        r"# &lt;img src=x onerror=1&gt; \[a\](javascript:1) \# \`b\`"
    )  # fmt: skip
    assert r"| 1 \| 2 |" in "\n".join(rest)


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("role", ["", "group", "weight", "order", "split"])
def test_a_name_with_a_line_break_is_no_code_in_a_script(style, role):
    names = [f"{letter}{CODE}" for letter in "abcy"]
    nodes = (
        Node("in", "Input"),
        Node("x", f"Own{CODE}"),
        Node(f"out{CODE}", "Dense", {"units": 1, "activation": f"relu{CODE}"}),
    )
    project = Project(
        name=f'"""{CODE}',
        graph=Graph(nodes, (("in", "x"), ("x", nodes[2].id))),
        data=Data(
            "csv", path=f"t{CODE}.csv", target=(names[3],),
            columns={names[0]: ColumnChoice(role), names[1]: ColumnChoice("", missing="drop")},
        ),
    )  # fmt: skip
    for own in (project, replace(project, data=replace(project.data, kind="series"))):
        text = script_source(own, None, style, errors=(f"bad{CODE}",))
        words = tokenize.generate_tokens(io.StringIO(text).readline)
        assert not [word.line for word in words if word.string == "SystemExit"]
        compile(text, "script", "exec")


GERMAN = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "The file '{name}' has no header row."
msgstr "Die Datei „{name}“ hat keine Kopfzeile."

msgid "{count} row"
msgid_plural "{count} rows"
msgstr[0] "{count} Zeile"
msgstr[1] "{count} Zeilen"

msgid "Open {name}"
msgstr "{nane} öffnen"
"""


@pytest.fixture
def german(tmp_path, monkeypatch):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "netbuilder.po").write_text(GERMAN, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    monkeypatch.setenv(i18n.VARIABLE, "en")
    i18n.load_catalog.cache_clear()
    yield tmp_path
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")


def test_a_sentence_is_in_the_chosen_language_and_falls_back_to_english(german):
    assert i18n.set_language("de_AT.UTF-8") == "de"
    assert i18n.gettext("The file '{name}' has no header row.", name="a.csv") == (
        "Die Datei „a.csv“ hat keine Kopfzeile."
    )
    assert i18n.ngettext("{count} row", "{count} rows", 1) == "1 Zeile"
    assert i18n.ngettext("{count} row", "{count} rows", 3) == "3 Zeilen"
    assert i18n.gettext("Not translated {n}", n=3) == "Not translated 3"


def test_a_value_with_braces_is_not_read_as_a_placeholder(german):
    i18n.set_language("en")
    assert i18n.gettext("Column '{name}'", name="{x}") == "Column '{x}'"


def test_a_translation_with_another_placeholder_falls_back(german):
    i18n.set_language("de")
    assert i18n.gettext("Open {name}", name="a") == "Open a"


def test_no_text_stays_no_text(german):
    """A catalog's own answer to the empty message is its header."""
    for name in ("de", i18n.PSEUDO):
        i18n.set_language(name)
        assert i18n.gettext("") == ""


def test_an_unknown_language_lists_those_there_are(german):
    with pytest.raises(UserError) as caught:
        i18n.set_language("tlh")
    assert caught.value.code == "language_unknown"
    assert "de" in str(caught.value)


def test_a_damaged_catalog_is_left_out_with_a_warning(german, caplog):
    (german / "de" / "netbuilder.mo").write_bytes(b"\xde\x12\x04\x95 damaged")
    os.utime(german / "de" / "netbuilder.po", (0, 0))
    i18n.set_language("de")
    assert i18n.gettext("{n} layers", n=2) == "2 layers"
    assert len([entry for entry in caplog.records if "damaged" in entry.message]) == 1


def test_the_pseudo_locale_keeps_placeholders_and_tags(german):
    i18n.set_language("qps")
    text = i18n.gettext("Open <b>{name}</b> now", name="a.csv")
    assert text.startswith("⟦Öpéñ ")
    assert "<b>a.csv</b>" in text
    assert text.endswith("·⟧")


def test_the_command_line_takes_a_language():
    done = subprocess.run(
        [sys.executable, "-m", "netbuilder", "examples", "--language", "tlh", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert '"language_unknown"' in done.stdout


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sales", "Sales"), ("What is 2:3?", "What is 2_3_"), ("a/b\\c", "a_b_c"), (" x. ", "x"),
        ("con", "con_"), ("Nul.1", "Nul.1_"), ("console", "console"), ("...", ""),
    ],
)  # fmt: skip
def test_what_windows_refuses_is_replaced(text, name):
    assert portable_name(text) == name


def test_a_hand_in_has_a_name_whatever_the_pupil_is_called():
    assert file_name("Ada", "first_model", ".h5") == "Ada - first_model.h5"
    assert file_name("Con", "", ".h5", ["Con_.h5"]) == "Con_ 2.h5"
    assert file_name(" . ", "", ".h5") == "hand-in.h5"
