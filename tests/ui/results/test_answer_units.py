"""What stands beside the numbers of the target stands beside the answers about it."""

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.data_views import table_data_view
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.engine.runs import run_store
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.classification_curves import MEANINGS, gap_sentence, metric_meaning
from netbuilder.core.results.compare import residuals
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.explain.methods import ComparisonRows, explain
from netbuilder.core.results.predict import form_fields
from netbuilder.ui.results.runs_model import run_tooltip
from netbuilder.ui.services.runs.run_progress import test_text as text_of_test
from netbuilder.ui.services.views.sample_activations import label_of


@pytest.mark.slow
def test_answers_about_money_are_money(open_window, qtbot, tmp_path):
    rows = [f"{40 + n} m²,${200 + 3 * n}" for n in range(50)]
    (tmp_path / "d.csv").write_text("size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project(graph=graph, data=Data("csv", path="d.csv", target=("price",)))
    window = open_window(edits.set_training(project, epochs=2), tmp_path / "own.netbuilder")
    qtbot.train(window)
    trained = window.workbench.models.trained
    again = Preprocessing.from_json(trained.preprocessing.to_json())
    assert again.outputs["out"].column_units == ("$",), "a file of the model keeps it"
    test = load_dataset(project, tmp_path).test
    sentence = evaluate(trained, test).sentence
    assert "price is off by $" in sentence
    assert "would be off by $" in sentence
    judged = evaluate(trained, test)
    assert "Standard deviation of the residuals: $" in residuals(judged).sentence
    assert "error: $" in gap_sentence({"training": judged, "test": judged})
    assert all("$" in metric_meaning(name, 1.5, judged) for name in MEANINGS if "error" in name)
    sample = {"input": test.raw_x["input"][0]}
    rows_beside = ComparisonRows(test.raw_x, test.raw_y["out"])
    for method, words in (("occlusion", "would be $"), ("importance", "off by $"),
                          ("response", "most: from $")):  # fmt: skip
        said = explain(trained, sample, method, rows=rows_beside)
        assert words in said.sentence, method
    assert said.responses[0].unit == "$"
    assert " m²" in said.responses[0].ends[0]
    found = table_data_view(project, tmp_path, make_report(project, tmp_path))
    assert [found.axis(place) for place in (0, 1)] == ["size (m²)", "price ($)"]
    assert label_of(test, trained.preprocessing, 0) == f"${np.ravel(test.raw_y['out'])[0]:.0f}"
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text().startswith("price: $"))
    assert form_fields(trained)[0].unit == "m²"
    assert "size (m²)" in [one.text() for one in panel.findChildren(QLabel)]
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    assert window.activations_service.look_now.units == {"out": ("$",)}
    evaluated = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: evaluated.evaluation is not None)
    qtbot.waitUntil(lambda: evaluated.residuals.found is not None)
    item = evaluated.residuals.plot.getPlotItem()
    assert item.getAxis("bottom").labelText == "true price ($)"
    (run,) = run_store.list_runs()
    assert run.unit == "$"
    assert text_of_test(run).startswith("± $"), "the error is money as the answer is"
    assert "mean absolute error $" in run_tooltip(run)
