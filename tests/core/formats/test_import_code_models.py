"""Several models in a script, each with its own data, and training that ``fit`` does not do."""

from pathlib import Path

import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import LEFT_OUT, Imported
from netbuilder.core.project import files

SEVERAL = """import keras
from keras import Input, Sequential
from keras.layers import Dense, Embedding, Flatten
from keras.datasets import imdb, mnist
from sklearn.preprocessing import StandardScaler
(x, y), _ = mnist.load_data()
digits = Sequential([Input((784,)), Dense(10)], name="numbers")
digits.compile("sgd", "sparse_categorical_crossentropy")
digits.fit(x.reshape(60000, 784), y, epochs=7, batch_size=128)
(x, y), _ = imdb.load_data(num_words=500)
model = Sequential([Embedding(500, 8), Flatten(), Dense(1)])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=3)
photos = keras.utils.image_dataset_from_directory("pets", batch_size=16)
model = Sequential([Input((64, 64, 3)), Flatten(), Dense(1)])
model.compile("rmsprop", "binary_crossentropy")
model.fit(photos, epochs=30)
model = Sequential([Input((64, 64, 3)), Flatten(), Dense(1)])
model.compile("adagrad", "mse")
model.fit(generator(), epochs=11)
"""


def read(folder: Path, text: str, model: str = "") -> Imported:
    (folder / "net.py").write_text(text, encoding="utf-8")
    return import_file(folder / "net.py", model=model)


@pytest.mark.parametrize(
    ("model", "optimizer", "epochs", "batch", "data"),
    [
        ("1", "SGD", 7, 128, "mnist"),
        ("numbers", "SGD", 7, 128, "mnist"),
        ("2", "Adam", 3, 32, "imdb"),
        ("3", "RMSprop", 30, 16, "pets"),
        # The careless reading gives it a set that another model was fitted on.
        ("4", "Adagrad", 11, 32, "generator()"),
        ("", "Adagrad", 11, 32, "generator()"),
    ],
)
def test_a_model_has_its_own_data_and_training(tmp_path, model, optimizer, epochs, batch, data):
    (tmp_path / "pets").mkdir()
    imported = read(tmp_path, SEVERAL, model)
    training, recipe = imported.project.training, imported.project.data
    assert (training.optimizer.name, training.epochs) == (optimizer, epochs)
    assert (training.batch_size, recipe.path or recipe.name) == (batch, data)
    assert imported.chosen == (int(model) - 1 if model.isdecimal() else 3 if not model else 0)
    assert recipe.options.get("max_words") == (500 if data == "imdb" else None)
    others = [item for item in imported.report if item.message.endswith("the file.")]
    assert len(imported.models) == 4 == len(others) + 1


@pytest.mark.parametrize("model", ["model", "5", "0", "digit"])
def test_a_model_that_is_not_single_is_refused(tmp_path, model):
    with pytest.raises(FormatError) as caught:
        read(tmp_path, SEVERAL, model)
    assert caught.value.code == "code_model_unknown"
    assert "4 (model)" in caught.value.fix


def test_pictures_of_another_size_are_not_the_data(tmp_path):
    text = SEVERAL.replace("mnist.load_data", "keras.datasets.cifar10.load_data")
    assert read(tmp_path, text, "1").project.data.name == "keras.datasets.cifar10.load_data()"


CUSTOM = """import keras, tensorflow as tf
class Reg(keras.layers.Layer):
    def call(self, x):
        self.add_loss(keras.ops.sum(x))
        return x
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.reg, self.out = Reg(), keras.layers.Dense(1)
    def call(self, x):
        return self.out(self.reg(x))
    def train_step(self, data):
        with tf.GradientTape() as tape:
            pass
        self.optimizer.apply_gradients([])
    def test_step(self, data):
        return {}
    def compute_loss(self, *args):
        return 0
class Gan(keras.Model):
    def __init__(self, net):
        super().__init__()
        self.net = net
    def train_step(self, data):
        return {}
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("net = Net()\nnet.build((None, 4))\nnet.compile('adam', 'mse')", [4, 12, 16, 18]),
        ("i = keras.Input((4,))\nnet = keras.Model(i, Reg()(i))\nnet.add_loss(i)", [4, 28]),
        ("net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\n"
         "gan = Gan(net)\ngan.compile('adam')", [24]),
        ("net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\n"
         "def step(x):\n  with tf.GradientTape() as tape:\n    loss = net(x)\n"
         "  opt.apply_gradients(tape.gradient(loss, net.trainable_weights))", [28]),
        ("net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\n"
         "for batch in batches():\n    net.train_on_batch(batch)", [28]),
        # A gradient that trains nothing: the layers of a heatmap.
        ("net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\n"
         "with tf.GradientTape() as tape:\n    grads = tape.gradient(net(x), x)", []),
    ],
)  # fmt: skip
def test_code_that_changes_the_training_is_reported(tmp_path, text, lines):
    imported = read(tmp_path, CUSTOM + text)
    items = [item for item in imported.report if item.item == "training"]
    assert {item.taken for item in items} <= {LEFT_OUT}
    assert sorted(int(item.message.partition(":")[0].split()[1]) for item in items) == lines
    codes = {problem.code for problem in diagnose(imported.project)}
    assert ("custom-training" in codes) == bool(lines)
    files.write(imported.project, tmp_path / "p.netbuilder")  # the sentence is kept
    assert files.read(tmp_path / "p.netbuilder").training == imported.project.training
