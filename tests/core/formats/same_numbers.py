"""Whether the numbers that a script makes of a data set are those that the program trains on."""

import io
from contextlib import redirect_stdout
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import Graph, Node, Project, Training

source = partial(script_source, style=Style.EXACT)

Layers = tuple[tuple[str, dict[str, Any]], ...]
NUMBER: Layers = (("Dense", {"units": 1}),)
CLASSES: Layers = (("Flatten", {}), ("Dense", {"units": 3, "activation": "softmax"}))
WORDS: Layers = (("Embedding", {"input_dim": 50, "output_dim": 2}), *CLASSES)


def chain(data, *layers: tuple[str, dict[str, Any]]):
    nodes = [Node("input", "Input"), *(Node(f"l{i}", *one) for i, one in enumerate(layers))]
    edges = tuple(pairwise(node.id for node in nodes))
    return Project("Row", Graph(tuple(nodes), edges), data, Training(seed=3))


def same_numbers(project, folder, monkeypatch, *, alone=True):
    """Compare each part; ``alone``: also of a script that is told nothing of the data."""
    dataset = load_dataset(project, folder)
    monkeypatch.chdir(folder)
    space: dict[str, Any] = {}
    for known in (load_facts(project, folder), None)[: 2 if alone else 1]:
        space = {}
        with redirect_stdout(io.StringIO()):
            exec(source(project, known).split("# Build the network")[0], space)
        for part, name in (("train", "train"), ("validation", "val"), ("test", "test")):
            split = getattr(dataset, part)
            if split is None or not len(split):
                continue
            x, y = next(iter(split.x.values())), next(iter(split.y.values()))
            np.testing.assert_allclose(space[f"x_{name}"], x, atol=1e-5, err_msg=part)
            np.testing.assert_allclose(np.ravel(space[f"y_{name}"]), np.ravel(y), atol=1e-5)
            if split.sample_weight is not None and part != "test":
                np.testing.assert_allclose(space[f"weights_{name}"], split.sample_weight)
    return space
