"""Pictures that the program draws: the same on every machine, and to be told apart."""

import hashlib

import numpy as np
import pytest

from netbuilder.core.data.kinds.builtin.drawn_sets import drawn_digits, drawn_shapes


def fingerprint(pictures):
    return hashlib.sha256(pictures.tobytes()).hexdigest()[:16]


def test_the_same_pixels_everywhere():
    """Written down once; a change of the pictures is a change of everybody's results."""
    assert fingerprint(drawn_digits(50)[0]) == "05fd22ab4a9daaa9"
    assert fingerprint(drawn_shapes(50)[0]) == "296859da7aeb36bb"
    assert fingerprint(drawn_digits(50, seed=1)[0]) != fingerprint(drawn_digits(50)[0])


@pytest.mark.parametrize(("draw", "classes"), [(drawn_digits, 10), (drawn_shapes, 6)])
def test_grey_pictures_with_every_class_as_often(draw, classes):
    pictures, labels = draw(60 * classes)
    assert pictures.shape == (60 * classes, 28, 28, 1)
    assert pictures.dtype == np.uint8
    assert (pictures.min(), pictures.max()) == (0, 255)
    assert np.unique(labels, return_counts=True)[1].tolist() == [60] * classes
    # Nothing runs over the edge on the whole, and each picture has something on it.
    assert pictures[:, [0, -1]].mean() < 5
    assert (pictures.reshape(len(pictures), -1) > 128).sum(axis=1).min() > 15


def test_digits_can_be_told_apart_but_not_by_counting_ink():
    from sklearn.neighbors import KNeighborsClassifier

    pictures, digits = drawn_digits(900)
    flat = pictures.reshape(900, -1) / 255.0
    near = KNeighborsClassifier(3).fit(flat[:700], digits[:700])
    assert near.score(flat[700:], digits[700:]) > 0.65
    ink = flat.sum(axis=1, keepdims=True)
    assert KNeighborsClassifier(3).fit(ink[:700], digits[:700]).score(ink[700:], digits[700:]) < 0.4


def test_options_change_the_hand():
    thin, thick = (drawn_digits(40, thickness=size)[0].mean() for size in (0.5, 2.5))
    assert thick > 2 * thin
    steady = drawn_digits(40, distortion=0.0)
    zeros = steady[0][steady[1] == 0]
    assert len(np.unique(zeros, axis=0)) == 2, "a closed one and an open one"
    grainy = drawn_digits(40, noise=0.5)[0]
    assert grainy[:, 0, 0].std() > 10


def test_larger_and_in_colours():
    """The same strokes, each with a pen and paper of its own that can be told apart."""
    grey, digits = drawn_digits(60, size=40)
    pictures, same = drawn_digits(60, size=40, color_mode="rgb")
    assert pictures.shape == (60, 40, 40, 3)
    assert pictures.dtype == np.uint8
    assert (digits == same).all()
    assert fingerprint(drawn_shapes(50, size=32, color_mode="rgb")[0]) == "66ed5b4e40bc82cd"
    wide = pictures.astype(int)
    for picture, strokes in zip(wide, grey[..., 0], strict=True):
        paper, pen = picture[strokes == 0], picture[strokes == 255]
        assert (paper == paper[0]).all()
        assert (pen == pen[0]).all()
        assert (abs(paper[0] - pen[0]) >= 85).all()
    papers = wide[:, 0, 0]
    assert papers.std(axis=0).min() > 40, "no colour gives the digit away"
