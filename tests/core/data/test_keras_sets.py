"""Sets that Keras fetches: without a network a message says where to put them, and that is all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.keras_sets import home
from netbuilder.core.data.load import facts, load
from netbuilder.core.errors import DataError
from netbuilder.core.formats.script.python import source
from netbuilder.core.project.model import Data, Project

FETCHED = [name for name, row in BUILTINS.items() if row.fetched]


def project(name: str) -> Project:
    return Project(data=Data("builtin", name=name))


def test_there_are_the_ones_of_the_course() -> None:
    assert FETCHED == ["mnist", "fashion_mnist", "cifar10", "imdb"]


@pytest.mark.parametrize("name", FETCHED)
def test_the_script_is_python(name: str) -> None:
    compile(source(project(name)), name, "exec")
    code = re.sub(r'""".*?"""', "", source(project(name)), flags=re.S)
    assert "netbuilder" not in code.lower()


def test_a_wrong_file_is_not_taken_and_the_message_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy leads nowhere, so that it is the same with and without a network."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").write_bytes(b"other data")
    with pytest.raises(DataError) as told:
        facts(project("mnist"), Path())
    assert "'mnist' is not on this computer and could not be downloaded" in told.value.what
    assert f"put mnist.npz into {home()}" in told.value.mend


@pytest.mark.skipif(not (home() / "mnist.npz").exists(), reason="MNIST was never fetched here")
def test_mnist_where_it_is() -> None:
    found = load(project("mnist"), Path())
    assert found.facts.rows + found.facts.validation_rows == 60_000
    assert found.facts.test_rows == 10_000
    assert found.train.x["input"].max() == 1.0
