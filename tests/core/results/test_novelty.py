"""How sure an answer is, and which samples are unlike the training data."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris

import netbuilder as nb
from netbuilder.cli.predict import rows_of
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.engine.manual_weights import WeightIndex, with_weights
from netbuilder.core.engine.novelty import (
    NoveltyReference,
    features_of,
    hidden_model,
    novelty_reference,
)
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.folders import resource
from netbuilder.core.formats.metadata import sidecar_from_json, sidecar_json
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Graph, Node
from netbuilder.core.results.explain.table_methods import vary_column
from netbuilder.core.results.own_units import predict_values, preprocessing_of
from netbuilder.core.results.predict import predict_raw, predict_rows
from netbuilder.core.results.predict_file import predict_file, predictions_of_file
from netbuilder.core.results.statistics import far_words, out_of_range
from netbuilder.core.results.uncertainty import (
    FEWEST,
    KnownErrors,
    known_errors,
    uncertainty_band,
    uncertainty_of,
    with_dropout,
)
from netbuilder.core.results.unusual_values import is_out_of_range, undo_scaling, unusual_sentences
from tests.core.results.conftest import chain, train

NODE = shutil.which("node")


@pytest.fixture(scope="module")
def flowers():
    """Irises without setosa to train on and to ask about, and the setosas."""
    data = load_iris(as_frame=True)
    table = data.frame.assign(species=data.target_names[data.target]).drop(columns="target")
    table.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    others = table[table.species != "setosa"].sample(frac=1, random_state=0)
    return others[:75], others[75:], table[table.species == "setosa"]


@pytest.fixture(scope="module")
def model(flowers, tmp_path_factory):
    path = tmp_path_factory.mktemp("novelty") / "irises.csv"
    flowers[0].to_csv(path, index=False)
    return nb.new(path, "species").train(40, progress=False)


def rows(table):
    return [dict(row) for row in table.drop(columns="species").to_dict("records")]


def share(model, table):
    return float(model.is_unlike_training_data(rows(table)).mean())


def test_the_class_that_was_left_out_is_flagged(model, flowers):
    _train, ordinary, left_out = flowers
    assert share(model, left_out) >= 0.9
    assert share(model, ordinary) <= 0.2  # of 25: a twentieth is expected
    noise = ordinary.copy()
    noise.iloc[:, :4] = np.random.default_rng(0).uniform(-8, 20, (len(noise), 4))
    assert share(model, noise) >= 0.9


def test_a_threshold_without_leave_one_out_flags_everything(model, flowers):
    """The wrong reading: each training sample is its own nearest one, at distance 0."""
    known = model.value.novelty
    own = known.samples * known.scale + known.mean
    itself = float(np.quantile(known.distances(own), 0.95))
    wrong = replace(model.value, novelty=replace(known, threshold=itself))
    assert np.mean(predict_rows(wrong, rows(flowers[1])).unlike) > 0.9
    others = known.distances(own, leave_one_out=True)
    assert 0.3 < known.threshold / np.quantile(others, 0.95) < 3


def test_every_way_to_predict_says_the_same(model, flowers, tmp_path):
    setosa = flowers[2][:3]
    found = predict_rows(model.value, rows(setosa))
    assert found.unlike == (True, True, True)
    assert [row["unlike_training_data"] for row in rows_of(found)] == [True] * 3
    assert predict_rows(model.value, rows(setosa)[:1]).unlike_note
    assert not predict_rows(replace(model.value, novelty=None), rows(setosa)).unlike_note
    file = tmp_path / "setosa.csv"
    setosa.to_csv(file, index=False)
    from_file = predict_file(model.value, file)
    assert from_file.unlike == found.unlike
    assert from_file.unlike_note in from_file.notes


def test_a_reopened_file_knows_it_and_stays_plain_keras(model, flowers, tmp_path):
    table = pd.concat(flowers[1:])
    expected = model.is_unlike_training_data(rows(table))
    for ending in (".h5", ".keras"):
        path = model.save(tmp_path / f"irises{ending}")
        again = nb.load(path)
        assert (again.is_unlike_training_data(rows(table)) == expected).all()
        keras.models.load_model(path, compile=False)
    written = json.dumps(sidecar_json(model.value)["novelty"])
    assert len(written) < 500_000


@pytest.mark.parametrize(
    "damage",
    [{"threshold": "far"}, {"scale": ""}, {"samples": "AAAA"}, {"stride": 0}, {"mean": "***"}],
)
def test_a_damaged_reference_is_an_error(model, damage):
    ours = json.loads(json.dumps(sidecar_json(model.value)))
    ours["novelty"] |= damage
    with pytest.raises(FormatError) as error:
        sidecar_from_json(ours, "irises.h5")
    assert error.value.code == "stored_data_damaged"


def test_weights_set_by_hand_make_the_reference_void(model, flowers):
    dense = next(one.id for one in model.value.project.graph.nodes if one.layer == "Dense")
    changed = with_weights(model.value, {WeightIndex(dense, "kernel", (0, 0)): 3.0})
    assert changed.novelty is None
    with pytest.raises(UserError) as error:
        nb.Model(changed, model.base).is_unlike_training_data(rows(flowers[1]))
    assert error.value.code == "training_data_unknown"


@pytest.mark.skipif(NODE is None, reason="no Node.js to run the page's code in")
@pytest.mark.parametrize("normalized", [False, True])
def test_the_web_page_computes_the_same(model, flowers, tmp_path, normalized):
    known = model.value.novelty
    own = known.samples * known.scale + known.mean
    other = replace(known, normalized=normalized)
    other = replace(other, samples=other.place(own).astype(np.float16))
    threshold = float(np.quantile(other.distances(own, leave_one_out=True), 0.95))
    model = nb.Model(replace(model.value, novelty=replace(other, threshold=threshold)), model.base)
    model.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    parts = [
        page.split(f'id="{name}">')[1].split("</script>")[0] for name in ("network", "weights")
    ]
    table = pd.concat(flowers[1:])
    raw = table.drop(columns="species").to_numpy(float)
    names = ("numbers.js", "layers.js")
    engine = "".join(resource("web", name).read_text("utf-8") for name in names)
    script = f"""{engine}
    const network = withWeights({json.dumps(json.loads(parts[0])["network"])}, {parts[1]!r});
    const rows = {raw.tolist()};
    console.log(JSON.stringify(rows.map((row) => isUnlike(
      network.novelty, run(network, [tensor([4], Float32Array.from(row))]).slice(1)))));
    """
    file = tmp_path / "script.js"
    file.write_text(script, "utf-8")
    done = subprocess.run([NODE, str(file)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == model.is_unlike_training_data(rows(table)).tolist()


def test_outputs_of_frozen_layers_are_not_computed_again(model):
    known, graph = model.value.novelty, model.value.project.graph
    (node,) = known.nodes
    assert graph.by_id[node].layer != "Dropout", "it is not there when the network predicts"
    dataset = load_dataset(model.value.project, model.base)
    keras_model = model.value.training_model
    hidden = hidden_model(keras_model, graph, known.nodes)

    def computed(split):
        return replace(split, x={node: np.asarray(hidden(split.x["input"])[-1])})

    held = dataset.validation
    once = replace(
        dataset, train=computed(dataset.train), validation=held if held is None else computed(held)
    )
    found = novelty_reference(keras_model, graph, dataset, once)
    assert found.threshold == pytest.approx(known.threshold, rel=1e-4)
    assert np.allclose(found.samples, known.samples, atol=1e-2)


def test_noise_whose_features_collapse_is_unlike_where_features_are_many():
    """Behind a backbone noise gives short vectors: near to all others by Euclid's distance."""
    random = np.random.default_rng(0)
    directions = random.normal(size=(4, 600))
    features = np.abs(np.repeat(directions, 15, axis=0) + 0.3 * random.normal(size=(60, 600)))
    noise = 0.02 * np.abs(random.normal(size=(20, 600)))
    split = Split({"hidden": features.astype(np.float32)}, {}, {})
    dataset = Dataset(DataFacts(), split, None, None, Preprocessing())
    graph = Graph(
        (Node("input", "Input"), Node("hidden", "Dense"), Node("output", "Dense")),
        (("input", "hidden"), ("hidden", "output")),
    )
    given = keras.Input((3,), name="input")
    hidden = keras.layers.Dense(600, name="hidden")(given)
    network = keras.Model(given, keras.layers.Dense(4, name="output")(hidden))
    known = novelty_reference(network, graph, dataset, dataset)
    assert known.normalized
    assert known.is_unlike(noise).all()
    assert known.is_unlike(features).mean() <= 0.1
    many = replace(split, x={"hidden": np.repeat(split.x["hidden"], 8, axis=0)})
    few = novelty_reference(
        network, graph, replace(dataset, train=many), replace(dataset, train=many)
    )
    assert len(few.samples) == 300
    assert few.is_unlike(features).mean() <= 0.1, "samples of all classes are kept"
    plain = np.sort(((features[:, None] - features[None]) ** 2).sum(-1) ** 0.5, axis=1)[:, 1]
    near = ((noise[:, None] - features[None]) ** 2).sum(-1).min(1) ** 0.5
    assert near.max() < 3 * np.quantile(plain, 0.95), "the wrong measure hardly tells them apart"


def test_large_layers_are_averaged_and_thinned():
    maps = np.random.default_rng(0).normal(size=(3, 16, 16, 12)).astype(np.float32)
    flat = np.arange(3 * 5000, dtype=np.float32).reshape(3, 5000)
    assert np.allclose(features_of([maps], 1), maps.mean(axis=(1, 2)), atol=1e-6)
    assert features_of([flat], 3).shape == (3, 1667)
    assert features_of([maps[:, :2, :2], flat], 1).shape == (3, 5048)


def test_a_sample_that_is_no_number_is_unlike():
    known = NoveltyReference(
        ("dense",), 1, np.zeros(2, np.float32), np.ones(2, np.float32),
        np.zeros((3, 2), np.float16), 1.0,
    )  # fmt: skip
    asked = np.array([[0.5, 0.5], [np.nan, 0.0], [np.inf, 0.0], [1e9, 0.0]], np.float32)
    assert known.is_unlike(asked).tolist() == [False, True, True, True]


@pytest.mark.slow
def test_digits_without_nine(tmp_path):
    data, random = load_digits(), np.random.default_rng(0)
    x, y = data.images[..., None].astype("float32"), data.target
    order = random.permutation(np.flatnonzero(y != 9))
    train, ordinary = order[:1200], order[1200:]
    np.savez(tmp_path / "digits.npz", x=x[train], y=np.array([f"d{one}" for one in y[train]]))
    model = nb.new(tmp_path / "digits.npz").train(20, progress=False).value
    key = next(iter(model.preprocessing.inputs))

    def flagged(pictures):
        return float(np.mean(predict_raw(model, {key: pictures}).unlike))

    assert flagged(x[ordinary]) <= 0.1
    assert flagged(x[y == 9]) >= 0.4
    assert flagged(random.uniform(0, 16, (100, 8, 8, 1)).astype("float32")) >= 0.9


ROWS = pd.DataFrame({"size": [60.0, 100.0, 120.0], "town": ["Bath", "York", "Bath"]})


def written(folder, table):
    table.to_csv(folder / "asked.csv", index=False)
    return folder / "asked.csv"


def scaled_by_hand(trained):
    """As a MinMaxScaler that was fitted to the training rows gives them."""
    column = preprocessing_of(trained[0]).inputs["input"].columns[0]
    assert column.name == "size"
    assert column.low is not None
    assert column.high is not None
    return ROWS.assign(size=(ROWS["size"] - column.low) / (column.high - column.low))


def test_a_file_of_scaled_numbers_is_told_and_taken_back(house_model, tmp_path):
    trained = house_model[0]
    raw = predictions_of_file(trained, written(tmp_path, ROWS))
    assert not raw.looks_scaled
    assert not raw.predictions.notes

    path = written(tmp_path, scaled_by_hand(house_model))
    wrong = predictions_of_file(trained, path)
    assert wrong.looks_scaled
    assert "'size' is far from the training rows in 3 rows of 3" in wrong.predictions.notes[0]
    told = predict_file(trained, path).notes
    assert "as if they were already scaled" in told[0]
    assert told[0].endswith("add --scaled.")

    right = predictions_of_file(trained, path, scaled=True)
    assert not right.looks_scaled
    assert not right.predictions.notes
    answers = [one.predictions.first.values[:, 0] for one in (raw, right, wrong)]
    assert answers[1] == pytest.approx(answers[0], rel=1e-4)
    assert np.abs(answers[2] - answers[0]).max() > 50_000, "scaled twice they are far off"
    cells = [float(cell) for cell in right.table["size"]]
    as_given = scaled_by_hand(house_model)["size"].tolist()
    assert cells == pytest.approx(as_given), "the file's own cells are written as they stood"


def test_one_row_far_away_is_no_scaled_file(house_model, tmp_path):
    path = written(tmp_path, ROWS.assign(size=[60.0, 0.9, 120.0]))
    found = predictions_of_file(house_model[0], path)
    assert not found.looks_scaled
    note = found.predictions.notes[0]
    assert note.startswith("'size' is far from the training rows in 1 row of 3, such as 0.9 in")
    assert "line 3" in note


def test_empty_cells_stay_empty(house_model):
    table = pd.DataFrame({"size": [0.5, np.nan], "town": ["Bath", "York"]})
    back = undo_scaling(table, preprocessing_of(house_model[0]))["size"]
    assert 60 < back[0] < 140
    assert np.isnan(back[1])


def test_a_window_that_was_dragged_far_off_is_told():
    """Its answer kept the range of the known windows, as if one like it had been seen."""
    project = files.read(resource("examples", "temperatures.netbuilder"))
    data = load_dataset(project, Path())
    (name, entry), *_ = data.preprocessing.inputs.items()
    shift, scale = np.array(entry.offset), np.array(entry.scale)
    windows = {name: data.train.x[name][:3] * scale + shift}
    low, high = (float(part) for part in (entry.columns[0].low, entry.columns[0].high))
    assert low - 0.01 <= windows[name].min() and windows[name].max() <= high + 0.01
    assert not is_out_of_range(data.preprocessing, windows).any()
    assert unusual_sentences(data.preprocessing, windows) == ()
    windows[name][1, 5, 0] = 80.0
    assert is_out_of_range(data.preprocessing, windows).tolist() == [False, True, False]
    one = {name: windows[name][1:2]}
    (told,) = unusual_sentences(data.preprocessing, one)
    assert told.startswith("'temperature' is 80, but the training rows range from −5.8 to 25.4")


def test_of_a_series_inputs_and_targets_outside_are_counted_apart(tmp_path):
    """One jump to 50 in the test rows, 3 before their end: a target of the samples of which it is
    step 1 or 2, and an input of the later ones."""
    rows = [n % 10 for n in range(100)]
    rows[97] = 50
    (tmp_path / "s.csv").write_text("\n".join(["v", *map(str, rows)]), encoding="utf-8")
    options = {"window": 4, "horizon": 2}
    recipe = Data("series", path="s.csv", target=("v",), test_split=0.2, options=options)
    layers = ("flat", "Flatten", {}), ("out", "Dense", {"units": 2})
    model, dataset = train(chain(*layers), recipe, tmp_path, epochs=1)
    found = out_of_range(model, dataset.test.raw_x, dataset.test.raw_y)
    assert [(one["values"], one["samples"], one["found"]) for one in found] == [
        ("inputs", 1, [50, 50]), ("targets", 2, [50, 50])
    ]  # fmt: skip
    assert "1 sample has input values" in far_words(found[0])
    assert "2 samples have target values" in far_words(found[1])


def test_eight_of_ten_known_answers_lie_within():
    places = np.array([[0.0]] * 9 + [[100.0]] * 91)
    errors = np.concatenate([np.arange(1.0, 10.0), np.full(91, 50.0)])
    known = KnownErrors(places, np.ones(1), errors, "test")
    # 40 neighbours of 0: nine near ones and 31 of the far; rank ⌈0.8·41⌉ = 33 is a far one's 50.
    assert known.half_widths({"x": np.array([[0.0]])}) == pytest.approx([50.0])
    few = KnownErrors(places[:9], np.ones(1), errors[:9], "test")
    # Nine known: rank ⌈0.8·10⌉ = 8.
    assert few.half_widths({"x": np.array([[0.0]])}) == pytest.approx([8.0])
    near = KnownErrors(
        np.concatenate([np.zeros((40, 1)), np.full((40, 1), 9.0)]),
        np.ones(1),
        np.concatenate([np.full(40, 1.0), np.full(40, 7.0)]),
        "test",
    )
    found = near.half_widths({"x": np.array([[0.1], [8.0]])})
    assert found == pytest.approx([1.0, 7.0]), "only rows that are like it speak"


def test_the_range_holds_eight_of_ten_test_rows(house_model):
    trained, dataset = house_model
    known = known_errors(trained, dataset)
    assert known.split == "validation"
    test = dataset.test
    half = known.half_widths(trained.preprocessing.apply_inputs(test.raw_x))
    given = predict_values(trained, trained.preprocessing.apply_inputs(test.raw_x))["out"][:, 0]
    inside = np.abs(given - test.raw_y["out"][:, 0]) <= half
    assert 0.6 < inside.mean() <= 1.0
    one = {key: value[:1] for key, value in test.raw_x.items()}
    said = uncertainty_of(trained, one, known)
    assert said.low == pytest.approx(given[0] - half[0], rel=1e-5)
    assert "validation rows" in said.sentence
    assert "dropout" not in said.sentence, "this network has none"
    assert uncertainty_of(trained, one, None) is None


def test_dropout_stays_on_and_touches_nothing(digits_model):
    trained, dataset = digits_model
    x = {key: value[:3] for key, value in dataset.train.x.items()}
    before = predict_values(trained, x)["out"]
    drop = next(
        layer for layer in trained.training_model.layers if type(layer).__name__ == "Dropout"
    )
    state = np.array(drop.seed_generator.state)
    found = with_dropout(trained, x, tries=200)
    values = found["out"]
    assert values.shape == (200, 3, 10)
    assert values.std(axis=0).max() > 1e-3, "masks differ"
    again = with_dropout(trained, x, tries=200)
    assert np.array_equal(values, again["out"]), "the same masks for the same question"
    assert np.array_equal(predict_values(trained, x)["out"], before)
    assert np.array_equal(np.array(drop.seed_generator.state), state), "training goes on the same"


def test_a_unit_that_is_switched_off_is_counted_right(tmp_path):
    """One number through dropout 0.5: twice as large in half of the tries, else nothing."""
    lines = ["x,y", *(f"{i / 10},{i / 10}" for i in range(40))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    graph = chain(("drop", "Dropout", {"rate": 0.5}), ("out", "Dense", {"units": 1}))
    data = Data("csv", path="t.csv", target=("y",), scaling="none", test_split=0.3)
    trained, dataset = train(graph, data, tmp_path, epochs=1)
    trained.training_model.get_layer("out").set_weights([np.array([[3.0]]), np.array([1.0])])
    found = with_dropout(trained, {"input": np.array([[2.0]], np.float32)}, tries=400)
    values = found["out"].reshape(-1)
    assert set(np.round(values, 4)) == {1.0, 13.0}
    assert (values > 1).mean() == pytest.approx(0.5, abs=0.1)
    rows = vary_column(trained, {"input": np.array([0.0])}, "x", [0.0, 1.0, 2.0])
    around = uncertainty_band(trained, rows, 0, None)
    assert around[0] == pytest.approx([1.0, 1.0, 1.0])
    assert around[1] == pytest.approx([1.0, 7.0, 13.0]), "wider where the column counts more"
    few = replace(dataset, validation=None, test=None)
    assert FEWEST > 0
    assert known_errors(trained, few) is None


def test_no_range_is_given_for_a_row_unlike_all_known_ones(house_model):
    trained, dataset = house_model
    known = known_errors(trained, dataset)
    assert known is not None
    sample = {key: value[0] for key, value in dataset.test.raw_x.items()}
    column = next(c for c in trained.preprocessing.inputs["input"].columns if c.name == "size")
    assert column.low is not None
    assert column.high is not None
    wide = column.high - column.low
    grid = [column.low, column.high + 0.05 * wide, column.high + wide]
    low, high = uncertainty_band(trained, vary_column(trained, sample, "size", grid), 0, known) or (
        [],
        [],
    )
    assert np.isfinite(low).tolist() == np.isfinite(high).tolist() == [True, True, False]
    far = uncertainty_of(trained, vary_column(trained, sample, "size", grid[2:]), known)
    assert (far.low, far.high) == (None, None)
    assert "cannot be estimated" in far.sentence
    assert "%" not in far.sentence
