"""Warnings do not block: what they are about trains. Errors that Keras would accept do harm."""

import numpy as np
import pytest
from rule_examples import PAGES

from netbuilder.core.check.diagnostics import RULES
from netbuilder.core.check.problems import Severity
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL

WARNINGS = [
    pytest.param(make, id=f"{rule.code}-{at}")
    for rule in RULES
    for at, make in enumerate(PAGES[rule.code].examples)
    if rule.severity is Severity.WARNING and make().facts is not None
]


def target(facts, rows, units):
    rng = np.random.default_rng(0)
    if facts.task == CLASSES:
        numbers = rng.integers(0, len(facts.classes), rows)
        return np.eye(len(facts.classes))[numbers] if facts.one_hot else numbers
    if facts.task in {BINARY, MULTI_LABEL}:
        return rng.integers(0, 2, (rows, units)).astype("float32")
    return rng.normal(size=(rows, units)).astype("float32")


@pytest.mark.filterwarnings("ignore:.*from_logits")  # Keras warns of the same
@pytest.mark.parametrize("make", WARNINGS)
def test_a_network_with_a_warning_trains(make):
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    example = make()
    model = build_training_model(example.project, example.facts)
    model.run_eagerly = True
    rows = 8
    x = np.random.default_rng(1).random((rows, *example.facts.input_shapes["input"]))
    y = target(example.facts, rows, model.output_shape[-1])
    loss = model.train_on_batch(x.astype("float32"), y)
    assert np.isfinite(loss if np.isscalar(loss) else loss[0])
