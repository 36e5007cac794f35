"""Every example in every format: pictures, SavedModel, TensorFlow Lite, ONNX; damaged files."""

import importlib.util
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.data.examples import find_example, list_examples
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.writers import onnx
from netbuilder.core.process.tensorflow_output import mute_output
from netbuilder.core.project import files


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


NAMES = sorted(one.name for one in list_examples())
FORMATS = registry.FORMATS
ALL = bool(os.environ.get("NETBUILDER_ALL_KINDS"))


def turns(number):
    """Two formats for each example, so that each format meets every fifth."""
    half = len(FORMATS) // 2
    return [FORMATS[place % len(FORMATS)] for place in (number, number + half)]


def test_each_format_meets_some_examples():
    counts = Counter(row.name for number in range(len(NAMES)) for row in turns(number))
    assert min(counts[row.name] for row in FORMATS) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_example_in_each_of_its_formats(tmp_path, name):
    path = find_example(name).path
    project = files.read(path)
    dataset = load_dataset(project, path.parent)
    project = resolve_defaults(project, dataset.facts)
    training_model = build_training_model(project, dataset.facts, base=path.parent)
    model = assemble(training_model, project, dataset.preprocessing, dataset.facts)
    trained = TrainedModel(project, training_model, model, dataset.preprocessing, dataset.facts)
    for row in FORMATS if ALL else turns(NAMES.index(name)):
        if row.available:
            target = tmp_path / f"m{row.endings[0] if row.endings else ''}"
            try:
                registry.save_network(trained, target, path.parent)
            except FormatError as error:
                # A recurrent network, say, which no board runs.
                assert (row.name, error.code) == ("board", "board_not_supported")
            else:
                assert target.exists()


def fuzz():
    path = Path(__file__).parents[3] / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("fuzz", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("count", "seed"), [(20, 11), pytest.param(400, 12, marks=pytest.mark.slow)]
)
@pytest.mark.timeout(1200)
def test_damaged_files_end_in_words(tmp_path, count, seed):
    program = fuzz()
    result = program.run(count, seed, program.KINDS, tmp_path)
    assert result["failed"] == []
    # A mutator that changes nothing, or destroys everything, would prove nothing.
    assert result["opened"] > count / 20
    assert result["refused"] > count / 4
