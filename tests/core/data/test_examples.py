"""The ready-made projects fit their data and the catalog."""

import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.defaults import fit_output_to_data, resolve_defaults
from netbuilder.core.data.examples import find_example, list_examples
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits import set_training
from netbuilder.core.project.files import read, to_json
from netbuilder.core.project.layout import layout_graph, visible_graph
from netbuilder.core.results.evaluate import evaluate


def test_the_list_and_the_first_one():
    found = list_examples()
    assert len(found) >= 8
    assert found[0].name == "digits"
    assert all(entry.title and entry.description.endswith(".") for entry in found)
    with pytest.raises(UserError, match=r"Did you mean 'waves'\?"):
        find_example("wavs")


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


@pytest.mark.parametrize("entry", list_examples(), ids=lambda entry: entry.name)
def test_an_example_opens_fits_and_has_no_problem(cache, entry):
    project = read(entry.path)
    known = load_facts(project, entry.path.parent)
    assert all(node.layer in LAYERS for node in project.graph.nodes)
    assert fit_output_to_data(project, known) == project
    assert resolve_defaults(project, known).training.loss is not None
    assert set(layout_graph(project.graph)) == set(visible_graph(project.graph).ids)
    assert to_json(project)["about"]["title"] == entry.title
    for facts, shapes in ((known, cache.compute(project.graph, known)), (None, None)):
        assert [problem.code for problem in diagnose(project, facts, shapes)] == []


QUICK = ("xor", "sales")
#: Epochs of those that train longest, which keep their promise by then.
ENOUGH = {"stories": 4, "language_model": 4}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow)
        for one in list_examples()
    ],
)
def test_an_example_reaches_what_its_card_promises(entry):
    project = read(entry.path)
    project = set_training(project, epochs=ENOUGH.get(entry.name, project.training.epochs))
    dataset = load_dataset(project, entry.path.parent)
    # What XLA makes of a network gives the same numbers, and takes longer to compile than it saves.
    trained = Session(project, dataset, computation=Computation("graph")).run()
    assert dataset.test is not None
    reached = evaluate(trained, dataset.test).metrics[entry.promise.metric]
    assert entry.promise.kept(reached), reached
