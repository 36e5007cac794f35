"""The script and the notebook of a project: the golden text, and that it runs as it is."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pytest

from netbuilder.cli import main
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.examples import find_example
from netbuilder.core.formats import registry
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.script.python import Style, file_stem, listing, script_source
from netbuilder.core.formats.writers.roundtrip_check import largest_difference, random_rows
from netbuilder.core.project import files
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training

source = partial(script_source, style=Style.EXACT)

GOLDEN = Path(__file__).parents[2] / "golden"


def sales():
    ids = ["input", "dense", "dense_1", "dense_2", "out"]
    nodes = [Node("input", "Input")]
    for one, units in zip(ids[1:4], (50, 100, 50), strict=True):
        nodes.append(Node(one, "Dense", {"units": units, "activation": "relu"}))
    nodes.append(Node("out", "Dense", {"units": 1, "activation": "linear"}))
    return Project(
        name="Sales",
        graph=Graph(tuple(nodes), tuple(pairwise(ids))),
        data=Data(
            "csv",
            path="sales_training.csv",
            test_path="sales_test.csv",
            target=("total_earnings",),
            scaling="minmax",
        ),
        training=Training(
            loss=Choice("mean_squared_error"),
            optimizer=Choice("Adam", {"learning_rate": 0.001}),
            metrics=(Choice("mean_absolute_error"),),
        ),
    )


def branches():
    """Two inputs, a shared layer, an attention layer, objects with arguments, two outputs."""
    nodes = (
        Node("left", "Input", {"shape": [4, 2]}),
        Node("right", "Input", {"shape": [4, 2]}),
        Node("twice", "LSTM", {"units": 3, "return_sequences": True}),
        Node("again", "LSTM", shared="twice"),
        Node("attend", "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}),
        Node("self", "Attention"),
        Node("add", "Add"),
        Node("pool", "GlobalAveragePooling1D"),
        Node(
            "price",
            "Dense",
            {"units": 1, "kernel_regularizer": {"name": "L2", "params": {"l2": 0.02}}},
        ),
        Node("kind", "Dense", {"units": 3, "activation": "softmax"}),
    )
    edges = (
        ("left", "twice"),
        ("right", "again"),
        ("twice", "attend"),
        ("again", "attend"),
        ("again", "self"),
        ("attend", "add"),
        ("self", "add"),
        ("add", "pool"),
        ("pool", "price"),
        ("pool", "kind"),
    )
    return Project("Two branches", Graph(nodes, edges), training=Training(epochs=3))


def chain(name, data, *layers: tuple[str, dict[str, object]]):
    nodes = [Node("input", "Input"), *(Node(f"l{i}", *one) for i, one in enumerate(layers))]
    edges = tuple(pairwise(node.id for node in nodes))
    return Project(name, Graph(tuple(nodes), edges), data, Training(epochs=5))


CASES = {
    "sales": sales(),
    "branches": branches(),
    "digits": chain(
        "Digits",
        Data("builtin", name="digits"),
        ("Conv2D", {"filters": 8, "kernel_size": 3, "activation": "relu"}),
        ("MaxPooling2D", {"pool_size": 2}),
        ("Flatten", {}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    ),
    "reviews": chain(
        "Reviews",
        Data("text", path="reviews.csv", target=("mood",), options={"text": "review"}),
        ("Embedding", {"input_dim": 200, "output_dim": 16}),
        ("Bidirectional", {"layer": {"layer": "LSTM", "params": {"units": 8}}}),
        ("Dense", {"units": 1, "activation": "sigmoid"}),
    ),
}


@pytest.mark.parametrize("name", ["sales", "branches"])
def test_golden(name):
    """A changed script is looked at, then kept: NETBUILDER_GOLDEN=1 pytest ... writes it."""
    path = GOLDEN / f"{name}.py"
    text = source(CASES[name])
    if os.environ.get("NETBUILDER_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_only_what_differs_from_the_default_is_written():
    text = source(sales())
    assert 'layers.Dense(50, activation="relu")' in text
    assert "layers.Dense(1)," in text
    assert "keras.optimizers.Adam()" in text
    assert "Sequential" in text
    assert "keras.Model(inputs" not in text


def test_lines_of_nodes():
    for project in CASES.values():
        text, places = listing(project, style=Style.EXACT)
        lines = text.splitlines()
        reached = [node.id for node in project.graph.nodes]
        assert sorted(places) == sorted(reached)
        for node_id, (first, last) in places.items():
            node = project.graph.by_id[node_id]
            owner = project.graph.by_id[node.shared or node_id]
            block = "\n".join(lines[first - 1 : last])
            if owner.layer == "Input":
                assert "keras.Input(" in block
            elif node.shared:
                assert f"{owner.id}_layer(" in block
            else:
                assert f"layers.{owner.layer}(" in block


def test_every_layer_of_the_catalog_can_be_written():
    """Compiles as Python, and each argument is one that Keras's constructor takes."""
    names = [spec for spec in LAYERS.values() if spec.module == "keras.layers"]
    for spec in names:
        if spec.name == "Input":
            continue
        count = max(spec.min_inputs, 1)
        inputs = [Node(f"in{i}", "Input", {"shape": [8]}) for i in range(count)]
        node = Node("x", spec.name, spec.start_params())
        edges = tuple((one.id, "x") for one in inputs)
        text = source(Project(graph=Graph((*inputs, node), edges)))
        compile(text, spec.name, "exec")
        assert f"layers.{spec.name}(" in text


def few_epochs(text):
    """What it says counts, not how well it learns."""
    return re.sub(r"epochs=\d+", "epochs=2", text)


@pytest.mark.slow
def test_a_script_runs_as_it_is(tmp_path, root):
    """As a person starts it, in a process of its own."""
    rows = "\n".join(f"{i},{i % 5},{'red' if i % 2 else 'blue'},{3 * i}" for i in range(60))
    for name in ("sales_training.csv", "sales_test.csv"):
        (tmp_path / name).write_text(f"a,b,colour,total_earnings\n{rows}\n")
    (tmp_path / "script.py").write_text(few_epochs(source(sales())), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Mean absolute error" in done.stdout
    model = keras.models.load_model(tmp_path / "sales_script.h5")
    answer = model.predict(keras.ops.convert_to_tensor([[10.0, 0.0, 1.0, 0.0]]), verbose=0)
    assert 0 < float(answer[0, 0]) < 1000, "raw rows in, own units out"


@pytest.mark.slow
def test_pictures_in_arrays_are_scaled_as_a_whole(tmp_path, plain_python):
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (60, 6, 6), dtype=np.uint8)
    np.savez(tmp_path / "p.npz", x=pictures, y=random.integers(0, 2, 60))
    conv = ("Conv2D", {"filters": 2, "kernel_size": 3})
    last = ("Dense", {"units": 2, "activation": "softmax"})
    project = chain("Pictures", Data("arrays", path="p.npz"), conv, ("Flatten", {}), last)
    text = source(replace(project, training=replace(project.training, epochs=1)))
    assert "StandardScaler" not in text
    assert "offset, scale = (0, 255) if is_bytes" in text
    plain_python(few_epochs(text), tmp_path)
    # Without data the shape of the Input tells that there are pictures.
    nodes = (replace(project.graph.nodes[0], params={"shape": [6, 6, 1]}), *project.graph.nodes[1:])
    text = source(replace(project, graph=replace(project.graph, nodes=nodes), data=Data()))
    assert "Scaler" not in text


def test_notebook(tmp_path):
    path = tmp_path / "n.ipynb"
    registry.save_network(sales(), path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    compile(code, "notebook", "exec")
    script = script_source(sales())
    missing = [line for line in code.splitlines() if line not in script]
    assert missing == []


def test_a_name_cannot_break_out_of_the_script():
    project = replace(sales(), name='x"""\nimport os\nos.system("true")\n"""')
    text = source(project)
    assert text.startswith('"""x import os os.system( true )')
    compile(text, "script", "exec")
    node = Node('d");import os#', "Dense", {"units": 1})
    graph = Graph((Node("in", "Input", {"shape": [2]}), node, Node("o", "Dense", {"units": 1})),
                  (("in", node.id), ("in", "o")))  # fmt: skip
    assert "\nimport os#" not in source(Project(graph=graph))
    compile(source(Project(graph=graph)), "script", "exec")


@pytest.mark.parametrize(
    "name",
    [
        "iris",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in (
                "diabetes",
                "sales",
                "digits",
                "digits_dropout",
                "digits_sgd",
                "waves",
                "temperatures",
                "two_inputs",
                "residual",
                "moons",
                "autoencoder",
            )
        ),
    ],
)
def test_the_script_gives_netbuilders_own_numbers(tmp_path, name, plain_python, capfd):
    """Dropout, batch normalisation, recurrence, pictures, tables, branches: epoch by epoch.

    In a folder of its own, and where NetBuilder cannot be imported.
    """
    project = files.read(find_example(name).path)
    for one in filter(None, (project.data.path, project.data.test_path)):
        shutil.copy(find_example(name).path.parent / one, tmp_path / one)
    project = replace(project, training=replace(project.training, epochs=3))
    files.write(project, tmp_path / "p.netbuilder")
    words = ["train", tmp_path / "p.netbuilder", "-o", tmp_path / "m.h5", "--json"]
    assert main([str(word) for word in words]) == 0
    expected = json.loads(capfd.readouterr().out.splitlines()[-1])["history"]["loss"]
    said = plain_python(f"{source(project)}\nprint(model.history.history['loss'])", tmp_path)
    assert np.allclose(json.loads(said.splitlines()[-1]), expected, rtol=1e-3)
    # What it saves takes the same rows as the file that the program writes, and answers the same.
    theirs = keras.models.load_model(tmp_path / f"{file_stem(project.name)}.h5")
    if len(theirs.inputs) == 1:
        trained = registry.load_network(tmp_path / "m.h5")
        rows = random_rows(trained, 20)
        ours = predict_rows(trained.model, rows)
        # Of weights that were trained by other kernels.
        assert largest_difference(predict_rows(theirs, rows)[0], ours[0]) < 0.01


def test_what_cannot_come_out_the_same_says_why():
    body = chain("Body", Data("images", path="p"), ("MobileNet", {"weights": "none"}))
    assert "inside a pretrained model start with other weights" in source(body).replace("\n# ", " ")
    frozen = chain("Body", Data("images", path="p"), ("EfficientNetLite0", {"pooling": "avg"}))
    assert "the same results, up to rounding" in source(frozen).replace("\n# ", " ")
    for name in ("reviews", "sales"):
        note = source(CASES[name]).replace("\n# ", " ")
        assert "the same results, up to rounding" in note


def test_what_no_input_reaches_is_left_out():
    """A node that only loose nodes lead to, an unknown layer among them, as a damaged file has."""
    dense = {"units": 1}
    nodes = (
        Node("in", "Input", {"shape": [2]}),
        Node("out", "Dense", dense),
        Node("loose", "Dense", dense),
        Node("mine", "Mine"),
        Node("after", "Dense", dense),
    )
    edges = (("in", "out"), ("loose", "mine"), ("mine", "after"), ("mine", "out"))
    text = source(Project(graph=Graph(nodes, edges)))
    compile(text, "script", "exec")
    assert "loose" not in text and "after = " not in text
    circle = Graph((nodes[0], nodes[1]), (("in", "out"), ("out", "in")))
    compile(source(Project(graph=circle)), "script", "exec")
