"""Weights alone, architectures, files of other programs: taken over, or told what they are."""

import itertools
import json
import pickle
import zipfile

import h5py
import keras
import numpy as np
import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import LEFT_OUT
from netbuilder.core.project import files
from netbuilder.core.project.model import Graph, Node, Project
from tests.few import few

NODES = (
    Node("start", "Input", {"shape": [5, 4]}),
    Node("both", "Bidirectional", {"layer": {"layer": "LSTM", "params": {"units": 3}}}),
    Node("norm", "BatchNormalization"),
    Node("first", "Dense", {"units": 2}),
    Node("last", "Dense", {"units": 1}),
)
IDS = [node.id for node in NODES]
ROWS = np.random.default_rng(0).normal(size=(6, 5, 4)).astype("float32")


def model_of(tk, units=2):
    layers = tk.layers
    model = tk.Sequential(
        [
            layers.Input((5, 4)),
            layers.Bidirectional(layers.LSTM(3)),
            layers.BatchNormalization(),
            layers.Dense(units),
            layers.Dense(1),
        ]
    )
    random = np.random.default_rng(1)
    model.set_weights([np.asarray(random.random(w.shape), "float32") for w in model.get_weights()])
    return model


@pytest.fixture
def project(tmp_path):
    edges = tuple(itertools.pairwise(IDS))
    path = tmp_path / "p.netbuilder"
    files.write(Project("P", Graph(NODES, edges)), path)
    return path


@pytest.mark.parametrize(
    "ending",
    few(["3.weights.h5", "2.weights.h5", "2.h5", "3.keras", "3.h5"], "3.weights.h5", "2.h5"),
)
def test_weights_onto_a_project(project, ending):
    """Of Keras 3 and Keras 2; layers go by their order, whatever they are called here."""
    tk = keras if ending.startswith("3") else pytest.importorskip("tf_keras")
    model, path = model_of(tk), project.parent / f"m{ending}"
    (model.save if ending in ("3.keras", "3.h5") else model.save_weights)(path)
    found = import_file(project, path)
    expected = np.asarray(model(ROWS))
    assert np.allclose(found.trained.model.predict(ROWS, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize("ending", ["weights.h5", "h5"])
def test_a_wrong_shape_names_the_layer_and_both_shapes(project, ending):
    tk = keras if ending == "weights.h5" else pytest.importorskip("tf_keras")
    path = project.parent / f"m.{ending}"
    model_of(tk, units=7).save_weights(path)
    with pytest.raises(FormatError) as caught:
        import_file(project, path)
    assert caught.value.code == "weights_wrong_shape"
    assert all(word in caught.value.what for word in ("'first'", "6×2", "6×7"))


def test_a_model_with_weights_of_another_shape_names_them_too(tmp_path):
    path = tmp_path / "m.h5"
    model_of(keras).save(path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights"]
        name = next(key for key in group if key.startswith("dense"))
        kernel = next(k for k in _datasets(group[name]) if k.endswith("kernel"))
        del group[name][kernel]
        group[name][kernel] = np.zeros((6, 9), "float32")
    with pytest.raises(FormatError) as caught:
        registry.load_network(path)
    assert caught.value.code == "weights_wrong_shape"
    assert "6×9" in caught.value.what


def _datasets(group):
    found: list[str] = []
    group.visititems(lambda key, one: found.append(key) if isinstance(one, h5py.Dataset) else None)
    return found


def test_weights_for_other_layers_and_odd_numbers_are_told(project, tmp_path):
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save_weights(
        tmp_path / "other.weights.h5"
    )
    with pytest.raises(FormatError) as caught:
        import_file(project, tmp_path / "other.weights.h5")
    assert caught.value.code == "weights_other_layers"
    path = tmp_path / "odd.weights.h5"
    model_of(keras).save_weights(path)
    with h5py.File(path, "r+") as file:
        file["layers/dense/vars/0"][0, 0] = np.nan
    found = import_file(project, path)
    told = [one.message for one in found.report if one.item == "weights" and one.taken == LEFT_OUT]
    assert len(told) == 1
    assert "'first'" in told[0]
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.ones((6, 2), "complex64")
    with pytest.raises(FormatError) as caught:
        import_file(project, path)
    assert caught.value.code == "weights_complex"


def test_a_whole_model_with_complex_weights_is_told(tmp_path):
    path = tmp_path / "whole.h5"
    model_of(keras).save(path)
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, one: names.append(name) if "kernel" in name else None)
        name = next(one for one in names if isinstance(file[one], h5py.Dataset))
        numbers = file[name][...] + 1j
        del file[name]
        file[name] = numbers
    with pytest.raises(FormatError) as caught:
        import_file(path, trained=True)
    assert caught.value.code == "weights_complex"


@pytest.mark.parametrize("version", few(["2", "3"], "2"))
def test_an_architecture_with_and_without_weights(tmp_path, version):
    tk = keras if version == "3" else pytest.importorskip("tf_keras")
    model, path = model_of(tk), tmp_path / "net.json"
    path.write_text(model.to_json())
    model.save_weights(tmp_path / "net.weights.h5")
    found = import_file(path)
    assert [node.layer for node in found.project.graph.nodes] == [node.layer for node in NODES]
    assert found.trained is None
    trained = import_file(path, tmp_path / "net.weights.h5").trained
    assert np.allclose(trained.model.predict(ROWS, verbose=0), np.asarray(model(ROWS)), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("m.tflite", b"\x1c\0\0\0TFL3" + bytes(20), "other_kind_tflite"),
        ("m.h5", b"\x1c\0\0\0TFL3" + bytes(20), "other_kind_tflite"),
        ("m.pb", b"\x08\x01", "other_kind_pb"),
        ("m.safetensors", b"\x10\0\0\0\0\0\0\0" + b'{"a": 1}', "other_kind_safetensors"),
        ("m.pkl", pickle.dumps({"a": 1}), "other_kind_pkl"),
        ("m.pt", b"", "other_kind_pt"),
        ("m.json", b'{"a": 1}', "json_not_a_model"),
        ("m.json", b"[" * 100_000, "json_nested_too_deeply"),
    ],
)
def test_files_of_other_programs_are_named(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code == code
    assert caught.value.fix


def test_a_file_of_pytorch_is_told_by_its_content(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps([1]))
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code == "other_kind_pt"


def test_a_merge_of_large_pictures_is_opened_again(tmp_path):
    """Sizes of what a merge takes were multiplied: 28×28×32 twice is more than memory holds."""
    layers = keras.layers
    start = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, padding="same")(start)
    y = layers.Conv2D(32, 3, padding="same")(x)
    x = layers.RandomRotation(0.1)(layers.RandomFlip()(layers.Add()([x, y])))
    model = keras.Model(start, layers.GlobalAveragePooling2D()(x))
    model.save(tmp_path / "m.keras")
    trained = registry.load_network(tmp_path / "m.keras")
    for name in ("again.keras", "again.h5", "folder"):
        registry.save_network(trained, tmp_path / name)
    assert registry.load_network(tmp_path / "again.keras").model.output_shape == (None, 32)


def test_a_written_file_that_cannot_be_opened_again_is_not_kept(tmp_path, monkeypatch):
    """The proof of every writer is NetBuilder's own reader, not Keras alone."""
    from netbuilder.core.formats.safety import sizes

    model_of(keras).save(tmp_path / "m.keras")
    trained = registry.load_network(tmp_path / "m.keras")
    monkeypatch.setattr(sizes, "MAX_SAMPLE", 1)
    for name in ("new.h5", "new.keras"):
        with pytest.raises(FormatError) as caught:
            registry.save_network(trained, tmp_path / name)
        assert caught.value.code == "written_file_not_readable"
        assert not (tmp_path / name).exists()


def test_the_report_of_a_project_says_nothing_is_left_out(project):
    found = import_file(project)
    assert [one.item for one in found.report] == IDS
    assert found.changes == ()
    assert json.dumps([vars(one) for one in found.report])


def test_words_that_a_file_lacks_are_missed_when_it_is_opened(tmp_path):
    """``adapt()`` puts them into a table, which ``.keras`` holds and ``.h5`` does not."""
    import keras
    import tensorflow as tf

    words = keras.layers.TextVectorization(output_sequence_length=3)
    words.adapt(np.array(["good film", "bad film"]))
    parts = [keras.Input((1,), dtype="string"), words, keras.layers.Embedding(9, 2)]
    model = keras.Sequential([*parts, keras.layers.Flatten(), keras.layers.Dense(1)])
    model(tf.constant([["good"]]))
    for ending in (".keras", ".h5"):
        model.save(tmp_path / f"m{ending}")
    assert import_file(tmp_path / "m.keras").trained is not None
    with pytest.raises(FormatError) as caught:
        import_file(tmp_path / "m.h5")
    assert caught.value.code == "vocabulary_missing"
