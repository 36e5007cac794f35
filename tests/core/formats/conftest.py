"""Small real Keras models and one small trained project, made once."""

from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training


def project_of_diabetes() -> Project:
    return Project(
        name="Diabetes",
        graph=Graph(
            (
                Node("input", "Input"),
                Node("dense", "Dense", {"units": 8, "activation": "relu"}),
                Node("norm", "BatchNormalization"),
                Node("out", "Dense", {"units": 1}),
            ),
            (("input", "dense"), ("dense", "norm"), ("norm", "out")),
        ),
        data=Data(kind="builtin", name="diabetes", scaling="minmax"),
        training=Training(optimizer=Choice("Adam", {"learning_rate": 0.01}), epochs=2),
    )


def trained_of(project: Project, dataset: Dataset, epochs: int = 1) -> TrainedModel:
    """Trained by Keras's own ``fit``: these tests are about files."""
    project = resolve_defaults(project, dataset.facts)
    training_model = build_training_model(project, dataset.facts)
    x = [dataset.train.x[name] for name in project.graph.inputs]
    y = [dataset.train.y[name] for name in project.graph.outputs]
    training_model.fit(
        x[0] if len(x) == 1 else x, y[0] if len(y) == 1 else y, epochs=epochs, verbose=0
    )
    return TrainedModel(
        project=project,
        training_model=training_model,
        model=assemble(training_model, project, dataset.preprocessing, dataset.facts),
        preprocessing=dataset.preprocessing,
        facts=dataset.facts,
        history={"loss": [0.5, float("nan")], "val_loss": [0.6, 0.4]},
        test={"mean_absolute_error": 42.5},
        seconds=1.5,
        steps_per_second=100.0,
        epochs=2,
        best_epoch=2,
    )


@pytest.fixture(scope="session")
def diabetes_data() -> Dataset:
    return load_dataset(project_of_diabetes(), Path())


@pytest.fixture(scope="session")
def diabetes(diabetes_data: Dataset) -> TrainedModel:
    return trained_of(project_of_diabetes(), diabetes_data)


@pytest.fixture(scope="session")
def raw_rows(diabetes_data: Dataset) -> np.ndarray:
    return diabetes_data.train.raw_x["input"][:5]
