"""Files that are too large, have no room, or hide their sizes: told in words, before harm."""

import json
import os
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from netbuilder.core.errors import DataError, FormatError, ProjectFileError, UserError
from netbuilder.core.files.regular_file import read_json
from netbuilder.core.formats import metadata as long_json, registry
from netbuilder.core.formats.importing import memory_check
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.project import files
from netbuilder.core.project.atomic import translate_disk_full
from tests.processes import run_python

Config = dict[str, Any]


def layer(class_name, **config: Any):
    name = class_name.lower()
    return {"class_name": class_name, "module": "keras.layers", "config": {"name": name, **config}}


def chain(shape, *layers: Config):
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, *shape], "name": "in"}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


def nested(inner, name="inner"):
    return {**inner, "config": {**inner["config"], "name": name}}


PICTURE = [8, 8, 3]
HIDDEN: dict[str, Config] = {
    "Bidirectional(LSTM)": chain([4, 3], layer("Bidirectional", layer=layer("LSTM", units=12000))),
    "TimeDistributed(Dense)": chain(
        [4, 3], layer("TimeDistributed", layer=layer("Dense", units=300_000_000))
    ),
    "nested Sequential": chain([3], nested(chain([3], layer("Dense", units=500_000_000)))),
    "SpectralNormalization": chain(
        [3], layer("SpectralNormalization", layer=layer("Dense", units=400_000_000))
    ),
    "Conv1D kernel": chain([8, 3], layer("Conv1D", filters=2, kernel_size=[200_000_000])),
    "Conv2D kernel": chain(PICTURE, layer("Conv2D", filters=2, kernel_size=[20_000, 20_000])),
    "depth multiplier": chain(
        PICTURE, layer("DepthwiseConv2D", kernel_size=[3, 3], depth_multiplier=50_000_000)
    ),
    "EinsumDense": chain(
        [3], layer("EinsumDense", equation="ab,bc->ac", output_shape=[400_000_000])
    ),
    "RepeatVector": chain([3], layer("RepeatVector", n=100_000_000)),
    "CategoryEncoding": chain([3], layer("CategoryEncoding", num_tokens=1_000_000_000)),
    "Resizing": chain(PICTURE, layer("Resizing", height=30_000, width=30_000)),
    "Input": chain([40_000, 40_000, 3], layer("GlobalAveragePooling2D")),
    "PReLU": chain([10_000, 10_000], layer("PReLU")),
    "one after the other": chain(
        [3],
        layer("Dense", units=60_000, name="a"),
        layer("Dense", units=60_000, name="b"),
        layer("Dense", units=1, name="c"),
    ),
}  # fmt: skip


def write(path, config, ours=None):
    """A file of a few kilobytes."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "3.15.1"
        file.create_dataset("model_weights/dense/kernel", data=np.zeros((3, 2), "float32"))
        if ours is not None:
            file.attrs["netbuilder_project"] = json.dumps(ours)
    return path


@pytest.mark.parametrize("case", HIDDEN, ids=str)
def test_hidden_sizes_are_refused_before_anything_is_made(tmp_path, case):
    path = write(tmp_path / "tiny.h5", HIDDEN[case])
    resource = pytest.importorskip("resource", reason="peak memory is told by POSIX systems")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FormatError, match=r"more weights than the file|would fill the memory"):
        registry.load_network(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes
    assert grown * unit < 300 * 1024 * 1024, "it took memory first"


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("Dense", {"units": 1_000_000_000}),
        ("Bidirectional", {"layer": {"layer": "LSTM", "params": {"units": 12_000}}}),
        ("RepeatVector", {"n": 100_000_000}),
        ("Resizing", {"height": 30_000, "width": 30_000}),
    ],
)
def test_hidden_sizes_in_a_project_beside_the_weights(tmp_path, kind, params):
    shape = {"Resizing": PICTURE, "Bidirectional": [4, 3]}.get(kind, [3])
    project = {
        "format": "netbuilder-project",
        "version": 1,
        "graph": {
            "nodes": [
                {"id": "in", "layer": "Input", "params": {"shape": shape}},
                {"id": "big", "layer": kind, "params": params},
            ],
            "edges": [["in", "big"]],
        },
    }
    path = write(tmp_path / "ours.h5", chain([3], layer("Dense", units=2)), project)
    with pytest.raises(FormatError, match=r"more weights than the file|would fill the memory"):
        registry.load_network(path)


def test_a_network_that_its_file_holds_passes_and_leaves_nothing_behind(tmp_path):
    model = keras.Sequential(
        [keras.Input((6, 4)), keras.layers.Bidirectional(keras.layers.LSTM(16)),
         keras.layers.Dropout(0.1), keras.layers.Dense(2)]
    )  # fmt: skip
    model.save(tmp_path / "m.keras")
    file = inspect_file(tmp_path / "m.keras")
    memory_check.check_config(file.config, file)
    # What was built without values must not be made by the next scope that ends.
    with keras.StatelessScope():
        pass
    from keras.src.backend.common import global_state

    assert not global_state.get_global_attribute("uninitialized_variables")
    rows = np.ones((2, 6, 4), "float32")
    back = registry.load_network(tmp_path / "m.keras")
    assert np.allclose(back.model.predict(rows, verbose=0), model.predict(rows, verbose=0))


def test_a_hundred_thousand_layers_are_refused_quickly(tmp_path):
    many = [layer("Dropout", rate=0.1) for _ in range(100_000)]
    path = write(tmp_path / "long.keras", chain([3], *many))
    start = time.monotonic()
    with pytest.raises(FormatError, match="10,000"):
        registry.import_model(path)
    assert time.monotonic() - start < 40


@pytest.mark.slow
def test_a_million_nodes_are_refused_quickly(tmp_path):
    nodes = ",".join(f'{{"id":"n{number}","layer":"Dense"}}' for number in range(1_000_000))
    path = tmp_path / "many.netbuilder"
    path.write_text(f'{{"format":"netbuilder-project","version":1,"graph":{{"nodes":[{nodes}]}}}}')
    start = time.monotonic()
    with pytest.raises(ProjectFileError, match="20,000"):
        files.read(path)
    assert time.monotonic() - start < 40


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
@pytest.mark.parametrize("ending", ["h5", "keras", "netbuilder", "csv", "npz"])
def test_a_pipe_is_no_file(tmp_path, ending):
    """In a process of its own: one that opens the pipe waits for ever."""
    path = tmp_path / f"pipe.{ending}"
    os.mkfifo(path)
    kind = {"csv": "csv", "npz": "arrays"}.get(ending)
    folder = f"Path({str(tmp_path)!r})"
    read = (
        f"load_dataset(Project(data=Data(kind={kind!r}, path={path.name!r})), {folder})"
        if kind
        else f"registry.read_project({str(path)!r})"
    )
    script = (
        "from pathlib import Path\n"
        "from netbuilder.core.data.load import load_dataset\n"
        "from netbuilder.core.errors import UserError\n"
        "from netbuilder.core.formats import registry\n"
        "from netbuilder.core.project.model import Data, Project\n"
        f"try:\n    {read}\nexcept UserError as error:\n    raise SystemExit(str(error))\n"
    )
    done = run_python(script, timeout=60)
    assert "a pipe, not a file" in done.stderr


def test_a_device_is_no_file():
    if not Path("/dev/zero").exists():
        pytest.skip("this system has no devices in files")
    with pytest.raises(FormatError, match="a device"):
        inspect_file(Path("/dev/zero"))


def npz(path, megabytes):
    zeros = np.zeros((megabytes, 2**20), "uint8")
    np.savez_compressed(path, x=zeros, y=np.zeros(megabytes))
    return path


def read_arrays(path, limit):
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.project.model import Data, Project

    data = Data(kind="arrays", path=path.name, options={"memory_limit_mb": limit})
    load_dataset(Project(data=data), path.parent)


def test_arrays_that_unpack_to_more_than_the_limit(tmp_path):
    with pytest.raises(DataError, match="memory_limit_mb"):
        read_arrays(npz(tmp_path / "bomb.npz", 48), 32)
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("x", data=np.zeros((48, 2**20), "uint8"), compression="gzip")
        file.create_dataset("y", data=np.zeros(48))
    with pytest.raises(DataError, match="memory_limit_mb"):
        read_arrays(tmp_path / "bomb.h5", 32)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_link_out_of_a_file_of_arrays_is_not_followed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["x"] = h5py.ExternalLink(str(tmp_path / "pipe"), "/x")
        file["y"] = np.zeros(4)
    script = (
        "from pathlib import Path\n"
        "from netbuilder.core.data.load import load_dataset\n"
        "from netbuilder.core.errors import UserError\n"
        "from netbuilder.core.project.model import Data, Project\n"
        "data = Data(kind='arrays', path='linked.h5')\n"
        f"try:\n    load_dataset(Project(data=data), Path({str(tmp_path)!r}))\n"
        "except UserError as error:\n    raise SystemExit(str(error))\n"
    )
    done = run_python(script, timeout=60)
    assert "linked.h5" in done.stderr
    assert "another file" in done.stderr


@pytest.mark.parametrize("name", [row.name for row in registry.FORMATS])
def test_each_format_says_it_in_the_same_words(diabetes, tmp_path, limit_file_size, name):
    row = next(one for one in registry.FORMATS if one.name == name)
    if not row.available:
        pytest.skip("its package is not installed")
    path = tmp_path / f"net{row.endings[0] if row.endings else ''}"
    before = path if row.endings else path / "saved_model.pb"
    before.parent.mkdir(exist_ok=True)
    before.write_bytes(b"what was there")
    limit_file_size(50)
    with pytest.raises(UserError, match="the file would be larger than this disk allows") as told:
        registry.save_network(diabetes if row.trained else diabetes.project, path)
    assert (told.value.code, told.value.path) == ("file_not_written", str(path))
    assert before.read_bytes() == b"what was there"
    left = {one for one in tmp_path.rglob("*") if one.is_file()}
    assert left == {before}, "nothing half written is left"


def test_a_full_disk_of_temporary_files_is_named(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a disk that is always full")
    with (
        pytest.raises(UserError, match="the disk is full"),
        translate_disk_full(tmp_path / "net.h5"),
    ):
        try:
            full.write_bytes(b"x")
        except OSError as error:
            raise FormatError(f"It cannot be converted: {error}") from error


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(FormatError, match="no layer"), translate_disk_full(tmp_path / "net.h5"):
        raise FormatError("There is no layer.")


def test_what_lies_beside_a_saved_model_is_left_alone(diabetes, tmp_path):
    path = tmp_path / "served"
    registry.save_network(diabetes, path)
    first = (path / "saved_model.pb").stat().st_mtime_ns
    registry.save_network(diabetes, path)
    assert (path / "saved_model.pb").stat().st_mtime_ns > first
    assert [one.name for one in tmp_path.iterdir()] == ["served"]
    (path / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="not part of a SavedModel"):
        registry.save_network(diabetes, path)
    assert (path / "notes.txt").read_text() == "mine"


HISTORY = {"loss": [i / 7 for i in range(400_000)]}


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"loss": [0.1, float("nan"), 1e-30] * 700, "é": {"a": [1, "ü", None], "b": True}},
        {1: [2.5], "x": 3},
        [[1.0, 2.0]] * 2500,
        list(range(1000)),
        list(range(1001)),
        ("a", {"b": ()}),
    ],
)
def test_it_is_the_same_text(value):
    assert long_json.dumps(value) == json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, -1e-30, NaN, true]}', "[1.5, 2]"])
def test_long_text_is_read_as_short_is(text):
    long = f"[{text}, {', '.join(['0.25'] * 30_000)}]"
    assert repr(read_json(long, "it")[0]) == repr(json.loads(text))


def _longest_wait(work):
    """Of a thread that only counts, as a part of the time that ``work`` takes."""
    turns: list[float] = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            turns.append(time.perf_counter())
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.perf_counter()
    try:
        work()
    finally:
        end = time.perf_counter()
        stop.set()
        thread.join()
    inside = [begin, *(one for one in turns if begin < one < end), end]
    return max(b - a for a, b in pairwise(inside)) / (end - begin)


@pytest.mark.parametrize("way", ["write", "read"])
def test_other_threads_have_their_turn(way):
    text = json.dumps(HISTORY)
    work = {"write": lambda: long_json.dumps(HISTORY), "read": lambda: read_json(text, "it")}[way]
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        # Another program may have the processor for a while, not each time.
        assert min(_longest_wait(work) for _ in range(3)) < 0.3
    finally:
        sys.setswitchinterval(before)
