"""Drawings are prepared as their sets were: known strokes land where they must."""

import numpy as np
import pytest

from netbuilder.core.errors import DataError
from netbuilder.core.results.drawn_sample import picture_style, prepare_drawing
from netbuilder.core.results.predict import predict_raw


def test_blocks_of_four_are_counted():
    ink = np.zeros((168, 168))
    ink[20:148, 60:76] = 1.0  # a stroke of 128 × 16: of 32 × 4 where it fills the page
    found = prepare_drawing(ink, (8, 8, 1), 16.0)[:, :, 0]
    assert found.sum() == 32 * 4
    assert set(np.flatnonzero(found.sum(axis=0))) <= {3, 4}
    assert np.all(found.sum(axis=1) == 16)


def test_the_mass_lies_in_the_middle():
    ink = np.zeros((168, 168))
    ink[0:60, 0:20] = 1.0
    ink[40:60, 0:60] = 1.0
    found = prepare_drawing(ink, (28, 28, 1), 255.0)[:, :, 0]
    rows, columns = np.indices((28, 28)) + 0.5
    assert (found * rows).sum() / found.sum() == pytest.approx(14, abs=0.6)
    assert (found * columns).sum() / found.sum() == pytest.approx(14, abs=0.6)
    lit = np.flatnonzero(found.max(axis=1) > 0)
    assert lit[-1] - lit[0] + 1 == 20
    assert found.max() == 255
    dark = prepare_drawing(ink, (28, 28, 3), 1.0, dark_ink=True)
    assert dark.shape == (28, 28, 3)
    assert np.median(dark) == 1.0
    with pytest.raises(DataError, match="The drawing is empty"):
        prepare_drawing(np.zeros((10, 10)), (8, 8, 1), 16.0)


def test_a_drawn_one_and_a_drawn_nought_are_known(digits_model):
    trained, data = digits_model
    y, x = np.mgrid[0:168, 0:168]
    radius = np.hypot((x - 84) / 0.75, y - 84)
    nought = (np.abs(radius - 60) < 9).astype(float)
    sample = prepare_drawing(nought, (8, 8, 1), 16.0)
    assert predict_raw(trained, {"input": sample[None]}).first.labels == ("0",)
    assert picture_style(data.train.raw_x["input"][0]) == (0.0, 16.0, False)
    assert trained.preprocessing.inputs["input"].value_range == (0.0, 16.0)


def test_what_black_and_white_are_is_the_sets_not_one_samples():
    dim = np.full((28, 28, 1), 3.0)  # a nearly black picture of a set from 0 to 255
    assert picture_style(dim, (0.0, 255.0)) == (0.0, 255.0, False)
    low, top, dark = picture_style(np.full((6, 6, 1), -1.0), (-1.0, 1.0))
    assert (low, top, dark) == (-1.0, 1.0, False)
    ink = np.zeros((60, 60))
    ink[20:40, 20:40] = 1.0
    found = prepare_drawing(ink, (6, 6, 1), top, low=low)[:, :, 0]
    assert found.min() == -1.0
    assert found.max() == 1.0


def test_a_known_row_that_is_drawn_gets_its_own_answer(digits_model):
    """Test rows as they were before scikit-learn counted them, 32×32 black and white."""
    trained, data = digits_model
    rows = data.test.raw_x["input"][:100]
    drawn = np.array([prepare_drawing(_bitmap(row[:, :, 0]), (8, 8, 1), 16.0) for row in rows])
    full = np.array([row.any(axis=(1, 2))[[0, -1]].all() for row in rows])
    assert full.mean() > 0.5, "most of them fill the page from top to bottom"
    # What fills the page is not resized: the rows are what they were, moved to the middle.
    assert np.array_equal(drawn.sum(axis=(2, 3))[full], rows.sum(axis=(2, 3))[full])
    own = predict_raw(trained, {"input": rows}).first.labels
    found = predict_raw(trained, {"input": drawn}).first.labels
    assert np.mean([one == other for one, other in zip(own, found, strict=True)]) >= 0.9


def test_a_picture_that_is_centred_already_stays_as_it_is():
    """A row of a 28×28 set, drawn pixel by pixel on the pad, is that very row."""
    ink = np.zeros((168, 168))
    ink[30:150, 60:78] = 1.0
    ink[30:48, 60:132] = 1.0  # a "7" the other way round: its mass is not in its middle
    row = prepare_drawing(ink, (28, 28, 1), 255.0)
    again = prepare_drawing(np.kron(row[:, :, 0] / 255.0, np.ones((6, 6))), (28, 28, 1), 255.0)
    assert np.abs(row - again).max() <= 2.0


def _bitmap(counts):
    """A black and white page of 32×32 with so many black pixels in each block of 4×4."""
    page = np.zeros((32, 32))
    for (row, column), count in np.ndenumerate(counts.astype(int)):
        block = np.zeros(16)
        block[:count] = 1.0
        if row >= 4:  # the ink reaches the page's lower edge, as it reaches the upper one
            block = block[::-1]
        page[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = block.reshape(4, 4)
    return page
