"""A search among variants: what wins, what is kept of it, and variants in other processes."""

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import psutil
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from netbuilder.core.engine.events import EpochEnd
from netbuilder.core.engine.runs.differences import format_setting
from netbuilder.core.errors import UserError
from netbuilder.core.process.worker_process import ResourceLimits, WorkerProcess
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Choice, Data, Project, Training
from netbuilder.core.results.tuning import study, trial as judging
from netbuilder.core.results.tuning.sampling import importance
from netbuilder.core.results.tuning.search_space import (
    SearchDimension,
    apply_values,
    format_dimension,
    parse_dimension,
)
from netbuilder.core.results.tuning.study import Study, StudyPlan, next_values
from netbuilder.core.results.tuning.train_trial import TrialObserver
from netbuilder.core.results.tuning.trial import Trial, trial_from_json
from netbuilder.core.results.tuning.trial_pool import LEAST_MB, fitting_jobs
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


@pytest.fixture
def kept_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    houses(100, 1).to_csv(tmp_path / "houses.csv", index=False)
    graph = chain(
        ("hidden", "Dense", {"units": 8}), ("drop", "Dropout", {}), ("out", "Dense", {"units": 1})
    )
    data = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    return Project("Houses", graph, data, Training(optimizer=Choice("Adam"), epochs=2))


@pytest.mark.parametrize(
    "line",
    [
        f"{RATE}=log:0.0001:0.1",
        "hidden.units=2:64",
        "drop.rate=0.1:0.5",
        "hidden.units=2,4,8",
        "hidden.activation=relu,none",
        'hidden.kernel_regularizer={"name":"L2","params":{"l2":0.1}},none',
        "drop.on=yes,no",
        "training.optimizer=Adam,SGD",
    ],
)
def test_what_is_varied_is_written_as_it_is_read(kept_project, line):
    one = parse_dimension(line, kept_project)
    assert parse_dimension(format_dimension(one), kept_project) == one


def _search(project: Project, base: Path, *varied: SearchDimension, trials: int = 4) -> StudyPlan:
    plan = study.with_default_file(StudyPlan(project, base, varied, trials, "random", prune=False))
    study.run_study(plan)
    return plan


@pytest.mark.slow
def test_the_search_of_a_project_is_found(kept_project, tmp_path):
    assert study.newest_study(kept_project, tmp_path) is None
    varied = (
        parse_dimension("hidden.units=2:64", kept_project),
        parse_dimension("drop.on=yes,no", kept_project),
    )
    plan = _search(kept_project, tmp_path, *varied)
    named = replace(kept_project, name="Bonn")
    moved = edits.move_nodes(named, {"hidden": (3.0, 4.0)})
    found = study.newest_study(moved, tmp_path)
    assert found is not None and found.plan == plan
    assert found.trials == tuple(study.read_trials(plan)) and found.best is not None
    assert replace(found.plan, project=moved).mark == plan.mark, "it is gone on with"
    # With a variant on the canvas, its layer taken away, and another plan.
    off = next(one for one in found.trials if not one.values["drop.on"])
    taken = edits.set_training(study.with_trial(off, kept_project), epochs=7)
    assert len(taken.graph.nodes) < len(kept_project.graph.nodes)
    assert study.newest_study(taken, tmp_path) is not None
    # Of other data, of the same name elsewhere, or of another network it says nothing.
    other = edits.set_data(kept_project, replace(kept_project.data, path="others.csv"))
    assert study.newest_study(other, tmp_path) is None
    assert study.newest_study(kept_project, tmp_path / "home") is None
    assert study.newest_study(edits.remove_nodes(kept_project, ["hidden"]), tmp_path) is None


def test_what_was_looked_for_is_known_before_the_first_is_done(kept_project, tmp_path):
    plan = study.with_default_file(
        StudyPlan(
            kept_project,
            tmp_path,
            (parse_dimension(f"{RATE}=log:1e-4:1", kept_project),),
            400,
            "grid",
        )
    )
    study.run_study(plan, stop=lambda: True)
    found = study.newest_study(kept_project, tmp_path)
    assert found is not None and found.trials == ()
    assert (found.plan.trials, found.plan.method, found.plan.varied) == (400, "grid", plan.varied)


def test_what_was_done_is_tried_anew_and_the_oldest_go(kept_project, tmp_path):
    plan = _search(
        kept_project, tmp_path, parse_dimension("hidden.units=2:64", kept_project), trials=2
    )
    study.restart_if_complete(replace(plan, trials=3))
    assert len(study.read_trials(plan)) == 2, "three go on from two"
    for number in range(3):
        other = plan.file.with_name(f"{number}.jsonl")
        other.write_text("{}")
        os.utime(other, (number, number))
    study.prune_studies(2)
    assert {one.name for one in plan.file.parent.iterdir()} == {plan.file.name, "2.jsonl"}
    study.restart_if_complete(plan)
    assert study.read_trials(plan) == []


def _write_lines(plan: StudyPlan, trials: list[Trial]) -> None:
    """Write a file as releases without Optuna did: the plan, and a trial in each line."""
    head = {
        "format": "netbuilder-trials", "version": 1, "mark": plan.mark,
        "project": files.to_json(plan.project), "base": str(plan.base.absolute()),
        "varied": [format_dimension(one) for one in plan.varied], "trials": plan.trials,
        "method": plan.method, "seed": plan.seed, "prune": plan.prune,
    }  # fmt: skip
    lines = [json.dumps(head), *(json.dumps(one.kept()) for one in trials)]
    plan.file.write_text("\n".join(lines) + '\n{"values": {"hid')


def test_a_search_of_an_older_release_is_shown_and_continued(kept_project, tmp_path):
    """Its last line was being written when the program was killed."""
    varied = (parse_dimension("hidden.units=2:64", kept_project),)
    plan = study.with_default_file(
        StudyPlan(kept_project, tmp_path, varied, 5, "bayes", prune=False)
    )
    old = [
        Trial({"hidden.units": units}, score, 2, curve=(1.0, score), held=20)
        for units, score in ((8, 0.5), (64, 0.3), (2, 0.9))
    ]
    _write_lines(plan, old)
    found = study.newest_study(kept_project, tmp_path)
    assert found is not None and (found.plan, found.trials) == (plan, tuple(old))
    assert found.importance == {"hidden.units": pytest.approx(1)}
    whole = study.run_study(plan)
    assert whole.trials[:3] == tuple(old) and len(whole.trials) == 5
    again = study.newest_study(kept_project, tmp_path)
    assert again is not None and (again.plan, again.trials) == (plan, whole.trials)


def test_trials_are_a_journal_of_optuna(kept_project, tmp_path, capfd):
    """Any tool of Optuna reads it; its last line may be torn; nothing is said meanwhile."""
    varied = (parse_dimension("hidden.units=2:64", kept_project),)
    plan = _search(kept_project, tmp_path, *varied, trials=3)
    assert "Trial" not in capfd.readouterr().err
    backend = JournalFileBackend(str(plan.file))
    journal = optuna.load_study(study_name=None, storage=JournalStorage(backend))
    trials = study.read_trials(plan)
    assert [one.value for one in journal.trials] == [one.score for one in trials]
    assert list(journal.trials[0].intermediate_values.values()) == list(trials[0].curve)
    plan.file.write_text(plan.file.read_text()[:-30])
    assert study.read_trials(plan) == trials[:2]
    assert study.run_study(plan).trials == (*trials[:2], replace(study.read_trials(plan)[2]))
    assert [one.values for one in study.read_trials(plan)] == [one.values for one in trials]
    plan.file.write_text("no trials\n")
    with pytest.raises(UserError) as raised:
        study.read_trials(plan)
    assert raised.value.code == "study_file_invalid"


@pytest.fixture
def small_project(tmp_path: Path) -> Project:
    houses(120, 1).to_csv(tmp_path / "houses.csv", index=False)
    graph = chain(
        ("hidden", "Dense", {"units": 4, "activation": "relu"}), ("out", "Dense", {"units": 1})
    )
    data = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    plan = Training(optimizer=Choice("Adam", {"learning_rate": 0.01}), epochs=4, seed=1)
    return Project("Houses", graph, data, plan)


def test_processes_fit_processors_and_memory():
    cores = os.cpu_count() or 1
    assert fitting_jobs(1, 10_000) == (1, 10_000)
    assert fitting_jobs(64, 1_000_000)[0] == min(64, cores)
    assert fitting_jobs(64, LEAST_MB)[0] == 1
    count, each = fitting_jobs(cores, 100_000)
    assert count * each <= 100_000


@pytest.mark.slow
def test_two_at_once_find_the_same_as_one(small_project, tmp_path):
    varied = (
        parse_dimension(f"{RATE}=1e-7,0.03", small_project),
        parse_dimension("out.units=1,3", small_project),
    )
    told: list[float] = []
    plan = StudyPlan(small_project, tmp_path, varied)
    found = study.run_study(
        plan, jobs=2, memory_mb=8_000, on_epoch=lambda values, _curve: told.append(values[RATE])
    )
    alone = study.run_study(plan)
    assert len(found.trials) == 4
    by_values = {json.dumps(dict(one.values)): one for one in found.trials}
    for one in alone.trials:
        other = by_values[json.dumps(dict(one.values))]
        assert (other.score is None) == (one.score is None)
        if one.score is not None:
            assert other.score == pytest.approx(one.score, rel=1e-3)
    assert found.best.values == {RATE: 0.03, "out.units": 1}
    assert set(told) == {1e-7, 0.03}, "curves of all come while they learn"


def test_too_much_memory_ends_one_process():
    worker = WorkerProcess(
        "netbuilder.core.results.tuning.tuning_worker",
        ResourceLimits(None, 50),
        lambda: False,
        "died",
    )
    answer = worker.ask({"values": {}})
    worker.end()
    assert answer["failed"]
    assert "more than 50 MB" in answer["message"]


@pytest.mark.slow
def test_a_killed_study_goes_on(small_project, tmp_path):
    files.write(small_project, tmp_path / "p.netbuilder")
    trials = tmp_path / "trials.jsonl"
    command = [
        sys.executable, "-m", "netbuilder", "tune", str(tmp_path / "p.netbuilder"),
        "--vary", "hidden.units=2,3,4,5,6,7", "--epochs", "60", "--no-pruning",
        "--study", str(trials), "--jobs", "2", "--json",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while time.monotonic() < until and len(_lines(trials)) < 4:
        assert process.poll() is None, "it was done before it could be killed"
        time.sleep(0.02)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    # Where the first process is slow to ask for them, ended ones are still listed.
    left = [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert not left, "no process stays behind"
    before = _lines(trials)
    assert 4 <= len(before) < 8, "two lines of the plan, and one of each trial"
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    assert f"after {len(before) - 2} of 6 trials" in done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert sorted(one["values"]["hidden.units"] for one in found["trials"]) == [2, 3, 4, 5, 6, 7]
    tried = [json.loads(line)["user_attrs"]["values"] for line in before[2:]]
    assert [one["values"] for one in found["trials"]][: len(tried)] == tried


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
