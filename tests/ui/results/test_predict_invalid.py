"""The big answer is about what stands in the form: none where that is no number."""

import numpy as np

from netbuilder.core.project import edits
from netbuilder.ui.kinds.rows import ResponseView
from netbuilder.ui.plots.training_curves import short_number


def test_trouble_with_a_file_stands_where_its_answers_would(open_window, example, qtbot, tmp_path):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    window.resize(1100, 500)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    panel.answer_file(tmp_path / "other.csv")
    qtbot.waitUntil(panel.file_answers.isVisible)
    card = panel.file_answers.cards.cards[0]
    qtbot.waitUntil(lambda: not card.visibleRegion().isEmpty())
    assert panel.head.isHidden(), "no empty strip"
    panel.rows.edit(next(iter(panel.form.rows)), 4.0)
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert not panel.head.isHidden()


def test_the_axis_of_a_curve_is_that_of_this_network(open_window, qtbot):
    view = ResponseView(open_window(keras=False).workbench)
    qtbot.addWidget(view)
    view.show()
    x, far = np.arange(5.0), np.arange(5.0) * 60_000
    view.show_curve(x, far, (far - 10, far + 10))
    view.plot.grab()
    assert view.plot.viewRange()[1][1] > 200_000
    view.show_fields([])
    view.show()
    view.show_curve(x, x / 10, None)
    view.plot.grab()
    assert view.plot.viewRange()[1][1] < 1


def test_no_number_below_one_is_written_as_one():
    shown = [short_number(value) for value in (0.99982, 0.99999, -0.9996, 1.0, 0.9)]
    assert shown == ["0.9998", "0.9999", "−0.9996", "1", "0.9"]
