"""Runs are recorded, listed, renamed, deleted, compared and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.runs import store
from netbuilder.core.engine.runs.differences import differences
from netbuilder.core.engine.session import Session
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits import append_layer, remove_nodes, set_params, set_training
from netbuilder.core.project.model import Choice, Data, Project

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


def test_a_run_is_recorded_and_found_again(
    chain: Callable[..., Project], dataset: Callable[..., Any], numbers: tuple[Any, Any]
) -> None:
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20, tested=10)
    session = Session(chain(NET, epochs=3), data, compilation="graph")
    trained = session.run()
    (run,) = store.list_runs()
    assert run.id == session.run_id
    assert run.project == trained.project
    assert (run.epochs, run.reason, run.test) == (3, "done", trained.test)
    assert run.versions["keras"] and run.machine["processors"]
    kept = store.rows(run)
    assert {k: v.tolist() for k, v in kept.epochs.items()} == trained.history
    assert len(kept.steps["loss"]) == 3 * 3

    store.rename(run.id, "The good one")
    session.train_more(2)
    session.run()
    (run,) = store.list_runs()
    assert (run.name, run.epochs) == ("The good one", 5)

    other = Session(chain(NET, epochs=1, seed=9), data, compilation="graph")
    other.run()
    assert len(store.list_runs()) == 2
    store.delete(run.id)
    assert [entry.id for entry in store.list_runs()] == [other.run_id]
    with pytest.raises(UserError, match="cannot be read"):
        store.load(run.id)


def test_runs_of_a_nameless_project_are_named_by_their_data(
    chain: Callable[..., Project], dataset: Callable[..., Any], numbers: tuple[Any, Any]
) -> None:
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    nameless = replace(chain(NET, epochs=1), name=Project().name)
    for recipe in (Data("builtin", name="iris"), Data("csv", path="files/houses.csv")):
        for _ in range(2):
            Session(replace(nameless, data=recipe), data, compilation="graph").run()
    Session(replace(nameless, name="Mine"), data, compilation="graph").run()
    names = sorted(run.name for run in store.list_runs())
    assert names == ["Mine", "houses · run 1", "houses · run 2", "iris · run 1", "iris · run 2"]


def test_a_damaged_record_is_passed_over(tmp_path: Path) -> None:
    place = store.folder() / "broken"
    place.mkdir()
    (place / "run.json").write_text('{"name": "x", ')
    assert store.list_runs() == []
    outside = tmp_path / "precious"
    outside.mkdir()
    store.delete("../../../precious")
    assert outside.exists()


def test_differences_say_what_was_changed(chain: Callable[..., Project]) -> None:
    old = chain(NET)
    assert differences(old, replace(old, name="Other")) == ()
    new = set_params(old, "a", units=16, activation=...)
    new = append_layer(new, "Dropout", params={"rate": 0.5})
    new = set_training(new, batch_size=64, optimizer=Choice("SGD", {"learning_rate": 0.1}))
    texts = [str(entry) for entry in differences(old, new)]
    assert "a units: 8 → 16" in texts
    assert "a activation: tanh removed" in texts
    assert "dropout: Dropout added" in texts
    assert "batch_size: 32 → 64" in texts
    assert "optimizer: Adam → SGD (learning_rate 0.1)" in texts
    back = [str(entry) for entry in differences(new, remove_nodes(new, ["dropout"]))]
    assert "dropout: Dropout removed" in back
    assert np.all(
        [entry.where in ("network", "data", "training") for entry in differences(old, new)]
    )
