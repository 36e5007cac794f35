"""The button "Show another test row" writes a test row into the form and predicts for it."""

import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.project import edits
from netbuilder.core.results.predict import predict_raw
from netbuilder.ui.services.runs.run_record import RunState

MINUTE = 30_000


@pytest.mark.slow
def test_it_is_the_next_row_of_the_test_data(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=3))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=MINUTE)
    assert panel.another.isVisibleTo(panel)
    qtbot.waitUntil(lambda: "Test row 1 of 30" in panel.about.text(), timeout=MINUTE)
    first = window.activations_service.look.raw["input"]
    assert list(panel.rows.row.values()) == pytest.approx(first.tolist()), "what the canvas shows"
    before = panel.predictions
    panel.another.click()
    qtbot.waitUntil(lambda: panel.predictions is not before, timeout=MINUTE)
    test = load_dataset(window.workbench.models.trained.project, window.workbench.base).test
    index = window.activations_service.index
    raw = {key: values[index : index + 1] for key, values in test.raw_x.items()}
    assert list(panel.rows.row.values()) == pytest.approx(next(iter(raw.values()))[0].tolist())
    right = predict_raw(window.workbench.models.trained, raw).first.probabilities
    assert panel.predictions.first.probabilities == pytest.approx(right, abs=1e-5)
    assert f"Test row {index + 1} of {len(test)}" in panel.about.text()
    box = next(iter(panel.form.rows.values())).editor.box
    assert box.text().startswith(f"{raw_first(raw):.6g}")
    panel.rows.edit(next(iter(panel.rows.row)), 5.0)
    assert "Test row" not in panel.about.text(), "an edited row is no test row"
    window.activations_service.show_row(7)
    qtbot.waitUntil(lambda: window.activations_service.look.index == 7, timeout=MINUTE)
    assert next(iter(panel.rows.row.values())) == 5.0, "what was filled in by hand stays"


def raw_first(raw):
    return float(next(iter(raw.values()))[0][0])
