"""From a file to a network in one step: candidates of tables, series and photos, and the best."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

import netbuilder as nb
from netbuilder.cli import main
from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.kinds.series.season import find_season
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.evaluate import evaluate, evaluate_run
from netbuilder.core.results.forecast import forecast, half_widths
from netbuilder.core.results.learning_curve import train_quietly
from netbuilder.core.results.suggestion import series_candidates, text_candidates
from netbuilder.core.results.suggestion.candidate import Candidate
from netbuilder.core.results.suggestion.selection import (
    Score,
    SelectionCancelledError,
    _best,
    _folds,
    select_network,
    suggest,
)
from netbuilder.core.results.suggestion.table_candidates import candidates
from netbuilder.core.results.suggestion.trial import Trial
from tests.few import few


def layers(found):
    graph = found.project.graph
    return [graph.by_id[name].layer for name in graph.order]


@pytest.fixture
def table(tmp_path):
    """600 rows of a rule that is known: the price is 1000 + 40 a kilo, red costs 500 more."""
    random = np.random.default_rng(0)
    kilos, colour = random.uniform(1, 50, 600), random.choice(["red", "blue"], 600)
    price = 1000 + 40 * kilos + 500 * (colour == "red")
    frame = pd.DataFrame({"kg": kilos.round(1), "colour": colour, "price": price.round(0)})
    frame.loc[::50, "kg"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


@pytest.mark.slow
def test_a_table_of_numbers_and_words(table):
    found = suggest(table, "price", seconds=0)
    assert found.task == "regression"
    assert layers(found)[0] == "Input"
    assert layers(found)[-1] == "Dense"
    assert found.project.data.options["missing"] == "median"
    assert len(found.reasons) >= 5
    model = nb.new(table, "price").train(seed=1, progress=False)
    said = model.predict([{"kg": 10.0, "colour": "red"}, {"kg": 10.0, "colour": "blue"}])
    assert said == pytest.approx([1900, 1400], rel=0.08)


def test_pictures_and_texts(tmp_path):
    for label, value in (("dark", 30), ("light", 220)):
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(10):
            Image.new("RGB", (32, 32), (value + index,) * 3).save(
                tmp_path / "p" / label / f"{index}.png"
            )
    found = suggest(tmp_path / "p")
    assert layers(found).count("Conv2D") == 2
    said = {"text": ["a good film", "so bad and dull"] * 20, "mood": ["up", "down"] * 20}
    pd.DataFrame(said).to_csv(tmp_path / "t.csv", index=False)
    found = suggest(tmp_path / "t.csv", "mood")
    assert found.task == "binary"


def test_an_unknown_target_is_refused(table):
    with pytest.raises(DataError):
        suggest(table, "weight")


@pytest.mark.slow
def test_the_command(table, capfd):
    assert main(["new", str(table), "--target", "price", "--json"]) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert set(found) == {"project", "target", "task", "layers", "reasons"}
    assert found["target"] == ["price"]
    assert main(["check", found["project"]]) == 0


LONG = 900.0  # a busy machine tries all candidates all the same


def _table(path, rule, rows=240):
    """Two columns, and a target that follows from them: "steps" or "line"."""
    random = np.random.default_rng(4)
    frame = pd.DataFrame(random.uniform(0, 8, (rows, 2)).round(3), columns=["a", "b"])
    if rule == "steps":
        frame["y"] = np.floor(frame["a"]) % 2 * 9 + np.floor(frame["b"] / 2) * 5
    else:
        frame["y"] = 3 * frame["a"] - 2 * frame["b"] + random.normal(0, 0.3, rows).round(3)
    frame.to_csv(path / "t.csv", index=False)
    return path


def _project(**data: object):
    recipe = Data("csv", path="t.csv", target=("y",), options={"task": "regression"}, **data)
    return Project(graph=Graph((Node("input", "Input"),)), data=recipe)


def _errors(suggestion):
    return {score.candidate.name: score.mean for score in suggestion.scores}


@pytest.mark.slow
def test_steps_need_bins_and_a_line_needs_none(tmp_path):
    steps = select_network(_project(), _table(tmp_path, "steps"), seconds=LONG)
    errors = _errors(steps)
    assert steps.name == "bins" and steps.project.data.scaling == "bins"
    assert errors["bins"] < 0.8 * errors["deep"]
    (tmp_path / "line").mkdir()
    line = select_network(_project(), _table(tmp_path / "line", "line"), seconds=LONG)
    assert line.name == "linear" and len(line.scores) == 3
    assert _errors(line)["linear"] < 0.3, "hardly more than the noise itself"


@pytest.mark.slow
def test_the_test_rows_have_no_say(tmp_path):
    """Two files differ in the targets of the test rows alone: a selection that looked at them
    would have other scores."""
    scores, targets = [], []
    for name in ("true", "shuffled"):
        (tmp_path / name).mkdir()
        path = _table(tmp_path / name, "steps", 80) / "t.csv"
        frame = pd.read_csv(path)
        frame["part"] = np.where(np.arange(80) < 60, "train", "test")
        if name == "shuffled":
            frame.loc[60:, "y"] = frame["y"][60:].to_numpy()[::-1]
        frame.to_csv(path, index=False)
        project = _project(columns={"part": ColumnChoice(role="split")})
        suggestion = select_network(project, path.parent, seconds=LONG)
        scores.append([score.errors for score in suggestion.scores])
        test = load_dataset(suggestion.project, path.parent).test
        targets.append(next(iter(test.raw_y.values())).tolist())
    assert targets[0] != targets[1]
    assert scores[0] == scores[1] != []


def test_a_trial_trains_as_the_engine_does(tmp_path):
    """With all rows in one batch their order cannot matter: optimizer, schedule and decay must."""
    project, base = _project(), _table(tmp_path, "line", 60)
    facts = load_dataset(project, base).facts
    linear = next(c for c in candidates(project, facts, base) if c.name == "linear")
    rate = {"initial_learning_rate": 0.05, "decay_steps": 20}
    optimizer = Choice(
        "AdamW", {"learning_rate": {"name": "CosineDecay", "params": rate}, "weight_decay": 0.3}
    )
    training = Training(optimizer=optimizer, epochs=20, batch_size=60)
    # Inputs and targets of mean 0 would leave nothing but rounding in the bias's gradient.
    data = replace(linear.project.data, scaling="minmax")
    project = replace(linear.project, training=training, data=data)
    dataset = load_dataset(project, base)
    rows = np.arange(len(dataset.train))
    trial = Trial(project, dataset, base, len(rows))
    errors = [trial.errors((rows, rows[:0], rows), lambda: False) for _ in range(2)]
    assert errors[0] is not None and errors[1] is not None
    assert errors[0].tolist() == errors[1].tolist(), "each training starts from the same weights"
    trained = train_quietly(project, dataset, base, 0, lambda: False, "graph")
    np.testing.assert_allclose(errors[0], evaluate(trained, dataset.train).off[:, 0], atol=1e-3)


def test_the_linear_candidate_is_as_good_as_logistic_regression(tmp_path):
    """Too small a learning rate leaves the weights of iris under way: a tenth is wrong then."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    iris = load_iris(as_frame=True)
    iris.frame["target"] = [str(iris.target_names[number]) for number in iris.frame["target"]]
    iris.frame.to_csv(tmp_path / "t.csv", index=False)
    project = Project(data=Data("csv", path="t.csv", target=("target",)))
    facts = load_dataset(project, tmp_path).facts
    linear = next(c for c in candidates(project, facts, tmp_path) if c.name == "linear")
    linear = replace(linear, project=fit_output_to_data(linear.project, facts))
    dataset = load_dataset(linear.project, tmp_path)
    rows = np.arange(len(dataset.train))
    trial = Trial(linear.project, dataset, tmp_path, len(rows))
    errors = trial.errors((rows, rows[:0], rows), lambda: False)
    x, y = (next(iter(part.values())) for part in (dataset.train.x, dataset.train.raw_y))
    logistic = LogisticRegression().fit(x, y.ravel())
    assert errors is not None and errors.mean() <= 1 - logistic.score(x, y.ravel()) + 0.02


def test_averaged_word_vectors_are_as_good_as_tf_idf(tmp_path):
    """Topics by one word in two to forty: without a scale the topic of long texts is drowned."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(0)
    kinds, texts = random.integers(0, 3, 400), []
    for kind in kinds:
        words = [f"common{number}" for number in random.zipf(1.3, random.integers(1, 40)) % 200]
        texts.append(" ".join([*words, f"topic{kind}x{random.integers(0, 12)}"]))
    frame = pd.DataFrame({"text": texts, "kind": [f"kind {kind}" for kind in kinds]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    project = Project(data=Data("text", path="t.csv", target=("kind",)))
    facts = load_dataset(project, tmp_path).facts
    bag = text_candidates.candidates(project, facts, tmp_path)[0]
    project = fit_output_to_data(bag.project, facts)
    plan, dataset = prepare_data(project, tmp_path), load_dataset(project, tmp_path)
    train, stop, score = _folds(dataset, plan)[0]
    errors = Trial(project, dataset, tmp_path, len(train)).errors((train, stop, score), bool)
    rows = frame.iloc[np.asarray(plan.rows.train)]
    words = TfidfVectorizer().fit(rows["text"].iloc[train])
    known, new = (words.transform(rows["text"].iloc[part]) for part in (train, score))
    logistic = LogisticRegression(max_iter=1000).fit(known, rows["kind"].iloc[train])
    assert errors.mean() <= 1 - logistic.score(new, rows["kind"].iloc[score]) + 0.03


def test_titles_can_stand_in_a_list(tmp_path):
    """A comma in a title would list one candidate as two."""
    project, base = _project(), _table(tmp_path, "line")
    titles = [c.title for c in candidates(project, load_dataset(project, base).facts, base)]
    assert len(set(titles)) == 3 and not any("," in title for title in titles)


def test_a_group_is_trained_on_or_scored(tmp_path):
    path = _table(tmp_path, "line", 90) / "t.csv"
    frame = pd.read_csv(path)
    frame["who"] = [f"p{row % 15}" for row in range(90)]
    frame.to_csv(path, index=False)
    project = _project(columns={"who": ColumnChoice(role="group")})
    plan = prepare_data(project, tmp_path)
    folds = _folds(load_dataset(project, tmp_path), plan)
    groups = plan.samples.groups[plan.rows.train]
    assert len(folds) == 3
    for train, _stop, score in folds:
        assert len(score) and not set(groups[train]) & set(groups[score])


def test_the_most_promising_wins_unless_another_is_better_beyond_chance():
    """Errors are compared row by row: most of their spread is that of hard and easy rows, beside
    which a small but steady lead would look like chance."""
    hard = np.random.default_rng(1).gamma(2, 5, 200)

    def score(name, more, apart, parts=2):
        errors = hard + more + apart * np.tile([1, -1], 100)
        return Score(Candidate(name, name, Project(), ()), tuple(np.split(errors, 2)[:parts]))

    def best(*scores: Score):
        return _best(scores, 1).candidate.name

    first = score("first", 0, 0)
    assert best(first, score("lucky", -0.1, 5)) == "first"
    assert best(first, score("better", -0.2, 0.1)) == "better"
    assert best(first, score("once", -9, 0, 1)) == "once", "time ended before its second part"


def test_no_time_takes_the_most_promising_and_says_so(tmp_path):
    titles: list[str] = []

    def progress(title, done, of):
        titles.append(title)

    base = _table(tmp_path, "line", 140)
    first = select_network(_project(), base, seconds=0, progress=progress)
    assert (first.name, first.scores, titles) == ("bins", (), [])
    assert "Not tried" in first.reasons[-1]
    assert select_network(_project(), base, seconds=0) is first, "remembered"
    frame = pd.read_csv(base / "t.csv")
    frame.iloc[:60].to_csv(base / "t.csv", index=False)
    assert select_network(_project(), base, seconds=0).name == "dense", "few rows, other data"
    with pytest.raises(SelectionCancelledError):
        select_network(_project(), base, seconds=9, cancelled=lambda: True)


SHOP = np.array([0, 5, 9, 3, 7, 20, 15])


def written(folder, values, freq="D"):
    count = len(next(iter(values.values())))
    when = pd.date_range("2020-01-01", periods=count, freq=freq).strftime("%Y-%m-%d")
    pd.DataFrame({"when": when, **values}).to_csv(folder / "s.csv", index=False)
    return Data("series", path="s.csv")


def proposed(data, folder):
    bare = Project(graph=Graph((Node("input", "Input"),)), data=data)
    return {
        one.name: one
        for one in series_candidates.candidates(bare, load_facts(bare, folder), folder)
    }


@pytest.mark.parametrize(
    ("target", "horizon"),
    few([(("b",), 1), (("a",), 3), (("b", "a"), 9), (("a", "b"), 7)], (("b", "a"), 9)),
)
@pytest.mark.parametrize("name", ["season", "last", "straight", "conv", "lstm"])
def test_an_untrained_network_is_the_naive_forecast(tmp_path, name, target, horizon):
    """Exactly, in own units, for each column and step: nothing is learned to undo first."""
    day = np.arange(150)
    chance = np.random.default_rng(3)
    noise = chance.normal(0, 1, (2, 150))
    data = written(tmp_path, {
        "a": day * 2.0 + SHOP[day % 7] + noise[0], "b": 900 - 5 * SHOP[day % 7] + 30 * noise[1],
    })  # fmt: skip
    data = replace(data, target=target, options={"horizon": horizon})
    project = proposed(data, tmp_path)[name].project
    dataset = load_dataset(project, tmp_path)
    model = build_training_model(project, dataset.facts)
    split = dataset.train
    answer = np.asarray(model(next(iter(split.x.values())), training=False))
    values = dataset.preprocessing.outputs["forecast"].undo(answer)
    past = next(iter(split.raw_x.values()))
    season = 1 if name == "last" else 7
    steps = past.shape[1] - season + np.arange(horizon) % season
    places = [("a", "b").index(column) for column in target]
    naive = past[:, steps][..., places].transpose(0, 2, 1).reshape(len(past), -1)
    assert values == pytest.approx(naive, rel=1e-4, abs=1e-2)


def test_the_season_is_found_by_date_or_autocorrelation():
    chance = np.random.default_rng(0)
    row = np.arange(240)
    wave = 10 * np.sin(2 * np.pi * row / 11)
    noise = chance.normal(0, 3, 240)
    assert find_season(wave + noise)[0] == 11
    assert find_season(wave + noise + 3 * row)[0] == 11, "a trend hides no season"
    months = 8 * np.sin(2 * np.pi * row / 12) + noise
    assert find_season(months, 12)[0] == 12
    assert find_season(SHOP[row % 7] + noise, 12)[0] == 1, "dates of months, but a wave of seven"
    assert find_season(np.cumsum(noise), 12)[0] == 1, "a random walk"
    assert find_season(noise)[0] == 1 and find_season(noise, 12)[0] == 1
    assert find_season(3.0 * row)[0] == 1, "a trend alone"
    assert find_season(months[:30], 12)[0] == 1, "fewer than three seasons"


@pytest.mark.parametrize(
    ("rows", "options", "window", "season"),
    [(144, {}, 24, 12), (70, {}, 13, 12), (34, {}, 7, 1), (144, {"window": 6}, 6, 1)],
    ids=["long", "short", "too-short", "window-chosen"],
)
def test_the_window_holds_the_season(tmp_path, rows, options, window, season):
    """Where the series is too short for it, the network starts from the last value."""
    month = np.arange(rows)
    values = month + 20 * np.sin(2 * np.pi * month / 12)
    values += np.random.default_rng(0).normal(0, 1, rows)
    data = replace(written(tmp_path, {"v": values}, "MS"), options=options)
    made = proposed(data, tmp_path)
    first = next(iter(made.values()))
    assert dict(first.project.data.options) == {**options, "window": window, "season": season}
    assert ("season" in made) == (season > 1)
    load_dataset(first.project, tmp_path)


def test_gaps_are_no_obstacle(tmp_path):
    day = np.arange(200)
    data = written(tmp_path, {"v": SHOP[day % 7] + np.random.default_rng(0).normal(0, 1, 200)})
    table = pd.read_csv(tmp_path / "s.csv").drop(index=[60, 61, 130])
    table.to_csv(tmp_path / "s.csv", index=False)
    first = next(iter(proposed(data, tmp_path).values()))
    assert first.project.data.options["season"] == 7


@pytest.mark.slow
def test_a_shop_with_trend_and_week(tmp_path):
    """From a file to a forecast that beats both naive ones clearly, with noise of N(0, 5)."""
    day = np.arange(600)
    values = 100 + 0.3 * day + 3 * SHOP[day % 7] + np.random.default_rng(5).normal(0, 5, 600)
    written(tmp_path, {"sold": values.round(2)})
    found = suggest(tmp_path / "s.csv", seconds=200)
    assert found.project.data.options["season"] == 7
    dataset = load_dataset(found.project, tmp_path)
    trained, evaluation = evaluate_run(
        Session(found.project, dataset, storage=RunStorage(record=False)).run(), dataset
    )
    error = evaluation.metrics["mean_absolute_error"]
    assert error < 0.85 * min(evaluation.naive_errors.values())
    assert error < 1.35 * 5 * np.sqrt(2 / np.pi), "little more than the noise itself"
    half = half_widths(trained, 1)[0, 0]
    inside = np.abs(evaluation.predictions - evaluation.truth) <= half
    assert 0.7 <= inside.mean() <= 0.9
    window = next(iter(dataset.test.raw_x.values()))[-1]
    ahead = forecast(trained, window, 20)
    assert (np.diff(ahead.half_widths[:, 0]) >= 0).all()


@pytest.mark.slow
def test_a_random_walk_is_left_to_the_naive_forecast(tmp_path):
    """Its last value is the best forecast: what a network learns beside it can only harm."""
    steps = np.random.default_rng(2).normal(0, 3, 400)
    written(tmp_path, {"price": (500 + np.cumsum(steps)).round(2)})
    suggestion = suggest(tmp_path / "s.csv", seconds=200)
    dataset = load_dataset(suggestion.project, tmp_path)
    _trained, evaluation = evaluate_run(
        Session(suggestion.project, dataset, storage=RunStorage(record=False)).run(), dataset
    )
    assert evaluation.metrics["mean_absolute_error"] < 1.05 * evaluation.naive_errors[1]


def photo(random, side, label):
    """Coloured patches that flow into each other."""
    patches = random.integers(0, 256, (4, 4, 3)).astype(np.uint8)
    patches[..., label] //= 3
    return Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC)


def drawing(random, side, label):
    """A black line on white paper."""
    picture = Image.new("RGB", (side, side), "white")
    points = [tuple(point) for point in random.uniform(0, side, (3 + label, 2))]
    ImageDraw.Draw(picture).line(points, fill="black", width=max(1, side // 32))
    return picture


@pytest.mark.parametrize(
    ("make", "mode", "side", "backbone"),
    [
        (photo, "RGB", 200, True),
        (photo, "L", 200, True),
        (photo, "RGB", 32, True),
        (photo, "L", 28, False),
        (drawing, "RGB", 200, False),
        (drawing, "L", 28, False),
    ],
)
def test_photos_get_the_backbone(tmp_path, make, mode, side, backbone):
    random = np.random.default_rng(0)
    for label in range(2):
        (tmp_path / "p" / "ab"[label]).mkdir(parents=True)
        for number in range(15):
            make(random, side, label).convert(mode).save(
                tmp_path / "p" / "ab"[label] / f"{number}.png"
            )
    project = suggest(tmp_path / "p").project
    layers = [node.layer for node in project.graph.nodes]
    assert ("EfficientNetLite0" in layers, "Conv2D" in layers) == (backbone, not backbone)
    assert (project.data.options.get("image_size") == [160, 160]) == backbone
