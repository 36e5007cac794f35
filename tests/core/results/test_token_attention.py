"""The language model in the glass box: attention as Keras gives it, and nothing seen ahead."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netbuilder.core.data.defaults import fit_output_to_data, resolve_defaults
from netbuilder.core.data.examples import find_example
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.tokens import last_window
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.project import files
from netbuilder.core.results.generate import append_token, sampling_shares, stream_tokens
from netbuilder.core.results.layer_values import node_activations
from netbuilder.core.results.token_attention import START, token_attention

TEXT = "the king looks for a ring in the forest. he finds the ring and is happy."
SHORT = "the king looks"


def project_of(**options: Any):
    project = files.read(find_example("language_model").path)
    data = replace(project.data, options={**project.data.options, "samples": 300, **options})
    return replace(project, data=data)


def untrained(project):
    """The example's network with random weights, large enough that heads differ."""
    found = load_dataset(project, Path())
    project = resolve_defaults(fit_output_to_data(project, found.facts), found.facts)
    model = build_training_model(project, found.facts)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.5, one.shape) for one in model.get_weights()])
    whole = assemble(model, project, found.preprocessing, found.facts)
    return TrainedModel(
        project, model, whole, found.preprocessing, found.facts, {}, {}, 1.0, 1.0, 1, 1
    )


@pytest.fixture(scope="module")
def model():
    return untrained(project_of())


def ids_of(model, text):
    from netbuilder.core.data.kinds.text.next_token import tokens_read

    entry = model.preprocessing.inputs["input"]
    return last_window(tokens_read(text, entry), entry.vocabulary, int(entry.shape[0] or 1))


def look(model, text):
    found = token_attention(model, text)
    assert found is not None
    return found


def keras_scores(model, text, node, source):
    """What Keras itself gives, asked for the scores of a layer on its own input."""
    values = node_activations(model, {"input": ids_of(model, text)})
    layer = model.training_model.get_layer(node)
    x = values[source][None]
    _out, scores = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    return np.asarray(scores)[0]


@pytest.mark.parametrize("block", ["1", "2"])
def test_shares_are_what_keras_returns(model, block):
    found = look(model, TEXT)
    scores = keras_scores(model, TEXT, f"attention_{block}", f"norm_{block}")
    assert scores.shape == (2, 16, 16)
    assert found.attention[f"attention_{block}"] == pytest.approx(scores, abs=1e-5)
    # The careless reading: without the mask each token would look ahead.
    assert np.triu(scores, 1).max() < 1e-6
    assert scores[:, 0, 0] == pytest.approx(1.0)
    assert abs(scores[0] - scores[1]).max() > 0.05, "two heads, which differ"


def test_padding_before_a_short_text_is_one_token(model):
    found = look(model, SHORT)
    assert found.tokens == (START, "the", "king", "looks")
    scores = keras_scores(model, SHORT, "attention_2", "norm_2")
    shown = found.attention["attention_2"]
    assert shown.shape == (2, 4, 4)
    assert shown.sum(axis=-1) == pytest.approx(1.0)
    assert shown[:, -1, 1:] == pytest.approx(scores[:, -1, -3:], abs=1e-5)
    assert shown[:, -1, 0] == pytest.approx(scores[:, -1, :13].sum(axis=-1), abs=1e-5)


def test_a_later_token_changes_nothing_before_it(model):
    ids = ids_of(model, TEXT)
    for place in (15, 9, 3):
        other = ids.copy()
        other[place:] = 2 + (other[place:] + 7) % 40
        assert (other[place:] != ids[place:]).any()
        here, there = (node_activations(model, {"input": one}) for one in (ids, other))
        for node in ("attention_1", "add_1b", "attention_2", "norm"):
            assert here[node][:place] == pytest.approx(there[node][:place], abs=1e-6), node
            assert abs(here[node][place:] - there[node][place:]).max() > 1e-3


def test_without_the_mask_it_would_look_ahead():
    project = project_of()
    nodes = tuple(
        replace(node, params={k: v for k, v in node.params.items() if k != "use_causal_mask"})
        for node in project.graph.nodes
    )
    seeing = untrained(replace(project, graph=replace(project.graph, nodes=nodes)))
    ids = ids_of(seeing, TEXT)
    other = ids.copy()
    other[15] = 2 + (other[15] + 7) % 40
    here, there = (node_activations(seeing, {"input": one}) for one in (ids, other))
    assert abs(here["norm"][:15] - there["norm"][:15]).max() > 1e-3


def test_positions_tell_the_same_tokens_in_another_order_apart(model):
    ids = ids_of(model, TEXT)
    other = ids.copy()
    other[[2, 5]] = other[[5, 2]]
    here, there = (node_activations(model, {"input": one}) for one in (ids, other))
    assert abs(here["output"] - there["output"]).max() > 1e-6
    bias = model.training_model.get_layer("positions").bias
    assert bias.shape == (16, 32), "a learned vector for each place"


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_plain_keras_opens_its_file(model, tmp_path, ending):
    import keras

    from netbuilder.core.formats.importing.import_file import import_file
    from netbuilder.core.formats.registry import save_network

    path = tmp_path / f"m{ending}"
    save_network(model, path)
    plain = keras.models.load_model(path, compile=False, custom_objects={})
    modules = {type(layer).__module__ for layer in plain._flatten_layers()}
    assert all(module.startswith("keras.src.") for module in modules)
    ids = ids_of(model, TEXT)
    whole = np.asarray(model.model(ids[None]))
    if ending == ".h5":
        assert np.asarray(plain(ids[None])) == pytest.approx(whole, abs=1e-5)
    # Without what NetBuilder wrote beside it, the canvas has the causal mask again.
    bare = tmp_path / f"bare{ending}"
    model.training_model.save(bare)
    project = import_file(bare).project
    for block in ("attention_1", "attention_2"):
        assert project.graph.by_id[block].params["use_causal_mask"] is True
    assert token_attention(model, TEXT) is not None


def test_top_k_leaves_the_most_likely_ones():
    shares = np.array([0.1, 0.4, 0.2, 0.3])
    assert sampling_shares(shares, 1.0, 2) == pytest.approx([0, 0.4 / 0.7, 0, 0.3 / 0.7])
    assert sampling_shares(shares, 1.0, 0) == pytest.approx(shares)
    assert sampling_shares(shares, 1.0, 99) == pytest.approx(shares)
    # p ** 2 of the two, brought back to 1: 0.16 and 0.09 over 0.25.
    assert sampling_shares(shares, 0.5, 2) == pytest.approx([0, 0.64, 0, 0.36])
    assert sampling_shares(shares, 0.0, 3).tolist() == [0, 1, 0, 0]
    equal = np.array([0.25, 0.25, 0.25, 0.25])
    assert (sampling_shares(equal, 1.0, 2) > 0).sum() == 2, "of equal ones no more than asked for"


def test_drawn_tokens_are_among_the_top_k(model):
    found = look(model, TEXT)
    best = np.argsort(-found.probabilities)[:3]
    allowed = {found.classes[one] for one in best}
    firsts = {
        next(stream_tokens(model, TEXT, length=1, temperature=3.0, seed=seed, top_k=3))
        for seed in range(40)
    }
    assert firsts == allowed
    assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_token_is_appended_as_people_write(model):
    entry = model.preprocessing.inputs["input"]
    assert append_token("The King", "looks", entry) == "The King looks"
    assert append_token("the king ", ".", entry) == "the king."
    assert append_token("home.", "↵", entry) == "home.\n"
    assert append_token("", "the", entry) == "the"


@pytest.mark.slow
def test_byte_pairs_go_through_the_file_and_into_the_text(tmp_path):
    from netbuilder.core.formats.importing.import_file import load_network
    from netbuilder.core.formats.registry import save_network

    project = project_of(level="byte_pair", merges=30)
    dense = project.graph.by_id["embedding"]
    bigger = replace(dense, params={**dense.params, "input_dim": 100})
    nodes = tuple(bigger if node is dense else node for node in project.graph.nodes)
    model = untrained(replace(project, graph=replace(project.graph, nodes=nodes)))
    save_network(model, tmp_path / "m.h5")
    again = load_network(tmp_path / "m.h5")
    entry = again.preprocessing.inputs["input"]
    assert entry.merges == model.preprocessing.inputs["input"].merges
    assert len(entry.merges) == 30
    found = look(again, "the king looks")
    assert "".join(found.tokens).strip(START).endswith("k␣looks".replace("␣looks", "ing␣looks"))
    assert append_token("the king", "␣lo", entry) == "the king lo"
    assert look(model, TEXT).probabilities == pytest.approx(look(again, TEXT).probabilities)
