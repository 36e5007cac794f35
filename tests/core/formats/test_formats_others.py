"""Pictures, SavedModel, TensorFlow Lite, ONNX, and the registry that knows them all."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.writers import onnx
from netbuilder.core.process.tensorflow_output import mute_output


def test_the_ending_says_the_format():
    assert registry.format_for(Path("m.int8.tflite")).name == "tflite8"
    assert registry.format_for(Path("m.v2.tflite")).name == "tflite"
    assert registry.format_for(Path("a/B.H5")).name == "h5"
    assert registry.format_for(Path("folder")).name == "savedmodel"
    with pytest.raises(FormatError, match=r"\.docx"):
        registry.format_for(Path("a.docx"))


def test_what_needs_training_says_so(diabetes, tmp_path):
    for row in registry.FORMATS:
        path = tmp_path / f"m{row.endings[0] if row.endings else ''}"
        if row.trained:
            with pytest.raises(FormatError, match="is not trained"):
                registry.save_network(diabetes.project, path)
            assert not path.exists()
        else:
            registry.save_network(diabetes.project, path)
            assert path.stat().st_size > 100


def test_svg(diabetes, tmp_path):
    project = diabetes.project
    nodes = (*project.graph.nodes[:-1], replace(project.graph.nodes[-1], layer="<Mine&>"))
    path = tmp_path / "n.svg"
    registry.save_network(replace(project, graph=replace(project.graph, nodes=nodes)), path)
    root = ElementTree.parse(path).getroot()
    space = {"s": "http://www.w3.org/2000/svg"}
    texts = [one.text for one in root.iterfind(".//s:text", space)]
    assert "Dense" in texts
    assert "<Mine&>" in texts
    assert "8 · relu" in texts
    assert len(root.findall(".//s:path", space)) == len(project.graph.edges)


def test_saved_model(diabetes, raw_rows, tmp_path):
    import tensorflow as tf

    path = tmp_path / "served"
    registry.save_network(diabetes, path)
    registry.save_network(diabetes, path)  # a SavedModel may be replaced
    served = tf.saved_model.load(str(path))
    answers = np.asarray(served.serve(raw_rows))
    assert np.allclose(answers, diabetes.model.predict(raw_rows, verbose=0), rtol=1e-4)
    assert [one.name for one in tmp_path.iterdir()] == ["served"]
    other = tmp_path / "mine"
    other.mkdir()
    (other / "diary.txt").write_text("private")
    with pytest.raises(FormatError, match="not part of a SavedModel"):
        registry.save_network(diabetes, other)
    assert (other / "diary.txt").read_text() == "private"


def test_tflite(diabetes, raw_rows, tmp_path):
    import tensorflow as tf

    if not hasattr(tf, "lite"):
        pytest.skip("this TensorFlow has no converter")
    path = tmp_path / "m.tflite"
    registry.save_network(diabetes, path)
    with mute_output():
        interpreter = tf.lite.Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], raw_rows[:1])
        interpreter.invoke()
        answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert np.allclose(answer, diabetes.model.predict(raw_rows[:1], verbose=0), rtol=1e-3)


def test_onnx_gives_the_same_answers_elsewhere(diabetes, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    path = tmp_path / "m.onnx"
    registry.save_network(diabetes, path)
    session = runtime.InferenceSession(path)
    rows = np.random.default_rng(0).normal(size=(5, 10)).astype("float32")
    (answers,) = session.run(None, {session.get_inputs()[0].name: rows})
    assert np.allclose(answers, diabetes.model.predict(rows, verbose=0), rtol=1e-3)


@pytest.mark.skipif(onnx.available(), reason="tf2onnx is installed here")
def test_onnx_says_what_it_needs(diabetes, tmp_path):
    with pytest.raises(FormatError, match="pip install tf2onnx"):
        registry.save_network(diabetes, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
