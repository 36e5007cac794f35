"""Small trained networks that the tests of this room share."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training

Trained = tuple[TrainedModel, Dataset]


def chain(*nodes: tuple[str, str, dict[str, object]]) -> Graph:
    made = (Node("input", "Input"), *(Node(*entry) for entry in nodes))
    ids = [node.id for node in made]
    return Graph(made, tuple(pairwise(ids)))


def train(graph: Graph, data: Data, base: Path, epochs: int = 10, **training: object) -> Trained:
    plan = Training(
        optimizer=Choice("Adam", {"learning_rate": 0.01}), epochs=epochs, batch_size=32, **training
    )
    project = Project(graph=graph, data=data, training=plan)
    dataset = load_dataset(project, base)
    return Session(project, dataset, on_event=lambda event: None).run(), dataset


def houses(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = random.uniform(40, 200, rows)
    town = random.choice(["Bath", "York"], rows)
    price = 2000.0 * size + np.where(town == "Bath", 90_000.0, 0.0)
    price += random.normal(0, 3000, rows)
    return pd.DataFrame({"size": size.round(1), "town": town, "price": price.round()})


@pytest.fixture(scope="session")
def house_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("houses")
    houses(400, 1).to_csv(folder / "houses.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def house_model(house_folder: Path) -> Trained:
    """Numbers from a table with a text column."""
    graph = chain(("hidden", "Dense", {"units": 16, "activation": "relu"}),
                  ("out", "Dense", {"units": 1}))  # fmt: skip
    recipe = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    return train(graph, recipe, house_folder, epochs=30)


@pytest.fixture(scope="session")
def digits_model() -> Trained:
    """Classes from pictures."""
    graph = chain(
        ("conv", "Conv2D", {"filters": 8, "kernel_size": [3, 3], "activation": "relu"}),
        ("flatten", "Flatten", {}),
        ("drop", "Dropout", {"rate": 0.2}),
        ("out", "Dense", {"units": 10, "activation": "softmax"}),
    )
    return train(graph, Data("builtin", name="digits"), Path(), epochs=6)


@pytest.fixture(scope="session")
def reviews_model() -> Trained:
    """Two classes from texts."""
    graph = chain(
        ("embedding", "Embedding", {"input_dim": 100, "output_dim": 8}),
        ("pool", "GlobalAveragePooling1D", {}),
        ("hidden", "Dense", {"units": 8, "activation": "relu"}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    return train(graph, Data("builtin", name="reviews"), Path(), epochs=15)


def number_of(text: str) -> float:
    """Read a number as it is shown: "−1.16 · 10⁻⁸"."""
    digits = text.replace(" · 10", "e").replace(",", "")
    return float(digits.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")))
