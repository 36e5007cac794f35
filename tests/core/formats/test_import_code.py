"""Keras code becomes a project; what it means is known beforehand, and nothing of it is run."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import AS_IS, LEFT_OUT, REPLACED, Imported
from netbuilder.core.project.model import Choice
from tests.processes import run_python

COURSE = """
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import Dense
import pandas as pd

table = pd.read_csv("sales.csv")
X = table.drop("y", axis=1).values / 255.0
CLASSES = 10

def make(sizes, rate=0.2):
    model = keras.Sequential()
    model.add(keras.layers.Flatten(input_shape=(28, 28)))
    for size in sizes:
        model.add(Dense(size * 2, "relu", kernel_regularizer=keras.regularizers.l2(0.02)))
        model.add(keras.layers.Dropout(rate))
    model.add(Dense(CLASSES, activation=tf.nn.softmax))
    return model

model = make([64, 2 ** 5])
model.compile(
    optimizer=keras.optimizers.Adam(lr=5e-4),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(X, y, epochs=5 * 4, batch_size=64, validation_split=0.25,
          callbacks=[keras.callbacks.EarlyStopping(patience=3)])
"""
FUNCTIONAL = """
from keras.models import Model
from keras.layers import *

def block(x, filters, strides=1):
    y = Conv2D(filters, (3, 3), strides=strides, padding="same")(x)
    y = BatchNormalization()(y)
    if strides > 1 or x.shape[-1] != filters:
        x = Conv2D(filters, 1, strides=strides)(x)
    return add([x, y])

start = Input(shape=(32, 32, 3), name="photo")
x = start
for number, filters in enumerate([16, 32]):
    x = block(x, filters, 2 if number else 1)
twice = Dense(4, name="twice")
x = GlobalAveragePooling2D()(x)
out = concatenate([twice(x), twice(x * 0.5)])
model = Model(inputs=start, outputs=Dense(1)(out))
"""
KERAS_1 = """
from keras.models import Sequential
from keras.layers.core import Dense, Activation, Flatten
from keras.layers.convolutional import Convolution2D
from keras.optimizers import SGD
model = Sequential()
model.add(Convolution2D(32, 3, 5, border_mode='same', input_shape=(28, 28, 1)))
model.add(Flatten())
model.add(Dense(output_dim=16, init='uniform', W_regularizer='l2'))
model.compile(loss='mse', optimizer=SGD(lr=0.1, momentum=0.9))
model.fit(X, Y, batch_size=16, nb_epoch=3)
"""
UNREAD = """
from keras import Sequential, layers
from mine import MyLayer
model = Sequential([layers.Input((4,))])
for row in data:
    model.add(layers.Dense(row))
model.add(MyLayer(3))
model.add(layers.Dense(len(classes), activation="relu"))
model.add(layers.Lambda(lambda x: own(x)))
"""

CLASSES = """
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

class Config:
    widths = (8, 16)

class Residual(layers.Layer):
    def __init__(self, filters, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2D(filters, 3, strides=strides, padding="same")
        self.short = None
        if strides > 1:
            self.short = layers.Conv2D(filters, 1, strides=strides)

    def call(self, x):
        y = tf.nn.relu(self.conv(x))
        if self.short is not None:
            x = self.short(x)
        return x + y

class Net(keras.Model):
    def __init__(self, config, classes=10):
        super(Net, self).__init__()
        self.stem = keras.Sequential([layers.Rescaling(1 / 255), layers.Conv2D(8, 3)])
        self.blocks = []
        for number, width in enumerate(config.widths):
            self.blocks.append(Residual(width, strides=1 + number))
        self.pool, self.drop = layers.GlobalAveragePooling2D(), layers.Dropout(0.3)
        self.head = layers.Dense(classes)

    def features(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.pool(x)

    def call(self, inputs, training=None):
        x = self.features(inputs)
        if training:
            x = self.drop(x, training=training)
        return self.head(x)

net = Net(Config(), classes=3)
net.build((None, 32, 32, 3))
net.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
net.fit(x, y, epochs=4, validation_split=0.1)
"""
TWO_INPUTS = """
from tensorflow import keras
class WideAndDeep(keras.Model):
    def __init__(self, units=30):
        super().__init__()
        self.hidden = keras.layers.Dense(units, input_shape=(7,))
        self.main, self.beside = keras.layers.Dense(1), keras.layers.Dense(1)
    def call(self, inputs):
        wide, deep = inputs
        h = self.hidden(deep)
        return self.main(keras.ops.concatenate([wide, h])), self.beside(h)
m = WideAndDeep(5)
m.compile("sgd", "mse", loss_weights=[0.9, 0.1])
"""
BODIES = """
import keras
L = keras.layers
start = keras.Input((8,))
body = keras.Model(start, L.Dense(3, name="learned")(start))
class Chain(keras.Sequential):
    def __init__(self, *sizes):
        super().__init__()
        for size in sizes:
            self.add(L.Dense(size))
m = keras.Sequential([body, Chain(4, 5), L.Dense(2)])
m.compile("adam", "mse")
"""
UNREAD_CLASSES = """
import tensorflow as tf
from tensorflow.keras import Model, Sequential, layers
class Linear(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 4))
    def call(self, x):
        return layers.Dense(3)(tf.matmul(x, self.w))
class Gan(Model):
    def __init__(self, maker):
        super().__init__()
        self.maker = maker
    def train_step(self, data):
        return {}
maker = Sequential([layers.Input((2,)), Linear(), layers.Dense(1)])
gan = Gan(maker)
gan.compile("adam")
"""


def read(folder: Path, text: str, name: str = "net.py") -> Imported:
    (folder / name).write_text(text, encoding="utf-8")
    return import_file(folder / name)


def layers(found: Imported) -> list[tuple[str, dict[str, Any]]]:
    return [(node.layer, dict(node.params)) for node in found.project.graph.nodes]


def test_a_course_script(tmp_path):
    (tmp_path / "sales.csv").write_text("a,y\n1,2\n")
    found = read(tmp_path, COURSE)
    regular = {"name": "L2", "params": {"l2": 0.02}}
    hidden = {"activation": "relu", "kernel_regularizer": regular}
    assert layers(found) == [
        ("Input", {"shape": [28, 28]}),
        ("Flatten", {}),
        ("Dense", {"units": 128, **hidden}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 64, **hidden}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    ]
    training, data = found.project.training, found.project.data
    assert training.optimizer == Choice("Adam", {"learning_rate": 5e-4})
    assert training.loss == Choice("sparse_categorical_crossentropy", {"from_logits": True})
    assert training.metrics == (Choice("accuracy"),)
    assert (training.epochs, training.batch_size) == (20, 64)
    assert training.callbacks == (Choice("EarlyStopping", {"patience": 3}),)
    assert (data.kind, data.path, data.validation_split) == ("csv", "sales.csv", 0.25)
    assert found.changes == ()
    assert found.placeholders == ()


def test_a_graph_with_branches_and_a_shared_layer(tmp_path):
    graph = read(tmp_path, FUNCTIONAL).project.graph
    assert [node.layer for node in graph.nodes if node.layer == "Conv2D"] == ["Conv2D"] * 4
    assert graph.by_id["photo"].params == {"shape": [32, 32, 3]}
    assert [node.shared for node in graph.nodes if node.shared] == ["twice"]
    assert len(graph.sources["add"]) == len(graph.sources["concatenate"]) == 2
    assert graph.outputs == ("dense",)
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    training_model = build_training_model(read(tmp_path, FUNCTIONAL).project, None)
    assert training_model.output_shape == (None, 1)


def test_names_of_keras_1(tmp_path):
    found = read(tmp_path, KERAS_1)
    assert layers(found)[1:] == [
        # The careless reading takes the 5 for strides, as Keras 2 would.
        ("Conv2D", {"filters": 32, "kernel_size": [3, 5], "padding": "same"}),
        ("Flatten", {}),
        ("Dense", {"units": 16, "kernel_initializer": "RandomUniform", "kernel_regularizer": "L2"}),
    ]
    training = found.project.training
    assert training.optimizer == Choice("SGD", {"learning_rate": 0.1, "momentum": 0.9})
    assert (training.epochs, training.batch_size) == (3, 16)
    newer = "import keras\nm = keras.Sequential([keras.layers.Conv2D(8, 3, 2)])\n"
    assert layers(read(tmp_path, newer))[1][1] == {"filters": 8, "kernel_size": 3, "strides": 2}


def test_what_cannot_be_read_is_named_with_its_line(tmp_path):
    found = read(tmp_path, UNREAD)
    told = {re.search(r"\d+", one.message)[0]: one for one in found.report if one.taken != AS_IS}
    assert set(told) == {"5", "7", "8", "9"}
    assert all(one.taken == LEFT_OUT for one in told.values())
    assert "len(classes)" in told["8"].message
    assert len(found.placeholders) == 4
    assert found.project.graph.by_id["dense"].params == {"activation": "relu"}
    # The order of the file is kept, so that a placeholder stands where its code stood.
    assert [node.layer for node in found.project.graph.nodes][2:4] == ["MyLayer", "Dense"]


MISSPELT = """
import keras
from keras import layers
sepal = keras.Input((2,))
petal = keras.Input((2,))
a = layers.Dense(8)(sepal)
b = layers.Dense(8)(petal)
c = layers.Concatenate()([a, b, sepl])
e = layers.Dense(1)(c)
model = keras.Model([sepal, petal], e)
model.compile(loss="mean_abs_err")
"""


def test_a_name_that_is_defined_nowhere_leaves_nothing_out_in_silence(tmp_path):
    found = read(tmp_path, MISSPELT)
    graph = found.project.graph
    assert found.placeholders and len(graph.sources["concatenate"]) == 3
    assert [one for one in found.report if "'sepl'" in one.message and "'sepal'" in one.message]
    (loss,) = [one for one in found.report if one.taken == LEFT_OUT and one.line == 11]
    assert "mean_absolute_error" in loss.message
    # Only the last call's argument: all layers before it would be gone.
    found = read(tmp_path, MISSPELT.replace("(1)(c)", "(1)(d)"))
    assert found.placeholders and "'d'" in " ".join(one.message for one in found.report)
    # What is defined where the program does not look is another matter.
    loose = MISSPELT.replace("a = ", "for sepl in load():\n    pass\na = ")
    assert not read(tmp_path, loose).placeholders


@pytest.mark.parametrize(
    ("layer", "value", "hint"),
    [
        ('Dense(8, activation="relo")', "relo", "relu"),
        ("Dense('fifty')", "fifty", "units"),
        ("Dense(-3)", "-3", "units"),
        ("Dropout(1.5)", "1.5", "rate"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(tmp_path, layer, value, hint):
    text = f"import keras\nm = keras.Sequential([keras.Input((4,)), keras.layers.{layer}])"
    (item,) = [one for one in read(tmp_path, text).report if value in one.message]
    assert hint in item.message and item.line == 2


def test_a_shape_of_data_is_left_to_the_data(tmp_path):
    text = "import keras\nm = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(1)])"
    found = read(tmp_path, text)
    assert layers(found) == [("Input", {}), ("Dense", {"units": 1})]
    assert [one.taken for one in found.report] == [REPLACED, AS_IS]
    assert found.placeholders == ()


@pytest.mark.parametrize(
    "imports",
    [
        "import keras",
        "from tensorflow import keras",
        "import tensorflow.keras as keras",
        "import tf_keras as keras",
    ],
)
def test_styles_ofread(tmp_path, imports):
    text = f"{imports}\nL = keras.layers\nm = keras.models.Sequential()\nm.add(L.LSTM(4))\n"
    assert layers(read(tmp_path, text)) == [("Input", {}), ("LSTM", {"units": 4})]


def test_classes_are_followed(tmp_path):
    found = read(tmp_path, CLASSES)
    graph, training = found.project.graph, found.project.training
    assert layers(found) == [
        ("Input", {"shape": [32, 32, 3]}),
        ("Rescaling", {"scale": 1 / 255}),
        ("Conv2D", {"filters": 8, "kernel_size": 3}),
        ("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "same"}),
        ("Activation", {"activation": "relu"}),
        ("Add", {}),
        ("Conv2D", {"filters": 16, "kernel_size": 1, "strides": 2}),
        ("Conv2D", {"filters": 16, "kernel_size": 3, "padding": "same", "strides": 2}),
        ("Activation", {"activation": "relu"}),
        ("Add", {}),
        ("GlobalAveragePooling2D", {}),
        # The careless reading takes training=None at its word and loses the layer.
        ("Dropout", {"rate": 0.3}),
        ("Dense", {"units": 3}),
    ]
    assert graph.sources["add"] == ("conv2d", "activation")
    assert training.optimizer == Choice("SGD", {"learning_rate": 0.1})
    assert training.loss == Choice("sparse_categorical_crossentropy", {"from_logits": True})
    assert training.epochs == 4
    assert found.changes == ()


def test_a_class_of_two_inputs_and_outputs(tmp_path):
    project = read(tmp_path, TWO_INPUTS).project
    graph, goals = project.graph, project.training.outputs
    assert graph.inputs == ("input", "input_1")
    assert graph.by_id["input_1"].params == {"shape": [7]}
    assert graph.sources["concatenate"] == ("input", "dense")
    assert [goals[name].loss_weight for name in graph.outputs] == [0.9, 0.1]


def test_models_inside_a_sequential(tmp_path):
    found = read(tmp_path, BODIES)
    sizes = [3, 4, 5, 2]
    assert layers(found) == [("Input", {"shape": [8]}), *(("Dense", {"units": n}) for n in sizes)]
    assert found.project.graph.nodes[1].id == "learned"


def test_of_a_class_that_cannot_be_read_the_rest_is(tmp_path):
    found = read(tmp_path, UNREAD_CLASSES)
    assert [node.layer for node in found.project.graph.nodes] == ["Input", "Linear", "Dense"]
    told = [one.message for one in found.report if one.taken == LEFT_OUT]
    assert [text.partition(":")[0] for text in told] == ["Line 15", "Line 16", "Line 13"]


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": one.splitlines(keepends=True)} for one in cells]
    made.insert(1, {"cell_type": "markdown", "source": ["# Title"]})
    return json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


TRANSFER = """
from tensorflow import keras
body = keras.applications.ResNet50V2(weights=WEIGHTS, include_top=False, input_shape=(64, 64, 3))
scale = keras.applications.resnet_v2.preprocess_input
start = keras.Input((64, 64, 3))
x = body(scale(start), training=False)
model = keras.Model(start, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"trainable": True}),
        ("body.trainable = False", {}),
        ("for one in body.layers: one.trainable = False", {}),
        ("body.trainable = True", {"trainable": True}),
    ],
)
def test_a_pretrained_network_learns_unless_it_is_frozen(tmp_path, more, expected):
    found = read(tmp_path, TRANSFER.replace("WEIGHTS", "'imagenet'") + more)
    assert found.placeholders == ()
    by_kind = {node.layer: node.params for node in found.project.graph.nodes}
    assert by_kind["ResNet50V2"] == expected  # its pixels are scaled in the layer


def test_a_pretrained_network_without_its_weights(tmp_path):
    text = TRANSFER.replace("WEIGHTS", "None").replace("scale(start)", "start")
    text = text.replace("scale = ", "# ")
    found = read(tmp_path, text + "for one in body.layers[:9]: one.trainable = False")
    node = next(node for node in found.project.graph.nodes if node.layer == "ResNet50V2")
    assert node.params == {"weights": "none", "trainable": True, "preprocess": False}
    assert {one.item: one.taken for one in found.changes}[node.id] == REPLACED


LOST = """
import keras, functools, numpy as np
from keras.preprocessing.image import ImageDataGenerator
from keras.constraints import maxnorm
(x, y), _ = keras.datasets.mnist.load_data()
generator = ImageDataGenerator(rescale=1 / 255, zoom_range=0.2)
rows = generator.flow_from_directory("photos", batch_size=7)
keras.mixed_precision.set_global_policy("mixed_float16")
Conv = functools.partial(keras.layers.Conv2D, kernel_size=3, padding="same")
relu = keras.activations.get("relu")
start = keras.Input((8, 8, 1))
x = relu(Conv(4, kernel_constraint=maxnorm(3), bias_initializer=keras.initializers.zeros())(start))
one, two = keras.layers.Dense(1, name="one")(x), keras.layers.Dense(2, name="two")(x)
model = keras.Model(start, [one, two])
model.load_weights("w.h5")
model.fit(rows, epochs=2)
def own(a, b):
    return a - b
model.compile(keras.optimizers.Adam(f()), loss={"two": "mse", "one": own},
              metrics={"two": ["mae"]}, loss_weights={"two": 0.5})
model.fit(rows, epochs=9, steps_per_epoch=3, class_weight={0: 2}, sample_weight=w,
          callbacks=[own])
"""


def test_nothing_is_lost_in_silence(tmp_path):
    found = read(tmp_path, LOST)
    told = {one.item: one.message for one in found.changes}
    lines = {item: int("".join(filter(str.isdigit, text.partition(":")[0])))
             for item, text in told.items()}  # fmt: skip
    assert lines == {"ImageDataGenerator": 6, "weights": 15, "fit": 16, "loss": 17, "optimizer": 19,
                     "validation_split": 21,
                     "class_weight": 21, "steps_per_epoch": 21, "sample_weight": 21,
                     "callbacks": 17, "data": 7}  # fmt: skip
    assert "own" in told["loss"]
    assert "zoom_range" in told["ImageDataGenerator"]
    training = found.project.training
    assert (training.batch_size, training.epochs, training.precision) == (7, 9, "mixed_float16")
    by_kind = {node.layer: node.params for node in found.project.graph.nodes}
    assert by_kind["Conv2D"]["kernel_constraint"]["params"] == {"max_value": 3}
    assert by_kind["Activation"] == {"activation": "relu"}


def test_losses_and_metrics_belong_to_the_output_of_their_name(tmp_path):
    text = LOST.replace('"one": own', '"one": "mae"')
    outputs = read(tmp_path, text).project.training.outputs
    assert outputs["two"].loss == Choice("mean_squared_error")
    assert outputs["one"].loss == Choice("mean_absolute_error")
    assert outputs["two"].metrics == (Choice("mean_absolute_error"),)
    assert not outputs["one"].metrics
    assert (outputs["one"].loss_weight, outputs["two"].loss_weight) == (1.0, 0.5)


def test_a_function_that_another_package_calls_for_the_model(tmp_path):
    text = """
from keras import Sequential, layers
def build(hp, units=5):
    model = Sequential([layers.Input((3,)), layers.Dense(units), layers.Dense(hp.Int("u", 1, 9))])
    model.compile("adam", "mse")
    return model
search(build)
"""
    found = read(tmp_path, text)
    assert [node.layer for node in found.project.graph.nodes] == ["Input", "Dense", "Dense"]
    assert "build" in {one.item for one in found.changes}


def test_folders_of_pictures_are_the_data(tmp_path):
    for part in ("train", "validation"):
        (tmp_path / "pets" / part).mkdir(parents=True)
    text = """
import keras
read = keras.utils.image_dataset_from_directory
a = read("pets/train", image_size=(8, 8))
b = keras.utils.image_dataset_from_directory("pets/validation", image_size=(8, 8))
keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Dense(1)])
""".replace("a = read", "a = keras.utils.image_dataset_from_directory")
    data = read(tmp_path, text).project.data
    assert (data.kind, Path(data.path).name) == ("images", "pets")


def test_code_is_read_without_keras(tmp_path):
    (tmp_path / "code.py").write_text(
        "from keras import Sequential, layers\n"
        "Sequential([layers.Conv2D(3, (3, 3)), layers.Embedding(5, 6)])\n"
    )
    text = (
        "import sys; from pathlib import Path\n"
        "from netbuilder.core.formats.importing.keras_code.import_code import import_code\n"
        f"import_code(Path({str(tmp_path / 'code.py')!r})); print('keras' in sys.modules)"
    )
    found = run_python(text, check=True)
    assert found.stdout.strip() == "False"


def test_a_network_that_is_built_for_each_fold(tmp_path):
    found = read(
        tmp_path,
        "import keras\nfrom sklearn.model_selection import KFold\nfold = 0\n"
        "for train, test in KFold(5).split(x):\n    fold += 1\n    m = keras.Sequential()\n"
        "    m.add(keras.layers.Dense(3, input_shape=(4,)))\n    m.compile('adam', 'mse')\n"
        "    m.fit(x[train], y[train], epochs=7)\n    scores.append(m.evaluate(x[test], y[test]))",
    )
    assert [node.layer for node in found.project.graph.nodes] == ["Input", "Dense"]
    assert found.project.training.epochs == 7
    assert [item.line for item in found.changes if item.item == "loop"] == [4]


def test_a_notebook_with_magics(tmp_path):
    cells = (
        "%matplotlib inline\n!wget https://a.org/b.csv \\\n    -O b.csv \\\n    -q\nimport keras",
        "%%bash\nrm -rf /",
        "m = keras.Sequential()\nif True:\n    %time\nm.add(keras.layers.Dense(n))\nm?",
    )
    found = read(tmp_path, notebook(*cells), "net.ipynb")
    assert [node.layer for node in found.project.graph.nodes] == ["Input", "Dense"]
    # Cells count as in Jupyter, the text between them too.
    assert [one.message.partition(":")[0] for one in found.changes] == ["Cell 4, line 4"]


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("import keras\nm = keras.Sequential(\n", "net.py", "line 2"),
        (notebook("import keras", "x = 1\nprint 'x'"), "net.ipynb", "cell 3, line 2"),
    ],
)
def test_a_syntax_error_names_its_line(tmp_path, text, name, line):
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text, name)
    assert caught.value.code == "code_syntax_error"
    assert line in caught.value.what


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "x = 10 ** 10 ** 10",
        "x = [0] * 10 ** 12",
        "x = list(range(10 ** 15))",
        "x = '%999999999d' % 1",
        "x = 'a' * 99999 * 99999",
        "x = [0]\nfor i in range(999):\n    x = x + x",
        "x = [0]\nfor i in range(999):\n    x.extend(x)",
        "for i in range(10 ** 9):\n    for j in range(10 ** 9):\n        pass",
        "f = lambda n: f(n) + f(n) + f(n)\nx = f(1)",
        "def f(n):\n    return f(n) + f(n)\nx = f(1)",
        "open('written', 'w').write('x')",
        "__import__('pathlib').Path('written').touch()",
        "while True:\n    pass",
        "class A:\n    def __init__(self):\n        self.a = A(), A()\nA()",
        "class A(keras.Model):\n    def call(self, x):\n        return self(self(x))\nA()",
        "class A:\n    open('written', 'w').write('x')\n    def a(self): 1 / 0\nA().a()",
    ],
)
@pytest.mark.timeout(60)
def test_code_that_would_do_harm_is_only_read(tmp_path, monkeypatch, line):
    monkeypatch.chdir(tmp_path)
    text = f"import keras\n{line}\nm = keras.Sequential([keras.layers.Dense(2)])\n"
    assert layers(read(tmp_path, text)) == [("Input", {}), ("Dense", {"units": 2})]
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1\n", "code_without_model"),
        ("(" * 500, "code_syntax_error"),
        ("x = " + "-" * 100_000 + "1\n", "code_not_python"),
        ("a" + ".b" * 100_000, "code_not_python"),
        ("import keras\x00", "code_not_python"),
    ],
)
def test_other_texts_are_refused_in_words(tmp_path, text, code):
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text)
    assert caught.value.code in {code, "code_too_deep", "code_syntax_error", "code_not_python"}


@pytest.mark.parametrize("seed", range(8))
def test_changed_scripts_end_in_words(tmp_path, seed):
    """Tokens that are removed, doubled and exchanged: no exception but a ``FormatError``."""
    source = random.Random(seed)
    for _ in range(25):
        lines = source.choice((COURSE, FUNCTIONAL, KERAS_1, UNREAD, CLASSES, BODIES)).splitlines()
        for _ in range(source.randint(1, 4)):
            at = source.randrange(len(lines))
            change = source.random()
            if change < 0.3:
                del lines[at]
            elif change < 0.6:
                lines.insert(at, source.choice(lines))
            else:
                parts = lines[at].split(" ")
                source.shuffle(parts)
                lines[at] = " ".join(parts)
        try:
            read(tmp_path, "\n".join(lines))
        except FormatError as error:
            assert error.code


def test_included_word_vectors_are_recognised(tmp_path):
    code = """
import keras
from keras import layers

def with_word_vectors(path, words, matrix):
    return read(path)[words] + matrix

inputs = keras.Input((12,), dtype="int32")
x_layer = layers.Embedding(100, 50)
x_layer.build()
vectors = with_word_vectors("english_words.npz", words, x_layer.get_weights()[0])
x_layer.set_weights([vectors])
other = layers.Embedding(100, 50)
other.set_weights([vectors + 1])
x = layers.Concatenate()([x_layer(inputs), other(inputs)])
x = layers.GlobalAveragePooling1D()(x)
model = keras.Model(inputs, layers.Dense(2)(x))
"""
    file = tmp_path / "words.py"
    file.write_text(code, "utf-8")
    nodes = import_file(file).project.graph.nodes
    vectors = [node.params.get("weights") for node in nodes if node.layer == "Embedding"]
    assert sorted(map(str, vectors)) == ["None", "included"]


NETS = "import keras, numpy as np\nfrom keras import layers as L, backend as K\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Scaling by hand is one layer: (x - 127.5) / 127.5.
        ("m = keras.Sequential([L.Lambda(lambda x: (x - 127.5) / 127.5, input_shape=(4, 4, 3))])",
         [("Rescaling", {"scale": 1 / 127.5, "offset": -1.0})]),
        ("m = keras.Sequential([keras.Input((4,)), L.Lambda(lambda x: x / 255), L.Dense(1)])",
         [("Rescaling", {"scale": 1 / 255}), ("Dense", {"units": 1})]),
        ("i = keras.Input((64, 64, 3))\nfrom keras.applications import mobilenet_v2 as mv\n"
         "m = keras.Model(i, L.Lambda(mv.preprocess_input)(i))",
         [("Rescaling", {"scale": 1 / 127.5, "offset": -1.0})]),
        # Keras's function returns its argument: the network scales its pixels itself.
        ("i = keras.Input((64, 64, 3))\nfrom keras.applications import efficientnet as e\n"
         "m = keras.Model(i, L.Flatten()(e.preprocess_input(i)))", [("Flatten", {})]),
        ("names = ['a', 'b', 'c']\na, b = 2, 4\n"
         "m = keras.Sequential([keras.Input((a * b,)), L.Dense(len(names)), L.Dense(a * b)])",
         [("Dense", {"units": 3}), ("Dense", {"units": 8})]),
        ("from sklearn.datasets import load_iris\nx, y = load_iris(return_X_y=True)\n"
         "y2 = keras.utils.to_categorical(y)\n"
         "m = keras.Sequential([keras.Input((4,)), L.Dense(len(np.unique(y))),"
         " L.Dense(len(set(y))), L.Dense(y2.shape[1])])", [("Dense", {"units": 3})] * 3),
        ("i = keras.Input((28, 28, 1))\nx = L.Conv2D(4, 3, strides=2, padding='same')(i)\n"
         "s = K.int_shape(x)\nb, h, w, c = x.shape\nx = L.Dense(s[1] * s[2] * s[3])(L.Flatten()(x))"
         "\nm = keras.Model(i, L.Reshape((h, w, c))(x))",
         [("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}),
          ("Flatten", {}), ("Dense", {"units": 784}), ("Reshape", {"target_shape": [14, 14, 4]})]),
        ("i = keras.Input((8,))\nx = L.Dense(4, name='c')(i)\nf = keras.Model(i, L.Dense(9)(x))\n"
         "m = keras.Model(f.input, L.Dense(2)(f.get_layer('c').output))",
         [("Dense", {"units": 4}), ("Dense", {"units": 2})]),
        # Keras does not count the Input among the layers of a Sequential.
        ("m = keras.Sequential([keras.Input((8,)), L.Dense(4), L.Dense(3), L.Dense(2)])\n"
         "for l in m.layers[:-1]: l.trainable = False",
         [("Dense", {"units": 4, "trainable": False}), ("Dense", {"units": 3, "trainable": False}),
          ("Dense", {"units": 2})]),
        ("i = keras.Input((5, 8))\nx, h, c = L.LSTM(4, return_state=True)(i)\n"
         "m = keras.Model(i, L.Dense(1)(x))", [("LSTM", {"units": 4}), ("Dense", {"units": 1})]),
    ],
)  # fmt: skip
def test_what_the_text_determines_is_read(tmp_path, text, expected):
    imported = read(tmp_path, NETS + text)
    assert layers(imported)[1:] == expected
    assert {item.message.partition(": ")[2] for item in imported.changes} <= {
        "Another model in the file."
    }


TH = """
from keras.models import Model, Sequential
from keras.layers import *
from keras import backend as K
ORDER
i = Input(shape=(3, 32, 24))
a = Convolution2D(8, 3, 3, border_mode='same')(i)
a = BatchNormalization(axis=1)(a)
b = Convolution2D(8, 1, 1)(i)
x = merge([a, b], mode='concat', concat_axis=1)
x = merge([x, x], mode='ave')
m = Model(input=i, output=Dense(2)(Flatten()(x)))
m.compile('ADADELTA', 'mse')
"""


@pytest.mark.parametrize("order", ["", "K.set_image_dim_ordering('th')"])
def test_channels_of_keras_1_come_last(tmp_path, order):
    imported = read(tmp_path, TH.replace("ORDER", order))
    graph = imported.project.graph
    # The careless reading makes pictures of 3 rows, and joins them along their height.
    assert graph.by_id["input"].params == {"shape": [32, 24, 3]}
    assert graph.by_id["concatenate"].params == graph.by_id["batch_normalization"].params == {}
    assert graph.sources["concatenate"] == ("batch_normalization", "conv2d_1")
    assert [item.item for item in imported.changes] == ["data_format"]
    assert imported.project.training.optimizer == Choice("Adadelta")
    last = TH.replace("3, 32, 24", "32, 24, 3").replace("axis=1", "axis=-1")
    assert "data_format" not in {item.item for item in read(tmp_path, last).changes}


def test_arguments_that_are_not_supported_are_called_so(tmp_path):
    found = read(tmp_path, NETS + "m = keras.Sequential([keras.Input((5, 3)),"
                 "L.LSTM(4, stateful=True), L.Dense(2, kernel_initalizer='zeros')])")  # fmt: skip
    told = {item.item: item.message for item in found.changes}
    assert set(told) == {"stateful", "kernel_initalizer"}
    assert ["has no argument" in text for text in told.values()] == [False, True]


@pytest.mark.slow
def test_a_cut_through_a_pretrained_network(tmp_path):
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    text = """import keras
base = keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False, weights=None)
outs = [base.get_layer(n).output for n in ("block_1_expand_relu", "block_3_expand_relu")]
down = keras.Model(base.input, outs)
i = keras.Input((96, 96, 3))
low, high = down(i)
x = keras.layers.UpSampling2D()(high)
m = keras.Model(i, keras.layers.Concatenate()([x, low]))
"""
    imported = read(tmp_path, text)
    model = build_training_model(imported.project, None)
    scope: dict[str, Any] = {}
    exec(compile(text, "net", "exec"), scope)  # the truth: Keras's own
    assert model.output_shape == scope["m"].output_shape
    assert model.count_params() == scope["m"].count_params()
    assert not imported.placeholders
    pretrained = read(tmp_path, text.replace("weights=None", 'weights="imagenet"'))
    assert "weights" in {item.item for item in pretrained.changes}, "they are random, and told"
    assert "weights" not in {item.item for item in imported.changes}


@pytest.mark.parametrize(
    "base",
    [
        'keras.applications.VGG16(weights=None, input_shape=(64, 64, 3)).get_layer("block3_pool")',
        "keras.applications.MobileNetV2(weights=None)",
        "keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])",
    ],
)
def test_weights_that_a_part_loads_are_reported(tmp_path, base):
    body, _, cut = base.partition(".get_layer")
    found = read(
        tmp_path,
        f"import keras\nbody = {body}\nbody.load_weights('w.h5')\n"
        f"end = body{'.get_layer' + cut if cut else ''}.output\n"
        "model = keras.Model(body.input, keras.layers.Dense(2)(keras.layers.Flatten()(end)))\n"
        "other = keras.Sequential([keras.layers.Dense(2)])\nother.load_weights('o.h5')\n"
        "model.compile('adam', 'mse')\nmodel.fit(x, y)",
    )
    assert [item.line for item in found.report if item.item == "weights"] == [3]
