"""Runs are recorded, listed, renamed, deleted, compared and brought back."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.runs.differences import distinct_choices, project_differences
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits import append_layer, remove_nodes, set_params, set_training
from netbuilder.core.project.model import Choice, Data, Project
from tests.few import few

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


def test_a_run_is_recorded_and_found_again(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20, tested=10)
    session = Session(chain(NET, epochs=3), data, computation=Computation("graph"))
    trained = session.run()
    (run,) = run_store.list_runs()
    assert run.id == session.run_id
    assert run.project == trained.project
    assert (run.epochs, run.reason, run.test) == (3, "done", trained.test)
    assert run.versions["keras"] and run.machine["processors"]
    kept = run_store.load_rows(run)
    assert {k: v.tolist() for k, v in kept.epochs.items()} == trained.history
    assert len(kept.steps["loss"]) == 3 * 3

    run_store.rename_run(run.id, "The good one")
    session.train_more(2)
    session.run()
    (run,) = run_store.list_runs()
    assert (run.name, run.epochs) == ("The good one", 5)

    other = Session(chain(NET, epochs=1, seed=9), data, computation=Computation("graph"))
    other.run()
    assert len(run_store.list_runs()) == 2
    run_store.delete_run(run.id)
    assert [entry.id for entry in run_store.list_runs()] == [other.run_id]
    with pytest.raises(UserError) as caught:
        run_store.load_run(run.id)
    assert caught.value.code == "run_not_read"


def test_runs_of_a_nameless_project_are_named_by_their_data(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    nameless = replace(chain(NET, epochs=1), name=Project().name)
    for recipe in (Data("builtin", name="iris"), Data("csv", path="files/houses.csv")):
        for _ in range(2):
            Session(replace(nameless, data=recipe), data, computation=Computation("graph")).run()
    Session(replace(nameless, name="Mine"), data, computation=Computation("graph")).run()
    names = sorted(run.name for run in run_store.list_runs())
    assert names == ["Mine", "houses · run 1", "houses · run 2", "iris · run 1", "iris · run 2"]


def test_runs_of_a_project_with_a_name_are_counted(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    mine = replace(chain(NET, epochs=1), name="Mine")
    for epochs in (1, 2, 3):
        Session(set_training(mine, epochs=epochs), data, computation=Computation("graph")).run()
    runs = run_store.list_runs()
    assert [run.name for run in runs] == ["Mine · run 3", "Mine · run 2", "Mine"]
    earlier = run_store.previous_run(runs[0], runs)
    assert earlier is runs[1]
    assert [str(one) for one in project_differences(earlier.project, runs[0].project)] == [
        "epochs: 2 → 3"
    ]
    assert run_store.previous_run(runs[2], runs) is None


@pytest.mark.parametrize(
    "callback",
    few(
        [
            Choice("RestoreBestWeights"),
            Choice("EarlyStopping", {"patience": 50, "restore_best_weights": True}),
            None,
        ],
        Choice("RestoreBestWeights"),
    ),
)
def test_a_run_says_the_numbers_of_the_epoch_that_it_kept(chain, dataset, numbers, callback):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    project = chain(
        NET, epochs=12, callbacks=() if callback is None else (callback,),
        optimizer=Choice("Adam", {"learning_rate": 0.3}),
    )  # fmt: skip
    session = Session(project, data, computation=Computation("graph"))
    trained = session.run()
    if callback is None:
        assert (trained.kept_epoch, run_store.load_run(session.run_id).kept) == (0, {})
        session.go_back_to_best()
        trained = session.run()
    held = trained.history["val_loss"]
    assert 0 < trained.kept_epoch == held.index(min(held)) + 1 < trained.epochs, held
    run = run_store.load_run(session.run_id)
    assert run.kept_epoch == trained.kept_epoch
    measured = trained.training_model.evaluate(x[80:], y[80:], verbose=0)
    assert run.kept["val_loss"] == pytest.approx(measured, rel=1e-4)
    assert run.last["val_loss"] == pytest.approx(held[-1])
    # What is trained from there on is of no earlier epoch.
    if callback is None:
        session.train_more(1)
        assert session.run().kept_epoch == 0

    # A record of before it said so has it in its plan and its curves.
    if callback is not None:
        path = run_store.runs_folder() / session.run_id / "run.json"
        value = json.loads(path.read_text())
        del value["kept_epoch"], value["kept"]
        path.write_text(json.dumps(value))
        old = run_store.load_run(session.run_id)
        assert (old.kept_epoch, old.kept) == (run.kept_epoch, run.kept)


def test_a_run_that_goes_on_began_when_it_began(chain, dataset, numbers):
    x, y = numbers
    session = Session(chain(NET, epochs=1), dataset({"input": x}, {"out": y}))
    before = datetime.now(UTC)
    session.run()
    began = run_store.load_run(session.run_id).started
    assert before <= datetime.fromisoformat(began), "and no pause before its end moves that"
    session.train_more(2)
    session.run()
    run = run_store.load_run(session.run_id)
    assert (run.epochs, run.started) == (3, began)


def test_points_that_differ_are_counted():
    old = Project(data=Data("builtin", name="moons"))
    points = {"added": [[0.1, 0.2, "orange"], [0.3, 0.2, "orange"]]}
    new = replace(old, data=replace(old.data, options={"points": points}))
    (found,) = project_differences(old, new)
    assert str(found) == "points: unchanged → 2 points added"
    moved = {"added": [[0.1, 0.9, "orange"], [0.3, 0.2, "orange"]]}
    other = replace(old, data=replace(old.data, options={"points": moved}))
    (found,) = project_differences(new, other)
    assert str(found) == "points: 2 points added → 2 points added, in other places"


def test_a_damaged_record_is_passed_over(tmp_path):
    place = run_store.runs_folder() / "broken"
    place.mkdir()
    (place / "run.json").write_text('{"name": "x", ')
    assert run_store.list_runs() == []
    outside = tmp_path / "precious"
    outside.mkdir()
    run_store.delete_run("../../../precious")
    assert outside.exists()


def test_differences_say_what_was_changed(chain):
    old = chain(NET)
    assert project_differences(old, replace(old, name="Other")) == ()
    new = set_params(old, "a", units=16, activation=...)
    new = append_layer(new, "Dropout", params={"rate": 0.5})
    new = set_training(new, batch_size=64, optimizer=Choice("SGD", {"learning_rate": 0.1}))
    texts = [str(entry) for entry in project_differences(old, new)]
    assert "a units: 8 → 16" in texts
    assert "a activation: tanh removed" in texts
    assert "dropout: Dropout added" in texts
    assert "batch_size: 32 → 64" in texts
    assert "optimizer: Adam → SGD (learning_rate 0.1)" in texts
    back = [str(entry) for entry in project_differences(new, remove_nodes(new, ["dropout"]))]
    assert "dropout: Dropout removed" in back
    assert np.all(
        [entry.where in ("network", "data", "training") for entry in project_differences(old, new)]
    )


def put(run_id, like, name=""):
    """A record like another one, under another id."""
    place = run_store.runs_folder() / run_id
    shutil.copytree(like, place)
    value = json.loads((place / "run.json").read_text())
    value |= {"name": name or run_id, "started": f"2026-01-01T00:{run_id[-2:]}:00+00:00"}
    (place / "run.json").write_text(json.dumps(value))
    return place


@pytest.fixture
def one(chain, dataset, numbers):
    """A recorded run's folder."""
    x, y = numbers
    session = Session(chain(NET, epochs=1), dataset({"input": x}, {"out": y}))
    session.run()
    return run_store.runs_folder() / session.run_id


def test_the_index_says_what_the_records_say(one):
    for number in range(5):
        put(f"20260101-0000{number:02}", one)
    names = {run.name for run in run_store.list_runs()}
    assert len(names) == 6
    assert (run_store.runs_folder() / "index.sqlite").is_file()
    # Changed, taken away and added behind its back, damaged, or no index at all: still the truth.
    run_store.rename_run("20260101-000003", "renamed")
    shutil.rmtree(run_store.runs_folder() / "20260101-000001")
    put("20260101-000009", one, "new")
    found = {run.id: run.name for run in run_store.list_runs()}
    assert found["20260101-000003"] == "renamed"
    assert "20260101-000001" not in found
    assert found["20260101-000009"] == "new"
    assert len(found) == 6
    (run_store.runs_folder() / "index.sqlite").write_bytes(b"no index" * 1000)
    assert {run.id: run.name for run in run_store.list_runs()} == found
    assert {run.id: run.name for run in run_store.list_runs()} == found


def test_old_runs_go_and_the_newest_stays(one, monkeypatch):
    for number in range(5):
        (put(f"20260101-0000{number:02}", one) / "network.h5").write_bytes(bytes(1000))
    assert run_store.run_limit() == run_store.USUAL_LIMIT
    assert run_store.prune_runs() == []
    run_store.set_run_limit(3)
    assert run_store.run_limit() == 3
    gone = run_store.prune_runs()
    assert gone == ["20260101-000002", "20260101-000001", "20260101-000000"]
    assert [run.id for run in run_store.list_runs()] == [
        one.name,
        "20260101-000004",
        "20260101-000003",
    ]
    # Networks together beyond the limit: those of old runs go, their curves stay.
    (one / "network.h5").write_bytes(bytes(5000))
    monkeypatch.setattr(run_store, "NETWORK_BYTES", 6500)
    run_store.prune_runs()
    kept = [place.parent.name for place in run_store.runs_folder().glob("*/network.h5")]
    assert sorted(kept) == ["20260101-000004", one.name]
    run_store.set_run_limit(0)
    assert run_store.prune_runs() == []


def test_runs_differ_in_layers_with_their_sizes_and_in_settings(chain):
    first = replace(chain(NET), data=Data("builtin", name="moons"))
    frozen = set_params(first, "a", units=64, trainable=False)
    again = set_training(
        append_layer(first, "Dropout"), epochs=7, batch_size=4, seed=9,
        optimizer=Choice("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    )  # fmt: skip
    weights = set_params(first, "a", kernel_initializer="he_normal")
    others = replace(first, data=Data("builtin", name="wine"))
    found = distinct_choices([first, frozen, again, weights, others])
    assert {"Dense 64 tanh", "Dense frozen"} <= set(found[1]) and "Dense 8 tanh" in found[0]
    told = {"SGD 0.1", "momentum 0.9", "7 epochs", "batch size 4", "seed 9"}
    assert told <= set(found[2]) and any(one.startswith("Dropout ") for one in found[2])
    assert found[3][0] == "Dense kernel initializer he_normal", "what the fewest have comes first"
    assert found[4] == (), "there is no other run on these rows"
