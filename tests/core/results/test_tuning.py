"""Variants: what may be varied, and that the known best is found, kept and gone on with."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import EpochEnd
from netbuilder.core.engine.runs.differences import format_setting
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Choice, Data, Project, Training
from netbuilder.core.results.tuning import study, trial as judging
from netbuilder.core.results.tuning.sampling import importance
from netbuilder.core.results.tuning.search_space import (
    SearchDimension,
    apply_values,
    parse_dimension,
)
from netbuilder.core.results.tuning.study import Study, StudyPlan, next_values
from netbuilder.core.results.tuning.train_trial import TrialObserver
from netbuilder.core.results.tuning.trial import Trial, trial_from_json
from tests.core.results.conftest import chain, houses

RATE = "training.optimizer.learning_rate"
METHODS = ("grid", "random", "bayes")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    houses(200, 1).to_csv(tmp_path / "houses.csv", index=False)
    graph = chain(
        ("hidden", "Dense", {"units": 8, "activation": "relu"}),
        ("drop", "Dropout", {"rate": 0.2}),
        ("out", "Dense", {"units": 1}),
    )
    data = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    plan = Training(optimizer=Choice("Adam", {"learning_rate": 0.01}), epochs=8)
    return Project("Houses", graph, data, plan)


def test_what_is_written_is_understood(project):
    assert parse_dimension("hidden.units=16,32,64", project) == SearchDimension(
        "hidden.units", (16, 32, 64)
    )
    assert parse_dimension("hidden.activation=relu,tanh", project).values == ("relu", "tanh")
    assert parse_dimension("drop.rate=0.1:0.5", project) == SearchDimension(
        "drop.rate", (), 0.1, 0.5
    )
    assert parse_dimension("drop.on=yes,no", project).values == (True, False)
    assert parse_dimension("training.optimizer=Adam,SGD", project).values == ("Adam", "SGD")
    rate = parse_dimension(f"{RATE}=log:1e-4:1e-1", project)
    assert rate == SearchDimension(RATE, (), 1e-4, 1e-1, log=True)
    assert rate.grid == pytest.approx([1e-4, 10**-3.25, 10**-2.5, 10**-1.75, 1e-1], rel=1e-4)
    assert rate.place(10**-2.5) == pytest.approx(0.5)
    units = parse_dimension("hidden.units=log:4:64", project)
    assert units.grid == (4, 8, 16, 32, 64)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hidden.unit=1,2", r"Dense 'hidden' has no parameter 'unit'. Did you mean 'units'\?"),
        ("hiden.units=1,2", r"no layer 'hiden' to tune. Did you mean 'hidden'\?"),
        ("hidden.units=1,many", "units must be a whole number"),
        ("hidden.units", "is not a search dimension. Write PATH=VALUES"),
        ("hidden.units=0:5", "units"),
        ("drop.rate=log:0:0.5", "must be above 0"),
        ("drop.rate=0.5:0.1", "is empty"),
        ("training.epoch=1,2", r"Did you mean 'epochs'\?"),
        ("training.optimizer=Adam,SDG", "SDG"),
        ("hidden.activation=1:2", "is not a number"),
    ],
)
def test_what_cannot_be_varied_is_said(project, text, says):
    with pytest.raises(UserError, match=says):
        parse_dimension(text, project)


def test_a_variant_is_the_project_with_other_values(project):
    found = apply_values(
        project, {"drop.on": False, "hidden.units": 3, RATE: 0.5, "training.epochs": 2}
    )
    assert [node.id for node in found.graph.nodes] == ["input", "hidden", "out"]
    assert found.graph.edges == (("input", "hidden"), ("hidden", "out"))
    assert found.graph.by_id["hidden"].params["units"] == 3
    assert found.training.optimizer.params["learning_rate"] == 0.5
    assert found.training.epochs == 2
    other = apply_values(project, {"training.optimizer": "SGD"})
    assert other.training.optimizer == Choice("SGD", {"learning_rate": 0.01})


def test_each_method_stays_in_its_space(project):
    varied = (
        parse_dimension("hidden.units=2,4", project),
        parse_dimension("drop.rate=0.1:0.5", project),
    )
    assert StudyPlan(project, Path(), varied).chosen == "random"
    assert StudyPlan(project, Path(), varied[:1]).chosen == "grid"
    assert StudyPlan(project, Path(), varied).grid_size == 10
    for name in METHODS:
        plan = StudyPlan(project, Path(), varied, 10, name, 3)
        done: list[Trial] = []
        for number in range(8):
            values = next_values(plan, done)
            assert values["hidden.units"] in {2, 4}, name
            assert 0.1 <= values["drop.rate"] <= 0.5
            done.append(Trial(values, float(number), 1))
        assert len({json.dumps(dict(one.values)) for one in done}) == 8
        assert next_values(plan, done[:4]) == done[4].values, "the same after a kill"
        assert next_values(replace(plan, seed=4), done[:4]) != done[4].values


@pytest.mark.slow
def test_the_rate_that_learns_wins_and_a_kill_loses_nothing(project, tmp_path):
    """Of a rate that does nothing, a good one, and one that only jumps, the good one is known."""
    varied = (
        parse_dimension(f"{RATE}=1e-7,0.03,30", project),
        parse_dimension("training.batch_size=16,17", project),
    )
    plan = StudyPlan(project, tmp_path, varied, file=tmp_path / "trials.jsonl")
    assert (plan.chosen, plan.count) == ("grid", 6)
    so_far: list[int] = []
    first = study.run_study(
        plan, on_trial=lambda one: so_far.append(1), stop=lambda: len(so_far) == 2
    )
    assert len(first.trials) == 2
    seen: list[int] = []
    found = study.run_study(plan, on_trial=lambda one: seen.append(len(one.trials)))
    assert seen[0] == len(first.trials) + 1
    assert found.trials[: len(first.trials)] == first.trials
    assert len(found.trials) == 6
    assert found.best.values[RATE] == 0.03
    assert found.project.training.optimizer.params["learning_rate"] == 0.03
    assert found.importance[RATE] > 0.7
    assert sum(found.importance.values()) == pytest.approx(1)
    assert all(trial.score is not None for trial in found.trials)
    with pytest.raises(UserError, match="belong to another project or search space"):
        study.read_trials(replace(plan, seed=5))
    # A line that was being written when the program was killed is passed over.
    text = (tmp_path / "trials.jsonl").read_text()
    (tmp_path / "trials.jsonl").write_text(text[:-30])
    assert len(study.read_trials(plan)) == 5


@pytest.mark.slow
def test_bayes_comes_nearer_to_a_known_minimum_than_chance(project):
    """A bowl whose lowest place is known: a rate of 0.003 and 0.2 of dropout."""
    varied = (
        parse_dimension(f"{RATE}=log:1e-5:1", project),
        parse_dimension("drop.rate=0.0:0.9", project),
    )

    def off(values: dict[str, Any]) -> float:
        return math.log10(values[RATE] / 0.003) ** 2 + 4 * (values["drop.rate"] - 0.2) ** 2

    def best_of(method: str, seed: int) -> float:
        plan, done = StudyPlan(project, Path(), varied, 40, method, seed), list[Trial]()
        for _ in range(plan.count):
            values = next_values(plan, done)
            assert values is not None
            done.append(Trial(values, 0.01 + off(values), 1))
        return min(off(dict(one.values)) for one in done)

    found = {name: sorted(best_of(name, seed) for seed in range(5)) for name in METHODS}
    assert found["bayes"][2] < 0.01
    assert found["bayes"][2] < found["random"][2] / 3


@pytest.mark.parametrize("method", METHODS)
def test_a_search_ends_where_every_combination_was_tried(project, method):
    varied = (parse_dimension("hidden.units=2,3,4,5,6,7", project),)
    plan = StudyPlan(project, Path(), varied, 20, method)
    done = [Trial({"hidden.units": units}, float(units), 1) for units in range(2, 8)]
    assert next_values(plan, done) is None
    for lost in done:
        left = [one for one in done if one is not lost]
        assert next_values(plan, left) == lost.values


def test_a_trial_that_failed_is_no_place_to_look_again(project):
    """Rates above 0.1 fail: of the trials that follow, most are below."""
    varied = (parse_dimension(f"{RATE}=log:1e-5:1000", project),)
    plan, done = StudyPlan(project, Path(), varied, 30, "bayes", 1), list[Trial]()
    for _ in range(plan.count):
        values = next_values(plan, done)
        assert values is not None
        fails = values[RATE] > 0.1
        score = None if fails else abs(math.log10(values[RATE]) + 3)
        done.append(Trial(values, score, 1, failed="no number" if fails else ""))
    assert sum(bool(one.failed) for one in done[15:]) <= 3


def test_values_that_are_no_numbers_are_sampled_and_weighed(project):
    line = 'hidden.kernel_regularizer={"name":"L2","params":{"l2":0.1}},null'
    varied = (parse_dimension(line, project), parse_dimension("drop.on=yes,no", project))
    for method in METHODS:
        plan, done = StudyPlan(project, Path(), varied, 4, method), list[Trial]()
        while (values := next_values(plan, done)) is not None:
            done.append(Trial(values, 2.0 if values["drop.on"] else 1.0, 1))
        assert len(done) == 4
    shares = importance(varied, done)
    assert shares["drop.on"] > 0.9 and sum(shares.values()) == pytest.approx(1)


def test_pruned_trials_rank_apart(project, tmp_path):
    """A pruned trial's score is of fewer epochs: however low, it ranks below complete ones."""
    varied = (parse_dimension("hidden.units=2,3,4,5,6", project),)
    plan = StudyPlan(project, tmp_path, varied, method="grid")
    scores = ((0.5, False), (0.1, True), (0.4, False), (None, False), (0.3, True))
    trials = tuple(
        Trial({"hidden.units": units}, score, 5, pruned, failed="" if score else "no number")
        for units, (score, pruned) in enumerate(scores, 2)
    )
    found = study.Study(plan, trials)
    assert [one.score for one in found.ranked] == [0.4, 0.5, 0.1, 0.3, None]
    assert found.best is trials[2]
    assert study.Study(plan, trials[1:2]).best is trials[1], "where none is complete"
    first, second = found.ranked[:2]
    alike = [replace(one, rows=(0.1, 0.9, 0.4, 0.5), held=4) for one in (first, second, trials[1])]
    assert study.Study(plan, tuple(alike)).as_good == (alike[1],)
    whole = importance(varied, [one for one in trials if not one.pruned])
    assert importance(varied, trials) == whole


def test_what_cannot_train_is_a_trial_too(tmp_path, project):
    varied = (
        parse_dimension("out.units=1,3", project),
        parse_dimension("training.epochs=1", project),
    )
    found = study.run_study(StudyPlan(project, tmp_path, varied))
    by_units = {trial.values["out.units"]: trial for trial in found.trials}
    assert by_units[3].score is None and by_units[3].failed
    assert found.best is by_units[1] and by_units[1].score is not None


def test_a_variant_that_others_had_left_behind_is_ended():
    """Four others were at 0.5 after three epochs: one at 0.6 is worse than their median."""

    class Run:
        stopped = False

        def stop(self) -> None:
            self.stopped = True

    def epochs(*losses: float) -> EpochEnd:
        found = {"val_loss": np.array(losses, np.float32)}
        return EpochEnd(len(losses), 1, {}, found, 10, 1, 0.01, 0.0)

    others = [Trial({}, 0.1, 10, curve=(0.9, 0.7, 0.5, *([0.1] * 7))) for _ in range(4)]
    for loss, pruned, count in ((0.6, True, 4), (0.4, False, 4), (0.6, False, 3)):
        judge = TrialObserver(others[:count], 10, True, None, lambda: False)
        judge.session = Run()
        judge.on_event(epochs(1.0, 0.8, loss))
        assert (judge.pruned, judge.session.stopped) == (pruned, pruned)
    spared = TrialObserver(others, 10, False, None, lambda: False)
    spared.on_event(epochs(1.0, 0.8, 0.6))
    assert not spared.pruned


def test_a_lucky_epoch_is_kept_by_the_plan(project, tmp_path):
    """What was judged best is epoch 3 of a zigzag: without keeping it the last one would count."""
    plan = StudyPlan(project, tmp_path, (parse_dimension(f"{RATE}=0.01,0.1", project),))
    lucky = Trial({RATE: 0.1}, 0.2, 5, curve=(0.9, 0.5, 0.2, 0.8, 0.9))
    steady = Trial({RATE: 0.01}, 0.3, 5, curve=(0.9, 0.6, 0.5, 0.4, 0.3))
    assert lucky.best_epoch == 3
    assert steady.best_epoch == 5
    taken = study.with_best(study.Study(plan, (lucky, steady)), project)
    assert [one.name for one in taken.training.callbacks] == ["RestoreBestWeights"]
    assert study.with_best(study.Study(plan, (lucky, steady)), taken).training == taken.training
    assert study.with_best(study.Study(plan, (steady,)), project).training.callbacks == ()
    stops = Choice("EarlyStopping", {"restore_best_weights": True})
    kept = replace(project, training=replace(project.training, callbacks=(stops,)))
    assert study.with_best(study.Study(plan, (lucky,)), kept).training.callbacks == (stops,)


def test_a_winner_that_chance_may_have_chosen_is_said_to_be_one():
    """Rows of 0 and 1 in turn: 0.02 less in every row is no chance, 0.02 in the mean of some is."""
    plan = StudyPlan(Project(), Path(), ())
    rows = np.tile([0.0, 1.0], 25)
    random = np.random.default_rng(0)

    def trial(rate: float, values: np.ndarray, held: int | None = 50) -> Trial:
        found = tuple(float(one) for one in values)
        return Trial({RATE: rate}, float(values.mean()), 5, held=held, rows=found)

    best = trial(0.1, rows)
    behind = trial(0.2, rows + 0.02 + random.normal(0, 0.01, 50))
    shuffled = trial(0.3, random.permutation(rows) + 0.02)
    assert Study(plan, (best, behind)).caution == "", "each row says so"
    found = Study(plan, (best, behind, shuffled))
    assert found.as_good == (shuffled,)
    assert found.caution.startswith("On 50 validation rows, 1 other trial (of 2)")
    assert "0.02 worse" in found.caution and "paired t-test" in found.caution
    # Which network is the smallest is no question where only the learning rate was varied.
    sized = [replace(one, values={"dense.units": 8}) for one in (best, shuffled)]
    assert "smallest" in Study(plan, tuple(sized)).caution
    assert "smallest" not in found.caution
    # scipy's own test draws the same line.
    from scipy.stats import ttest_rel

    assert ttest_rel(behind.rows, best.rows).pvalue < 0.05 < ttest_rel(shuffled.rows, rows).pvalue
    none = [replace(one, held=0, rows=()) for one in (best, behind)]
    assert Study(plan, tuple(none)).caution.startswith("There is no validation set")
    assert Study(plan, (best,)).caution == "", "one alone was not chosen"
    old = [replace(one, rows=()) for one in (best, shuffled)]
    assert Study(plan, tuple(old)).caution == "", "of a study from before, nobody knows"
    assert trial_from_json(json.loads(json.dumps(best.kept()))) == best


def test_many_rows_are_told_apart_as_well_by_the_means_of_groups():
    rows = np.random.default_rng(0).normal(size=(2, 10_500))
    grouped = judging._grouped
    few = judging.score_difference(*map(grouped, rows))
    whole = judging.score_difference(*(tuple(one) for one in rows))
    assert few is not None and whole is not None
    assert len(grouped(rows[0])) == 954, "of 11 rows each, 6 are left over"
    assert few.mean == pytest.approx(whole.mean, abs=1e-3)
    assert few.chance == pytest.approx(whole.chance, rel=0.1)


@pytest.mark.slow
def test_other_losses_are_compared_by_what_none_of_them_is(project, tmp_path):
    """Huber's number is smaller than that of the squares by its formula alone."""
    varied = (
        parse_dimension("training.loss=mean_squared_error,huber,mean_absolute_error", project),
    )
    plan = StudyPlan(project, tmp_path, varied)
    assert plan.plainly and not plan.prunes
    found = study.run_study(plan)
    for trial in found.trials:
        off = trial.measured["mean_absolute_error"]
        assert trial.score == pytest.approx(off, rel=1e-5), "all in the price's own units"
        assert trial.curve[trial.best_epoch - 1] < 5 < off
        assert np.mean(trial.rows) == pytest.approx(off, rel=1e-4)


def test_a_penalty_is_no_part_of_how_good_a_variant_is(project, tmp_path):
    """With a rate of next to nothing the weights stay as they are, so all are as good."""
    slow = replace(project.training, epochs=1, optimizer=Choice("SGD", {"learning_rate": 1e-12}))
    still = replace(project, training=slow, graph=chain(("out", "Dense", {"units": 1})))
    line = 'out.kernel_regularizer=null,{"name":"L2","params":{"l2":1.0}}'
    plan = StudyPlan(still, tmp_path, (parse_dimension(line, still),))
    assert not plan.prunes
    trials = study.run_study(plan).trials
    free, punished = sorted(
        trials, key=lambda one: one.values["out.kernel_regularizer"] is not None
    )
    assert punished.curve[0] > free.curve[0] + 0.01, "measured with its penalty"
    assert punished.score == pytest.approx(free.score, rel=1e-5)
    assert format_setting(punished.values["out.kernel_regularizer"]) == "L2 (1)"


def test_the_score_is_that_of_the_weights_that_are_kept(project, tmp_path):
    varied = (parse_dimension(f"{RATE}=0.05,0.3", project),)
    for trial in study.run_study(StudyPlan(project, tmp_path, varied)).trials:
        assert trial.score == min(trial.curve) == trial.curve[trial.best_epoch - 1]
        assert np.mean(trial.rows) == pytest.approx(trial.score, rel=1e-4), "judged at that epoch"


def test_a_part_of_a_grid_is_not_its_first_corner(project, tmp_path):
    varied = (
        parse_dimension("hidden.units=4,8,16", project),
        parse_dimension(f"{RATE}=1e-4,1e-3,1e-2", project),
    )
    part = StudyPlan(project, tmp_path, varied, 4, "grid")
    assert part.words == "4 trials of 9 combinations, drawn at random"
    assert StudyPlan(project, tmp_path, varied).words == "9 trials: every combination"
    done: list[Trial] = []
    whole = replace(part, trials=9)
    while (values := next_values(whole, done)) is not None:
        done.append(Trial(values, 1.0, 1))
    assert len(done) == 9
    assert len({one.values["hidden.units"] for one in done[:4]}) > 1
    assert next_values(part, done[:3]) == done[3].values, "the same after a kill"
    assert next_values(part, done[:4]) is None


def test_a_grid_too_large_to_list_is_sampled(project):
    lines = ("hidden.units=2:64", "drop.rate=0:0.9", f"{RATE}=log:1e-5:1", "training.epochs=1:9")
    wide = [parse_dimension(line, project) for line in (*lines, "training.batch_size=8:64")]
    wide.append(parse_dimension("training.seed=1:99", project))
    plan = StudyPlan(project, Path(), tuple(wide), 4, "grid")
    assert plan.grid_size == 5**6
    values = next_values(plan, [])
    assert all(values[dimension.path] in dimension.grid for dimension in wide)


def test_where_none_could_train_it_says_why(project, tmp_path):
    found = study.run_study(
        StudyPlan(project, tmp_path, (parse_dimension("out.units=2,3", project),))
    )
    first = found.trials[0].values["out.units"]
    assert found.failure.startswith(
        f"No trial could be trained. The network ends in Dense 'out' with {first}"
    )
    assert "other reasons" in found.failure
