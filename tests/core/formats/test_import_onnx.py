"""ONNX becomes a project with its weights; predictions are those of the file, or it is refused."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.onnx import import_onnx, layers, onnx_graph
from netbuilder.core.formats.importing.report import AS_IS, LEFT_OUT, REPLACED

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
