"""Explanations against what is known beforehand: references by hand, by scikit-learn, and data in
which only one thing counts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data
from netbuilder.core.results.explain import picture_methods, table_methods
from netbuilder.core.results.explain.explanation import (
    FOR,
    explanation_bars,
    overlay_heat_map,
    strongest_values,
    token_patches,
    write_png,
)
from netbuilder.core.results.explain.explanation_target import explanation_target
from netbuilder.core.results.explain.methods import ComparisonRows, explain, methods_for
from netbuilder.core.results.file_samples import read_samples, text_samples
from netbuilder.core.results.layer_values import raw_sample
from netbuilder.core.results.own_units import predict_values
from netbuilder.core.wording import format_number, format_probability
from tests.core.results.conftest import chain, train

Trained = tuple[TrainedModel, Dataset]


@pytest.mark.slow
def test_grad_cam_looks_into_a_backbone_that_pools(tmp_path):
    """The same network with pooling inside the backbone, and behind it."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 255, (12, 64, 64, 3)).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(12) % 3)
    data = Data(kind="arrays", path="a.npz", options={"x": "x", "y": "y"}, target=("y",))
    body, out = {"weights": "none", "alpha": 0.1}, ("out", "Dense", {"units": 3})
    pooled = chain(("body", "MobileNet", {**body, "pooling": "avg"}), out)
    pool = ("pool", "GlobalAveragePooling2D", {})
    one, other = (
        train(graph, data, tmp_path, epochs=1)[0]
        for graph in (pooled, chain(("body", "MobileNet", body), pool, out))
    )
    other.training_model.set_weights(one.training_model.get_weights())
    heats = [
        [picture_methods.grad_cam(replace(target, unit=unit)) for unit in range(3)]
        for target in (explanation_target(model, {"input": x[0]}) for model in (one, other))
    ]
    assert max(heat.max() for heat in heats[1]) > 0
    for mine, expected in zip(*heats, strict=True):
        # Grad-CAM says where, not how much: a map is as large as its largest value.
        size, wanted = mine.max() or 1, expected.max() or 1
        np.testing.assert_allclose(mine / size, expected / wanted, atol=1e-3)


def test_grad_cam_is_the_gradient_by_hand(digits_model):
    import tensorflow as tf

    trained, data = digits_model
    # Some pictures have nothing that speaks for the answer: Grad-CAM is black for these.
    asked_of_all = (explanation_target(trained, raw_sample(data.test, row)) for row in range(60))
    row, asked = next(
        (row, one)
        for row, one in enumerate(asked_of_all)
        if picture_methods.grad_cam(one).max() > 0
    )
    found = picture_methods.grad_cam(asked)
    conv, flatten, _, out = trained.training_model.layers[1:]
    x = data.test.x["input"][row : row + 1]
    with tf.GradientTape() as tape:
        maps = conv(x)
        tape.watch(maps)
        score = (tf.matmul(flatten(maps), out.kernel.value) + out.bias.value)[:, asked.unit]
    alpha = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
    by_hand = tf.nn.relu(tf.reduce_sum(alpha * maps, -1, keepdims=True))
    expected = tf.image.resize(by_hand, found.shape)[0, :, :, 0]
    assert found.shape == data.test.raw_x["input"].shape[1:3]
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_where_grad_cam_is_black_another_way_answers(digits_model):
    trained, data = digits_model
    black, bright = (
        next(
            sample
            for sample in (raw_sample(data.test, row) for row in range(len(data.test)))
            if (picture_methods.grad_cam(explanation_target(trained, sample)).max() > 0) == lit
        )
        for lit in (False, True)
    )
    for method in ("grad_cam", None):
        found = explain(trained, black, method)
        assert found.method == "integrated_gradients"
        assert found.heatmap is not None
        assert np.abs(found.heatmap).max() > 0
        assert found.sentence.startswith("Grad-CAM shows nothing")
        assert "Shown instead: Integrated gradients. Pixels in blue" in found.sentence
        assert explain(trained, bright, method).method == "grad_cam"


def test_integrated_gradients_are_the_gradients_by_hand(digits_model):
    import tensorflow as tf

    trained, data = digits_model
    asked = explanation_target(trained, raw_sample(data.test, 3))
    found = picture_methods.integrated_gradients(asked, 8)
    end = data.test.x["input"][3:4]
    start = data.preprocessing.inputs["input"].apply(np.zeros_like(data.test.raw_x["input"][3:4]))
    total = np.zeros_like(end)
    for step in range(8):
        x = tf.constant(start + (step + 0.5) / 8 * (end - start))
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = trained.training_model(x, training=False)[:, asked.unit]
        total += np.asarray(tape.gradient(score, x))
    assert found == pytest.approx(((end - start) * total / 8)[0, :, :, 0], abs=1e-5)


def test_integrated_gradients_add_up_to_the_answer(digits_model):
    trained, data = digits_model
    assert data.test is not None
    sample = raw_sample(data.test, 5)
    asked = explanation_target(trained, sample)
    found = picture_methods.integrated_gradients(asked, 256)
    black = asked.scores("input", np.zeros_like(sample["input"])[None])[0]
    here = asked.scores("input", sample["input"][None])[0]
    assert found.sum() == pytest.approx(here - black, abs=0.02)
    # What is black already cannot add anything.
    assert np.all(found[sample["input"].reshape(found.shape) == 0] == 0)


def test_occlusion_is_asking_again(digits_model):
    trained, data = digits_model
    assert data.test is not None
    sample = raw_sample(data.test, 0)
    asked = explanation_target(trained, sample)
    found = picture_methods.occlusion(asked, block=2)
    picture = sample["input"].copy()
    picture[2:4, 4:6] = picture.mean(axis=(0, 1))
    raw = np.stack([sample["input"], picture])
    here, covered = predict_values(
        trained, {"input": data.preprocessing.inputs["input"].apply(raw)}
    )["out"][:, asked.unit]
    assert found[2:4, 4:6] == pytest.approx(here - covered, abs=1e-6)


def test_only_the_corner_that_counts_lights_up():
    """Pictures whose class is whether the upper left corner is bright."""
    found, data = train_corner()
    bright = int(np.flatnonzero(data.test.raw_y["out"].reshape(-1) == 1)[0])
    sample = raw_sample(data.test, bright)
    for way in ("integrated_gradients", "occlusion", "grad_cam"):
        heat = explain(found, sample, way).heatmap
        assert heat is not None
        heat = np.maximum(heat, 0)
        assert heat[:4, :4].sum() > 0.6 * heat.sum(), way


def train_corner():
    import tempfile

    random = np.random.default_rng(0)
    x = random.uniform(0, 0.3, (200, 8, 8, 1)).astype(np.float32)
    y = np.arange(200) % 2
    x[y == 1, :3, :3] += 0.6
    folder = Path(tempfile.mkdtemp())
    np.savez(folder / "corner.npz", x=x, y=y)
    graph = chain(
        ("conv", "Conv2D", {"filters": 4, "kernel_size": [3, 3], "activation": "relu"}),
        ("mean", "GlobalAveragePooling2D", {}),
        ("out", "Dense", {"units": 2, "activation": "softmax"}),
    )
    recipe = Data("arrays", path="corner.npz", options={"x": "x", "y": "y"})
    return train(graph, recipe, folder, epochs=40)


def test_only_the_column_that_counts_is_important(tmp_path):
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(300, 3)), columns=["noise", "cause", "more noise"])
    frame["town"] = random.choice(["Bath", "York"], 300)
    frame["price"] = 10 * frame["cause"] + np.where(frame["town"] == "Bath", 4.0, 0.0)
    frame.to_csv(tmp_path / "d.csv", index=False)
    graph = chain(("out", "Dense", {"units": 1}))
    recipe = Data("csv", path="d.csv", target=("price",), scaling="standard")
    trained, _ = train(graph, recipe, tmp_path, epochs=60)
    samples = read_samples(trained, tmp_path / "d.csv")
    assert samples.truth is not None
    found = explain(trained, samples.sample(7), rows=ComparisonRows(samples.raw, samples.truth))
    assert list(found.importance) == ["noise", "cause", "more noise", "town"]
    # |a − b| of two normal numbers is 2/√π on average; of two towns half differ by 4.
    assert found.importance["cause"] == pytest.approx(10 * 2 / np.sqrt(np.pi), rel=0.1)
    assert found.importance["town"] == pytest.approx(2.0, rel=0.2)
    assert abs(found.importance["noise"]) < 0.3
    assert "cause" in found.sentence
    assert found.nearest.row != 7
    asked = explanation_target(trained, samples.sample(7))
    response = table_methods.partial_dependence(asked, samples.raw, "cause")
    slope = np.polyfit(np.array(response.values, float), response.answers, 1)[0]
    assert slope == pytest.approx(10, rel=0.05)
    towns = table_methods.partial_dependence(asked, samples.raw, "town")
    assert towns.values == ("Bath", "York")
    assert towns.answers[0] - towns.answers[1] == pytest.approx(4, rel=0.1)
    with pytest.raises(DataError, match=r"no column 'caus'. Did you mean 'cause'"):
        table_methods.partial_dependence(asked, samples.raw, "caus")
    alone = explain(trained, samples.sample(7))
    assert max(alone.importance, key=lambda name: abs(alone.importance[name])) == "cause"
    with pytest.raises(DataError, match="There is no row 300"):
        samples.sample(300)


def test_one_row_alone_and_the_nearest_other_by_brute_force(house_model):
    trained, data = house_model
    raw = data.test.raw_x
    asked = explanation_target(trained, raw_sample(data.test, 2))
    x = data.test.x["input"]
    given = predict_values(trained, {"input": x})["out"][:, 0]
    wide = x.std(axis=0)
    wide[wide == 0] = 1
    far = [
        float((((row - x[2]) / wide) ** 2).sum()) if abs(one - given[2]) > given.std() else np.inf
        for row, one in zip(x, given, strict=True)
    ]
    nearest = table_methods.nearest_counterexample(asked, raw)
    assert nearest.row == int(np.argmin(far))

    # A column at its typical value: the median size, the more frequent town.
    columns = {one.name: one for one in data.preprocessing.inputs["input"].columns}
    moved = raw["input"][2].copy()
    moved[0] = columns["size"].typical
    changed = predict_values(
        trained, {"input": data.preprocessing.inputs["input"].apply(moved[None])}
    )["out"][0, 0]
    assert table_methods.against_typical(asked)["size"] == pytest.approx(
        given[2] - changed, rel=1e-4
    )
    found = explain(trained, raw_sample(data.test, 2), "occlusion", rows=ComparisonRows(raw))
    assert found.importance["size"] == pytest.approx(given[2] - changed, rel=1e-4)
    assert found.sentence.endswith(" The numbers are in the unit of price.")
    assert dict(explanation_bars(found))[found.label("size")] == found.importance["size"]
    way = "lower" if changed < given[2] else "higher"
    assert f"{format_number(abs(given[2] - changed))} {way}" in found.sentence
    assert found.nearest.row == nearest.row, "what would have to change stands beside it"
    words = found.compared
    assert words["size"] == (
        format_number(raw["input"][2][0]),
        format_number(float(columns["size"].typical)),
    )
    assert f"typical size ({words['size'][1]})" in found.sentence or "size" not in found.sentence
    assert found.label("size") == "size: {}, not {}".format(*words["size"])
    town = next(name for name in columns if columns[name].kind == "category")
    same = replace(found, compared={town: ("Bath", "Bath")})
    assert same.label(town) == f"{town}: Bath, typical", "its 0 is explained"
    assert found.nearest.apart == pytest.approx(given.std(), rel=1e-4)
    assert "differs by more than " in found.nearest.words, "nearly every price is another"


def test_words_are_left_out_one_by_one(reviews_model):
    trained, _ = reviews_model
    text = "I loved the wonderful book, Zyx!"
    samples = text_samples(trained, [text])
    found = explain(trained, samples.sample(0), text=text)
    assert found.method == "occlusion"
    assert [word for word, _ in found.tokens] == ["i", "loved", "the", "wonderful", "book", "zyx"]
    asked = explanation_target(trained, samples.sample(0))
    without = text_samples(trained, ["I the wonderful book Zyx"])
    both = asked.scores("input", np.concatenate([samples.raw["input"], without.raw["input"]]))
    assert dict(found.tokens)["loved"] == pytest.approx(both[0] - both[1], abs=1e-6)
    assert dict(found.tokens)["loved"] > 0
    assert found.sentence.endswith(" The numbers are percentage points.")
    assert explanation_bars(found) == [(word, 100 * value) for word, value in found.tokens]


def test_the_letter_that_decides_counts(tmp_path):
    """A text in which the letter before the last says what follows, told by brute force."""
    random = np.random.default_rng(3)
    letters = ["a", "b"]
    follows = {"a": "b", "b": "c", "c": "d", "d": "a"}
    for _ in range(600):
        before = letters[-2]
        letters.append(follows[before] if random.random() < 0.9 else str(random.choice([*"abcd"])))
    (tmp_path / "t.txt").write_text("".join(letters))
    graph = chain(
        ("e", "Embedding", {"input_dim": 6, "output_dim": 8}), ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 4, "activation": "softmax"}),
    )  # fmt: skip
    recipe = Data("text", path="t.txt", options={"task": "next_token", "window": 4})
    trained, _ = train(graph, recipe, tmp_path, epochs=40)
    assert [way.name for way in methods_for(trained)] == ["occlusion"]
    samples = text_samples(trained, ["dacb"])
    found = explain(trained, samples.sample(0), text="dacb")
    assert [token for token, _ in found.tokens] == [*"dacb"]
    assert found.level == "character"
    falls = [value for _, value in found.tokens]
    assert int(np.argmax(np.abs(falls))) == 2, "c stands before the last"
    assert "“c” (1 before the last) is the strongest evidence for" in found.sentence
    assert found.sentence.split("evidence for ")[1].startswith(found.about)
    # Each of the three others in its place, one by one.
    asked = explanation_target(trained, samples.sample(0))
    others = text_samples(trained, ["daab", "dabb", "dadb"]).raw["input"]
    here = asked.scores("input", samples.raw["input"])[0]
    assert falls[2] == pytest.approx(here - asked.scores("input", others).mean(), abs=1e-6)
    assert [name for name, _ in explanation_bars(found)][-2:] == [
        "“c”, 1 before the last",
        "“b”, the last",
    ]
    assert token_patches(found)[2] == ("c", pytest.approx(np.sign(falls[2])))
    # A short text is padded in front: what is not there is not asked about.
    short = explain(trained, text_samples(trained, ["cb"]).sample(0))
    assert [token for token, _ in short.tokens] == [*"cb"]


def test_the_step_that_is_copied_counts(tmp_path):
    """A series in which each value is the one of three steps before, plus a little."""
    random = np.random.default_rng(2)
    values = list(random.uniform(-1, 1, 3))
    for _ in range(300):
        values.append(-0.98 * values[-3] + random.normal(0, 0.15))
    pd.DataFrame({"value": values}).to_csv(tmp_path / "s.csv", index=False)
    graph = chain(("flat", "Flatten", {}), ("out", "Dense", {"units": 1}))
    recipe = Data("series", path="s.csv", target=("value",), options={"window": 5})
    trained, data = train(graph, recipe, tmp_path, epochs=40)
    found = explain(trained, raw_sample(data.test, 4))
    assert [name for name, _ in found.steps][-1] == "last step"
    assert len(found.steps) == 5
    most = max(found.steps, key=lambda pair: abs(pair[1]))[0]
    assert most == "2 steps before the last"
    raw = data.test.raw_x["input"][4]
    hidden = raw.copy()
    hidden[1] = (raw[0] + raw[2]) / 2  # a gap is filled from its neighbours
    both = data.preprocessing.inputs["input"].apply(np.stack([raw, hidden]))
    here, without = predict_values(trained, {"input": both})["out"][:, 0]
    assert found.steps[1][1] == pytest.approx(here - without, abs=1e-5)


def test_ways_are_those_that_suit(digits_model, house_model):
    assert [way.name for way in methods_for(digits_model[0])] == [
        "grad_cam",
        "integrated_gradients",
        "occlusion",
    ]
    trained, data = house_model
    assert data.test is not None
    with pytest.raises(DataError, match=r"'grad_cam' does not fit .* that fit: importance"):
        explain(trained, raw_sample(data.test, 0), "grad_cam")
    with pytest.raises(DataError, match=r"no method named 'importanse'. Did you mean"):
        explain(trained, raw_sample(data.test, 0), "importanse")


def test_pictures_are_written(digits_model, tmp_path):
    from PIL import Image

    trained, data = digits_model
    assert data.test is not None
    found = explain(trained, raw_sample(data.test, 0))
    write_png(found, tmp_path / "why.png")
    with Image.open(tmp_path / "why.png") as picture:
        assert picture.size[0] >= 400
        shown = np.asarray(picture.convert("RGB")).astype(int)
    # Above the picture a strip of the colours, from grey to the colour of what speaks for it.
    strip = next(row for row in shown if (row == FOR).all(axis=-1).any())
    end = int(np.flatnonzero((strip == FOR).all(axis=-1))[-1])
    blend = strip[end - 90 : end + 1]
    assert np.all(np.diff(blend[:, 0]) <= 0)
    assert blend[0, 0] - blend[-1, 0] > 100
    heat = np.zeros((2, 2))
    heat[0, 0], heat[1, 1] = 1.0, -1.0
    painted = overlay_heat_map(np.zeros((2, 2)), heat).astype(int)
    # Blue is for and orange against, as weights are blue above 0 and orange below.
    assert painted[0, 0, 2] > painted[0, 0, 0]
    assert painted[1, 1, 0] > painted[1, 1, 2]


def test_what_is_too_much_to_show_is_left_out_by_strength():
    """Of a long series the newest step is not cut off because it stands last."""
    pairs = [(f"{back} steps before the last", 0.001 * back) for back in range(40, 0, -1)]
    kept, left = strongest_values([*pairs, ("last step", -1.4)], 3)
    assert [name for name, _ in kept] == [
        "40 steps before the last",
        "39 steps before the last",
        "last step",
    ]
    assert left == 38


def test_response_curves_are_the_mean_answers(house_model, tmp_path):
    """Each value set in all rows by hand, and the answers averaged."""
    trained, data = house_model
    raw = {key: values[:40] for key, values in data.test.raw_x.items()}
    found = explain(trained, raw_sample(data.test, 0), "response", rows=ComparisonRows(raw))
    curves = {one.column: one for one in found.responses}
    assert list(curves) == ["size", "town"]
    value = curves["size"].values[10]
    moved = raw["input"].copy()
    moved[:, 0] = value
    answers = predict_values(trained, {"input": data.preprocessing.inputs["input"].apply(moved)})[
        "out"
    ][:, 0]
    assert curves["size"].answers[10] == pytest.approx(answers.mean(), rel=1e-5)
    assert found.importance["size"] == pytest.approx(np.ptp(curves["size"].answers))
    assert "size changes the mean prediction (price) most" in found.sentence
    said = found.to_json()["response"]["town"]
    assert said["values"] == list(curves["town"].values)
    write_png(found, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_a_column_of_0_and_1_has_no_response_between_them(tmp_path):
    frame = pd.DataFrame({"on": np.arange(60) % 2, "n": np.arange(60) % 7, "y": np.arange(60.0)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    graph, recipe = chain(("out", "Dense", {"units": 1})), Data("csv", path="t.csv", target=("y",))
    trained, data = train(graph, recipe, tmp_path)
    rows = ComparisonRows(data.train.raw_x)
    found = explain(trained, raw_sample(data.train, 0), "response", rows=rows)
    assert [len(one.values) for one in found.responses] == [2, 40]
    assert found.responses[0].values == (0.0, 1.0)
    write_png(found, tmp_path / "two.png")
    blue = np.all(np.array(Image.open(tmp_path / "two.png")) == FOR, axis=-1)
    columns = [part[:, :].any(axis=0) for part in np.array_split(blue, 2, axis=1)]
    assert [int(one.sum()) < 20 for one in columns] == [True, False], "two points, and a curve"


def test_probabilities_are_told_as_people_say_them(tmp_path):
    """Of a table of classes: per cent and percentage points, no 0.0271 and no +0.638."""
    random = np.random.default_rng(3)
    x = random.normal(size=(200, 2)).round(3)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.where(x[:, 0] > 0, "up", "down")})
    frame.to_csv(tmp_path / "t.csv", index=False)
    recipe = Data("csv", path="t.csv", target=("y",), test_split=0.2)
    graph = chain(("out", "Dense", {"units": 1, "activation": "sigmoid"}))
    trained, data = train(graph, recipe, tmp_path)
    raw = data.test.raw_x
    found = explain(trained, raw_sample(data.test, 0), "response", rows=ComparisonRows(raw))
    widest = max(found.responses, key=lambda one: one.span)
    low, high = (
        format_probability(float(one)) for one in (widest.answers.min(), widest.answers.max())
    )
    assert f"from {low} to {high}." in found.sentence
    assert "in percentage points" in found.sentence
    assert dict(explanation_bars(found))[widest.column] == pytest.approx(100 * widest.span)
    # Where nothing that is shuffled makes the answers worse, nothing "counts most".
    weights = trained.training_model.get_weights()
    trained.training_model.set_weights([np.zeros_like(weights[0]), np.ones_like(weights[1])])
    still = explain(trained, raw_sample(data.test, 0), "importance", rows=ComparisonRows(raw))
    assert still.sentence.startswith(
        "Shuffling the values of a column does not make predictions worse"
    )


def test_what_only_rounding_makes_is_no_reason(house_model):
    trained, data = house_model
    columns = {one.name: one for one in data.preprocessing.inputs["input"].columns}
    sample = {"input": np.array(data.test.raw_x["input"][2])}
    for place, name in enumerate(columns):
        if name == "size":
            sample["input"][place] = float(columns["size"].typical) * (1 + 1e-9)
    town = table_methods.columns_of(trained)["town"][0]
    sample["input"][town[2]] = [one == town[1].typical for one in town[1].categories]
    found = explain(trained, sample, "occlusion")
    assert found.sentence == "No single column changes this prediction: all its values are typical."
    assert not any(found.importance.values())


def _by_hand(trained, *weights: list[float] | list[list[float]]):
    """Set weights whose function is known."""
    trained.training_model.set_weights([np.array(one, np.float32) for one in weights])


def test_a_column_that_another_replaces_is_told_with_both_names(tmp_path):
    """price = left + 2·tall, and right is left in other units: left alone seems to do little."""
    random = np.random.default_rng(5)
    left, tall = random.normal(size=(2, 300))
    frame = pd.DataFrame({"left": left, "right": 2.54 * left + 3, "tall": tall})
    frame["price"] = left + 2 * tall
    frame.round(4).to_csv(tmp_path / "d.csv", index=False)
    recipe = Data("csv", path="d.csv", target=("price",), scaling="none")
    trained, _ = train(chain(("out", "Dense", {"units": 1})), recipe, tmp_path, epochs=1)
    half = 0.5 / 2.54
    _by_hand(trained, [[0.5], [half], [2.0]], [-3 * half])  # left and right share the work
    samples = read_samples(trained, tmp_path / "d.csv")
    pairs = table_methods.replaceable_pairs(trained, samples.raw)
    assert [pair[:2] for pair in pairs] == [("left", "right")]
    assert pairs[0][2] == pytest.approx(1.0, abs=1e-4)
    found = explain(trained, samples.sample(7), rows=ComparisonRows(samples.raw, samples.truth))
    assert "left could be replaced by right" in found.sentence
    assert "tall could" not in found.sentence
    alone = found.importance["left"]
    joint = table_methods.permutation_importance(
        trained, samples.raw, samples.truth, together=[("left", "right")]
    )["left"]
    assert alone == pytest.approx(0.5 * 2 / np.sqrt(np.pi), rel=0.1)
    assert joint == pytest.approx(2 / np.sqrt(np.pi), rel=0.1), "what left really does"


def test_unrelated_columns_replace_nothing(house_model):
    trained, data = house_model
    assert table_methods.replaceable_pairs(trained, data.test.raw_x) == ()


def test_the_mean_response_of_xor_is_told_to_mislead(tmp_path):
    """One of a and b alone says nothing, whatever their mean curves look like; c adds up."""
    random = np.random.default_rng(6)
    frame = pd.DataFrame(random.uniform(-1, 1, (400, 3)), columns=["a", "b", "c"])
    frame["y"] = frame["a"] * frame["b"] + 0.1 * frame["c"]
    frame.round(4).to_csv(tmp_path / "d.csv", index=False)
    recipe = Data("csv", path="d.csv", target=("y",), scaling="none")
    graph = chain(
        ("hidden", "Dense", {"units": 6, "activation": "relu"}), ("out", "Dense", {"units": 1})
    )
    trained, _ = train(graph, recipe, tmp_path, epochs=1)
    # (|a + b| − |a − b|) / 2: as a·b, made of corners; c comes through both of its sides.
    _by_hand(
        trained,
        [[1, -1, 1, -1, 0, 0], [1, -1, -1, 1, 0, 0], [0, 0, 0, 0, 1, -1]],
        [0.0] * 6,
        [[0.5], [0.5], [-0.5], [-0.5], [0.1], [-0.1]],
        [0.0],
    )
    samples = read_samples(trained, tmp_path / "d.csv")
    rows = ComparisonRows(samples.raw, samples.truth)
    found = explain(trained, samples.sample(0), "response", rows=rows)
    curves = {one.column: one for one in found.responses}
    assert {name for name, one in curves.items() if one.misleads} == {"a", "b"}
    assert curves["a"].row_span == pytest.approx(curves["b"].row_span, rel=0.1), "equal causes"
    assert curves["a"].row_span > 5 * curves["a"].span
    assert curves["c"].row_span == pytest.approx(curves["c"].span, rel=1e-3)
    assert "The mean misleads for a and b" in found.sentence


def test_an_additive_response_misleads_nobody(house_model):
    trained, data = house_model
    rows = ComparisonRows(data.test.raw_x)
    found = explain(trained, raw_sample(data.test, 0), "response", rows=rows)
    assert not any(one.misleads for one in found.responses)
    assert "misleads" not in found.sentence


def _word_model(tmp_path, weight):
    """Adds up a known weight for each word of a text; the prediction is its sigmoid."""
    words = [*weight, "the", "a", "film", "was", "it"]
    texts = [" ".join(words), " ".join(reversed(words))] * 20
    frame = pd.DataFrame({"text": texts, "mood": ["up", "down"] * 20})
    frame.to_csv(tmp_path / "t.csv", index=False)
    recipe = Data("text", path="t.csv", target=("mood",))
    graph = chain(
        ("embedding", "Embedding", {"input_dim": 40, "output_dim": 1, "mask_zero": False}),
        ("sum", "Flatten", {}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    trained, data = train(graph, recipe, tmp_path, epochs=1)
    vocabulary = data.preprocessing.inputs["input"].vocabulary
    table, kernel, bias = trained.training_model.get_weights()
    table[:] = 0
    for word, value in weight.items():
        table[vocabulary.index(word)] = value
    _by_hand(trained, table, np.ones_like(kernel), np.zeros_like(bias))
    return trained


@pytest.mark.slow
def test_a_word_that_decides_is_named_and_noise_is_not(tmp_path):
    trained = _word_model(tmp_path, {"good": 3.0, "so": 0.02})
    one = text_samples(trained, ["the film was so good it was"]).sample(0)
    found = explain(trained, one, text="the film was so good it was")
    assert "“good” is the strongest evidence" in found.sentence
    still = "the film was so it was a"
    none = explain(trained, text_samples(trained, [still]).sample(0), text=still)
    assert none.sentence.startswith("No single word decided")
    # Eight words that say the same are many reasons and no single one.
    alike = _word_model(tmp_path, {f"nice{n}": 0.3 for n in range(8)})
    text = " ".join(f"nice{n}" for n in range(8))
    many = explain(alike, text_samples(alike, [text]).sample(0), text=text)
    assert max(value for _, value in many.tokens) > 0.01
    assert many.sentence.startswith("No single word decided")
