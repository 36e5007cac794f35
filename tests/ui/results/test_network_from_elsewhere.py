"""A plain .h5 without data: its form waits to be filled in, and offers no rows of anything."""

import keras
import numpy as np


def test_an_empty_form_is_no_mistake_and_there_is_no_other_row(open_window, tmp_path, qtbot):
    model = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(7), keras.layers.Dense(3, activation="softmax")]
    )
    model.save(tmp_path / "plain.h5")
    window = open_window()
    window.documents.open_asking(tmp_path / "plain.h5")
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: "x0, x1, x2, x3 and x4" in panel.about.text())
    qtbot.waitUntil(lambda: panel.idle)
    assert not panel.cards.cards
    assert not panel.another.isVisibleTo(panel)

    row = [0.5, -1.0, 2.0, 0.25, 3.0]
    for number, value in enumerate(row):
        panel.rows.edit(f"x{number}", value)
        if number == 2:
            qtbot.waitUntil(lambda: "in x3 and x4" in panel.about.text())
            assert not panel.cards.cards
    qtbot.waitUntil(lambda: panel.predictions is not None)
    expected = model.predict(np.array([row]), verbose=0)[0]
    told = np.asarray(panel.predictions.first.probabilities)[0]
    assert np.allclose(told, expected, atol=1e-5)
    window.resize(1366, 768)
    panel.rows.edit("x0", None)
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    assert panel.cards.cards[0].title.text() == "'x0' is empty."

    # No set that comes along has five columns.
    qtbot.waitUntil(lambda: bool(window.workbench.problems))
    (missing,) = [one for one in window.workbench.problems if one.title == "No data"]
    assert missing.fix is None
