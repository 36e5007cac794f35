"""EfficientNetLite0 with its included weights: it goes wherever a trained network goes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.registry import load_network, save_network
from netbuilder.core.project.model import Choice, Graph, Node, Project, Training
from netbuilder.core.results.explain.explanation_target import explanation_target
from netbuilder.core.results.explain.picture_methods import grad_cam

pytestmark = pytest.mark.slow
SIZE = 64


def project_of(folder, **params: Any):
    """Two kinds of pictures, the backbone, and a last layer."""
    data = recipe_for(folder, folder.name)
    data = replace(data, options={**data.options, "image_size": [SIZE, SIZE]})
    nodes = (
        Node("input", "Input"),
        Node("body", "EfficientNetLite0", {"pooling": "avg", **params}),
        Node("output", "Dense", {"units": 2}),
    )
    graph = Graph(nodes, (("input", "body"), ("body", "output")))
    training = Training(optimizer=Choice("Adam", {"learning_rate": 0.01}), epochs=2, seed=1)
    project = Project("photos", data=data, graph=graph, training=training)
    return fit_output_to_data(project, load_facts(project, folder.parent))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Twelve pictures each of rings and of stripes, in random colours."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    for label, wave in (("rings", np.hypot(x, y)), ("stripes", x + y)):
        (folder / label).mkdir(parents=True)
        for number in range(12):
            ink = np.sin(wave / random.uniform(1.5, 4))[..., None] > 0
            colours = random.uniform(0, 255, (2, 3))
            pixels = np.where(ink, colours[0], colours[1]).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")
    return folder


@pytest.fixture(scope="module", params=["frozen", "last block"])
def trained(request, photos):
    params = {"trainable": True, "trainable_blocks": 1} if request.param != "frozen" else {}
    project = project_of(photos, **params)
    return Session(
        project, load_dataset(project, photos.parent), storage=RunStorage(photos.parent)
    ).run()


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    """Save the network as a file of that name, once."""
    folder = tmp_path_factory.mktemp("saved")

    def save(name):
        if not (folder / name).exists():
            options = {"style": name[:-3]} if name.endswith(".py") else {}
            save_network(trained, folder / name, **options)
        return folder / name

    return save


def pixels(photos):
    files = sorted(photos.rglob("*.png"))[::5]
    return np.stack([np.asarray(Image.open(file), np.float32) for file in files])


#: What programs without NetBuilder do with these files, and with ``x.npy``.
_PROGRAMS = {
    "keras_3": (
        ("m.h5", "m.keras", "m.onnx", "m.tflite"),
        """import keras, onnxruntime, tensorflow as tf
predictions = [keras.models.load_model(f"m.{end}").predict(x, verbose=0) for end in ("h5", "keras")]
network = onnxruntime.InferenceSession("m.onnx")
predictions += network.run(None, {network.get_inputs()[0].name: x})
run = tf.lite.Interpreter("m.tflite").get_signature_runner()
name = list(run.get_input_details())[0]
predictions.append(np.concatenate([list(run(**{name: row[None]}).values())[0] for row in x]))""",
    ),
    "keras_2": (
        ("m.h5",),
        "import tf_keras; predictions = [tf_keras.models.load_model('m.h5').predict(x, verbose=0)]",
    ),
}


@pytest.mark.parametrize("trained", ["last block"], indirect=True)
@pytest.mark.parametrize("program", _PROGRAMS)
def test_other_programs_predict_the_same(trained, photos, saved, program, plain_python):
    x = pixels(photos)
    files, code = _PROGRAMS[program]
    for file in files:
        folder = saved(file).parent
    np.save(folder / "x.npy", x)
    expected = trained.model.predict(x, verbose=0)
    begin, end = (
        "import numpy as np; x = np.load('x.npy')",
        "np.save('y.npy', np.stack(predictions))",
    )
    plain_python(f"{begin}\n{code}\n{end}", folder)
    for file, predictions in zip(files, np.load(folder / "y.npy"), strict=True):
        np.testing.assert_allclose(
            predictions.reshape(expected.shape), expected, atol=2e-4, err_msg=file
        )


@pytest.mark.parametrize("file", ["m.h5", "m.keras", "short.py", "exact.py", "m.ipynb"])
def test_it_comes_back_as_one_card(trained, saved, file):
    path = saved(file)
    graph = import_file(path).project.graph
    (body,) = [node for node in graph.nodes if node.layer == "EfficientNetLite0"]
    was = trained.project.graph.by_id["body"].params
    assert len(graph.nodes) == 3
    assert {key: body.params.get(key) for key in was} == was
    assert body.params.get("weights", "included") == "included"
    assert bool(body.params.get("trainable")) == bool(was.get("trainable"))
    if file in {"m.h5", "m.keras"}:
        opened = load_network(path)
        for ours, theirs in zip(
            opened.model.get_weights(), trained.model.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_grad_cam_looks_at_the_last_maps(trained, photos):
    sample = {"input": pixels(photos)[0]}
    heat = grad_cam(explanation_target(trained, sample))
    assert heat.shape == (SIZE, SIZE)
    assert heat.min() >= 0
