"""What Surface, Evaluate, Predict and Inside say while there is nothing to show: the next step."""

import pytest

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data

PANELS = ("surface", "evaluate", "predict", "inside")


def _said(window):
    """What the panels that wait say: one sentence where all say the same."""
    places = [window.docks.show_panel(name, focus=False).waiting for name in PANELS]
    # Surface does not wait where it shows the points already.
    return {place.words.text() for place in places if place.currentIndex() == 0}


def test_all_four_say_what_is_missing(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"))
    assert all(words.startswith("Press Train") for words in _said(window))
    whole = window.store.project
    window.store.apply("Empty", lambda p: edits.remove_nodes(p, [n.id for n in p.graph.nodes[1:]]))
    assert _said(window) == {_("Drag a layer onto the canvas first.")}
    window.store.apply("Back", lambda _p: edits.set_data(whole, Data()))
    assert _said(window) == {_("Choose data on the Data page first.")}
    window.store.apply("Wrong", lambda _p: edits.set_params(whole, "output", units=2))
    qtbot.waitUntil(lambda: any(one.blocks for one in window.workbench.problems))
    (words,) = _said(window)
    assert words.startswith("The network ends in Dense 'output' with 2 units")
    assert words.count("\n") == 1, "the problem, and where to fix it"
    gone = Data(kind="csv", path=str(tmp_path / "gone.csv"), target=("y",))
    window.store.apply("Other data", lambda p: edits.set_data(p, gone))
    qtbot.waitUntil(lambda: window.workbench.data_error is not None)
    (words,) = _said(window)
    assert "Data page" in words


@pytest.mark.slow
def test_a_run_that_broke_off_is_told_everywhere(open_window, example, qtbot):
    """The loss became infinite: "Press Train" would only let it break off again."""
    project = example("diabetes")
    plan = project.training
    wild = plan.optimizer.__class__("SGD", {"learning_rate": 1e6})
    window = open_window(edits.set_training(project, optimizer=wild, epochs=20))
    _said(window)
    qtbot.train(window)
    assert window.workbench.run_error is not None
    assert "instead of 1,000,000" in str(window.workbench.run_error)
    assert window.workbench.models.trained is None
    assert _said(window) == {
        _("The last training failed. The Curves page says why and what to do.")
    }
