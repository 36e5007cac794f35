"""The canvas while a network trains: pictures move, and come from the run itself."""

from __future__ import annotations

import numpy as np

from netbuilder.core.project import edits

MINUTE = 60_000


def test_nodes_show_the_chosen_sample_while_it_trains(open_window, example, qtbot) -> None:
    project = edits.set_training(example("moons"), epochs=200_000)
    window = open_window(project)
    looks: list = []
    window.sample_view.changed.connect(lambda: looks.append(window.sample_view.look))
    window.runner.start()
    qtbot.waitUntil(lambda: sum(look is not None for look in looks) > 3, timeout=MINUTE)
    seen = [look for look in looks if look is not None]
    first, last = seen[0], seen[-1]
    dense = next(n.id for n in project.graph.nodes if n.layer == "Dense")
    assert np.array_equal(first.values["input"], last.values["input"])
    assert not np.array_equal(first.weights[dense]["kernel"], last.weights[dense]["kernel"])
    assert dense in window.canvas.previews.ids
    # What is shown is what the weights of that moment make of the sample.
    sums = last.values["input"] @ last.weights[dense]["kernel"] + last.weights[dense]["bias"]
    activation = project.graph.by_id[dense].params.get("activation")
    own = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}.get(activation, lambda x: x)(sums)
    np.testing.assert_allclose(last.values[dense], own, atol=1e-5)
    qtbot.waitUntil(lambda: bool(window.sample_view.look.surfaces), timeout=MINUTE)
    assert window.sample_view.look.surfaces[dense].shape[:2] == (24, 24)

    # Another sample can be chosen meanwhile.
    window.looking.show_row(7)
    qtbot.waitUntil(
        lambda: not np.array_equal(window.sample_view.look.values["input"], last.values["input"]),
        timeout=MINUTE,
    )
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.active, timeout=MINUTE)
    qtbot.waitUntil(lambda: window.looking.look is not None, timeout=MINUTE)
    assert window.sample_view.look is None
    assert window.canvas.look_closer(dense), "the model answers when the run is over"
    assert window.looking.look.surfaces[dense].shape[:2] == (24, 24)


def test_pictures_of_an_earlier_run_fade_until_the_new_one_comes(hand) -> None:
    from PySide6.QtGui import QImage

    image = QImage(40, 20, QImage.Format.Format_ARGB32)
    image.fill(0xFF0000FF)
    view = hand.view
    view.set_preview("dense", image)
    spot = next(place for _, place in view.previews._places()).center()

    bright = view.grab().toImage().pixelColor(view.sight.mapFromScene(spot))
    view.previews.fade()
    faded = view.grab().toImage().pixelColor(view.sight.mapFromScene(spot))
    assert bright.red() == 0 and faded.red() > 100
    view.set_preview("dense", image)
    assert view.grab().toImage().pixelColor(view.sight.mapFromScene(spot)).red() == 0
