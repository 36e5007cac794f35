"""Weights alone, architectures, ONNX, files of other programs: taken over, or named."""

import importlib.util
import itertools
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.onnx import import_onnx, layers, onnx_graph
from netbuilder.core.formats.importing.report import AS_IS, LEFT_OUT, REPLACED
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


onnx = pytest.importorskip("onnx")

#: Exported by PyTorch 2.13, scikit-learn (skl2onnx 1.20) and Keras (tf2onnx 1.17), and the layers.
FILES = {
    "pytorch_conv1d": "Conv1D MaxPooling1D Flatten Dense",
    "pytorch_residual": "Conv2D Conv2D Add Activation ZeroPadding2D MaxPooling2D Rescaling"
    " Concatenate ZeroPadding2D DepthwiseConv2D GlobalAveragePooling2D Dense",
    "pytorch_lstm": "LSTM Dense",
    "pytorch_embedding_bilstm": "Embedding Bidirectional Dense",
    "pytorch_transposed": "ZeroPadding2D Conv2D LeakyReLU Conv2DTranspose Cropping2D Activation"
    " UpSampling2D ZeroPadding2D",
    "pytorch_split": "Conv2D Permute Cropping2D Permute Cropping2D Permute Conv2D Permute"
    " Concatenate Flatten Dense",
    "pytorch_chunk": "Dense Reshape Cropping1D Flatten Reshape Cropping1D Flatten Activation"
    " Multiply Dense",
    "pytorch_columns": "Reshape Cropping1D Flatten Reshape Cropping1D Flatten Rescaling Concatenate"
    " Dense",
    "pytorch_se": "Conv2D GlobalAveragePooling2D Dense Dense Reshape Permute Multiply"
    " GlobalAveragePooling2D Dense",
    "pytorch_shuffle": "Conv2D Permute Reshape Permute Reshape Permute Conv2D"
    " GlobalAveragePooling2D",
    "pytorch_first": "LSTM Cropping1D Reshape Cropping1D Reshape Concatenate Dense",
    "pytorch_lstm_two": "LSTM LSTM Dense",
    "sklearn_classifier": "Dense Dense Dense",
    "sklearn_binary_pipeline": "BatchNormalization Dense Dense BatchNormalization Concatenate",
    "sklearn_regressor_pipeline": "BatchNormalization Dense Dense",
    "keras_cnn": "Conv2D MaxPooling2D BatchNormalization Conv2D Flatten Dense",
    "keras_lstm": "LSTM Dense",
    "keras_embedding": "Embedding Flatten Dense",
}
HERE = Path(__file__).with_name("onnx_files")


def written(folder, nodes, shape, out, **arrays: Any):
    """An ONNX file of nodes that take ``x`` and give ``y``."""
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", number, shape)],
        [helper.make_tensor_value_info("y", number, out)],
        [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in arrays.items()],
    )
    opset = [helper.make_opsetid("", 18)]
    path = folder / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), str(path))
    return path


def node(kind, inputs, outputs, name="", **attributes: Any):
    return onnx.helper.make_node(kind, inputs.split(), outputs.split(), name=name, **attributes)


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_programs(name):
    found = import_file(HERE / f"{name}.onnx")
    made = [one.layer for one in found.project.graph.nodes]
    assert made == ["Input", *FILES[name].split()]
    assert found.trained is not None
    assert {one.taken for one in found.report} <= {AS_IS, REPLACED, LEFT_OUT}


def test_every_second_pixel_is_a_pooling(tmp_path):
    """Columns 1, 3 and 5 of 0 to 6, repeated in two rows, known beforehand."""
    nodes = [node("Slice", "x a b i s", "c"), node("Expand", "c e", "w"), node("Conv", "w k", "y")]
    arrays = {
        "a": np.array([1]), "b": np.array([7]), "i": np.array([3]), "s": np.array([2]),
        "e": np.array([1, 1, 2, 3]), "k": np.ones((1, 1, 1, 1), "float32"),
    }  # fmt: skip
    path = written(tmp_path, nodes, ["n", 1, 1, 7], ["n", 1, 2, 3], **arrays)
    model = import_file(path).trained
    row = np.arange(7, dtype="float32").reshape(1, 1, 7, 1)
    expected = [[[1, 3, 5], [1, 3, 5]]]
    assert np.allclose(model.model.predict(row, verbose=0)[..., 0], expected)


@pytest.mark.slow
def test_a_file_of_the_onnx_package():
    """SqueezeNet with weights that the file does not hold, but fills in."""
    light = Path(onnx.__file__).parent / "backend/test/data/light/light_squeezenet.onnx"
    if not light.exists():
        pytest.skip("this release of onnx comes without it")
    layers_of = [part.layer for part in import_file(light).project.graph.nodes]
    assert layers_of.count("Conv2D") == 26
    assert layers_of.count("Concatenate") == 8


@pytest.mark.parametrize("case", ["scalar", "form"])
def test_a_file_that_runs_is_not_called_damaged(tmp_path, case):
    """An input without rows, as voice detectors have, and an operator used in a rare way."""
    if case == "scalar":
        nodes = [node("Add", "x w", "y", name="scalar")]
        path = written(tmp_path, nodes, [], [1], w=np.ones(1, "float32"))
    else:
        nodes = [node("Gemm", "w x", "y", name="turned")]
        path = written(tmp_path, nodes, [3, 2], [4, 2], w=np.ones((4, 3), "float32"))
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code == "onnx_unknown_operator"
    assert nodes[0].name in caught.value.what


def test_the_label_of_a_classifier_is_left_out():
    found = import_file(HERE / "sklearn_classifier.onnx")
    assert [one.item for one in found.changes] == ["output_label"]
    assert found.changes[0].taken == LEFT_OUT


def test_channels_first_become_channels_last(tmp_path):
    """A kernel that takes the left neighbour of channel 1: the answer is known beforehand."""
    kernel = np.zeros((1, 2, 1, 3), "float32")
    kernel[0, 1, 0, 0] = 1.0
    nodes = [
        node("Conv", "x w", "c", pads=[0, 1, 0, 1]),
        node("Flatten", "c", "f"),
        node("Gemm", "f d", "y", transB=1),
    ]
    path = written(
        tmp_path, nodes, ["n", 2, 1, 3], ["n", 3], w=kernel, d=np.eye(3, dtype="float32")
    )
    found = import_file(path)
    assert found.project.graph.by_id["x"].params == {"shape": [1, 3, 2]}
    rows = np.zeros((1, 1, 3, 2), "float32")
    rows[0, 0, :, 1] = [5, 6, 7]
    assert np.allclose(found.trained.model.predict(rows, verbose=0), [[0, 5, 6]])
    # Read with channels first the numbers would stand elsewhere.
    assert not np.allclose(found.trained.model.predict(rows[..., ::-1], verbose=0), [[0, 5, 6]])


def test_it_can_be_saved_and_opened_again(tmp_path):
    found = import_file(HERE / "pytorch_residual.onnx")
    registry.save_network(found.trained, tmp_path / "m.h5")
    rows = np.random.default_rng(0).random((3, 16, 16, 3)).astype("float32")
    again = registry.load_network(tmp_path / "m.h5").model
    expected = found.trained.model.predict(rows, verbose=0)
    assert np.allclose(again.predict(rows, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["pytorch_lstm", "keras_cnn"])
def test_other_predictions_are_refused(name, monkeypatch):
    """The gates in ONNX's order, and pictures turned around: both give a network that runs."""
    monkeypatch.setattr(
        layers,
        "_cell",
        lambda one, kernel, state, bias: [kernel.T, state.T, bias[: len(bias) // 2]],
    )
    weighted = import_onnx._built

    def shifted(project, converter, path):
        for arrays in converter.draft.weights.values():
            if arrays[0].ndim == 4:
                arrays[0] = arrays[0][::-1]
        return weighted(project, converter, path)

    monkeypatch.setattr(import_onnx, "_built", shifted)
    with pytest.raises(FormatError) as caught:
        import_file(HERE / f"{name}.onnx")
    assert caught.value.code == "onnx_differs"


def test_onnx_can_judge_without_onnxruntime(monkeypatch):
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else known(name)
    )
    assert import_file(HERE / "pytorch_conv1d.onnx").trained is not None


def test_an_unknown_operator_is_named_with_its_node(tmp_path):
    path = written(tmp_path, [node("Det", "x", "y", name="area")], ["n", 2, 2], ["n"])
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code == "onnx_unknown_operator"
    assert "Det" in caught.value.what
    assert "'area'" in caught.value.what


def test_files_beyond_the_memory_are_refused_unread(tmp_path):
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(onnx_graph.MAX_BYTES + 1)  # takes no room on the disk
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code == "onnx_too_large"


def test_constants_that_would_fill_the_memory_are_not_made(tmp_path):
    shape = np.array([2**40, 4], "int64")
    path = written(
        tmp_path,
        [node("ConstantOfShape", "s", "c"), node("MatMul", "x c", "y")],
        ["n", 2**40],
        ["n", 4],
        s=shape,
    )
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code in ("onnx_unknown_operator", "onnx_damaged")


def test_weights_in_other_files_are_not_read(tmp_path):
    path = written(
        tmp_path, [node("MatMul", "x w", "y")], ["n", 300], ["n", 4], w=np.ones((300, 4), "float32")
    )
    onnx.save(onnx.load(str(path)), str(path), save_as_external_data=True, location="w.bin")
    with pytest.raises(FormatError) as caught:
        import_file(path)
    assert caught.value.code == "onnx_external_data"


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_end_in_words(tmp_path, seed):
    random = np.random.default_rng(seed)
    data = (HERE / "keras_lstm.onnx").read_bytes()
    for _ in range(5):
        changed = bytearray(data[: int(random.integers(10, len(data)))])
        for at in random.integers(0, len(changed), 3):
            changed[at] = int(random.integers(0, 256))
        path = tmp_path / "m.onnx"
        path.write_bytes(bytes(changed))
        try:
            import_file(path)
        except FormatError as error:
            assert error.what
