"""Of millions of epochs not all numbers are kept; those that are say whose they are."""

import numpy as np

from netbuilder.core.engine import history_columns
from netbuilder.core.engine.monitor.history import History
from netbuilder.core.engine.trained import Changed
from netbuilder.core.grading.report import curve_svg
from netbuilder.ui.plots.run_curves import RunCurves

EPOCHS = 1_500_000
BEST = 1_234_568
WENT_BACK = 777_778


def _loss(epoch):
    return np.float32(1 + 1 / epoch)


def _long():
    """val_loss falls to its least at BEST, between two epochs that any thinning by powers of two
    keeps, and grows again."""
    history = History(("loss",), ("val_loss",), "val_loss")
    number = np.arange(1, EPOCHS + 1, dtype=np.float64)
    held = (2 + np.abs(number - BEST) / EPOCHS).astype(np.float32)
    held[BEST - 1] = 0.5
    rows = np.stack([(1 + 1 / number).astype(np.float32), held], axis=1)
    for first in range(0, EPOCHS, 100_000):
        history.add_epochs(rows[first : first + 100_000], 0.001)
    return history


def test_short_runs_are_as_keras_has_them():
    history = History(("loss",), ("val_loss",))
    history.add_epochs(np.array([[1, 4], [2, 3]], np.float32), 0.001)
    assert history.by_epoch() == {"loss": [1.0, 2.0], "val_loss": [4.0, 3.0]}
    assert history_columns.epoch_count(history.by_epoch()) == 2


def test_of_long_ones_the_best_stays_and_each_number_is_that_of_its_epoch():
    history = _long()
    history.changes.append(Changed("best", float(WENT_BACK), EPOCHS, 0))
    found = history.by_epoch()
    numbers = found[history_columns.EPOCH]
    assert len(numbers) == len(found["loss"]) == len(found["val_loss"])
    assert history_columns.MOST_EPOCHS / 2 < len(numbers) <= history_columns.MOST_EPOCHS + 10
    assert (numbers[0], numbers[-1]) == (1, EPOCHS)
    assert history_columns.epoch_count(found) == EPOCHS
    assert min(found["val_loss"]) == 0.5
    assert numbers[found["val_loss"].index(0.5)] == BEST == history.best_epoch
    assert all(found["loss"][i] == _loss(numbers[i]) for i in range(0, len(numbers), 1000))
    assert history_columns.epoch_row(found, BEST) == {"loss": float(_loss(BEST)), "val_loss": 0.5}
    assert history_columns.epoch_row(found, WENT_BACK)["loss"] == float(_loss(WENT_BACK))
    assert history_columns.epoch_row(found, BEST + 2) == {}, "what is not kept is not made up"
    assert "1,500,000 epochs" in curve_svg(found)


def test_who_goes_on_from_it_counts_on():
    found = _long().by_epoch()
    whole = history_columns.filled_metric(found, "loss")
    assert len(whole) == EPOCHS
    assert whole[BEST - 1] == _loss(BEST)
    assert whole[-1] == _loss(EPOCHS)
    again = history_columns.history_lists({"loss": whole}, (BEST,))
    assert history_columns.epoch_row(again, BEST) == {"loss": float(_loss(BEST))}


def test_curves_hold_a_bounded_number_of_epochs_and_the_best_one():
    history = _long()
    live = RunCurves("live")
    number = np.arange(1, EPOCHS + 1)
    for first in range(0, EPOCHS, 50_000):
        part = slice(first, first + 50_000)
        for name, values in history.epochs.columns().items():
            live.add_epochs(name, number[part], values[part])
    for curves in (live, RunCurves.from_history("file", history.by_epoch())):
        held = curves.epochs["val_loss"]
        assert len(held) <= (1 << 18) + 50_000
        assert float(held.y.min()) == 0.5 == held.low
        assert held.x[held.y.argmin()] == BEST
        assert (held.x[0], held.x[-1]) == (1, EPOCHS)
        places = range(0, len(held), 997)
        loss = curves.epochs["loss"]
        assert all(loss.y[i] == _loss(int(loss.x[i])) for i in places if i < len(loss))
        curves.kept_epoch, curves.kept = BEST, history_columns.epoch_row(history.by_epoch(), BEST)
        assert (curves.told("loss"), curves.told("val_loss")) == (float(_loss(BEST)), 0.5)
