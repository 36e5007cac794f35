"""Any name of a layer: checked, trained, saved, opened by plain Keras and again, as a script."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.problems import Severity
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.reporting import explain_error
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.errors import BuildError, EditError
from netbuilder.core.formats.registry import import_model, load_network, save_network
from netbuilder.core.project import files
from netbuilder.core.project.edits import rename_node
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from tests.few import few

#: Among them names that differ in case, or that are equal once made safe.
ODD = (
    "größe", "hidden layer", "hidden_layer", "hidden/layer", "a:b", "1st", "_start", "😀",
    "x" * 400, "x" * 401, "Dense", "dense", "None", 'say "hi"', "it's", "a\\b", "隐藏", "../..",
    "{x} %s", "class", "-",
)  # fmt: skip
INPUT, OUTPUT = "Eingänge & mehr", "aus gabe"


def chain(names):
    nodes = [
        Node(INPUT, "Input"),
        *(Node(name, "Dense", {"units": 4, "activation": "relu"}) for name in names),
    ]
    nodes.append(Node(OUTPUT, "Dense", {"units": 1}))
    ids = [node.id for node in nodes]
    return Project(
        graph=Graph(tuple(nodes), tuple(pairwise(ids))),
        data=Data(kind="builtin", name="diabetes", scaling="minmax"),
        training=Training(epochs=1),
    )


@pytest.mark.slow
def test_odd_names_from_check_to_script(tmp_path, plain_python):
    import keras

    project = files.loads(files.dumps(chain(ODD)))
    assert [node.id for node in project.graph.nodes] == [INPUT, *ODD, OUTPUT]
    data = load_dataset(project, Path())
    assert not [one for one in diagnose(project, data.facts) if one.severity is Severity.ERROR]
    trained = Session(
        project, data, computation=Computation("graph"), storage=RunStorage(record=False)
    ).run()
    rows = data.train.raw_x[INPUT][:5]
    expected = np.asarray(trained.model(rows))
    path = tmp_path / "odd.h5"
    save_network(trained, path)
    save_network(project, tmp_path / "odd.py", style="exact")

    plain = keras.models.load_model(path, compile=False)
    np.testing.assert_allclose(plain.predict(rows, verbose=0), expected, rtol=1e-5)
    assert len({layer.name for layer in plain.layers}) == len(plain.layers)

    again = load_network(path)
    assert [node.id for node in again.project.graph.nodes] == [INPUT, *ODD, OUTPUT]
    np.testing.assert_allclose(np.asarray(again.model(rows)), expected, rtol=1e-5)
    assert import_model(path).graph.by_id.keys() == project.graph.by_id.keys()

    plain_python((tmp_path / "odd.py").read_text("utf-8"), tmp_path)


@pytest.mark.parametrize("ending", few([".keras", "", ".tflite"], ".keras"))
def test_odd_names_in_other_formats(tmp_path, ending):
    project = chain(ODD)
    data = load_dataset(project, Path())
    trained = Session(
        project, data, computation=Computation("graph"), storage=RunStorage(record=False)
    ).run()
    save_network(trained, tmp_path / f"odd{ending}")


def test_names_stay_as_they_are_where_keras_takes_them():
    plain = ("dense_1", "Dense", "block.conv-2", "x" * 200, "None", "1st")
    assert tuple(map(keras_name, plain)) == plain
    safe = [keras_name(name) for name in (INPUT, *ODD, ".", "..")]
    assert len({name.lower() for name in safe} - {"dense"}) == len(safe) - 2
    assert all(name.isascii() and "/" not in name and len(name) <= 200 for name in safe)
    assert keras_name("größe").startswith("grosse_")


def test_messages_of_keras_speak_of_the_persons_name():
    project = chain(("hidden layer",))
    told = explain_error(ValueError(f"bad shape at '{keras_name('hidden layer')}'"), project.graph)
    assert told.node == "hidden layer"
    assert keras_name("hidden layer") not in str(told)
    nodes = (
        Node("ein gabe", "Input", {"shape": [4]}),
        Node("zwei Ebenen", "Conv2D", {"filters": 2, "kernel_size": 3}),
    )
    wrong = Project(graph=Graph(nodes, (("ein gabe", "zwei Ebenen"),)))
    with pytest.raises(BuildError) as failed:
        build_training_model(wrong, None)
    assert failed.value.node == "zwei Ebenen"
    assert keras_name("zwei Ebenen") not in str(failed.value)


def test_a_layer_can_be_renamed_to_anything_but_nothing():
    project = chain(("dense",))
    for name in ODD:
        if name != "dense":
            assert name in rename_node(project, "dense", name).graph.by_id
    for name in ("", "   ", OUTPUT):
        with pytest.raises(EditError):
            rename_node(project, "dense", name)
