"""What reweighting or more rows would change for a group, where the right answer is known."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError
from netbuilder.core.project import edits
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Choice, Data, Project
from netbuilder.core.results.group_remedies import measure_remedies

ROWS, RARE = 600, 24


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Group A is "yes" above 0, the rare group B above 2: one threshold cannot serve both."""
    folder = tmp_path_factory.mktemp("groups")
    random = np.random.default_rng(3)
    group = np.where(np.arange(2 * ROWS) % ROWS < RARE, "B", "A")
    group[ROWS:] = np.where(np.arange(ROWS) % 2, "A", "B")
    x = random.uniform(-3, 3, 2 * ROWS)
    label = np.where(x > np.where(group == "A", 0, 2), "yes", "no")
    part = np.where(np.arange(2 * ROWS) < ROWS, "train", "test")
    frame = pd.DataFrame({"x": x, "group": group, "part": part, "label": label})
    frame.to_csv(folder / "rows.csv", index=False)
    return folder


def _project():
    project = Project("Groups", data=Data("csv", path="rows.csv", target=("label",)))
    project = edits.append_layer(edits.add_node(project, "Input"), "Dense",
                                 params={"units": 1, "activation": "sigmoid"})  # fmt: skip
    project = set_columns(project, ("group",), role="ignore")
    project = set_columns(project, ("part",), role="split")
    return edits.set_training(
        project, epochs=12, seed=1, optimizer=Choice("Adam", {"learning_rate": 0.05})
    )


@pytest.mark.slow
def test_reweighting_helps_the_rare_group_at_the_cost_of_the_others(base):
    project = _project()
    dataset = load_dataset(project, base)
    trained = Session(project, dataset, storage=RunStorage(record=False)).run()
    file = base / "rows.csv"
    found = measure_remedies(trained, dataset, "group", "B", file=file, base=base)
    held = len(dataset.train)
    assert (found.metric, found.total) == ("accuracy", held)
    assert 15 <= found.rows <= RARE
    assert found.weight == pytest.approx((held - found.rows) / found.rows, rel=1e-3)
    # Between the thresholds, a third of its rows, B is predicted as A is.
    assert found.now < 0.75
    assert found.reweighted > found.now + 0.05
    assert found.others_reweighted < found.others_now
    assert found.halved is not None and found.halved <= found.now + 0.02
    assert len(found.sentences) == 3
    assert measure_remedies(trained, dataset, "group", "B", file=file, ended=lambda: True) is None
    with pytest.raises(DataError) as caught:
        measure_remedies(trained, dataset, "group", "C", file=file)
    assert caught.value.code == "group_without_rows"
