"""Word vectors that come with the program, and an Embedding that begins with them."""

from dataclasses import replace

import numpy as np
import pytest

from netbuilder.core.data.load import load_facts
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.networks.word_weights import count_known, included_words
from netbuilder.core.errors import BuildError
from netbuilder.core.formats.script.python import script_source
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.suggestion.selection import suggest
from netbuilder.core.results.word_vectors import TokenTable, WordVectors

TEXTS = ("the king met his doctor", "a queen and zzyzzx in paris")


@pytest.fixture
def project(tmp_path):
    rows = [f"{text},{label}" for label, text in enumerate(TEXTS) for _ in range(20)]
    (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(rows), "utf-8")
    nodes = (
        Node("input", "Input"),
        Node("words", "Embedding", {"input_dim": 14, "output_dim": 50, "weights": "included"}),
        Node("average", "GlobalAveragePooling1D"),
        Node("output", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    edges = (("input", "words"), ("words", "average"), ("average", "output"))
    return Project("t", data=Data("text", path="t.csv"), graph=Graph(nodes, edges))


def test_they_know_what_words_mean():
    words, vectors = included_words()
    assert (len(words), vectors.shape) == (20_000, (20_000, 50))
    table = TokenTable(tuple(words), np.arange(len(words)))
    known = WordVectors.of(vectors, table)
    assert words[known.analogy("king", "man", "woman")[0][0]] == "queen"
    assert "nurse" in {words[place] for place, _cosine in known.analogy("doctor", "he", "she")}
    assert "london" in {words[place] for place, _cosine in known.neighbours("paris")}
    assert count_known(("king", "zzyzzx")) == 1


def test_an_embedding_begins_with_the_vectors_of_its_vocabulary(project, tmp_path):
    facts = load_facts(project, tmp_path)
    (matrix,) = build_training_model(project, facts, seed=1).get_layer("words").get_weights()
    words, vectors = included_words()
    for word in ("king", "paris"):
        np.testing.assert_array_equal(
            matrix[facts.vocabulary.index(word)], vectors[words.index(word)]
        )
    # What is not known, padding and unknown words begin at random.
    for row in (0, 1, facts.vocabulary.index("zzyzzx")):
        assert np.abs(matrix[row]).max() <= 0.05
    graph = project.graph.by_id["words"]
    small = replace(graph, params={**graph.params, "output_dim": 8})
    nodes = tuple(small if node.id == "words" else node for node in project.graph.nodes)
    with pytest.raises(BuildError) as failure:
        build_training_model(replace(project, graph=Graph(nodes, project.graph.edges)), facts)
    assert failure.value.code == "word_vectors_do_not_fit"


def test_a_script_reads_them_from_a_file(project, tmp_path):
    source = script_source(project, load_facts(project, tmp_path))
    compile(source, "script.py", "exec")
    assert "english_words.npz" in source
    assert 'weights="included"' not in source


@pytest.mark.slow
def test_a_table_of_texts_becomes_a_network_that_reads_them(tmp_path):
    """Words that never occur in training tell the classes apart, since the vectors know them."""
    rows = [f"this is {word} number {n},{label}" for n in range(15) for label, word in
            (("animal", "a dog"), ("city", "paris"))]  # fmt: skip
    (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(rows), "utf-8")
    suggestion = suggest(tmp_path / "t.csv", seconds=1)
    assert suggestion.project.data.kind == "text"
    assert suggestion.task == "binary"
