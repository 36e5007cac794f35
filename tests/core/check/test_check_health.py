"""Dead units and gradients that fade or burst, on networks that were made to have them."""

import numpy as np
import pytest

from netbuilder.core.check.health import count_dead_units, network_problems, reached_layers
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project


def _project(*activations: str):
    project = edits.append_layer(Project(), "Input")
    for activation in activations:
        project = edits.append_layer(
            project, "Dense", params={"units": 8, "activation": activation}
        )
    return project


def test_units_that_no_sample_wakes_are_counted():
    rng = np.random.default_rng(1)
    values = np.maximum(rng.normal(size=(64, 8)), 0)
    assert count_dead_units(values) == (0, 8)
    values[:, :3] = 0
    assert count_dead_units(values) == (3, 8)
    assert count_dead_units(values[:4]) == (0, 0), "four samples prove nothing"
    maps = np.maximum(rng.normal(size=(20, 5, 5, 4)), 0)
    maps[..., 2] = 0
    assert count_dead_units(maps) == (1, 4)


def test_dead_units_are_told_on_a_relu_layer_and_nowhere_else():
    zeros = np.zeros((64, 8))
    project = _project("relu", "sigmoid")
    (problem,) = network_problems(project, {"dense": zeros, "dense_1": zeros}, {})
    assert (problem.node, problem.code) == ("dense", "dead-units")
    mended = problem.fix.edit(project)
    assert mended.graph.by_id["dense"].params["activation"] == "leaky_relu"
    few = np.ones((64, 8))
    few[:, 0] = 0
    assert network_problems(project, {"dense": few}, {}) == ()


def test_a_gradient_that_vanishes_is_told_on_the_layer_that_has_it():
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    x = tf.random.stateless_normal((32, 8), seed=(1, 2))
    layers = [keras.layers.Dense(8, activation="sigmoid") for _ in range(10)]
    with tf.GradientTape() as tape:
        y = x
        for layer in layers:
            y = layer(y)
        loss = tf.reduce_sum(y * y)
    kernels = [layer.kernel.value for layer in layers]
    found = tape.gradient(loss, kernels)
    names = ["dense", *(f"dense_{n}" for n in range(1, 10))]
    gradients = {n: {"kernel": g.numpy()} for n, g in zip(names, found, strict=True)}
    project = _project(*["sigmoid"] * 10)
    problems = network_problems(project, {}, gradients)
    told = [p.node for p in problems]
    assert told and told[0] == "dense" and "dense_9" not in told
    assert {p.code for p in problems} == {"vanishing-gradient"}
    fix = problems[0].fix
    assert fix.edit(project).graph.by_id["dense"].params["activation"] == "relu"


def test_one_kernel_of_a_backbone_does_not_say_that_its_gradient_vanishes():
    project = edits.append_layer(edits.append_layer(Project(), "Input"), "MobileNet")
    project = edits.append_layer(project, "Dense", params={"units": 6})
    gradients = {
        "mobile_net": {"kernel": np.full((3, 3, 3, 3), 1e-14)},
        "dense": {"kernel": np.full((102, 6), 1e-4)},
    }
    assert "mobile_net" in project.graph.by_id
    assert network_problems(project, {}, gradients) == ()


@pytest.mark.parametrize("value", [1e4, np.inf, np.nan])
def test_a_gradient_that_explodes_is_told_with_a_limit(value):
    project = _project("relu", "relu")
    gradients = {
        "dense": {"kernel": np.full((3, 8), value)},
        "dense_1": {"kernel": np.ones((8, 8))},
    }
    (problem,) = network_problems(project, {}, gradients)
    assert (problem.node, problem.code) == ("dense", "exploding-gradient")
    assert problem.fix.edit(project).training.optimizer.params["clipnorm"] == 1.0


def test_a_small_gradient_behind_a_larger_one_has_not_vanished():
    project = _project("tanh", "tanh", "sigmoid")
    small, large = np.full((8, 8), 1e-7), np.full((8, 8), 1e-1)
    gradients = {"dense": {"kernel": large}, "dense_1": {"kernel": small}}
    assert network_problems(project, {}, {**gradients, "dense_2": {"kernel": large}}) == ()


def test_a_layer_that_has_learned_is_not_told_to_have_stayed_as_it_began():
    """Eight sigmoids: at first too little comes to the first ones, then enough; where the network
    is sure of all it answers, next to nothing does again."""
    project = _project(*["sigmoid"] * 3)
    large, enough, little = np.full((8, 8), 1e-1), np.full((8, 8), 1e-3), np.full((8, 8), 1e-7)

    def at(first):
        return {
            "dense": {"kernel": first},
            "dense_1": {"kernel": first},
            "dense_2": {"kernel": large},
        }

    assert reached_layers(at(little)) == {"dense_2"}
    assert [p.node for p in network_problems(project, {}, at(little))] == ["dense", "dense_1"]
    reached = reached_layers(at(enough))
    assert reached == {"dense", "dense_1", "dense_2"}
    assert network_problems(project, {}, at(little), reached) == ()
    assert reached_layers(at(np.zeros((8, 8)))) == {"dense_2"}
