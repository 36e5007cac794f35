"""NetBuilder from Python: what ``import netbuilder as nb`` offers."""

import importlib.util
import subprocess
import sys
import threading

import keras
import numpy as np
import pandas as pd
import pytest

import netbuilder as nb
from netbuilder.core.folders import resource
from tests.processes import run_python

IRIS = resource("examples", "iris.netbuilder")


@keras.saving.register_keras_serializable("tests")
class Doubled(keras.layers.Layer):
    """Multiplies its input by a factor."""

    def __init__(self, factor=2.0, **more: object):
        super().__init__(**more)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_importing_loads_nothing_heavy():
    heavy = "{'tensorflow', 'keras', 'pandas', 'sklearn', 'PySide6'}"
    code = f"import sys, netbuilder as nb; nb.load; print({heavy} & set(sys.modules))"
    done = run_python(code, check=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture(scope="module")
def model():
    project = nb.load(IRIS)
    return project.train(epochs=30, seed=3, progress=False)


def test_train_evaluate_predict(model):
    assert len(model.history["loss"]) == 30
    assert model.history["loss"][-1] < model.history["loss"][0]
    assert model.evaluate()["accuracy"] > 0.85
    flower = {
        "sepal length (cm)": 5.1, "sepal width (cm)": 3.5,
        "petal length (cm)": 1.4, "petal width (cm)": 0.2,
    }  # fmt: skip
    rows = [flower, {**flower, "petal length (cm)": 5.9, "petal width (cm)": 2.2}]
    assert model.predict(rows).tolist() == ["setosa", "virginica"]
    assert model.predict(pd.DataFrame(rows)).tolist() == ["setosa", "virginica"]
    array = np.array([list(row.values()) for row in rows])
    assert model.predict(array).tolist() == ["setosa", "virginica"]
    sure = model.predict_probabilities(rows)
    assert list(sure.columns) == ["setosa", "versicolor", "virginica"]
    np.testing.assert_allclose(sure.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(model.keras_model.predict(array, verbose=0), sure, atol=1e-5)


def test_a_data_frame_is_evaluated_as_its_file_would_be(model):
    from sklearn.datasets import load_iris

    bunch = load_iris(as_frame=True)
    frame = bunch.data.assign(species=[bunch.target_names[one] for one in bunch.target])
    mine = (model.predict(frame) == frame["species"]).mean()
    assert model.evaluate(frame)["accuracy"] == pytest.approx(mine)


def test_explain_and_save(model, tmp_path):
    row = {"sepal length (cm)": 5.1, "sepal width (cm)": 3.5,
           "petal length (cm)": 1.4, "petal width (cm)": 0.2}  # fmt: skip
    found = model.explain(row)
    assert set(found.importance) == set(row)
    again = nb.load(model.save(tmp_path / "iris.h5"))
    assert again.predict([row]).tolist() == model.predict([row]).tolist()
    assert again.history["loss"] == pytest.approx(model.history["loss"])


def test_numbers_come_in_the_target_s_units(tmp_path):
    frame = pd.DataFrame({"kg": np.linspace(1, 50, 200)})
    frame["price"] = 1000 + 40 * frame["kg"]
    project = nb.load(resource("examples", "sine.netbuilder"))
    trained = project.train(epochs=150, learning_rate=0.01, data=frame, progress=False)
    assert trained.predict([{"kg": 10.0}])[0] == pytest.approx(1400, rel=0.05)


def test_a_network_of_keras_is_put_on_the_canvas():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(8, activation="relu")(inputs)
    x = Doubled(3.0)(x)
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Add()([x, x]))
    made = keras.Model(inputs, outputs)
    made.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    project = nb.from_keras(made)
    assert project.layers == ["Input", "Dense", "Doubled", "Add", "Dense"]
    assert project.value.training.optimizer.params["learning_rate"] == pytest.approx(0.02)
    known = nb.load(IRIS)
    from dataclasses import replace

    whole = nb.Project(replace(project.value, data=known.value.data), known.base)
    trained = whole.train(epochs=2, progress=False)
    kinds = [type(layer).__name__ for layer in trained.value.training_model.layers]
    assert "Doubled" in kinds
    assert (
        next(one for one in trained.value.training_model.layers if isinstance(one, Doubled)).factor
        == 3.0
    )


def test_errors_carry_a_code_and_a_fix(model, tmp_path):
    with pytest.raises(nb.UserError) as caught:
        model.predict(np.zeros((2, 3)))
    assert caught.value.code == "array_columns"
    with pytest.raises(nb.UserError):
        nb.load(tmp_path / "none.netbuilder")


FLOWER = (
    {"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4,
     "petal width (cm)": 0.2}
)  # fmt: skip


@pytest.mark.slow
def test_a_script_of_a_user_is_checked_with_types(tmp_path):
    pytest.importorskip("mypy", reason="the extra dev is not installed")
    (tmp_path / "mine.py").write_text(
        "import netbuilder as nb\n"
        "project = nb.load('iris.netbuilder')\n"
        "if isinstance(project, nb.Project):\n"
        "    reveal_type(project.train(epochs=3).evaluate())\n"
        "    project.train(epochs='3')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "mine.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "dict[str, float]" in done.stdout
    assert "arg-type" in done.stdout
    assert "Found 1 error" in done.stdout


def test_one_row_and_lists_of_numbers(model):
    numbers = list(FLOWER.values())
    for rows in (FLOWER, pd.Series(FLOWER), [numbers], (numbers,), np.array([numbers])):
        assert model.predict(rows).tolist() == ["setosa"], rows


class Subclassed(keras.Model):
    """A model that is no graph."""

    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda model: model.predict(None), "rows_unknown"),
        (lambda model: model.predict([{"a": 1}]), "column_unknown"),
        (lambda model: model.project.train(epochs=0), "setting_invalid"),
        (lambda model: model.project.train(epochs="3"), "setting_invalid"),
        (lambda model: model.project.train(epochs=2.5), "setting_invalid"),
        (lambda model: model.project.train(batch_size=0), "setting_invalid"),
        (lambda model: model.project.train(seed=-1), "setting_invalid"),
        (lambda model: model.project.script("fancy"), "style_unknown"),
        (lambda model: nb.from_keras("model"), "not_a_model"),
        (lambda model: nb.from_keras(Subclassed()), "model_without_graph"),
        (lambda model: nb.register_layer(int), "not_a_layer_class"),
        (lambda model: nb.register_layer(Doubled()), "not_a_layer_class"),
    ],
)
def test_mistakes_end_in_a_user_error(model, call, code):
    with pytest.raises(nb.UserError) as caught:
        call(model)
    assert caught.value.code == code
    assert caught.value.fix


def test_a_data_frame_has_a_name_in_messages():
    frame = pd.DataFrame({"a": range(60), "b": range(60)})
    with pytest.raises(nb.UserError, match="data_frame"):
        nb.new(frame, target="none")


def test_the_script_is_that_of_export(tmp_path):
    project = nb.load(IRIS)
    project.save(tmp_path / "iris.py")
    assert project.script() == (tmp_path / "iris.py").read_text("utf-8")


def test_a_script_names_a_layer_of_the_user_s_own():
    mine = keras.Sequential([keras.Input((4,)), Doubled(3.0), keras.layers.Dense(1)])
    text = nb.from_keras(mine).script()
    assert "layers.Doubled" not in text
    assert f"from {Doubled.__module__} import Doubled" in text


@pytest.mark.slow
def test_two_models_in_two_threads_do_not_disturb_each_other():
    project = nb.load(IRIS)
    alone = [project.train(epochs=5, seed=seed, progress=False).history["loss"] for seed in (1, 2)]
    found: dict[int, list[float]] = {}

    def train(seed):
        found[seed] = project.train(epochs=5, seed=seed, progress=False).history["loss"]

    threads = [threading.Thread(target=train, args=(seed,)) for seed in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found[1] == pytest.approx(alone[0], rel=1e-4)
    assert found[2] == pytest.approx(alone[1], rel=1e-4)


def test_a_notebook_shows_network_curves_and_matrix(model):
    model.evaluate()
    text = model._repr_html_()
    assert text.count("<svg") == 2
    assert "<polyline" in text
    assert "virginica" in text
    assert "<svg" in model.project._repr_html_()


def test_callbacks_are_called_after_each_epoch_and_may_stop():
    class Watcher(keras.callbacks.Callback):
        """Notes the epochs and ends after the third."""

        epochs: list[int]

        def on_train_begin(self, logs=None):
            self.epochs = []

        def on_epoch_end(self, epoch, logs=None):
            assert isinstance(logs, dict) and "loss" in logs
            self.epochs.append(epoch)
            self.model.stop_training = epoch == 2

    watcher = Watcher()
    project = nb.load(IRIS)
    trained = project.train(epochs=9, seed=1, callbacks=[watcher], progress=False)
    assert watcher.epochs == [0, 1, 2]
    assert len(trained.history["loss"]) == 3
    waits = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    with pytest.raises(nb.UserError) as caught:
        project.train(epochs=1, callbacks=[waits], progress=False)
    assert caught.value.code == "callback_of_batches"


def test_the_split_data_is_what_it_trains_on(model):
    parts = model.project.split_data()
    sizes = {part: len(x) for part, (x, _y) in parts.items()}
    assert sum(sizes.values()) == 150
    x, y = parts["test"]
    assert set(y) == {"setosa", "versicolor", "virginica"}
    assert (model.predict(x) == y).mean() == pytest.approx(model.evaluate()["accuracy"])


def test_compare_and_tune(model, tmp_path):
    table = model.compare("knn", "tree")
    assert list(table.index)[1:] == ["knn", "tree"]
    assert table["accuracy"].iloc[0] == pytest.approx(model.evaluate()["accuracy"])
    rates = [1e-6, 0.02]
    best = model.project.tune({"training.optimizer.learning_rate": rates}, epochs=20)
    assert best.value.training.optimizer.params["learning_rate"] == rates[1]
    assert list(best.trials["training.optimizer.learning_rate"]) == rates[::-1]
    assert best.export(tmp_path / "best.py").is_file()


def test_empty_cells_are_filled_on_demand(model):
    frame = pd.DataFrame([FLOWER, {**FLOWER, "petal width (cm)": np.nan}])
    with pytest.raises(nb.UserError):
        model.predict(frame)
    assert model.predict(frame, missing="mean")[0] == "setosa"
    assert len(model.predict(frame, missing="mean")) == 2


def test_a_notebook_shows_problems_explanations_curves_and_short_errors(model, tmp_path):
    assert model.project.check() == ()
    empty = nb.from_keras(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]))
    problems = empty.check()
    assert problems and all(problem.message for problem in problems)
    assert problems._repr_html_().count("<li>") == len(problems)
    assert "data:image/png" in model.explain(FLOWER)._repr_html_()
    if importlib.util.find_spec("matplotlib") is None:
        assert model.curves()._repr_svg_().count('stroke="#') == 2
        assert model.curves().save(tmp_path / "curves.svg").is_file()
    else:
        assert model.curves().axes[0].lines
    with pytest.raises(nb.UserError) as caught:
        model.predict([{"a": 1}])
    assert caught.value._render_traceback_() == [str(caught.value)]


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_learned():
    """The interrupt of a notebook is a SIGINT on the main thread."""
    code = (
        "import os, signal, threading, netbuilder as nb\n"
        f"project = nb.load({str(IRIS)!r})\n"
        "def stop():\n"
        "    import time; time.sleep(0.3); os.kill(os.getpid(), signal.SIGINT)\n"
        "project.train(epochs=1, progress=False)\n"
        "threading.Thread(target=stop).start()\n"
        "model = project.train(epochs=10_000_000, progress=False)\n"
        "print(len(model.history['loss']) > 0, model.predict([[5.1, 3.5, 1.4, 0.2]]"
        " and __import__('numpy').array([[5.1, 3.5, 1.4, 0.2]])).tolist())\n"
    )
    done = run_python(code)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[0] == "True"
