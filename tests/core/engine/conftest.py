"""Small networks and data that the engine's tests share."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine import prepared_networks
from netbuilder.core.project.model import Choice, Graph, Node, Project, Training

Layers = list[tuple[str, str, dict[str, Any]]]


def forget_prepared() -> None:
    """Let go of the network that is kept for the next run."""
    prepared_networks.shelf.clear()


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETBUILDER_HOME", str(tmp_path / "home"))


@pytest.fixture
def chain() -> Callable[..., Project]:
    """A project of layers in a row: ``chain([("a", "Dense", {"units": 3}), ...], epochs=2)``."""

    def make(layers: Layers, loss: str = "mean_squared_error", **training: Any) -> Project:
        nodes = (Node("input", "Input"), *(Node(i, k, p) for i, k, p in layers))
        ids = [node.id for node in nodes]
        graph = Graph(nodes, tuple(pairwise(ids)))
        training.setdefault("metrics", ())
        training.setdefault("epochs", 3)
        training.setdefault("seed", 5)
        return Project("Test", graph, training=Training(loss=Choice(loss), **training))

    return make


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    """Data in memory: ``dataset({"input": x}, {"out": y}, held=20)`` holds back the last rows."""

    def make(
        x: dict[str, Any],
        y: dict[str, Any],
        *,
        held: int = 0,
        tested: int = 0,
        task: str = "regression",
        weight: Any = None,
        classes: tuple[str, ...] = (),
        one_hot: bool = False,
    ) -> Dataset:
        rows = len(next(iter(x.values())))
        first, second = rows - held - tested, rows - tested

        def split(a: int, b: int) -> Split:
            inputs = {k: v[a:b] for k, v in x.items()}
            targets = {k: v[a:b] for k, v in y.items()}
            weights = None if weight is None or a else weight[a:b]
            return Split(inputs, targets, inputs, weights)

        facts = DataFacts(
            rows=first,
            validation_rows=held,
            test_rows=tested,
            task=task,
            tasks=dict.fromkeys(y, task),
            input_shapes={k: v.shape[1:] for k, v in x.items()},
            input_dtypes={k: str(v.dtype) for k, v in x.items()},
            classes=classes,
            output_units={k: v.shape[-1] if v.ndim > 1 else 1 for k, v in y.items()},
            one_hot=one_hot,
        )
        preprocessing = Preprocessing(
            {k: InputPreprocessing() for k in x}, {k: OutputPreprocessing(task=task) for k in y}
        )
        return Dataset(
            facts,
            split(0, first),
            split(first, second) if held else None,
            split(second, rows) if tested else None,
            preprocessing,
        )

    return make


@pytest.fixture
def numbers() -> tuple[Any, Any]:
    """100 rows of 4 numbers, and a sum of them that a network can learn."""
    source = np.random.default_rng(0)
    x = source.normal(size=(100, 4)).astype(np.float32)
    return x, (x @ np.array([[1.0], [-2.0], [0.5], [3.0]], np.float32)) + 1


@pytest.fixture
def data(dataset: Callable[..., Dataset], numbers: tuple[Any, Any]) -> Dataset:
    """``numbers`` as data, the last 20 rows held back."""
    x, y = numbers
    return dataset({"input": x}, {"out": y}, held=20)
