"""HDF5 files that end the HDF5 library, or have no end: refused in words, and nothing else ends."""

import os
import signal
import struct
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

from netbuilder.core.data.kinds.arrays.array_files import array_infos
from netbuilder.core.data.load import load_dataset
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.hdf5 import sandboxed_open
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.project.model import Data, Project

READ = "from netbuilder.core.hdf5.hdf5_worker import read_all; read_all({path!r})"


def deadly(path):
    """A name of one of forty datasets is damaged: the library frees its place twice."""
    with h5py.File(path, "w", libver="latest") as file:
        group = file.create_group("g")
        for number in range(40):
            group[f"d{number:02d}"] = np.arange(number)
    data = path.read_bytes()
    assert data.count(b"d02") == 1
    path.write_bytes(data.replace(b"d02", b"\x9302"))


def endless(path):
    """The first text of a heap says that it is free space of 0 bytes: the walk never moves on."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
        file["x"] = np.arange(3.0)
    data = bytearray(path.read_bytes())
    place = data.find(b"GCOL") + 16
    data[place : place + 16] = struct.pack("<HHIQ", 0, 0, 0, 0)
    path.write_bytes(bytes(data))


def odd(path):
    """A dataset of a type that NumPy lacks, before two that it has."""
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(file.id, b"a", h5py.h5t.UNIX_D32LE, space)
        file["x"], file["y"] = np.zeros((4, 2)), np.arange(4)


def plainly_read(path, seconds=60):
    """The file read without the door, in a process that may end."""
    return subprocess.run(
        [sys.executable, "-c", READ.format(path=str(path))],
        timeout=seconds, check=False, capture_output=True,
    )  # fmt: skip


@pytest.mark.slow
def test_the_files_of_this_test_do_harm(tmp_path):
    """Or the others would prove nothing."""
    path = tmp_path / "deadly.h5"
    deadly(path)
    assert plainly_read(path).returncode != 0
    endless(path)
    with pytest.raises(subprocess.TimeoutExpired):
        plainly_read(path, 5)


@pytest.mark.parametrize(
    ("make", "words", "read"),
    # What a spoilt memory leads to is chance: the reader's end, or an exception before it.
    [
        (deadly, "damaged|synchronously", inspect_file),
        (deadly, "damaged|synchronously", lambda path: open_hdf5(path).__enter__()),
        (endless, "never end", inspect_file),
        (endless, "never end", array_infos),
    ],
)
def test_a_file_that_ends_the_library_is_refused(tmp_path, make, words, read, monkeypatch):
    monkeypatch.setattr(sandboxed_open, "_SECONDS", 2.0)
    path = tmp_path / "theirs.h5"
    make(path)
    with pytest.raises((UserError, OSError), match=words):
        read(path)


def test_a_mended_file_is_read(tmp_path):
    """What was found is of that state of the file, not of its name."""
    path = tmp_path / "theirs.h5"
    deadly(path)
    with pytest.raises(FormatError):
        inspect_file(path)
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3.0)
    with open_hdf5(path) as file:
        assert file["x"][()].tolist() == [0.0, 1.0, 2.0]


def test_numbers_and_links_of_an_honest_file(tmp_path):
    """A damaged piece, a link that leads nowhere, a packed array: for the one who asks to judge."""
    path = tmp_path / "honest.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("packed", data=np.arange(100_000), compression="gzip", chunks=(500,))
        file["scalar"], file["nothing"] = 3.0, np.zeros((0, 4))
        file["elsewhere"] = h5py.ExternalLink("not-there.h5", "x")
        file["words"] = ["one", "two"]
    with open_hdf5(path) as file:
        assert int(file["packed"][()].sum()) == 4_999_950_000


def test_numbers_of_a_type_that_numpy_lacks_are_passed_over(tmp_path):
    path = tmp_path / "odd.h5"
    odd(path)
    assert list(array_infos(path)) == ["x", "y"]
    found = load_dataset(Project(data=Data("arrays", path="odd.h5")), tmp_path)
    assert found.facts.target_names == ("y",)


def test_what_lies_behind_them_is_read_through_all_the_same(tmp_path):
    path = tmp_path / "odd.h5"
    odd(path)
    with h5py.File(path, "a") as file:
        packed = file.create_dataset("z", data=np.arange(4000.0), chunks=(4000,), compression=9)
        place = packed.id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place + 2 : place + 40] = b"\xff" * 38
    path.write_bytes(bytes(data))
    with pytest.raises(OSError, match="filter returned failure"), open_hdf5(path):
        pytest.fail("opened")


def test_where_no_second_process_may_be_started_a_file_is_read_as_it_is(tmp_path, monkeypatch):
    path = tmp_path / "honest.h5"
    with h5py.File(path, "w") as file:
        file["x"] = 3.0
    monkeypatch.setattr(sys, "executable", str(tmp_path / "forbidden"))
    monkeypatch.setattr(sandboxed_open, "_READER", sandboxed_open._Reader())
    with open_hdf5(path) as file:
        assert float(file["x"][()]) == 3.0


def test_what_is_no_hdf5_is_left_to_h5py(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("name,age\n")
    with pytest.raises(OSError, match="signature"), open_hdf5(path):
        pass


def test_what_the_reader_calls_damaged_is_read_no_second_time(tmp_path):
    """A packed piece that cannot be unpacked: said without the file being opened here."""
    path = tmp_path / "theirs.h5"
    with h5py.File(path, "w") as file:
        packed = file.create_dataset(
            "x", data=np.arange(4000.0), chunks=(4000,), compression="gzip"
        )
        place = packed.id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place + 2 : place + 40] = b"\xff" * 38
    path.write_bytes(bytes(data))
    with pytest.raises(OSError, match="filter returned failure"), open_hdf5(path):
        pytest.fail("opened")
    with pytest.raises(UserError, match="damaged"):
        array_infos(path)


@pytest.mark.skipif(os.name == "nt", reason="no process is stopped by a signal there")
def test_a_machine_that_is_busy_makes_no_file_endless(tmp_path, monkeypatch):
    """The reader stands still for longer than its seconds, as when a laptop sleeps or swaps."""
    monkeypatch.setattr(sandboxed_open, "_SECONDS", 0.5)
    first, second = tmp_path / "first.h5", tmp_path / "second.h5"
    for path in (first, second):
        with h5py.File(path, "w") as file:
            file["x"] = np.arange(3.0)
    with open_hdf5(first):
        pass
    process = sandboxed_open._READER._worker.process
    process.send_signal(signal.SIGSTOP)
    later = threading.Timer(2.0, process.send_signal, (signal.SIGCONT,))
    later.start()
    with open_hdf5(second) as file:
        assert list(file) == ["x"]
    later.join()
    endless(tmp_path / "endless.h5")
    with pytest.raises(FormatError, match="never end"), open_hdf5(tmp_path / "endless.h5"):
        pass
