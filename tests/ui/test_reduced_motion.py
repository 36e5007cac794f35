"""Reduced motion: nothing moves that only moves to please, and nothing is missing for it."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget

import netbuilder.ui
from netbuilder.core.project import edits
from netbuilder.ui.services.runs.run_progress import RunProgress
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.style.motion import set_reduced_motion
from netbuilder.ui.widgets.callout import Callout
from netbuilder.ui.window.top_bar import ProgressView


@pytest.fixture(params=[True, False], ids=["still", "moving"])
def still(request):
    set_reduced_motion(request.param)
    yield request.param
    set_reduced_motion(None)


def test_the_canvas_and_the_docks_stand_still(open_window, example, qtbot, still):
    window = open_window(edits.set_training(example("iris"), epochs=1_000_000))
    assert window.isAnimated() != still
    window.canvas.commands.set_horizontal(True)
    assert window.canvas.slide.running != still
    window.runner.start()
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs.get("loss", ())) > 5)
    if still:
        assert window.canvas.pulse.at is None
    else:
        qtbot.waitUntil(lambda: window.canvas.pulse.at is not None)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    window.commands.toggle_motion()
    assert window.isAnimated() == still


def test_what_is_pointed_at_is_seen_without_a_ghost_that_runs(qtbot, still):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    callout = Callout(
        window,
        QRect(20, 20, 80, 30),
        "Here",
        "Drag it.",
        (),
        towards=QPoint(300, 300),
        ghost="Dense",
    )
    assert callout.timer.isActive() != still
    assert (callout.at > 0) == still, "it stands near its end"
    callout.end()


def test_a_bar_without_an_end_stands_still(qtbot, still):
    view = ProgressView()
    qtbot.addWidget(view)
    view.show_progress(RunProgress("Reading the data…"))
    assert (view.bar.maximum() == 0) != still, "Qt lets a bar without a range run to and fro"


def test_menus_and_tips_do_not_glide():
    QApplication.setEffectEnabled(Qt.UIEffect.UI_AnimateMenu, True)
    set_reduced_motion(True)
    assert not QApplication.isEffectEnabled(Qt.UIEffect.UI_AnimateMenu)
    set_reduced_motion(None)


def test_whatever_moves_asks_first():
    moves = re.compile(r"QVariantAnimation\(|QPropertyAnimation\(|QTimeLine\(|_Animation\(")
    root = Path(netbuilder.ui.__file__).parent
    texts = {path.name: path.read_text("utf-8") for path in root.rglob("*.py")}
    movers = {name for name, text in texts.items() if moves.search(text)}
    assert movers == {name for name in movers if "reduced_motion()" in texts[name]}
    assert movers, "the pattern finds something"
