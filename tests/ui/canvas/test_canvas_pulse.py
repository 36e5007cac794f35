"""While the network trains, the data is seen on its way; when it rests, nothing moves."""

import time

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from netbuilder.ui.canvas.paint.paint_wires import wire_path


def picture(view):
    return view.viewport().grab().toImage()


def test_dots_run_along_the_wires_while_it_trains(hand, qtbot):
    view = hand.view
    before = picture(view)
    view.pulse.beat()
    first = view.pulse.at
    assert first is not None
    wire = next(w for w in view.picture.wires.values() if w.target == "pool")
    dot = view.sight.mapFromScene(QPointF(wire_path(wire).pointAtPercent(first)))
    ratio = view.devicePixelRatioF()
    seen = picture(view).pixelColor(round(dot.x() * ratio), round(dot.y() * ratio))
    assert seen == QColor(view.look.accent)
    view.pulse._last = time.monotonic()  # painting may have taken long
    view.pulse.beat()
    assert view.pulse.at == first, "not more often than five times a second"
    qtbot.wait(220)
    view.pulse.beat()
    assert view.pulse.at != first
    view.pulse.rest()
    assert picture(view) == before
