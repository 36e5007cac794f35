"""Arrays under any names: two files, groups of HDF5, parts, one table; and files that are none."""

import h5py
import numpy as np
import pytest

from netbuilder.core.data.kinds.arrays.array_files import read_arrays_by_name
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Project

X = np.random.default_rng(0).normal(size=(60, 5, 2)).astype(np.float32)
Y = np.arange(60) % 3


def arrays(path, **options: object):
    return Project(data=Data("arrays", path=path, scaling="none", options=options))


def test_any_names_are_told_apart_by_their_shapes(tmp_path):
    np.savez(tmp_path / "a.npz", signal=X, kind=Y)
    found = load_facts(arrays("a.npz"), tmp_path)
    assert (found.input_shapes["input"], found.classes) == ((5, 2), ("0", "1", "2"))
    assert "'signal' is used as the input and 'kind' as the target." in found.notes
    np.savez(tmp_path / "b.npz", train_signal=X, train_kind=Y, test_signal=X[:9], test_kind=Y[:9])
    assert load_facts(arrays("b.npz"), tmp_path).test_rows == 9
    np.savez(tmp_path / "c.npz", one=X, two=X, three=Y)
    with pytest.raises(
        DataError, match=r"The file contains one \(60×5×2\), two \(60×5×2\) and three"
    ):
        load_facts(arrays("c.npz"), tmp_path)
    assert load_facts(arrays("c.npz", x="two", y="three"), tmp_path).input_shapes["input"] == (5, 2)


def test_parts_under_the_usual_names(tmp_path):
    for word in ("val", "valid", "validation"):
        np.savez(tmp_path / "a.npz", **{
            "x_train": X[:40], "y_train": Y[:40],
            f"x_{word}": X[40:52] + 100, f"y_{word}": Y[40:52],
            "x_test": X[52:], "y_test": Y[52:],
        })  # fmt: skip
        found = load_dataset(arrays("a.npz"), tmp_path)
        told = found.facts
        assert (told.rows, told.validation_rows, told.test_rows) == (40, 12, 8)
        assert found.train.x["input"].max() < 50
        assert found.validation.x["input"].min() > 50


def test_two_npy_files(tmp_path):
    np.save(tmp_path / "x_train.npy", X)
    np.save(tmp_path / "y_train.npy", Y)
    np.save(tmp_path / "x_test.npy", X[:7])
    np.save(tmp_path / "y_test.npy", Y[:7])
    found = load_facts(arrays("x_train.npy"), tmp_path)
    assert (found.rows + found.validation_rows, found.test_rows) == (60, 7)
    assert found.classes == ("0", "1", "2")


def test_one_table_in_a_npy(tmp_path):
    table = np.column_stack([np.arange(50.0), np.arange(50.0) ** 2, np.arange(50.0) * 3.5])
    np.save(tmp_path / "t.npy", table)
    found = load_dataset(arrays("t.npy"), tmp_path)
    assert found.facts.input_shapes["input"] == (2,)
    first = found.train.raw_x["input"][:, 0]
    np.testing.assert_allclose(found.train.raw_y["output"][:, 0], first * 3.5)
    assert "its last column is used as the target" in " ".join(found.facts.notes)


def test_groups_of_an_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/one/signal"] = X
        file["run/one/kind"] = Y
        file["other"] = np.zeros(3)
    found = load_facts(arrays("a.h5", x="run/one/signal", y="run/one/kind"), tmp_path)
    assert found.input_shapes["input"] == (5, 2)
    with pytest.raises(DataError, match=r"run/one/kind \(60\)"):
        load_facts(arrays("a.h5"), tmp_path)


def test_a_link_out_of_a_group_is_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = X
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/y"] = Y
        file["group/x"] = h5py.ExternalLink("secret.h5", "x")
    with pytest.raises(DataError, match="There is no array 'group/x'"):
        load_facts(arrays("a.h5", x="group/x", y="group/y"), tmp_path)


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 cut", b"plain words"])
def test_no_arrays(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        load_facts(arrays(name), tmp_path)


def test_objects_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}] * 4, object))
    with pytest.raises(DataError):
        load_facts(arrays("a.npy"), tmp_path)


def test_a_head_that_no_parser_takes_ends_in_words(tmp_path):
    """NumPy reads the head as Python: its tokenizer and parser have exceptions of their own."""
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((20, 3)))
    whole = path.read_bytes()
    for old, new in ((b"'fortran_order'", b"'fortran_orde(("), (b"(20, 3)", b"(-2, 3)")):
        path.write_bytes(whole.replace(old, new))
        with pytest.raises(DataError):
            load_dataset(Project(data=Data("arrays", path="a.npy")), tmp_path)


@pytest.mark.parametrize("ending", [".npz", ".npy", ".h5"])
def test_numbers_of_another_machine(tmp_path, ending):
    """Written with the large end first: pandas and TensorFlow take none such."""
    values = np.arange(6, dtype=">f8")
    path = tmp_path / f"x{ending}"
    if ending == ".h5":
        with h5py.File(path, "w") as file:
            file["x"] = values
    elif ending == ".npz":
        np.savez(path, x=values)
    else:
        np.save(path, values)
    found = read_arrays_by_name(path, ["x"])["x"]
    assert found.dtype.isnative
    assert found.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
