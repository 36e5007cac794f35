"""Every example goes into every format: in turns, or all into all (``NETBUILDER_ALL_KINDS=1``).

The weights are those that a run begins with; what is written is opened again by ``save`` itself,
and must answer the same.
"""

import os
from collections import Counter

import pytest

from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.data.examples import find_example, list_examples
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.project import files

NAMES = sorted(one.name for one in list_examples())
FORMATS = registry.FORMATS
ALL = bool(os.environ.get("NETBUILDER_ALL_KINDS"))


def turns(number):
    """Two formats for each example, so that each format meets every fifth."""
    half = len(FORMATS) // 2
    return [FORMATS[place % len(FORMATS)] for place in (number, number + half)]


def test_each_format_meets_some_examples():
    counts = Counter(row.name for number in range(len(NAMES)) for row in turns(number))
    assert min(counts[row.name] for row in FORMATS) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_example_in_each_of_its_formats(tmp_path, name):
    path = find_example(name).path
    project = files.read(path)
    dataset = load_dataset(project, path.parent)
    project = resolve_defaults(project, dataset.facts)
    training_model = build_training_model(project, dataset.facts, base=path.parent)
    model = assemble(training_model, project, dataset.preprocessing, dataset.facts)
    trained = TrainedModel(project, training_model, model, dataset.preprocessing, dataset.facts)
    for row in FORMATS if ALL else turns(NAMES.index(name)):
        if row.available:
            target = tmp_path / f"m{row.endings[0] if row.endings else ''}"
            try:
                registry.save_network(trained, target, path.parent)
            except FormatError as error:
                # A recurrent network, say, which no board runs.
                assert (row.name, error.code) == ("board", "board_not_supported")
            else:
                assert target.exists()
