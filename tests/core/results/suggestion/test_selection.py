"""Candidates of a table: selected on training rows only, in time, and remembered."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.learning_curve import train_quietly
from netbuilder.core.results.suggestion import text_candidates
from netbuilder.core.results.suggestion.candidate import Candidate
from netbuilder.core.results.suggestion.selection import (
    Score,
    SelectionCancelledError,
    _best,
    _folds,
    select_network,
)
from netbuilder.core.results.suggestion.table_candidates import candidates
from netbuilder.core.results.suggestion.trial import Trial

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
