"""What is told below the curves: one message at a time, and nothing to do is lost by looking."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from netbuilder.core.wording import format_duration
from netbuilder.ui.training.curves_panel import TrainingMessage, TrainingMessages


def test_what_can_be_done_with_a_run_stays_when_another_message_is_looked_at(
    qtbot: QtBot,
) -> None:
    box = TrainingMessages()
    qtbot.addWidget(box)
    pressed: list[str] = []
    save = (("Save", lambda: pressed.append("save")),)
    fix = (("Stop it", lambda: pressed.append("stop")),)
    box.put(TrainingMessage("notice gap", "info", "A gap", "Words.", fix))
    box.put(TrainingMessage("result", "info", "Trained", "Words.", save, always=True))

    def texts() -> list[str]:
        assert box.card is not None
        return [one.text() for one in box.card.buttons]

    assert texts() == ["Save", "1 of 2 ›"]
    box.next()
    assert texts() == ["Stop it", "Save", "2 of 2 ›"]
    assert box.card is not None
    box.card.buttons[1].click()
    assert pressed == ["save"]


def test_a_quick_run_took_some_time() -> None:
    assert format_duration(0.03) == "less than 0.1 s"
    assert format_duration(0.06) == "0.1 s"
