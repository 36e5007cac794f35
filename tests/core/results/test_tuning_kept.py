"""A search among variants is found again by its project."""

import json
import os
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from netbuilder.core.errors import UserError
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Choice, Data, Project, Training
from netbuilder.core.results.tuning import study
from netbuilder.core.results.tuning.search_space import (
    SearchDimension,
    format_dimension,
    parse_dimension,
)
from netbuilder.core.results.tuning.study import StudyPlan
from netbuilder.core.results.tuning.trial import Trial
from tests.core.results.conftest import chain, houses

RATE = "training.optimizer.learning_rate"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
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
def test_what_is_varied_is_written_as_it_is_read(project, line):
    one = parse_dimension(line, project)
    assert parse_dimension(format_dimension(one), project) == one


def _search(project: Project, base: Path, *varied: SearchDimension, trials: int = 4) -> StudyPlan:
    plan = study.with_default_file(StudyPlan(project, base, varied, trials, "random", prune=False))
    study.run_study(plan)
    return plan


@pytest.mark.slow
def test_the_search_of_a_project_is_found(project, tmp_path):
    assert study.newest_study(project, tmp_path) is None
    varied = (
        parse_dimension("hidden.units=2:64", project),
        parse_dimension("drop.on=yes,no", project),
    )
    plan = _search(project, tmp_path, *varied)
    named = replace(project, name="Bonn")
    moved = edits.move_nodes(named, {"hidden": (3.0, 4.0)})
    found = study.newest_study(moved, tmp_path)
    assert found is not None and found.plan == plan
    assert found.trials == tuple(study.read_trials(plan)) and found.best is not None
    assert replace(found.plan, project=moved).mark == plan.mark, "it is gone on with"
    # With a variant on the canvas, its layer taken away, and another plan.
    off = next(one for one in found.trials if not one.values["drop.on"])
    taken = edits.set_training(study.with_trial(off, project), epochs=7)
    assert len(taken.graph.nodes) < len(project.graph.nodes)
    assert study.newest_study(taken, tmp_path) is not None
    # Of other data, of the same name elsewhere, or of another network it says nothing.
    other = edits.set_data(project, replace(project.data, path="others.csv"))
    assert study.newest_study(other, tmp_path) is None
    assert study.newest_study(project, tmp_path / "home") is None
    assert study.newest_study(edits.remove_nodes(project, ["hidden"]), tmp_path) is None


def test_what_was_looked_for_is_known_before_the_first_is_done(project, tmp_path):
    plan = study.with_default_file(
        StudyPlan(project, tmp_path, (parse_dimension(f"{RATE}=log:1e-4:1", project),), 400, "grid")
    )
    study.run_study(plan, stop=lambda: True)
    found = study.newest_study(project, tmp_path)
    assert found is not None and found.trials == ()
    assert (found.plan.trials, found.plan.method, found.plan.varied) == (400, "grid", plan.varied)


def test_what_was_done_is_tried_anew_and_the_oldest_go(project, tmp_path):
    plan = _search(project, tmp_path, parse_dimension("hidden.units=2:64", project), trials=2)
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


def test_a_search_of_an_older_release_is_shown_and_continued(project, tmp_path):
    """Its last line was being written when the program was killed."""
    varied = (parse_dimension("hidden.units=2:64", project),)
    plan = study.with_default_file(StudyPlan(project, tmp_path, varied, 5, "bayes", prune=False))
    old = [
        Trial({"hidden.units": units}, score, 2, curve=(1.0, score), held=20)
        for units, score in ((8, 0.5), (64, 0.3), (2, 0.9))
    ]
    _write_lines(plan, old)
    found = study.newest_study(project, tmp_path)
    assert found is not None and (found.plan, found.trials) == (plan, tuple(old))
    assert found.importance == {"hidden.units": pytest.approx(1)}
    whole = study.run_study(plan)
    assert whole.trials[:3] == tuple(old) and len(whole.trials) == 5
    again = study.newest_study(project, tmp_path)
    assert again is not None and (again.plan, again.trials) == (plan, whole.trials)


def test_trials_are_a_journal_of_optuna(project, tmp_path, capfd):
    """Any tool of Optuna reads it; its last line may be torn; nothing is said meanwhile."""
    varied = (parse_dimension("hidden.units=2:64", project),)
    plan = _search(project, tmp_path, *varied, trials=3)
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
