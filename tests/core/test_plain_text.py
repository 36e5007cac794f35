"""Names from elsewhere do no harm where they are shown or written."""

import csv
import io
import tokenize
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.escaping.plain_text import spreadsheet_cell
from netbuilder.core.formats.script.notebook import notebook
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.grading import report
from netbuilder.core.grading.submission import Submission, student_of
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project
from netbuilder.core.results.model_card import ModelCard, Section, as_markdown
from netbuilder.core.results.predict import Predictions
from netbuilder.core.results.predict_file import FilePredictions

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
