"""Milliseconds from a changed parameter at the head of a long chain to all shapes.

    python benchmarks/shapes.py [--layers 200] [--repeat 15]

Prints one JSON object. Each case makes the same change again and again with values not seen
before, so that the head is never in the cache; ``first`` is the first computation of the chain
after Keras has loaded, ``again`` one in which nothing changed, ``diagnose`` the check of all
rules on the result. ``keras_model`` builds the same network with ``keras.Model``, the way
without a cache, alternately in the same run. Design, section 6: at most 100 ms, diagnose 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project

Layer = tuple[str, dict[str, Any]]


def chain(layers: list[Layer], shape: list[int]) -> Project:
    nodes = [Node("input", "Input", {"shape": shape})]
    nodes += [Node(f"n{at}", layer, params) for at, (layer, params) in enumerate(layers)]
    edges = tuple((a.id, b.id) for a, b in pairwise(nodes))
    return Project("Chain", Graph(tuple(nodes), edges), Data("builtin", name="iris"))


def dense(count: int) -> tuple[Project, Callable[[Project, int], Project]]:
    layers: list[Layer] = [("Dense", {"units": 64, "activation": "relu"})] * count
    return chain(layers, [32]), lambda p, n: edits.set_params(p, "n0", units=65 + n)


def mixed(count: int) -> tuple[Project, Callable[[Project, int], Project]]:
    block: list[Layer] = [
        ("Conv2D", {"filters": 16, "kernel_size": 3, "padding": "same", "activation": "relu"}),
        ("BatchNormalization", {}),
        ("Dropout", {"rate": 0.1}),
        ("Activation", {"activation": "relu"}),
    ]
    layers = (block * count)[: count - 2]
    layers += [("GlobalAveragePooling2D", {}), ("Dense", {"units": 10, "activation": "softmax"})]
    return chain(layers, [64, 64, 3]), lambda p, n: edits.set_params(p, "n0", filters=17 + n)


def every_shape(count: int) -> tuple[Project, Callable[[Project, int], Project]]:
    """The worst case: a new input size gives every node a shape never seen."""
    layers: list[Layer] = [("Conv2D", {"filters": 8, "kernel_size": 3})] * count
    side = 2 * count + 100
    return chain(layers, [side, side, 3]), lambda p, n: edits.set_params(
        p, "input", shape=[side, side + 1 + n, 3]
    )


def many_values(count: int) -> tuple[Project, Callable[[Project, int], Project]]:
    """Every node with many values to look at."""
    regular = {"name": "L2", "params": {"l2": 0.01}}
    block: list[Layer] = [
        (
            "Dense",
            {
                "units": 32,
                "activation": "relu",
                "use_bias": True,
                "kernel_initializer": "he_normal",
                "bias_initializer": "zeros",
                "kernel_regularizer": regular,
                "activity_regularizer": regular,
                "kernel_constraint": {"name": "MaxNorm", "params": {"max_value": 2}},
            },
        ),
        ("Dropout", {"rate": 0.2, "seed": 3}),
    ]
    layers = [*(block * count)[: count - 1], ("Dense", {"units": 3, "activation": "softmax"})]
    return chain(layers, [4]), lambda p, n: edits.set_params(p, "n0", units=33 + n)


CASES = {"dense": dense, "mixed": mixed, "every_shape_new": every_shape, "many_values": many_values}
FACTS = DataFacts(
    rows=1000,
    task="classes",
    input_shapes={"input": (4,)},
    input_dtypes={"input": "float32"},
    classes=("a", "b", "c"),
    output_units={"n199": 3},
    units_scaled=True,
)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1000, result


def build(project: Project) -> Any:
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model
    from netbuilder.core.project.model import Choice

    plan = edits.set_training(project, loss=Choice("mean_squared_error"), metrics=())
    return build_training_model(plan, None)


def measure(name: str, count: int, repeat: int) -> dict[str, Any]:
    project, change = CASES[name](count)
    cache = ShapeCache()
    first, _ = timed(lambda: cache.compute(project.graph))
    again: list[float] = []
    changed: list[float] = []
    checked: list[float] = []
    whole: list[float] = []
    for n in range(repeat):
        new = change(project, n)
        spent, shapes = timed(lambda new=new: cache.compute(new.graph))
        changed.append(spent)
        again.append(timed(lambda new=new: cache.compute(new.graph))[0])
        checked.append(timed(lambda new=new, s=shapes: diagnose(new, FACTS, s))[0])
        if n < 3:
            whole.append(timed(lambda new=new: build(new))[0])
    return {
        "layers": count,
        "first_ms": round(first, 1),
        "changed_ms": round(statistics.median(changed), 1),
        "changed_worst_ms": round(max(changed), 1),
        "again_ms": round(statistics.median(again), 2),
        "diagnose_ms": round(statistics.median(checked), 2),
        "keras_model_ms": round(statistics.median(whole), 1),
    }


def huge() -> dict[str, Any]:
    """A network of 4e10 weights: counted, never allocated."""
    before = most_memory()
    layers: list[Layer] = [("Dense", {"units": 100_000})] * 4
    project = chain(layers, [100_000])
    spent, shapes = timed(lambda: ShapeCache().compute(project.graph))
    return {
        "parameters": shapes.total_parameters,
        "ms": round(spent, 1),
        "memory_grown_mb": round((most_memory() - before) / 1e6, 1),
    }


def most_memory() -> int:
    """Bytes of the largest memory so far; 0 where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=15)
    args = parser.parse_args()
    import keras

    keras.layers.Dense(1).build((None, 1))
    result = {name: measure(name, args.layers, args.repeat) for name in CASES}
    print(json.dumps({"keras": keras.__version__, **result, "huge": huge()}))


if __name__ == "__main__":
    main()
