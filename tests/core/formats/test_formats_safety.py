"""Files that could do harm are refused before Keras sees them; each is made here for real."""

import json
import zipfile
from typing import Any

import h5py
import numpy as np
import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.files.regular_file import read_json
from netbuilder.core.formats import metadata
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.project import files
from netbuilder.core.project.model import Graph, Node, Project
from tests.processes import run_python

Config = dict[str, Any]


def dense(**more: Any):
    return {"class_name": "Dense", "config": {"name": "dense", "units": 2, **more}}


def sequential(*layers: Config):
    start = {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "in"}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [start, *layers]}}


def write_h5(path, config, then=None):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
        file.attrs["keras_version"] = "3.15.1"
        file.create_dataset("model_weights/dense/kernel", data=np.zeros((3, 2), "float32"))
        if then is not None:
            then(file)
    return path


def write_keras(path, config, more=None, compression=zipfile.ZIP_STORED):
    weights = path.with_suffix(".weights")
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros((3, 2), "float32"))
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.write(weights, "model.weights.h5")
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return path


def refuse(path, *words: str, placeholders=True):
    with pytest.raises(FormatError) as caught:
        inspect_file(path, placeholders=placeholders)
    assert caught.value.fix, "it must say what to do"
    for word in words:
        assert word in str(caught.value), str(caught.value)


def test_a_good_file_passes(tmp_path):
    found = inspect_file(write_h5(tmp_path / "good.h5", sequential(dense(activation="relu"))))
    assert found.kind == "h5"
    assert found.numbers == 6
    assert not found.is_ours
    found = inspect_file(write_keras(tmp_path / "good.keras", sequential(dense())))
    assert (found.kind, found.keras_version[:1], found.numbers) == ("keras", "3", 6)


LAMBDA_3 = {
    "class_name": "Lambda",
    "config": {
        "name": "lambda",
        "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA", "defaults": None}},
    },
}
LAMBDA_2 = {
    "class_name": "Lambda",
    "config": {"name": "lambda", "function": ["4wEAAAA=", None, None], "function_type": "lambda"},
}
OS_SYSTEM = {
    "module": "os",
    "class_name": "system",
    "config": {"name": "x", "command": "touch /tmp/pwned"},
    "registered_name": "system",
}
CODE = "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMEAAAAfABTACkB" + "A" * 40
EVIL_LAYERS = {
    "lambda of Keras 3": (LAMBDA_3, "Python code"),
    "lambda of Keras 2": (LAMBDA_2, "Python code"),
    "module of the system": (OS_SYSTEM, "'os'"),
    "SavedModel from a path": (
        {"class_name": "TFSMLayer", "config": {"name": "t", "filepath": "/etc"}},
        "path",
    ),
    "pickled torch module": (
        {"class_name": "TorchModuleWrapper", "config": {"name": "t", "module": "gASV"}},
        "pickled",
    ),
    "operation by its name": (
        {"class_name": "TFOpLambda", "config": {"name": "t", "function": "io.write_file"}},
        "Python function",
    ),
    "function of a foreign module": (
        dense(activation={"module": "os", "class_name": "function", "config": "system",
                          "registered_name": "system"}),
        "system",
    ),
    "utility of Keras as an activation": (
        dense(activation={"module": "keras.utils", "class_name": "function", "config": "get_file",
                          "registered_name": "get_file"}),
        "get_file",
    ),
    "initializer from elsewhere": (
        dense(kernel_initializer={"module": "subprocess", "class_name": "Popen", "config": {}}),
        "Popen",
    ),
    "known name in a foreign module": (
        dense(kernel_initializer={"module": "evil", "class_name": "Zeros", "config": {}}),
        "evil",
    ),
    "registered object": (
        dense(kernel_initializer={"module": "keras.initializers", "class_name": "Zeros",
                                  "config": {}, "registered_name": "evil>Zeros"}),
        "evil>Zeros",
    ),
    "code as text": (dense(note=CODE), "code"),
    "lambda deep inside": (
        {"class_name": "Bidirectional", "config": {"name": "b", "layer": LAMBDA_3}},
        "Python code",
    ),
    "type spec": (
        dense(thing={"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": []}),
        "Python code",
    ),
    "vocabulary in another file": (
        {"class_name": "StringLookup", "config": {"name": "v", "vocabulary": "/etc/passwd"}},
        "/etc/passwd",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EVIL_LAYERS, ids=str)
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_code_in_a_config_is_refused(tmp_path, case, ending):
    layer, word = EVIL_LAYERS[case]
    write = write_h5 if ending == "h5" else write_keras
    refuse(write(tmp_path / f"evil.{ending}", sequential(dense(), layer)), word, "evil")


def test_code_in_a_model_inside_the_model_is_refused(tmp_path):
    refuse(write_h5(tmp_path / "n.h5", sequential(sequential(LAMBDA_3))), "Python code")


def with_training(path, training):
    def add(file):
        file.attrs["training_config"] = json.dumps(training)

    return write_h5(path, sequential(dense()), add)


def test_code_and_the_system_in_a_training_config_are_refused(tmp_path):
    for training in (
        {"loss": {"module": "os", "class_name": "function", "config": "system"}},
        {"loss": LAMBDA_3["config"]["function"]},
        {"metrics": [{"class_name": "MeanMetricWrapper", "config": {"fn": CODE}}]},
        {"optimizer_config": {"class_name": "Popen", "module": "subprocess", "config": {}}},
    ):
        refuse(with_training(tmp_path / "t.h5", training), "training config")


@pytest.mark.parametrize(
    ("training", "word"),
    [
        ({"loss": "my_loss"}, "loss"),
        ({"loss": {"class_name": "function", "module": "builtins", "config": "eval"}}, "loss"),
        ({"loss": {"class_name": "Dice", "registered_name": "lab>Dice", "config": {}}}, "loss"),
        ({"optimizer_config": {"class_name": "Custom>Lion9", "config": {}}}, "optimizer"),
        ({"optimizer_config": {"class_name": "Adam", "module": "evil", "config": {}}}, "optimizer"),
        ({"metrics": [[{"class_name": "MeanMetricWrapper", "config": {"fn": "odd"}}]]}, "metrics"),
    ],
)
def test_an_unknown_part_of_the_training_config_is_left_out(tmp_path, training, word):
    found = inspect_file(with_training(tmp_path / "t.h5", training))
    assert found.training == {}
    assert len(found.notes) == 1
    assert f"{word} '" in found.notes[0]


def test_the_plan_of_a_model_inside_is_not_kept(tmp_path):
    inner = {**sequential(dense()), "compile_config": {"loss": "my_loss"}}
    outer = {**sequential(inner), "compile_config": {"loss": "mse"}}
    found = inspect_file(write_keras(tmp_path / "m.keras", outer))
    assert found.training == {"loss": "mse"}
    assert "compile_config" not in json.dumps(found.config)


def test_an_unknown_layer_is_told_or_named(tmp_path):
    custom = {
        "module": "lab.layers",
        "class_name": "Swish2",
        "config": {"name": "mine"},
        "registered_name": "lab>Swish2",
    }
    path = write_h5(tmp_path / "c.h5", sequential(dense(), custom))
    refuse(path, "lab>Swish2", placeholders=False)
    found = inspect_file(path, placeholders=True)
    assert [(one.name, one.class_name) for one in found.refused] == [("mine", "Swish2")]


def test_code_in_an_unknown_layer_is_refused_all_the_same(tmp_path):
    custom = {"class_name": "Mine", "config": {"name": "mine", "function": LAMBDA_3}}
    refuse(write_h5(tmp_path / "c.h5", sequential(custom)), "Python code")


def test_external_link(tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["numbers"] = np.arange(4.0)

    def add(file):
        file["model_weights/dense/bias"] = h5py.ExternalLink(str(secret), "/numbers")

    refuse(write_h5(tmp_path / "l.h5", sequential(dense()), add), "secret.h5")


def test_soft_link(tmp_path):
    def add(file):
        file["model_weights/dense/bias"] = h5py.SoftLink("/model_weights/dense/kernel")

    refuse(write_h5(tmp_path / "l.h5", sequential(dense()), add), "link")


def test_external_storage(tmp_path):
    def add(file):
        outside = [("secret.bin", 0, 64)]  # a whole path is cut off in the message where it is long
        file.create_dataset("model_weights/dense/bias", (8,), "float64", external=outside)

    refuse(write_h5(tmp_path / "e.h5", sequential(dense()), add), "secret.bin")


def test_virtual_dataset(tmp_path):
    def add(file):
        layout = h5py.VirtualLayout((4,), "float64")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "numbers", (4,))
        file.create_virtual_dataset("model_weights/dense/bias", layout)

    refuse(write_h5(tmp_path / "v.h5", sequential(dense()), add), "other files")


def test_size_that_is_not_there(tmp_path):
    def add(file):
        file.create_dataset("model_weights/dense/bias", (10**9, 10**3), "float32")

    refuse(write_h5(tmp_path / "s.h5", sequential(dense()), add), "1000000000×1000")


def test_zeros_that_unpack_to_much(tmp_path):
    def add(file):
        file.create_dataset(
            "model_weights/dense/bias",
            data=np.zeros(8_000_000),
            chunks=(1_000_000,),
            compression="gzip",
        )

    refuse(write_h5(tmp_path / "z.h5", sequential(dense()), add), "unpack")


def test_opaque_bytes(tmp_path):
    def add(file):
        file["model_weights/dense/bias"] = np.void(b"\x80\x04K\x01.")

    refuse(write_h5(tmp_path / "o.h5", sequential(dense()), add), "pickled")


def test_reference(tmp_path):
    def add(file):
        file["model_weights"].attrs["r"] = file["model_weights/dense"].ref

    refuse(write_h5(tmp_path / "r.h5", sequential(dense()), add), "neither numbers nor text")


def test_deep_json(tmp_path):
    refuse(write_h5(tmp_path / "d.h5", '{"a":' * 500 + "1" + "}" * 500), "deep")
    with pytest.raises(FormatError, match="deep"):
        read_json("[" * 100_000 + "]" * 100_000, "it")


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil", "assets/../../evil", "a\\..\\evil", "c:evil", "code.py"]
)
def test_names_in_a_zip(tmp_path, name):
    refuse(write_keras(tmp_path / "n.keras", sequential(dense()), {name: b"x"}), "n.keras")


def test_zip_bomb(tmp_path):
    bomb = {"assets/zeros": b"\0" * 60_000_000}
    path = write_keras(tmp_path / "b.keras", sequential(dense()), bomb, zipfile.ZIP_DEFLATED)
    refuse(path, "unpack")


def test_link_in_a_zip(tmp_path):
    path = write_keras(tmp_path / "l.keras", sequential(dense()))
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("assets/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    refuse(path, "outside")


def test_weights_inside_a_zip_are_checked_too(tmp_path):
    path = tmp_path / "w.keras"
    weights = tmp_path / "w.h5"
    with h5py.File(weights, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/hostname", "/")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(sequential(dense())))
        archive.write(weights, "model.weights.h5")
    refuse(path, "/etc/hostname")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"hello, I am text", "begins with"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "zip archive"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a PNG picture"),
        (b"\xff\x00\xfe" * 9, "NetBuilder can read"),
    ],
)
def test_files_that_are_no_models(tmp_path, data, word):
    path = tmp_path / "m.h5"
    path.write_bytes(data)
    refuse(path, word, "m.h5")


def test_a_file_that_was_cut_off(tmp_path):
    for path, words in (
        (write_h5(tmp_path / "cut.h5", sequential(dense())), "ends in the middle"),
        (write_keras(tmp_path / "cut.keras", sequential(dense())), "cut.keras"),
    ):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        refuse(path, path.name, words)


def test_weights_only_no_model_and_no_file(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"dense"]
    refuse(path, "weights only", "model.save")
    refuse(tmp_path / "nothing.h5", "no file")
    refuse(tmp_path, "folder")
    refuse(write_h5(tmp_path / "c.h5", {"class_name": "MyModel", "config": {}}), "MyModel")
    refuse(write_h5(tmp_path / "l.h5", "[1, 2]"), "no network")


def test_nothing_is_given_to_keras(tmp_path):
    path = write_h5(tmp_path / "evil.h5", sequential(LAMBDA_3))
    script = (
        "import sys\n"
        "from netbuilder.core.formats.safety.inspect_file import inspect_file\n"
        "try:\n"
        f"    inspect_file({str(path)!r})\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
        "print('keras' in sys.modules, 'tensorflow' in sys.modules)\n"
    )
    done = run_python(script, check=True)
    assert done.stdout.split() == ["FormatError", "False", "False"]


def test_a_file_with_zeros_in_the_middle_was_not_cut_off(tmp_path):
    for path in (
        write_h5(tmp_path / "zeros.h5", sequential(dense())),
        write_keras(tmp_path / "zeros.keras", sequential(dense())),
    ):
        whole = path.read_bytes()
        third = len(whole) // 3
        path.write_bytes(whole[: third // 2] + bytes(third) + whole[third // 2 + third :])
        with pytest.raises(FormatError) as caught:
            inspect_file(path)
        words = str(caught.value)
        assert "damaged: a part of it cannot be read" in words
        assert "bytes of the file were changed" in words
        assert "object" not in words, "what HDF5 says is for those who made it"


@pytest.mark.parametrize(
    ("kind", "values"), [("category", ["red", "red"]), ("category", []), ("boolean", ["yes"])]
)
def test_values_of_a_column_that_cannot_be_are_refused(tmp_path, kind, values):
    """Keras's lookup would raise at the first question; a file says so when it is opened."""
    project = Project("Colours", graph=Graph((Node("input", "Input"),)))
    column = {"name": "colour", "kind": kind, "categories": values}
    ours = {
        "project": files.to_json(project),
        "preprocessing": {"inputs": {"input": {"columns": [column]}}},
    }
    with pytest.raises(FormatError, match="values of column 'colour'"):
        metadata.sidecar_from_json(ours, "theirs.h5")
