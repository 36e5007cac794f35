"""Networks of plain Keras on files: columns in the order of the file, told in words."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.results.evaluate import evaluate

Plain = Callable[..., TrainedModel]


@pytest.fixture
def plain(tmp_path):
    """A network that was saved by Keras alone: one Dense with these weights."""

    def make(kernel, activation=None, loss="", shape=None):
        weights = np.array(kernel, "float32")
        flat = [] if shape is None else [keras.layers.Flatten()]
        dense = keras.layers.Dense(weights.shape[1], activation, use_bias=False)
        model = keras.Sequential([keras.Input(shape or weights.shape[:1]), *flat, dense])
        dense.set_weights([weights])
        if loss:
            model.compile("sgd", loss)
        model.save(tmp_path / "plain.h5")
        return registry.load_network(tmp_path / "plain.h5")

    return make


def _csv(tmp_path, text):
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_numbers(plain, tmp_path):
    """y is a + 10 b, and the second row is off by 3."""
    found = evaluate(plain([[1], [10]]), _csv(tmp_path, "a,b,y\n1,2,21\n2,1,15\n,1,4\n3,0,3\n"))
    assert found.metrics["mean_absolute_error"] == pytest.approx(1.0)
    assert (found.samples, found.columns) == (3, ("y",))
    assert "columns a and b of rows.csv are the inputs, y is the target" in found.reading
    assert "1 row with empty cells was left out" in found.reading
    assert found.sentence.endswith(found.reading)


def test_a_counting_column_is_no_input(plain, tmp_path):
    text = "".join(f"{i},{i % 3},{i * 2},{i % 3 + 20 * i}\n" for i in range(1, 9))
    found = evaluate(plain([[1], [10]]), _csv(tmp_path, f",a,b,y\n{text}"))
    assert found.metrics["mean_absolute_error"] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("loss", ["", "binary_crossentropy"])
def test_yes_or_no(plain, tmp_path, loss):
    rows = "a,b,ill\n5,0,yes\n-5,0,no\n5,0,no\n-5,0,no\n"
    found = evaluate(plain([[1], [1]], "sigmoid", loss), _csv(tmp_path, rows))
    assert (found.metrics["accuracy"], found.labels) == (0.75, ("no", "yes"))


def test_classes_by_name_by_number_first_and_one_hot(plain, tmp_path):
    """The network says class 0 where a is largest, 1 where b is, 2 where c is."""
    model = plain(np.eye(3), "softmax", "sparse_categorical_crossentropy")
    values = ["9,0,0", "0,9,0", "0,0,9", "0,0,9"]
    for head, answers, first in (
        ("sort", ("ash", "elm", "oak", "ash"), False),
        ("sort", ("0", "1", "2", "0"), False),
        ("sort", ("ash", "elm", "oak", "ash"), True),
        ("ash,elm,oak", ("1,0,0", "0,1,0", "0,0,1", "1,0,0"), False),
    ):
        pairs = [(head, "a,b,c"), *zip(answers, values, strict=True)]
        lines = [",".join(pair if first else pair[::-1]) for pair in pairs]
        found = evaluate(model, _csv(tmp_path, "\n".join(lines) + "\n"))
        assert found.metrics["accuracy"] == 0.75, (head, first)
        assert found.confusion_matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_pictures_in_rows_and_arrays(plain, tmp_path):
    """Four pixels a row; class 1 where the last is bright."""
    kernel = [[1, 0], [0, 0], [0, 0], [0, 1]]
    model = plain(kernel, "softmax", "sparse_categorical_crossentropy", shape=(2, 2, 1))
    found = evaluate(model, _csv(tmp_path, "p1,p2,p3,p4,digit\n9,0,0,0,0\n0,0,0,9,1\n9,0,0,0,1\n"))
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    model = plain(kernel, "softmax", "sparse_categorical_crossentropy")
    x = np.array([[9, 0, 0, 0], [0, 0, 0, 9], [9, 0, 0, 0]], "float32")
    np.savez(tmp_path / "rows.npz", x=x, y=np.array([0, 1, 1]))
    found = evaluate(model, tmp_path / "rows.npz")
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert "samples of rows.npz" in found.reading


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,y\n1,2\n", "takes 2 numbers per row, but rows.csv has 2 columns"),
        ("a,b,y\n1,red,2\n2,blue,3\n", "the column 'b' of rows.csv is text"),
        ("a,b,y\n1,2,red\n2,3,blue\n", "the column 'y' of rows.csv is text"),
        ("a,b,y\n1,,2\n,1,3\n", "an empty cell"),
    ],
)
def test_what_does_not_fit_is_told(plain, tmp_path, rows, words):
    with pytest.raises(DataError, match=words):
        evaluate(plain([[1], [10]]), _csv(tmp_path, rows))


def test_classes_that_cannot_be_told_apart(plain, tmp_path):
    model = plain(np.eye(3), "softmax", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match="2 different values"):
        evaluate(model, _csv(tmp_path, "a,b,c,sort\n1,0,0,ash\n0,1,0,elm\n"))
