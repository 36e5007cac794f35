"""Drawings are prepared as their sets were: known strokes land where they must."""

from __future__ import annotations

import numpy as np
import pytest

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.results.drawn import like, prepare
from netbuilder.core.results.predict import predict_raw


def test_blocks_of_four_are_counted() -> None:
    ink = np.zeros((168, 168))
    ink[20:148, 60:76] = 1.0  # a stroke of 128 × 16: of 32 × 4 where it fills the page
    found = prepare(ink, (8, 8, 1), 16.0)[:, :, 0]
    assert found.sum() == 32 * 4
    assert set(np.flatnonzero(found.sum(axis=0))) <= {3, 4}
    assert np.all(found.sum(axis=1) == 16)


def test_the_mass_lies_in_the_middle() -> None:
    ink = np.zeros((168, 168))
    ink[0:60, 0:20] = 1.0
    ink[40:60, 0:60] = 1.0
    found = prepare(ink, (28, 28, 1), 255.0)[:, :, 0]
    rows, columns = np.indices((28, 28)) + 0.5
    assert (found * rows).sum() / found.sum() == pytest.approx(14, abs=0.6)
    assert (found * columns).sum() / found.sum() == pytest.approx(14, abs=0.6)
    lit = np.flatnonzero(found.max(axis=1) > 0)
    assert lit[-1] - lit[0] + 1 == 20
    assert found.max() == 255
    dark = prepare(ink, (28, 28, 3), 1.0, dark_ink=True)
    assert dark.shape == (28, 28, 3)
    assert np.median(dark) == 1.0
    with pytest.raises(DataError, match="Nothing is drawn yet"):
        prepare(np.zeros((10, 10)), (8, 8, 1), 16.0)


def test_a_drawn_one_and_a_drawn_nought_are_known(
    digits_model: tuple[TrainedModel, Dataset],
) -> None:
    trained, data = digits_model
    y, x = np.mgrid[0:168, 0:168]
    radius = np.hypot((x - 84) / 0.75, y - 84)
    nought = (np.abs(radius - 60) < 9).astype(float)
    sample = prepare(nought, (8, 8, 1), *like(data.train.raw_x["input"][0])[:1])
    assert predict_raw(trained, {"input": sample[None]}).first.labels == ("0",)
    assert like(data.train.raw_x["input"][0]) == (16.0, False)
