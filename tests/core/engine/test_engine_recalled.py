"""The newest run of a project is found again, and never that of another project."""

from dataclasses import replace

import pytest

from netbuilder.core.engine.events import Restored, Started
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.project.edits import move_nodes, set_params, set_training
from netbuilder.core.project.model import Choice, Data

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.fixture
def train(dataset, numbers):
    def run(project, base):
        data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
        session = Session(project, data, computation=Computation("graph"), storage=RunStorage(base))
        session.run()
        return session

    return run


def test_the_newest_run_of_the_same_project_is_found(chain, train, tmp_path):
    project = chain(NET, epochs=2)
    assert run_store.newest_run(project, tmp_path) is None
    sessions = [train(project, tmp_path) for _ in range(2)]
    train(set_params(project, "a", units=9), tmp_path)
    ids = sorted(session.run_id for session in sessions)
    found = run_store.newest_run(move_nodes(project, {"a": (5.0, 5.0)}), tmp_path / "elsewhere")
    assert found is not None and found.id == ids[-1]
    assert found.steps_per_epoch == 3
    run_store.rename_run(found.id, "Another name")
    again = run_store.newest_run(project, tmp_path)
    assert again is not None and (again.id, again.name) == (found.id, "Another name")
    for other in (
        set_params(project, "a", units=7),
        set_training(project, epochs=3),
        set_training(project, loss=Choice("huber")),
        # What is left to the data is another plan than the same loss chosen by hand.
        set_training(project, loss=None),
    ):
        assert run_store.newest_run(other, tmp_path) is None


@pytest.mark.slow
def test_a_run_on_other_data_is_another_projects(chain, train, tmp_path):
    project = replace(chain(NET, epochs=1), data=Data(kind="csv", path="rows.csv"))
    session = train(project, tmp_path / "here")
    found = run_store.newest_run(project, tmp_path / "here")
    assert found is not None and found.id == session.run_id
    assert run_store.newest_run(project, tmp_path / "there") is None, "another rows.csv"
    moved = replace(project, data=replace(project.data, path="../here/rows.csv"))
    found = run_store.newest_run(moved, tmp_path / "there")
    assert found is not None, "saved in another folder: the same rows.csv"
    whole = replace(project, data=replace(project.data, path=str(tmp_path / "here" / "rows.csv")))
    assert run_store.newest_run(whole, tmp_path) is not None


def test_a_run_that_goes_on_tells_all_of_its_past(chain, dataset, numbers, tmp_path):
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
    told: list[Event] = []

    def session(epochs):
        project = chain(NET, epochs=epochs)
        return Session(
            project,
            data,
            on_event=told.append,
            computation=Computation("graph"),
            storage=RunStorage(checkpoint_dir=tmp_path / "kept", resume=True),
        )

    first = session(3)
    first.set_learning_rate(0.003)
    first.set_learning_rate(0.002)
    first.run()
    assert not [event for event in told if isinstance(event, Restored)]
    told.clear()
    rest = session(5)
    rest.run()
    kinds = [type(event) for event in told]
    assert kinds.count(Restored) == 1 and kinds.index(Restored) < kinds.index(Started)
    past = next(event for event in told if isinstance(event, Restored))
    assert past.steps["loss"].tolist() == first.history.steps.columns()["loss"].tolist()
    assert {name: values.tolist() for name, values in past.history.items()} == (
        first.history.by_epoch()
    )
    # The two changes came at once, as of a slider that is dragged: they are one.
    assert past.changes == (Changed("learning_rate", 0.002, 0, 0),)
    run = run_store.load_run(rest.run_id)
    assert run.changes == past.changes
    told.clear()
    rest.train_more(1)
    rest.run()
    assert not [event for event in told if isinstance(event, Restored)]
