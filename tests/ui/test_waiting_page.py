"""A page of results begins at its top for another network, and shows what was asked for."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from netbuilder.ui.widgets.empty_state import EmptyStatePage


def test_the_page_begins_anew_and_brings_into_sight(qtbot: QtBot) -> None:
    waiting = EmptyStatePage("Press Train: here is something.")
    qtbot.addWidget(waiting)
    labels = [QLabel(f"line {number}", waiting) for number in range(60)]
    for label in labels:
        label.setFixedHeight(30)
        waiting.page_layout.addWidget(label)
    waiting.resize(300, 300)
    waiting.ready()
    waiting.show()
    qtbot.waitUntil(lambda: labels[50].y() > 300)
    assert labels[50].visibleRegion().isEmpty()
    waiting.see(labels[50])
    qtbot.waitUntil(lambda: not labels[50].visibleRegion().isEmpty())
    waiting.wait("Press Train: here is something.")
    waiting.restart()
    waiting.ready()
    qtbot.waitUntil(lambda: not labels[0].visibleRegion().isEmpty())
