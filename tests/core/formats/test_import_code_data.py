"""Scripts with data and with several models: what of them becomes a project."""

from dataclasses import replace
from pathlib import Path

import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.data.kinds.builtin import read_builtin
from netbuilder.core.data.load import load_facts
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.keras_code.script_data import SET_NAMES
from netbuilder.core.formats.importing.report import AS_IS, LEFT_OUT, REPLACED, Imported
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Project

HEAD = """import keras, numpy as np, pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import *
df = pd.read_csv("houses.csv")
"""
TAIL = """
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("adam", "mse")
"""
FIT = "model.fit(X, y, epochs=2, validation_split=0.1)\n"


def read(folder: Path, text: str, fit: str = FIT) -> Imported:
    (folder / "houses.csv").write_text("area,rooms,id,price\n" + "1.5,2,3,4\n2.5,3,4,5\n" * 9)
    (folder / "net.py").write_text(HEAD + text + TAIL + fit, encoding="utf-8")
    return import_file(folder / "net.py")


def sides(data: Data) -> tuple[tuple[str, ...], set[str]]:
    return data.target, {name for name, one in data.columns.items() if one.role == "ignore"}


@pytest.mark.parametrize(
    ("text", "target", "ignored"),
    [
        ('y = df["area"]\nX = df.drop(columns=["area"])', "area", ""),
        ('y = df.pop("rooms").values\nX = df.to_numpy()', "rooms", ""),
        ('y = df[["price", "area"]].to_numpy("float32")\nX = df[["rooms"]]', "price area", "id"),
        ('y = df["area"].values\nX = df.drop("area", axis=1).drop(["id"], axis=1).values',
         "area", "id"),
        ('df.drop("id", axis=1, inplace=True)\ny = df.area\ndel df["area"]\nX = df', "area", "id"),
        ('targets = ["rooms"]\nfeatures = ["area", "price"]\nX = df[features]\ny = df[targets]',
         "rooms", "id"),
        ("X = df.iloc[:, 1:].values\ny = df.iloc[:, 0].values", "area", ""),
        ("rows = df.values\nX, y = rows[:, :2], rows[:, -1]", "price", "id"),
        ('X = df.drop(columns="area")\ny = df[df["id"] > 3]["area"].map({1: 2}).astype(int)',
         "area", ""),
        ('def parts(t):\n    return t.drop("area", axis=1), t.area\nX, y = parts(df)', "area", ""),
    ],
)  # fmt: skip
def test_targets_and_features_are_those_of_the_code(tmp_path, text, target, ignored):
    found = read(tmp_path, text)
    assert sides(found.project.data) == (tuple(target.split()), set(ignored.split()))
    assert found.changes == ()


def test_without_fit_the_usual_names_tell(tmp_path):
    text = 'y_train = df.pop("rooms")\nX_train = df.drop(columns="id")'
    assert sides(read(tmp_path, text, "").project.data) == (("rooms",), {"id"})


@pytest.mark.parametrize("text", ["", "X = df\ny = other(df)", 'y = df["no such column"]'])
def test_a_target_that_is_not_seen_is_said(tmp_path, text):
    found = read(tmp_path, text)
    told = [(one.item, one.taken) for one in found.changes]
    assert told == [("target", LEFT_OUT)]
    assert "4" in found.changes[0].message.partition(":")[0]
    assert sides(found.project.data) == ((), set())


SPLIT = """y, X = df["price"], df[["area", "rooms"]]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=7)
"""


def test_the_shares_of_splits_and_the_scaling_are_taken_over(tmp_path):
    scaled = SPLIT + "s = MinMaxScaler()\nX_train = s.fit_transform(X_train)\n"
    fit = "model.fit(X_train, y_train, validation_split=0.3)\n"
    found = read(tmp_path, scaled, fit)
    data = found.project.data
    assert (data.test_split, data.validation_split, data.scaling) == (0.25, 0.3, "minmax")
    assert (sides(data), found.changes) == ((("price",), {"id"}), ())

    again = SPLIT.replace("test_size=0.25", "train_size=0.6") + (
        "X_train, X_val, y_train, y_val = train_test_split(X_train, y_train, test_size=0.2)\n"
        "X_train = StandardScaler().fit_transform(X_train)\n"
    )
    found = read(tmp_path, again, "model.fit(X_train, y_train, validation_data=(X_val, y_val))\n")
    data = found.project.data
    assert (data.test_split, data.validation_split, data.scaling) == (0.4, 0.2, "standard")
    assert found.changes == ()

    halves = SPLIT + "X_val, X_test, y_val, y_test = train_test_split(X_test, y_test, test_size=.4)"
    data = read(tmp_path, halves, fit.replace(", validation_split=0.3", "")).project.data
    # Of 100 rows 75 train, 15 validate and 10 test; validation is a share of the 90 without test.
    assert (data.test_split, data.validation_split) == (0.1, pytest.approx(15 / 90, abs=1e-6))


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=7)", 7),
        ("np.random.seed(3)\nkeras.utils.set_random_seed(4)", 3),
        ("a, b = train_test_split(df, random_state=None)", 1),
    ],
)
def test_the_seed_of_the_code_is_that_of_the_project(tmp_path, text, seed):
    found = read(tmp_path, 'y = df["price"]\nX = df.drop(columns="price")\n' + text)
    assert found.project.training.seed == seed
    assert [one.item for one in found.report if one.item == "seed"] == ["seed"] * (seed > 1)


def test_what_is_done_otherwise_is_said_with_its_line(tmp_path):
    text = """y = df["price"] / 1000
df["each"] = df["area"] / df["rooms"]
X = df[["area", "each"]]
X, X_test, y, y_test = train_test_split(X, y, test_size=5)
X = RobustScaler().fit_transform(X)
"""
    found = read(tmp_path, text, "model.fit(X, y, validation_data=(X_test, y_test))\n")
    told = {one.item: one for one in found.changes}
    lines = {item: one.message.partition(":")[0][-2:].strip() for item, one in told.items()}
    assert lines == {"target": "5", "each": "6", "train_test_split": "8", "scaling": "9",
                     "validation_data": "13"}  # fmt: skip
    assert {one.taken for one in found.changes} == {LEFT_OUT}
    data = found.project.data
    assert (sides(data), data.test_split) == ((("price",), {"rooms", "id"}), 0.2)
    assert data.scaling == "auto"


def test_columns_go_to_the_input_that_takes_them(tmp_path):
    fit = """
a, b = keras.Input((1,), name="size"), keras.Input((2,), name="rest")
model = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.concatenate([a, b])))
model.compile("adam", "mse")
model.fit([df[["area"]], df[["rooms", "id"]].values], df["price"])
"""
    data = read(tmp_path, "", fit).project.data
    assert data.inputs == {"size": ("area",), "rest": ("rooms", "id")}
    assert data.target == ("price",)


def test_a_loop_that_cannot_be_counted_and_a_misspelt_argument(tmp_path):
    (tmp_path / "net.py").write_text("""import keras
start = x = keras.Input((9,))
while x.shape[1] > 8:
    x = keras.layers.Dense(5)(x)
model = keras.Model(start, keras.layers.Dense(1, activaton="relu")(x))
""")
    found = import_file(tmp_path / "net.py")
    told = {one.item: one for one in found.changes}
    assert set(told) == {"loop", "activaton"}
    assert {one.taken for one in told.values()} == {LEFT_OUT}
    assert "'activation'" in told["activaton"].message
    assert "3" in told["loop"].message
    assert "while" not in told["loop"].message
    graph = found.project.graph
    assert [node.layer for node in graph.nodes] == ["Input", "loop", "Dense"]
    from netbuilder.core.check.diagnostics import diagnose

    said = {one.message for one in diagnose(found.project) if one.node == "loop"}
    assert told["loop"].message in said


NET = """
import keras, numpy as np
from keras.datasets import mnist, imdb
from sklearn import datasets
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
{data}
model = keras.Sequential([keras.Input({shape}), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "{loss}")
model.fit(x, y, epochs=2, validation_split=0.1{more})
"""


def net(
    folder: Path, data: str, shape: str, loss: str = "sparse_categorical_crossentropy",
    more: str = "",
) -> Imported:  # fmt: skip
    path = folder / "net.py"
    path.write_text(NET.format(data=data, shape=shape, loss=loss, more=more), encoding="utf-8")
    return import_file(path)


def fixes(found: Imported) -> list[Data]:
    """The data that the fixes of a check would choose."""
    problems = diagnose(found.project, base=Path())
    return [fix.edit(found.project).data for one in problems if one.code == "no-data"
            for fix in one.fixes]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shape", "name", "scaling", "layers"),
    [
        ("x, y = datasets.load_wine(return_X_y=True)", "(13,)", "wine", "auto", 2),
        ("b = datasets.load_iris()\nx, y = b['data'], b.target", "(4,)", "iris", "auto", 2),
        ("d = datasets.load_digits()\nx, y = d.images[..., np.newaxis] / 16, d.target",
         "(8, 8, 1)", "digits", "minmax", 2),
        ("d = datasets.load_digits()\nx, y = d.data.astype('float32'), d.target\nx /= 16.0",
         "(64,)", "digits", "minmax", 3),
        ("b = datasets.load_breast_cancer()\nx = (b.data - b.data.mean(0)) / b.data.std(0)\n"
         "y = b.target", "(30,)", "breast_cancer", "standard", 2),
    ],
)  # fmt: skip
def test_a_set_that_the_code_loads_is_the_data(tmp_path, text, shape, name, scaling, layers):
    found = net(tmp_path, text, shape)
    data = found.project.data
    assert (data.kind, data.name, data.scaling) == ("builtin", name, scaling)
    assert ("data", AS_IS) in {(one.item, one.taken) for one in found.report}
    assert len(found.project.graph.nodes) == layers
    facts = load_facts(found.project, tmp_path)
    assert list(facts.input_shapes["input"]) == found.project.graph.by_id["input"].params["shape"]


def test_columns_of_a_set_and_one_hot_targets(tmp_path):
    text = ("b = datasets.load_iris()\nx, y = b.data[:, 2:], b.target\n"
            "y = keras.utils.to_categorical(y)")  # fmt: skip
    found = net(tmp_path, text, "(2,)", "categorical_crossentropy")
    facts = load_facts(found.project, tmp_path)
    assert (facts.input_shapes, facts.one_hot) == ({"input": (2,)}, True)
    assert found.changes == ()


@pytest.mark.parametrize("home", [False, True])
def test_a_set_that_is_not_on_this_computer_is_proposed_by_name(tmp_path, monkeypatch, home):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if home:
        (tmp_path / "datasets").mkdir()
        (tmp_path / "datasets" / "mnist.npz").write_bytes(b"")
    found = net(
        tmp_path,
        "(x, y), (x_test, y_test) = mnist.load_data()\nx = x.reshape(60000, 784) / 255.",
        "(784,)",
    )
    data = found.project.data
    assert (data.kind, data.name, data.scaling) == ("builtin" if home else "", "mnist", "minmax")
    assert [node.layer for node in found.project.graph.nodes].count("Flatten") == 1
    if not home:
        assert [(one.item, one.taken) for one in found.changes] == [
            ("data", LEFT_OUT), ("flatten", REPLACED)]  # fmt: skip
        assert fixes(found) == [replace(data, kind="builtin")]


@pytest.mark.parametrize(
    "text", ["b = datasets.fetch_california_housing()\nx, y = b.data, b.target",
             "import pandas as pd\ndf = pd.read_csv('gone.csv')\ny = df.pop('y')\nx = df"]
)  # fmt: skip
def test_no_other_data_is_proposed_than_the_code_s(tmp_path, text):
    found = net(tmp_path, text, "(4,)")
    assert ("data", LEFT_OUT) in {(one.item, one.taken) for one in found.changes}
    assert fixes(found) == []


def test_texts_of_a_table_and_of_a_set(tmp_path, monkeypatch):
    (tmp_path / "r.csv").write_text("text,mark\n" + "good film,1\nbad film,0\n" * 9)
    text = """import pandas as pd
from keras.preprocessing.text import Tokenizer
df = pd.read_csv("/content/drive/r.csv")
t = Tokenizer(num_words=500)
t.fit_on_texts(df["text"])
x = keras.utils.pad_sequences(t.texts_to_sequences(df["text"]), maxlen=7)
y = df["mark"].values"""
    data = net(tmp_path, text, "(7,)").project.data
    assert (data.kind, data.path, data.target) == ("text", "r.csv", ("mark",))
    assert data.options == {"text": "text", "max_words": 500, "sequence_length": 7}
    assert load_facts(Project(data=data), tmp_path).rows == 13  # without those for testing
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    text = ("(x, y), _ = imdb.load_data(num_words=900)\n"
            "x = keras.utils.pad_sequences(x, maxlen=80)")  # fmt: skip
    data = net(tmp_path, text, "(80,)").project.data
    assert (data.name, data.options) == ("imdb", {"max_words": 900, "sequence_length": 80})


def test_scaling_by_hand_is_taken_over_or_said(tmp_path):
    for text, scaling, taken in (
        ("x = df[['area', 'rooms']]\nx = (x - x.min()) / (x.max() - x.min())", "minmax", AS_IS),
        ("x = df[['area', 'rooms']]\nm, s = x.mean(), x.std()\nx = (x - m) / s", "standard", AS_IS),
        ("x = df[['area', 'rooms']].values / 100.0", "minmax", REPLACED),
        ("x = np.log1p(df[['area', 'rooms']])", "auto", LEFT_OUT),
    ):
        found = read(tmp_path, text + "\ny = df['price']", "model.fit(x, y)\n")
        (item,) = [one for one in found.report if one.item in ("scaling", "features")]
        assert (found.project.data.scaling, item.taken) == (scaling, taken)
        line = 5 + text.count("\n")
        assert str(line) in item.message.partition(":")[0]


@pytest.mark.parametrize(
    ("text", "weights", "kept", "taken"),
    [
        ("", "class_weight={0: 1.0, 1: 3.0, 2: 3.0}", "balanced", REPLACED),
        ("", "class_weight={0: 1, 1: 1, 2: 1}", "none", None),
        ("w = compute_class_weight('balanced', classes=np.unique(y), y=y)",
         "class_weight=dict(enumerate(w))", "balanced", AS_IS),
        ("w = compute_sample_weight('balanced', y)", "sample_weight=w", "balanced", AS_IS),
        ("w = own(y)", "class_weight=w", "none", LEFT_OUT),
        ("", "class_weight={0: [1], 1: own(y)}", "balanced", REPLACED),
    ],
)  # fmt: skip
def test_class_weights(tmp_path, text, weights, kept, taken):
    data = f"x, y = datasets.load_wine(return_X_y=True)\n{text}"
    found = net(tmp_path, data, "(13,)", more=f", {weights}")
    assert found.project.training.class_weight == kept
    told = [one for one in found.report if one.item == "class_weight"]
    assert [one.taken for one in told] == ([taken] if taken else [])
    assert all("10" in one.message.partition(":")[0] for one in told)
    assert "sample_weight" not in {one.item for one in found.report}


def test_a_chain_of_calls_is_read_once(tmp_path):
    text = "g = keras.preprocessing.image.ImageDataGenerator(zoom_range=0.2)"
    found = net(tmp_path, f"x = y = {text[4:]}.flow_from_directory('p')\n{text}", "(4,)")
    told = [one for one in found.report if one.item == "ImageDataGenerator"]
    assert len(told) == 2, "one for each line"
    chain = "x = y = f()" + ".a(1)" * 40
    assert net(tmp_path, chain, "(4,)").project.graph.nodes


def test_names_of_scikit_learn_s_sets_are_those_that_it_gives():
    for name, known in SET_NAMES.items():
        samples = read_builtin(name, {})
        assert list(() if samples.table is None else samples.table) == known.get(
            "feature_names", []
        )
        if "target_names" in known:
            assert sorted(set(map(str, samples.targets.iloc[:, 0]))) == known["target_names"]


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ('df["id"] = df["id"].str.replace(r"[^\\d,-]", "", regex=True)', True),
        ('df["id"] = df["id"].str.replace("$", "").str.replace(",", ".").astype(float)', True),
        ('df["id"] = pd.to_timedelta(df["id"] + ":00") / pd.Timedelta("1h")', True),
        ('df["id"] = (pd.to_datetime(df["id"]) - pd.Timestamp(0)) / pd.Timedelta("1D")', True),
        ('df["id"] = df["id"].str.replace(r".*, (\\w+)\\..*", r"\\1", regex=True)', False),
        ('df["id"] = df["id"].str.replace("k", "000").astype(float)', False),
        ('df["id"] = df["id"].str.len()', False),
    ],
)
def test_numbers_that_a_script_reads_from_texts_are_the_column_s(tmp_path, text, silent):
    report = read(tmp_path, text + '\ny = df["price"]\nX = df[["area", "id"]]\n').report
    assert silent == ("id" not in {item.item for item in report if item.taken == LEFT_OUT})


def test_batches_of_data_that_cannot_be_read_give_the_batch_size(tmp_path):
    data = "ds = tf.data.Dataset.from_tensor_slices(load()).shuffle(9).batch({}).prefetch(2)"
    report = read(tmp_path, data.format(64), "model.fit(ds, epochs=2)\n")
    assert report.project.training.batch_size == 64
    report = read(tmp_path, data.format("size()"), "model.fit(ds, epochs=2)\n")
    assert "batch_size" in {item.item for item in report.report if item.taken == LEFT_OUT}
    adapted = "n = keras.layers.Normalization()\nn.adapt(df)\n" + 'y, X = df["price"], df[["id"]]'
    assert "scaling" in {item.item for item in read(tmp_path, adapted).report}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("df = df.dropna()\n", "drop"),
        ('SimpleImputer(strategy="median").fit_transform(df)\n', "median"),
        ("", ""),
    ],
)
def test_empty_cells_are_treated_as_in_the_code(tmp_path, text, rule):
    data = read(tmp_path, text + 'y = df["price"]\nX = df[["area", "id"]]\n').project.data
    assert data.options.get("missing", "") == rule


def test_what_the_code_leaves_open_is_said_with_a_line(tmp_path):
    report = read(tmp_path, 'y, X = df["price"], df[["id"]]\n', "model.fit(X, y, epochs=2)\n")
    assert "validation_split" in {item.item for item in report.report if item.line}
    (tmp_path / "none.py").write_text("import numpy\nimport keras\n", encoding="utf-8")
    with pytest.raises(FormatError) as raised:
        import_file(tmp_path / "none.py")
    assert raised.value.code == "code_without_model" and "import keras" in raised.value.what


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


def read_model(folder: Path, text: str, model: str = "") -> Imported:
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
    imported = read_model(tmp_path, SEVERAL, model)
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
        read_model(tmp_path, SEVERAL, model)
    assert caught.value.code == "code_model_unknown"
    assert "4 (model)" in caught.value.fix


def test_pictures_of_another_size_are_not_the_data(tmp_path):
    text = SEVERAL.replace("mnist.load_data", "keras.datasets.cifar10.load_data")
    assert read_model(tmp_path, text, "1").project.data.name == "keras.datasets.cifar10.load_data()"


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
    imported = read_model(tmp_path, CUSTOM + text)
    items = [item for item in imported.report if item.item == "training"]
    assert {item.taken for item in items} <= {LEFT_OUT}
    assert sorted(int(item.message.partition(":")[0].split()[1]) for item in items) == lines
    codes = {problem.code for problem in diagnose(imported.project)}
    assert ("custom-training" in codes) == bool(lines)
    files.write(imported.project, tmp_path / "p.netbuilder")  # the sentence is kept
    assert files.read(tmp_path / "p.netbuilder").training == imported.project.training
