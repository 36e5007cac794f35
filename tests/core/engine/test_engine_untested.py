"""What was trained is kept, whatever fails after the last step."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from netbuilder.core.data.dataset import Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine import events
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.engine.trained import Event
from netbuilder.core.project.model import Data, Graph, Node, Project, Training


def test_test_rows_that_cannot_be_judged_lose_no_network():
    graph = Graph(
        (Node("input", "Input"), Node("out", "Dense", {"units": 3, "activation": "softmax"})),
        (("input", "out"),),
    )
    project = Project(
        graph=graph, data=Data("builtin", name="iris"), training=Training(epochs=2, seed=1)
    )
    data = load_dataset(project, Path())
    wrong = Split({"input": np.zeros((5, 7), np.float32)}, {"out": np.zeros(5, np.int32)}, {})
    told: list[Event] = []
    trained = Session(
        project, replace(data, test=wrong), on_event=told.append, storage=RunStorage(record=False)
    ).run()
    assert (trained.epochs, trained.test) == (2, {})
    notices = [one.notice for one in told if isinstance(one, events.DiagnosisAdded)]
    assert [one.code for one in notices if one.code == "untested"] == ["untested"]
    assert isinstance(told[-1], events.Finished)
    answers = trained.model.predict(np.zeros((2, 4), np.float32), verbose=0)
    assert answers.shape == (2, 3)
