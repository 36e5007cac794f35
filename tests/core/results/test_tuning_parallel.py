"""Variants in processes of their own: the same ones, a kill loses none, memory has a bound."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from netbuilder.core.process.worker_process import ResourceLimits, WorkerProcess
from netbuilder.core.project import files
from netbuilder.core.project.model import Choice, Data, Project, Training
from netbuilder.core.results.tuning import study
from netbuilder.core.results.tuning.search_space import parse_dimension
from netbuilder.core.results.tuning.study import StudyPlan
from netbuilder.core.results.tuning.trial_pool import LEAST_MB, fitting_jobs
from tests.core.results.conftest import chain, houses

RATE = "training.optimizer.learning_rate"


@pytest.fixture
def project(tmp_path: Path) -> Project:
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
def test_two_at_once_find_the_same_as_one(project, tmp_path):
    varied = (
        parse_dimension(f"{RATE}=1e-7,0.03", project),
        parse_dimension("out.units=1,3", project),
    )
    told: list[float] = []
    plan = StudyPlan(project, tmp_path, varied)
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
def test_a_killed_study_goes_on(project, tmp_path):
    files.write(project, tmp_path / "p.netbuilder")
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
