"""Sets that Keras fetches: without a network a message says where to put them, and that is all."""

import gzip
import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.kinds.builtin import BUILTINS, keras_sets
from netbuilder.core.data.kinds.builtin.keras_sets import keras_home
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.errors import DataError
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import Data, Project

source = partial(script_source, style=Style.EXACT)

FETCHED = [name for name, row in BUILTINS.items() if row.fetched]


def project(name):
    return Project(data=Data("builtin", name=name))


def test_there_are_the_ones_of_the_course():
    assert FETCHED == ["mnist", "fashion_mnist", "cifar10", "imdb"]


@pytest.mark.parametrize("name", FETCHED)
def test_the_script_is_python(name):
    compile(source(project(name)), name, "exec")
    code = re.sub(r'""".*?"""|#[^\n]*', "", source(project(name)), flags=re.S)
    assert "netbuilder" not in code.lower()


def test_a_wrong_file_is_not_taken_and_the_message_says_where(tmp_path, monkeypatch):
    """The proxy leads nowhere, so that it is the same with and without a network."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").write_bytes(b"other data")
    with pytest.raises(DataError) as told:
        load_facts(project("mnist"), Path())
    assert "'mnist' is not on this computer and could not be downloaded" in told.value.what
    assert f"put mnist.npz into {keras_home()}" in told.value.fix


def idx(path, values):
    """As the makers of MNIST wrote arrays of bytes.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    head = b"\0\0\x08" + bytes([values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
    path.write_bytes(gzip.compress(head + values.tobytes()))


READ = """
import json
from pathlib import Path
from netbuilder.core.data.load import load_dataset
from netbuilder.core.project.model import Data, Project
recipe = Data("builtin", name="fashion_mnist", validation_split=0.0)
found = load_dataset(Project(data=recipe), Path())
print(json.dumps([
    [(part.x["input"][:, 0, 0, 0] * 255).round().tolist(),
     [found.facts.classes[int(n)] for n in part.raw_y["output"]]]
    for part in (found.train, found.test)
]))
"""


@pytest.mark.slow
def test_files_that_were_put_there_by_hand_are_read(tmp_path):
    """Where the message says; no network is asked. Keras learns its folder when it starts."""
    labels = np.arange(40, dtype=np.uint8) % 10
    pictures = np.repeat(labels, 28 * 28).reshape(40, 28, 28) * 25
    folder = tmp_path / "datasets" / "fashion-mnist"
    for part, kept in (("train", slice(0, 30)), ("t10k", slice(30, 40))):
        idx(folder / f"{part}-labels-idx1-ubyte.gz", labels[kept])
        idx(folder / f"{part}-images-idx3-ubyte.gz", pictures[kept])
    closed = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    env = {**os.environ, **closed, "KERAS_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", READ], env=env, capture_output=True, text=True, check=True
    )
    parts = json.loads(done.stdout.splitlines()[-1])
    assert [len(shades) for shades, _ in parts] == [30, 10]
    # The shade of each picture says its class: 25 for class 1, 225 for class 9.
    for shades, names in parts:
        assert names == [keras_sets._CLOTHES[int(shade) // 25] for shade in shades]


@pytest.mark.skipif(
    not (keras_home() / "mnist.npz").exists(), reason="MNIST was never fetched here"
)
def test_mnist_where_it_is():
    found = load_dataset(project("mnist"), Path())
    assert found.facts.rows + found.facts.validation_rows == 60_000
    assert found.facts.test_rows == 10_000
    assert found.train.x["input"].max() == 1.0
