"""From a table of words, gaps and units to a file that plain Keras asks: the same answers."""

import math
import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.project.model import Choice, Graph, Node, Project, Training


def table():
    lines = ["town;weight;size;price"]
    for n in range(60):
        town = ("Ulm", "Köln", "Bonn")[n % 3]
        size = "" if n % 11 == 5 else f"{40 + n},5"
        lines.append(f"{town};{10 + n * 7 % 50} kg;{size};{1 + n % 3}.{200 + 10 * (n % 60)} €")
    return "\n".join(lines)


@pytest.mark.slow
def test_the_answer_to_a_raw_row_is_that_of_the_predict_panel(open_window, tmp_path, qtbot):
    (tmp_path / "homes.csv").write_text(table(), encoding="cp1252")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    plan = Training(optimizer=Choice("Adam", {"learning_rate": 0.1}), epochs=5)
    window = open_window(Project("Homes", graph, training=plan), tmp_path / "homes.netbuilder")
    data = window.docks.show_panel("data")
    data.choose_path(tmp_path / "homes.csv")

    # The gaps are asked about; one click fills them.
    fill = lambda: next(  # noqa: E731
        (one for card in data.cards.cards for one in card.buttons if "mean" in one.text()), None
    )
    qtbot.waitUntil(lambda: fill() is not None)
    QTest.mouseClick(fill(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    assert window.workbench.facts.column_types == {
        "town": "category", "weight": "number", "size": "number",
    }  # fmt: skip

    qtbot.train(window)
    assert window.workbench.run_error is None
    path = tmp_path / "homes.keras"
    assert window.documents.export_to(path).finish()

    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    weight = panel.form.rows["weight"].editor.box
    weight.selectAll()
    QTest.keyClicks(weight, "33")
    qtbot.waitUntil(lambda: panel.idle and panel.rows.row["weight"] == 33)
    row = dict(panel.rows.row)
    assert set(row) == {"town", "weight", "size"}

    import keras
    import tensorflow as tf

    model = keras.models.load_model(path)
    given = {name: tf.constant([[row[name]]], model.input[name].dtype) for name in model.input}
    answer = float(model.predict(given, verbose=0)[0, 0])
    shown = lambda: re.search(r"-?[\d,]+(\.\d+)?", panel.answer.text())  # noqa: E731
    qtbot.waitUntil(lambda: float(shown()[0].replace(",", "")) == pytest.approx(answer, rel=1e-3))
    # A gap is filled in the file as in the panel.
    given["size"] = tf.constant([[float("nan")]], model.input["size"].dtype)
    filled = float(model.predict(given, verbose=0)[0, 0])
    assert filled != pytest.approx(answer, abs=1e-6)
    assert math.isfinite(filled)
