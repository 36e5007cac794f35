"""What is told below the curves: one message at a time, and nothing to do is lost by looking."""

from dataclasses import replace

import pytest

from netbuilder.core.engine.runs.run_store import Run
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_duration
from netbuilder.ui.services.runs.run_progress import previous_run_sentence
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.training_messages import TrainingMessage, TrainingMessages


def test_what_can_be_done_with_a_run_stays_when_another_message_is_looked_at(qtbot):
    box = TrainingMessages()
    qtbot.addWidget(box)
    pressed: list[str] = []
    save = (("Save", lambda: pressed.append("save")),)
    fix = (("Stop it", lambda: pressed.append("stop")),)
    box.put(TrainingMessage("notice gap", "info", "A gap", "Words.", fix))
    box.put(TrainingMessage("result", "info", "Trained", "Words.", save, always=True))

    def texts():
        return [one.text() for one in box.card.buttons]

    assert texts() == ["Save", "1 of 2 ›"]
    box.next()
    assert texts() == ["Stop it", "Save", "2 of 2 ›"]
    box.card.buttons[1].click()
    assert pressed == ["save"]


def test_a_quick_run_took_some_time():
    assert format_duration(0.03) == "less than 0.1 s"
    assert format_duration(0.06) == "0.1 s"


IRIS = Project(name="iris", data=Data(kind="builtin", name="iris"))


def run_of(number, project=IRIS, samples=2000, **test: float):
    when = f"2026-01-0{number}T00:00:00"
    errors = {"mean_absolute_error": 0.1}
    return Run(
        str(number), "", project, when, test=test, test_samples=samples, standard_errors=errors
    )


def test_a_run_is_compared_with_the_one_before():
    def sentence(run, *before: Run):
        return previous_run_sentence(run, [*before, run])

    first = run_of(1, accuracy=0.931)
    assert not sentence(first)
    better = sentence(run_of(2, accuracy=0.956), first)
    assert "93.1%" in better and "2.5 " in better and "better" in better
    worse = sentence(run_of(2, accuracy=0.9), run_of(1, accuracy=0.95))
    assert "95.0%" in worse and "5 " in worse and "worse" in worse
    same = sentence(run_of(2, accuracy=0.9312), first)
    assert "93.1%" in same and "same" in same, "written alike, they are alike"
    # The newest of those before counts; an error is better where it is less, in its own unit.
    prices = [run_of(n, mean_absolute_error=error) for n, error in ((1, 9.0), (2, 5.0), (3, 4.0))]
    prices = [replace(one, units=("$",)) for one in prices]
    assert "$5" in sentence(prices[2], *prices[:2])
    assert "better" in sentence(prices[2], *prices[:2])


def test_a_difference_that_may_be_chance_is_not_called_better_or_worse():
    """Of two standard errors: McNemar's test of one sample of 359 has p = 1, too."""

    def judged(before, now):
        words = previous_run_sentence(now, [before, now])
        found = [word for word in ("better", "worse") if word in words]
        return found[0] if found else words

    one = judged(
        run_of(1, samples=359, accuracy=354 / 359), run_of(2, samples=359, accuracy=353 / 359)
    )
    assert "1 of 359" in one
    # 0.95 of 100: 2 standard errors of the difference from 0.9 are 0.074; of 2,000 0.017.
    assert "5 of 100" in judged(
        run_of(1, samples=100, accuracy=0.9), run_of(2, samples=100, accuracy=0.95)
    )
    assert judged(run_of(1, accuracy=0.9), run_of(2, accuracy=0.95)) == "better"
    # An error of 1794 within ± 160 and one of 1778.
    wide = {"mean_absolute_error": 82.0}
    errors = [
        replace(run_of(n, mean_absolute_error=e), standard_errors=wide)
        for n, e in ((1, 1794.0), (2, 1778.0), (3, 1300.0))
    ]
    assert "chance" in judged(*errors[:2])
    assert judged(*errors[1:]) == "better"
    # Of a run of which too little is recorded nothing is claimed.
    old = replace(errors[0], standard_errors={})
    words = judged(old, errors[2])
    assert "chance" not in words and "1794" in words


@pytest.mark.parametrize(
    "other",
    [
        replace(IRIS, name="another"),
        replace(IRIS, data=replace(IRIS.data, target=("a",))),
        replace(IRIS, data=replace(IRIS.data, test_split=0.5)),
        edits.set_training(IRIS, seed=7),
    ],
)
def test_runs_that_were_not_tested_alike_are_not_compared(other):
    before = run_of(1, other, accuracy=0.9)
    now = run_of(2, accuracy=0.95)
    assert not previous_run_sentence(now, [before, now])
    units = run_of(1, mean_absolute_error=0.9)
    assert not previous_run_sentence(now, [units, now])
    failed = run_of(1)
    assert not previous_run_sentence(now, [failed, now])
    assert previous_run_sentence(now, [run_of(1, accuracy=0.9), now])


@pytest.mark.slow
def test_the_result_says_what_the_run_before_came_to(open_window, qtbot, example):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    panel = window.docks.show_panel("training")

    def train():
        window.commands.train()
        qtbot.waitUntil(lambda: window.runner.state.active)
        qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
        qtbot.waitUntil(lambda: panel.messages.shown is not None and panel._previous.idle)

    window.docks.side.open_drawer()
    train()
    assert window.docks.side.drawer.isHidden(), "it would lie over the result"
    qtbot.waitUntil(lambda: not panel.messages.visibleRegion().isEmpty())
    assert "previous run" not in panel.messages.shown.words.lower()
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=40))
    train()
    results = [one.words for one in panel.messages.messages if one.key == "result"]
    assert "previous run" in results[0].lower() and "%" in results[0]

    def offers():
        return sum(len(one.buttons) for one in panel.messages.messages if one.key == "result")

    offered = [offers()]
    for _time in range(2):
        window.commands.presentation.toggle()
        offered.append(offers())
    assert offered == [2, 1, 2], "nobody saves before a class"
