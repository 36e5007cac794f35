"""Losses, optimizers, metrics, callbacks and the objects of weights, each against Keras."""

import importlib
import inspect
import json

import numpy as np
import pytest

from netbuilder.core.catalog.spec import Kind
from netbuilder.core.catalog.training import schedules
from netbuilder.core.catalog.training.training_index import (
    ACCURACY_BY_TASK,
    ACTIVATIONS,
    CALLBACKS,
    CONSTRAINTS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)
from netbuilder.core.catalog.validate import problem_with

TABLES = {
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "metrics": METRICS,
    "callbacks": CALLBACKS,
    "initializers": INITIALIZERS,
    "regularizers": REGULARIZERS,
    "constraints": CONSTRAINTS,
    "schedules": SCHEDULES,
}
ROWS = [(kind, spec) for kind, table in TABLES.items() for spec in table.values()]
KERAS_ROWS = [(kind, spec) for kind, spec in ROWS if spec.keras_class]


def ids(rows):
    return [f"{kind}-{spec.name}" for kind, spec in rows]


# Arguments without a row, and why.
OUTSIDE = {
    "name": "the row's name is the name",
    "dtype": "the precision is that of the whole training",
    "verbose": "Keras would print it; the program says it in its window",
    "profile_batch": "profiling slows training down, and its viewer is a plug-in",
    "embeddings_freq": "needs files that describe the words",
    "embeddings_metadata": "as embeddings_freq",
    "exclude_layers": "a list of layers, which no kind of parameter holds",
    "save_weights_only": "a file of bare weights tells nobody whose it is",
    "save_freq": "the session calls at the ends of epochs",
    "swap_on_epoch": "would leave the averages in the network where a run is stopped",
}
# Classes without a row, and why: the comments above each table say it at length.
LEFT_OUT = {
    "losses": {
        "Loss": "base",
        "CTC": "targets of different lengths",
        "CategoricalGeneralizedCrossEntropy": "no .h5 can be opened with it",
    },
    "optimizers": {
        "Optimizer": "base",
        "LossScaleOptimizer": "wraps another; mixed precision makes it by itself",
        "MultiOptimizer": "wraps others",
        "OptimizerMap": "helper of MultiOptimizer",
        "Adafactor": "no .h5 can be saved with it",
        "Lamb": "no .h5 can be opened with it",
    },
    "metrics": {
        "Metric": "base",
        "Mean": "for programs",
        "Sum": "for programs",
        "MeanMetricWrapper": "for programs",
        "Accuracy": "wants class numbers as answers; accuracy is what people mean",
    },
    "callbacks": {
        "Callback": "base",
        "CallbackList": "helper",
        "BackupAndRestore": "runs can be resumed anyhow",
        "OrbaxCheckpoint": "runs are recorded anyhow",
        "History": "always there",
        "ProgbarLogger": "the window does it",
        "TerminateOnNaN": "the session does it",
        "LambdaCallback": "holds code",
        "LearningRateScheduler": "holds code; schedules do it",
        "RemoteMonitor": "sends data away",
    },
    "initializers": {"Initializer": "base", "STFT": "for spectrogram layers"},
    "regularizers": {"Regularizer": "base"},
    "constraints": {"Constraint": "base"},
    "schedules": {"LearningRateSchedule": "base"},
}
MODULES = {"schedules": "keras.optimizers.schedules"}


def keras_class(spec):
    return getattr(importlib.import_module(spec.module), spec.keras_class)


def make(spec, **more):
    return keras_class(spec)(**spec.start_params() | more)


@pytest.mark.parametrize(("kind", "spec"), KERAS_ROWS, ids=ids(KERAS_ROWS))
def test_row_has_keras_arguments_and_defaults(keras, differences, kind, spec):
    found = keras_class(spec)
    own = set(OUTSIDE) & set(inspect.signature(found).parameters)
    assert differences(spec, found, own) == []


@pytest.mark.parametrize(("kind", "spec"), ROWS, ids=ids(ROWS))
def test_row_is_whole(kind, spec):
    assert spec.help.endswith(".")
    assert len(spec.by_name) == len(spec.params)
    for param in spec.params:
        assert param.help.endswith("."), param.name
        assert not param.required or param.start is not None, param.name
        if not param.required:
            assert problem_with(param, param.default) is None, param.name
        if param.start is not None:
            assert problem_with(param, param.start) is None, param.name
    if kind in ("losses", "metrics", "callbacks"):
        assert spec.title


CONFIGURED = [(kind, spec) for kind, spec in KERAS_ROWS if kind != "callbacks"]


@pytest.mark.parametrize(("kind", "spec"), CONFIGURED, ids=ids(CONFIGURED))
def test_object_survives_its_config(keras, kind, spec):
    made = make(spec)
    config = json.loads(json.dumps(made.get_config()))
    again = type(made).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config


# Values that Keras takes only together with others.
COMPANIONS = {
    ("AUC", "num_labels"): {"multi_label": True},
    ("AUC", "label_weights"): {"multi_label": True, "num_labels": 1},
    ("AUC", "num_thresholds"): {"num_thresholds": 2},
}


@pytest.mark.parametrize(("kind", "spec"), KERAS_ROWS, ids=ids(KERAS_ROWS))
def test_keras_takes_every_choice_and_limit_of_a_row(keras, kind, spec):
    for param in spec.params:
        values = list(param.choices)
        if param.kind in (Kind.INT, Kind.FLOAT):
            values = [v for v in (param.minimum, param.maximum) if v is not None]
            values = [int(v) if param.kind is Kind.INT else v for v in values]
        if param.kind is Kind.BOOL:
            values = [True, False]
        for value in values:
            more = {param.name: value} | COMPANIONS.get((spec.keras_class, param.name), {})
            made = make(spec, **more)
            assert made is not None


@pytest.mark.parametrize("kind", TABLES)
def test_every_class_of_keras_has_a_row_or_a_reason(keras, kind):
    module = importlib.import_module(MODULES.get(kind, f"keras.{kind}"))
    names = {}
    for name in dir(module):
        if inspect.isclass(getattr(module, name)):
            names.setdefault(getattr(module, name), set()).add(name)
    rows = {spec.keras_class for spec in TABLES[kind].values()}
    reasons = set(LEFT_OUT[kind])
    assert rows & reasons == set()
    assert [group for group in names.values() if not group & (rows | reasons)] == []
    for group in names.values():
        if group & rows:
            for name in group:
                found = canonical(TABLES[kind], name)
                assert found is not None, name
                assert TABLES[kind][found].keras_class in group


def save_and_open(keras, folder, **compiled):
    """A small network, compiled, saved as ``.h5`` and opened by plain Keras, twice compiled."""
    entrance = keras.Input((2,))
    hidden = keras.layers.Dense(2)(entrance)
    model = keras.Model(entrance, keras.layers.Dense(2, activation="sigmoid")(hidden))
    compiled.setdefault("loss", keras.losses.MeanSquaredError())
    model.compile(**compiled)
    model.optimizer.build(model.trainable_variables)
    model.save(folder / "model.h5")
    return model, keras.models.load_model(folder / "model.h5")


@pytest.mark.parametrize("name", LOSSES)
def test_a_file_with_the_loss_opens(keras, tmp_path, name):
    model, opened = save_and_open(keras, tmp_path, loss=make(LOSSES[name]))
    assert opened.loss.get_config() == model.loss.get_config()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_file_with_the_optimizer_opens(keras, tmp_path, name):
    model, opened = save_and_open(keras, tmp_path, optimizer=make(OPTIMIZERS[name]))
    assert opened.optimizer.get_config() == model.optimizer.get_config()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_file_with_the_schedule_opens(keras, tmp_path, name):
    optimizer = keras.optimizers.SGD(make(SCHEDULES[name]))
    _, opened = save_and_open(keras, tmp_path, optimizer=optimizer)
    again = opened.optimizer._learning_rate
    assert again.get_config() == optimizer._learning_rate.get_config()


@pytest.mark.parametrize("task", ["regression", "binary", "classes", "one_hot"])
def test_a_file_with_the_metrics_opens(keras, tmp_path, task):
    metrics = [make(s) for s in METRICS.values() if s.keras_class and task in s.tasks]
    _, opened = save_and_open(keras, tmp_path, metrics=metrics)
    kept = opened._compile_metrics._user_metrics
    assert [m.get_config() for m in kept] == [m.get_config() for m in metrics]


def test_what_no_file_can_hold_is_still_so(keras, tmp_path):
    """When this fails, Keras has mended one of them: give it a row."""
    with pytest.raises(ValueError, match="name already exists"):
        save_and_open(keras, tmp_path, optimizer=keras.optimizers.Adafactor())
    with pytest.raises(ValueError, match="lamb"):
        save_and_open(keras, tmp_path, optimizer=keras.optimizers.Lamb())
    with pytest.raises(ValueError, match="cross_entropy"):
        save_and_open(keras, tmp_path, loss=keras.losses.CategoricalGeneralizedCrossEntropy())


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("kernel_initializer", INITIALIZERS),
        ("kernel_regularizer", REGULARIZERS),
        ("kernel_constraint", CONSTRAINTS),
        ("activation", ACTIVATIONS),
    ],
)
def test_a_file_with_the_objects_of_weights_opens(keras, tmp_path, key, table):
    entrance = layer = keras.Input((3,))
    for name in table:
        value = name if table is ACTIVATIONS else make(table[name])
        layer = keras.layers.Dense(3, **{key: value})(layer)
    model = keras.Model(entrance, layer)
    model.save(tmp_path / "model.h5")
    opened = keras.models.load_model(tmp_path / "model.h5", compile=False)
    assert len(opened.layers) == len(table) + 1
    for mine, again in zip(model.layers, opened.layers, strict=True):
        assert mine.get_config() == again.get_config()


TARGETS = {
    "regression": ([[1.0], [2.0], [3.0]], [[1.5], [2.0], [2.0]]),
    "binary": ([[0.0], [1.0], [1.0]], [[0.2], [0.7], [0.4]]),
    "multi_label": ([[0.0, 1.0], [1.0, 1.0]], [[0.2, 0.7], [0.4, 0.9]]),
    "classes": ([1, 0, 1], [[0.2, 0.8], [0.7, 0.3], [0.6, 0.4]]),
    "one_hot": ([[0.0, 1.0], [1.0, 0.0]], [[0.2, 0.8], [0.7, 0.3]]),
}
MEASURED = [
    (spec, task)
    for table in (LOSSES, METRICS)
    for spec in table.values()
    if spec.keras_class
    for task in spec.tasks
]


@pytest.mark.parametrize(
    ("spec", "task"), MEASURED, ids=[f"{s.module}-{s.name}-{t}" for s, t in MEASURED]
)
def test_measures_the_targets_that_it_says_it_fits(keras, spec, task):
    truth, answer = (np.asarray(part, "float32") for part in TARGETS[task])
    value = np.asarray(make(spec)(truth, answer))
    assert np.isfinite(value).all()


@pytest.mark.parametrize("task", ACCURACY_BY_TASK)
def test_accuracy_counts_right_answers(keras, task):
    truth, answer = (np.asarray(part, "float32") for part in TARGETS[task])
    right = {"binary": 2 / 3, "multi_label": 3 / 4, "classes": 2 / 3, "one_hot": 1.0}[task]
    metric = make(METRICS[ACCURACY_BY_TASK[task]])
    assert float(metric(truth, answer)) == pytest.approx(right)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_trains_with_a_schedule_and_without(keras, name):
    schedule = make(SCHEDULES["ExponentialDecay"])
    for more in ({}, {"learning_rate": schedule}):
        optimizer = make(OPTIMIZERS[name], **more)
        weight = keras.Variable([[1.0, 2.0], [3.0, 4.0]])
        before = np.asarray(weight)
        optimizer.build([weight])
        optimizer.apply([keras.ops.ones((2, 2))])
        assert np.isfinite(np.asarray(weight)).all()
        assert not np.array_equal(np.asarray(weight), before)


def test_every_activation_is_one_of_keras(keras):
    numbers = keras.ops.convert_to_tensor([[-2.0, -0.5, 0.5, 2.0]])
    for name in ACTIVATIONS:
        result = np.asarray(keras.activations.get(name)(numbers))
        assert np.isfinite(result).all(), name
    known = {
        name
        for name in dir(keras.activations)
        if inspect.isfunction(getattr(keras.activations, name))
    }
    assert known - set(ACTIVATIONS) == {"get", "serialize", "deserialize", "threshold", "glu"}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializer_fills_weights(keras, name):
    values = np.asarray(make(INITIALIZERS[name])((3, 3)))
    assert values.shape == (3, 3)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_regularizer_gives_a_penalty(keras, name):
    assert float(make(REGULARIZERS[name])(keras.ops.ones((2, 3)))) >= 0


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraint_keeps_the_shape(keras, name):
    assert make(CONSTRAINTS[name])(keras.ops.ones((2, 3))).shape == (2, 3)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_drawn_rate_is_that_of_keras(keras, name):
    """Over the whole plan and beyond, with the arguments of a new choice and with odd ones."""
    odd = {
        "staircase": True, "cycle": True, "power": 2.0, "warmup_target": 0.05,
        "warmup_steps": 40, "alpha": 0.1, "t_mul": 1.0, "m_mul": 0.5,
    }  # fmt: skip
    begun = schedules.initial_arguments(name, 0.02, 300)
    fitting = begun | {key: value for key, value in odd.items() if key in SCHEDULES[name].by_name}
    for params in (begun, fitting, begun | ({"t_mul": 1.5} if "t_mul" in fitting else {})):
        schedule = getattr(keras.optimizers.schedules, name)(**params)
        for step in (0, 1, 29, 31, 99, 101, 150, 201, 299, 301, 640):
            drawn = schedules.rate_at(name, params, step)
            assert drawn == pytest.approx(float(schedule(float(step))), rel=2e-3, abs=1e-7), step
