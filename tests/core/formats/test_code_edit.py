"""A script that is edited changes the project that it was written for, and no more."""

import re
from dataclasses import replace

import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.load import load_facts
from netbuilder.core.folders import resource
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.script.code_edit import (
    apply_code,
    read_code,
    unread_items,
    written_version,
)
from netbuilder.core.formats.script.literals import arguments
from netbuilder.core.formats.script.python import listing, script_source
from netbuilder.core.project import files
from netbuilder.core.project.model import Choice
from tests.few import few

EXAMPLES = resource("examples")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.netbuilder"))


def example(name):
    return files.read(EXAMPLES / f"{name}.netbuilder")


def written(project):
    text, lines = listing(project, load_facts(project, EXAMPLES))
    return written_version(text, read_code(text, EXAMPLES, project.name), lines)


def typed(project, version, text):
    imported = read_code(text, EXAMPLES, project.name)
    assert version.imported is not None
    assert unread_items(version.imported, imported) == []
    return apply_code(project, version, text, imported)


def edited(name, *changes: tuple[str, str]):
    """Return an example, and what it becomes when these texts of its script are replaced."""
    project = example(name)
    version = written(project)
    text = version.text
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return project, typed(project, version, text)[0]


@pytest.mark.parametrize(
    "name",
    few(NAMES, "iris", "sales", "digits", "temperatures", "reviews", "language_model", "residual"),
)
def test_an_exported_script_is_imported_as_the_same_project(name, tmp_path):
    project = example(name)
    text = script_source(project, load_facts(project, EXAMPLES))
    path = tmp_path / "script.py"
    path.write_text(text, encoding="utf-8")
    imported = import_file(path)
    assert imported.changes == ()
    again = imported.project
    version = written(project)
    names = {node.id: version.ids[node.id] for node in again.graph.nodes}
    assert sorted(names.values()) == sorted(node.id for node in project.graph.nodes)
    for node in again.graph.nodes:
        original = project.graph.by_id[names[node.id]]
        assert node.layer == original.layer
        if node.layer != "Input":
            params = LAYERS[node.layer].params
            calls = [", ".join(arguments(params, n.params)) for n in (node, original)]
            assert len({re.sub(r"\((\d+), \1\)", r"\1", call) for call in calls}) == 1
        sources = [names[source] for source in again.graph.sources[node.id]]
        assert sources == list(dict.fromkeys(project.graph.sources[original.id]))
    if name != "autoencoder":  # whose target are its own pixels
        assert again.data.options.items() <= project.data.options.items()  # without defaults
        # "auto" is written as the scaler that it chooses.
        plain = [replace(data, options={}, inputs={}, scaling="auto")
                 for data in (again.data, project.data)]  # fmt: skip
        assert plain[0] == plain[1]
    whole = script_source(again, load_facts(again, EXAMPLES))
    data, data_again = (
        part[part.index("import ") : part.index("# Build")] for part in (text, whole)
    )
    assert (data == data_again) == (name != "autoencoder")
    settings = [line for line in text.split("\n") if "compile(" in line or "fit(" in line]
    assert set(settings) <= set(whole.split("\n"))


def test_a_changed_literal_changes_nothing_else():
    before, after = edited("iris", ("layers.Dense(16", "layers.Dense(24"))
    assert after.graph.by_id["dense"].params["units"] == 24
    nodes = [replace(node, params={**node.params, "units": 16}) if node.id == "dense" else node
             for node in after.graph.nodes]  # fmt: skip
    assert tuple(nodes) == before.graph.nodes
    assert (after.graph.edges, after.data, after.training) == (
        before.graph.edges, before.data, before.training,
    )  # fmt: skip


def test_a_layer_more_and_a_layer_less():
    line = '    layers.Dense(16, activation="relu"),\n'
    before, after = edited("iris", (line, f"{line}    layers.Dropout(0.3),\n"))
    (new,) = set(after.graph.by_id) - set(before.graph.by_id)
    assert after.graph.by_id[new].params == {"rate": 0.3}
    assert after.graph.sources[new] == ("dense",)
    assert set(before.graph.by_id) < set(after.graph.by_id)
    here, place = before.graph.by_id["dense"].position, after.graph.by_id[new].position
    assert (here is None) == (place is None)
    assert place is None or place != here
    less = edited("iris", (line, ""))[1]
    assert set(less.graph.by_id) == set(before.graph.by_id) - {"dense"}
    (output,) = less.graph.outputs
    assert less.graph.sources[output] == less.graph.inputs


def test_settings_and_what_code_does_not_carry():
    project = example("iris")
    epochs = f"epochs={project.training.epochs}"
    loss = '"sparse_categorical_crossentropy"'
    extra = {"lesson": "kept"}
    project = replace(project, training=replace(project.training, extra=extra))
    version = written(project)
    text = version.text.replace(epochs, "epochs=7").replace(loss, '"kl_divergence"')
    text = re.sub(r'optimizer="?[\w.()=]+"?', "optimizer=keras.optimizers.SGD(0.5)", text)
    after = typed(project, version, text)[0]
    assert after.training.epochs == 7
    assert after.training.optimizer == Choice("SGD", {"learning_rate": 0.5})
    assert after.training.loss is not None
    assert after.training.extra == extra
    assert (after.graph, after.data) == (project.graph, project.data)


def test_typing_goes_on_from_what_was_typed():
    project = example("iris")
    version = written(project)
    line = '    layers.Dense(16, activation="relu"),\n'
    first = version.text.replace(line, line + "    layers.Dense(5),\n")
    project, version = typed(project, version, first)
    second = first.replace("layers.Dense(5)", "layers.Dense(55)")
    project, version = typed(project, version, second)
    units = {node.id: node.params.get("units") for node in project.graph.nodes}
    (new,) = (name for name, count in units.items() if count == 55)
    first_line, last_line = version.lines[new]
    assert first_line == last_line
    assert "Dense(55)" in second.split("\n")[first_line - 1]


def test_a_functional_network_keeps_its_connections():
    project, after = edited("residual", ("layers.Add()", "layers.Concatenate()"))
    (old,) = (node for node in project.graph.nodes if node.layer == "Add")
    (new,) = (node for node in after.graph.nodes if node.layer == "Concatenate")
    assert after.graph.sources[new.id] == project.graph.sources[old.id]
    assert new.position == old.position
    assert len(after.graph.edges) == len(project.graph.edges)


def test_what_cannot_be_read_is_told_with_its_line():
    version = written(example("iris"))
    text = version.text.replace("layers.Dense(16", "layers.Dense(number_of_units()")
    assert version.imported is not None
    (item,) = unread_items(version.imported, read_code(text, EXAMPLES, "iris"))
    assert "number_of_units" in text.split("\n")[item.line - 1]
