"""The trained .h5: opens anywhere, carries everything, is whole or is not there."""

import json
import math
import os
from dataclasses import replace
from itertools import pairwise

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats import registry
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.formats.writers import h5
from netbuilder.core.formats.writers.h5 import write_model
from netbuilder.core.project.model import Edge, Graph, Node
from tests.processes import run_python


@pytest.fixture(scope="module")
def saved(diabetes, tmp_path_factory):
    path = tmp_path_factory.mktemp("h5") / "diabetes.h5"
    h5.save(diabetes, path)
    return path


@pytest.mark.slow
def test_plain_keras_opens_it_in_a_process_without_netbuilder(
    saved, diabetes, raw_rows, plain_python
):
    script = (
        "import json, numpy as np, keras\n"
        f"model = keras.models.load_model({str(saved)!r})\n"
        f"rows = np.array({raw_rows.tolist()!r}, 'float32')\n"
        "assert model.compiled and model.loss is not None\n"
        "answers = model.predict(rows, verbose=0)[:, 0]\n"
        "model.fit(rows, answers, epochs=1, verbose=0)\n"
        "print(json.dumps(answers.tolist()))\n"
    )
    answers = json.loads(plain_python(script, saved.parent).splitlines()[-1])
    expected = diabetes.model.predict(raw_rows, verbose=0)[:, 0]
    assert np.allclose(answers, expected, rtol=1e-5)
    # Own units: the progression of the illness runs from 25 to 346, not from 0 to 1.
    assert 20 < float(np.mean(answers)) < 400


def test_everything_comes_back(saved, diabetes, raw_rows):
    back = registry.load_network(saved)
    assert back.project == diabetes.project
    assert back.preprocessing == diabetes.preprocessing
    assert back.facts == diabetes.facts
    assert back.history["val_loss"] == [0.6, 0.4]
    assert back.history["loss"][0] == 0.5
    assert math.isnan(back.history["loss"][1])
    assert back.test == diabetes.test
    assert (back.seconds, back.steps_per_second, back.epochs, back.best_epoch) == (1.5, 100.0, 2, 2)
    answers = back.model.predict(raw_rows, verbose=0)
    assert np.array_equal(answers, diabetes.model.predict(raw_rows, verbose=0))
    for ours, theirs in zip(
        back.training_model.get_weights(), diabetes.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(ours, theirs)
    assert (
        int(back.training_model.optimizer.iterations)
        == int(diabetes.training_model.optimizer.iterations)
        > 0
    )
    moments = zip(
        back.training_model.optimizer.variables,
        diabetes.training_model.optimizer.variables,
        strict=True,
    )
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in moments)


def test_attributes(saved):
    with h5py.File(saved) as file:
        project = json.loads(file.attrs["netbuilder_project"])
        names = json.loads(file.attrs["netbuilder_names"])
        history = json.loads(file.attrs["netbuilder_history"])
    assert project["format"] == "netbuilder-project"
    assert len(names["columns"]) == 10
    assert "bmi" in names["columns"]
    assert names["targets"] == ["progression"]
    assert history["loss"] == [0.5, None]


@pytest.mark.slow
def test_a_project_and_a_history_larger_than_64_kib(diabetes, tmp_path):
    ids = ["input", *(f"dense_{number}" for number in range(40)), "out"]
    nodes = [Node("input", "Input", {"shape": [10]})]
    nodes += [Node(one, "Dense", {"units": 4, "activation": "relu"}) for one in ids[1:-1]]
    nodes.append(Node("out", "Dense", {"units": 1}))
    edges: tuple[Edge, ...] = tuple(pairwise(ids))
    project = replace(
        diabetes.project, graph=Graph(tuple(nodes), edges), extra={"x": "ü" * 300_000}
    )
    from netbuilder.core.engine.networks.assembly import assemble
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    training_model = build_training_model(project, diabetes.facts)
    trained = replace(
        diabetes,
        project=project,
        training_model=training_model,
        model=assemble(training_model, project, diabetes.preprocessing, diabetes.facts),
        history={name: [0.1] * 20_000 for name in ("loss", "val_loss")},
    )
    path = tmp_path / "large.h5"
    h5.save(trained, path)
    back = registry.load_network(path)
    assert len(back.project.graph.nodes) == 42
    assert back.project.extra["x"] == "ü" * 300_000
    assert len(back.history["loss"]) == 20_000


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="limits of a process are POSIX's")
def test_a_full_disk_leaves_the_old_file(saved, diabetes, tmp_path):
    """In a process whose files may not grow: what HDF5 meets on a full disk, as a real error."""
    target = tmp_path / "model.h5"
    target.write_bytes(saved.read_bytes())
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from netbuilder.core.formats import registry\n"
        "from netbuilder.core.errors import UserError\n"
        f"target = Path({str(target)!r})\n"
        "trained = registry.load_network(target)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sys.dont_write_bytecode = True  # it would be cut off too, and stay\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "for name in ('model.h5', 'other.keras'):\n"
        "    try:\n"
        "        registry.save_network(trained, target.with_name(name))\n"
        "    except UserError as error:\n"
        "        sys.stdout.write(str(error) + '\\n')\n"
    )
    before = target.read_bytes()
    done = run_python(script)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("larger than this disk allows") == 2, done.stdout
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model.h5"]


def test_a_folder_that_is_not_there(diabetes, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        h5.save(diabetes, tmp_path / "nowhere" / "m.h5")


def test_weights_that_do_not_fit(saved, tmp_path):
    path = tmp_path / "changed.h5"
    path.write_bytes(saved.read_bytes())
    with h5py.File(path, "r+") as file:
        project = json.loads(file.attrs["netbuilder_project"])
        project["graph"]["nodes"][1]["params"]["units"] = 9
        file.attrs["netbuilder_project"] = json.dumps(project)
    with pytest.raises(FormatError, match=r"10×9.*10×8"):
        registry.load_network(path)
    with h5py.File(path, "r+") as file:
        project["graph"]["nodes"][1]["params"]["units"] = 10**9
        file.attrs["netbuilder_project"] = json.dumps(project)
    with pytest.raises(FormatError, match="more weights than the file"):
        registry.load_network(path)
    with h5py.File(path, "r+") as file:
        file.attrs["netbuilder_project"] = "[]"
    with pytest.raises(FormatError):
        registry.load_network(path)


def test_another_name_and_a_project_elsewhere(saved, diabetes, tmp_path):
    odd = tmp_path / "handed-in.model"
    odd.write_bytes(saved.read_bytes())
    assert registry.load_network(odd).project == diabetes.project
    with_path = replace(
        diabetes,
        project=replace(
            diabetes.project, data=replace(diabetes.project.data, path="data/rows.csv")
        ),
    )
    (tmp_path / "out").mkdir()
    registry.save_network(with_path, tmp_path / "out" / "m.h5", base=tmp_path)
    assert registry.import_model(tmp_path / "out" / "m.h5").data.path == "../data/rows.csv"


def test_keras_file_comes_back_too(diabetes, raw_rows, tmp_path):
    path = tmp_path / "m.keras"
    h5.save(diabetes, tmp_path / "first.h5")  # must not change what comes after
    registry.save_network(diabetes, path)
    back = registry.load_network(path)
    assert back.project == diabetes.project
    expected = diabetes.model.predict(raw_rows, verbose=0)
    assert np.allclose(back.model.predict(raw_rows, verbose=0), expected)
    plain = keras.models.load_model(path)
    assert plain.compiled
    assert isinstance(plain.optimizer, keras.optimizers.Adam)
    assert np.allclose(plain.predict(raw_rows, verbose=0), expected)


def models():
    found: dict[str, keras.Model] = {}
    found["sequential"] = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Rescaling([1.0, 2, 3, 4], [0.0, 1, 2, 3]),
            layers.Dense(3),
            layers.LeakyReLU(0.1),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(1),
        ]
    )
    x = start = keras.Input((5, 4))
    x = layers.Bidirectional(layers.LSTM(3, kernel_regularizer="l2"))(x)
    twice = layers.Dense(6)
    x = layers.Add()([twice(x), layers.Dense(6)(x)])
    found["shared"] = keras.Model(start, twice(x))
    start = keras.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, activation="relu", padding="same")(start)
    x = layers.Concatenate()([x, layers.SeparableConv2D(2, 3, padding="same")(x)])
    x = layers.GlobalAveragePooling2D()(layers.LayerNormalization()(layers.MaxPooling2D()(x)))
    found["pictures"] = keras.Model(start, layers.Dense(3, activation="softmax")(x))
    start = keras.Input((8,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(start)
    x = layers.TimeDistributed(layers.Dense(3))(layers.GRU(4, return_sequences=True)(x))
    found["masked words"] = keras.Model(start, layers.Dense(1)(layers.SimpleRNN(3)(x)))
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = layers.Concatenate()([a, b])
    found["two and two"] = keras.Model([a, b], [layers.Dense(1)(x), layers.Dense(2)(x)])
    start = keras.Input((6, 4))
    x = layers.MultiHeadAttention(2, 3)(start, start)
    found["attention"] = keras.Model(start, layers.Dense(1)(layers.Attention()([x, x])))
    start = keras.Input((8, 8, 3))
    x = layers.RandomBrightness(0.2)(start)
    found["augmented"] = keras.Model(start, layers.Dense(2)(layers.Flatten()(x)))
    return found


def probe(model):
    random = np.random.default_rng(0)
    return [random.integers(0, 9, (2, *x.shape[1:])).astype(x.dtype) for x in model.inputs]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    found = {}
    for name, model in models().items():
        count = len(model.outputs)
        losses = [keras.losses.MeanSquaredError() for _ in range(count)]
        model.compile(keras.optimizers.Adam(), losses if count > 1 else losses[0])
        path = folder / f"{name}.h5"
        write_model(model, path, {})
        found[name] = (path, model)
    return found


def answers(model):
    x = probe(model)
    return [
        np.asarray(y)
        for y in keras.tree.flatten(model.predict(x[0] if len(x) == 1 else x, verbose=0))
    ]


@pytest.mark.parametrize("name", models())
def test_kinds_of_models_open_in_keras_3(written, name):
    path, model = written[name]
    back = keras.models.load_model(path)
    assert back.compiled
    for a, b in zip(answers(model), answers(back), strict=True):
        assert np.allclose(a, b, atol=1e-6)
    assert inspect_file(path).refused == ()


@pytest.mark.slow
def test_the_same_files_open_in_keras_2(written, saved, tmp_path, plain_python):
    names = ("sequential", "shared", "pictures", "masked words", "two and two")
    cases = {str(written[name][0]): written[name][1] for name in names}
    np.savez(
        tmp_path / "probes.npz",
        **{f"{i}_{j}": x for i, m in enumerate(cases.values()) for j, x in enumerate(probe(m))},
    )
    script = (
        "import json, numpy as np, tf_keras, tensorflow as tf\n"
        f"probes = np.load({str(tmp_path / 'probes.npz')!r})\n"
        "found = []\n"
        f"for i, path in enumerate({list(cases)!r}):\n"
        "    model = tf_keras.models.load_model(path)\n"
        "    assert model.optimizer is not None\n"
        "    x = [probes[n] for n in sorted(probes.files) if n.startswith(f'{i}_')]\n"
        "    y = tf.nest.flatten(model(x[0] if len(x) == 1 else x))\n"
        "    found.append([t.numpy().tolist() for t in y])\n"
        f"tf_keras.models.load_model({str(saved)!r})\n"
        "print(json.dumps(found))\n"
    )
    answered = json.loads(plain_python(script, tmp_path).splitlines()[-1])
    for found, model in zip(answered, cases.values(), strict=True):
        for a, b in zip(found, answers(model), strict=True):
            assert np.allclose(a, b, atol=1e-5)
