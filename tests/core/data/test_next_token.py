"""One long text to go on from: its byte pairs, its windows, and what is made of them."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from netbuilder.core.data.byte_pairs import join_pair, learn_byte_pairs, split_word
from netbuilder.core.data.defaults import fit_output_to_data, resolve_defaults
from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.data.kinds.text.next_token import code, read_long_text
from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.data.tokens import BYTE_PAIR, learn_merges, text_of, tokenize, word_pieces
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.generate import generate_text, sample_token
from netbuilder.core.results.predict import predict_texts
from tests.core.data.stream_batches import stream_batches


def recipe(**options: object):
    return Data("text", path="t.txt", options={"task": "next_token", **options})


def test_windows_of_characters_in_order(tmp_path):
    (tmp_path / "t.txt").write_text("Abcab\n" * 20)
    found = load_dataset(Project(data=recipe(window=4)), tmp_path)
    names = found.facts.vocabulary
    assert names == ("", "[UNK]", "↵", "a", "b", "c")
    assert found.facts.generates == "character"
    assert found.facts.task == "classes"
    assert found.facts.classes == ("a", "b", "c", "↵")
    x, y = found.train.x["input"], found.train.y["output"]
    assert x.dtype == np.int32
    assert "".join(names[one] for one in x[0]) == "abca"
    assert found.facts.classes[y[0]] == "b"
    assert "".join(names[one] for one in x[1]) == "bcab"
    assert found.facts.classes[y[1]] == "↵"
    total = found.facts.rows + found.facts.validation_rows + found.facts.test_rows
    assert total == 120 - 4
    shown = load_preview(Project(data=recipe(window=4)), tmp_path, 3)
    assert shown.rows[0] == ("abca", "b")


def test_words_punctuation_and_unknown_ones(tmp_path):
    (tmp_path / "t.txt").write_text("One day, a cat came. " * 30 + "Zebra ran. ")
    found = load_dataset(Project(data=recipe(level="word", window=3, max_words=8)), tmp_path)
    assert len(found.facts.vocabulary) == 8
    assert "zebra" not in found.facts.vocabulary
    assert "[UNK]" not in found.facts.classes, "an unknown word cannot be written"
    assert "unknown" in " ".join(found.facts.notes)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Hello, world! It's (really) fine.\nYes: 3 of 4.", "word"),
        ("今日は。テスト、です", "word"),
        ("any  text\tat all\n", "character"),
    ],
)
def test_tokens_and_back(text, level):
    assert text_of(tokenize(text, level, lowercase=False), level) == text


def test_chinese_is_cut_by_character():
    assert tokenize("我爱你 hello世界", "word") == ["我", "爱", "你", "hello", "世", "界"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251", "gb18030", "shift_jis"])
def test_encodings_are_found(tmp_path, encoding):
    words = {
        "cp1251": "Жили-были старик со старухой у самого синего моря. ",
        "gb18030": "从前有座山，山里有座庙，庙里有个老和尚讲故事。",
        "shift_jis": "むかしむかし、あるところに、おじいさんとおばあさんが住んでいました。",
    }
    said = words.get(encoding, "Es war einmal ein König, der hatte drei Söhne. ") * 20
    (tmp_path / "t.txt").write_bytes(said.encode(encoding))
    found = load_facts(Project(data=recipe(window=5)), tmp_path)
    expected = {"␣" if one == " " else one for one in said.lower()}
    assert set(found.vocabulary[2:]) == expected
    assert (encoding == "utf-8") == ("encoding" not in " ".join(found.notes))


def test_bad_texts(tmp_path):
    (tmp_path / "t.txt").write_text("short")
    with pytest.raises(DataError, match="5 characters, too few for windows of 40"):
        load_facts(Project(data=recipe()), tmp_path)
    (tmp_path / "t.txt").write_text("")
    with pytest.raises(DataError, match="0 characters"):
        load_facts(Project(data=recipe()), tmp_path)
    with pytest.raises(DataError, match="level 'letter'"):
        load_facts(Project(data=recipe(level="letter")), tmp_path)


def test_a_story_is_recognised_and_a_table_is_not(tmp_path):
    story, table, numbers = (tmp_path / f"{name}.txt" for name in ("story", "table", "numbers"))
    story.write_text("Once upon a time, there was a king.\nHe had no crown.\nThe end, it seems.")
    table.write_text("a,b\n1,2\n3,4\n")
    numbers.write_text("1.5 2\n3 4\n5 6\n")
    assert recipe_for(story).options == {"task": "next_token"}
    assert recipe_for(table).kind == "csv"
    assert recipe_for(numbers).kind == "csv"


@pytest.mark.slow
def test_a_text_too_large_for_memory_is_a_stream(tmp_path):
    (tmp_path / "t.txt").write_text("abcdefghij" * 2000)
    found = load_dataset(Project(data=recipe(window=50, memory_limit_mb=1)), tmp_path)
    assert found.stream is not None
    batch = next(stream_batches(found.stream, 32, True, 1))
    assert batch[0]["input"].shape == (32, 50)
    following = np.array(found.facts.vocabulary[2:])[batch[1]["output"]]
    last = np.array(found.facts.vocabulary)[batch[0]["input"][:, -1]]
    assert all(chr((ord(a) - 96) % 10 + 97) == b for a, b in zip(last, following, strict=True))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """It learns a text in which each letter has one follower."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "t.txt").write_text("abcd " * 200)
    nodes = (
        Node("input", "Input"), Node("e", "Embedding", {"input_dim": 7, "output_dim": 8}),
        Node("flat", "Flatten"), Node("out", "Dense", {"units": 5, "activation": "softmax"}),
    )  # fmt: skip
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    project = Project(graph=graph, data=recipe(window=3))
    found = load_dataset(project, folder)
    project = resolve_defaults(fit_output_to_data(project, found.facts), found.facts)
    training_model = build_training_model(project, found.facts)
    training_model.compile("adam", "sparse_categorical_crossentropy")
    training_model.optimizer.learning_rate = 0.05
    training_model.fit(found.train.x["input"], found.train.y["out"], epochs=5, verbose=0)
    whole = assemble(training_model, project, found.preprocessing, found.facts)
    return TrainedModel(
        project, training_model, whole, found.preprocessing, found.facts, {}, {}, 1.0, 1.0, 5, 5
    )


def test_it_goes_on_as_the_text_did(model):
    found = generate_text(model, "cd ab", length=12, temperature=0.0)
    assert found.text == "cd abcd abcd abcd"
    assert found.tokens[:3] == ("c", "d", "␣")
    # A beginning that is shorter than the window, and an empty one.
    assert generate_text(model, "a", length=2, temperature=0.0).text.startswith("a")
    assert len(generate_text(model, "", length=4).tokens) == 4


def test_the_same_seed_draws_the_same(model):
    first = generate_text(model, "ab", length=30, temperature=5.0, seed=3)
    assert first == generate_text(model, "ab", length=30, temperature=5.0, seed=3)
    assert first != generate_text(model, "ab", length=30, temperature=5.0, seed=4)


def test_predict_says_the_next_token(model):
    answer = predict_texts(model, ["abcd abc"])
    assert next(iter(answer.to_columns().values()))[0] == "d"


def test_temperature():
    shares = np.array([0.7, 0.2, 0.1])
    assert {sample_token(shares, 0.0, np.random.default_rng(seed)) for seed in range(20)} == {0}

    def drawn(temperature):
        random = np.random.default_rng(0)
        draws = [sample_token(shares, temperature, random) for _ in range(4000)]
        return np.bincount(draws, minlength=3) / 4000

    assert drawn(1.0) == pytest.approx(shares, abs=0.03)
    # p ** 2, brought back to a sum of 1: 0.49, 0.04, 0.01 over 0.54.
    assert drawn(0.5) == pytest.approx([0.907, 0.074, 0.019], abs=0.02)


def test_other_networks_cannot_generate(model):
    from dataclasses import replace

    other = replace(model, preprocessing=replace(model.preprocessing, inputs={
        key: replace(entry, level="")
        for key, entry in model.preprocessing.inputs.items()}))  # fmt: skip
    with pytest.raises(UserError) as caught:
        generate_text(other, "a")
    assert caught.value.code == "not_a_text_generator"
    with pytest.raises(UserError, match="The temperature is -1"):
        generate_text(model, "a", temperature=-1)


def test_the_command(model, tmp_path, capsys):
    from netbuilder.cli import main
    from netbuilder.core.formats.registry import save_network

    save_network(model, tmp_path / "m.h5")
    words = ["generate", str(tmp_path / "m.h5"), "--start", "ab", "--length", "6"]
    assert main([*words, "--temperature", "0", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert said["text"] == "abcd abc"
    assert said["tokens"] == ["c", "d", "␣", "a", "b", "c"]


# Sennrich and others, 2016: low 5 times, lower 2, newest 6, widest 3.
CLASSIC = ["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3


def test_the_classic_example_learns_es_est_lo_low():
    found = learn_byte_pairs(CLASSIC, 6)
    assert found[:4] == [("e", "s", 9), ("es", "t", 9), ("l", "o", 7), ("lo", "w", 7)]
    # n-e, e-w and w-est occur 6 times each: the one that was seen first comes first.
    assert found[4:] == [("n", "e", 6), ("w", "est", 6)]


def test_a_word_that_was_not_in_the_text_is_made_of_known_pieces():
    merges = learn_byte_pairs(CLASSIC, 6)
    ranks = {(left, right): rank for rank, (left, right, _times) in enumerate(merges)}
    assert split_word("lowest", ranks) == ["low", "est"]
    assert split_word("newer", ranks) == ["ne", "w", "e", "r"]
    assert split_word("xyz", ranks) == ["x", "y", "z"]


def test_pairs_are_joined_from_left_to_right_without_overlap():
    assert join_pair(list("aaa"), "a", "a") == ["aa", "a"]
    assert join_pair(list("aaaa"), "a", "a") == ["aa", "aa"]


def test_merges_are_applied_in_their_order_and_not_the_longest_first():
    # "ab" was learned before "bc": reading "abc" longest or right first would give a, bc.
    assert split_word("abc", {("a", "b"): 0, ("b", "c"): 1}) == ["ab", "c"]
    assert split_word("abc", {("b", "c"): 0, ("a", "b"): 1}) == ["a", "bc"]


def test_each_count_is_what_stands_in_the_text_when_it_is_merged():
    text = "the cat sat on the mat and the hat " * 30
    words = word_pieces(text)
    split = [list(word) for word in words]
    for left, right, times in learn_byte_pairs(words, 25):
        pairs = [pair for parts in split for pair in pairwise(parts)]
        assert pairs.count((left, right)) == times
        assert times == max(pairs.count(pair) for pair in set(pairs))
        split = [join_pair(parts, left, right) for parts in split]


def test_no_merge_goes_over_the_end_of_a_word():
    merges, vocabulary = learn_merges("low lower, newest widest. " * 40, True, 100, 1000)
    assert all("␣" not in right for _left, right, _times in merges)
    assert all(token.count("␣") <= 1 for token in vocabulary)
    assert "␣newest" in vocabulary, "a word carries the blank before it"
    assert not any("," in token and len(token) > 1 and token[-1] != "," for token in vocabulary)


@pytest.mark.parametrize(
    "text",
    [
        "Low  lower,\tnewest\nwidest! (3.5) don't\n\n",
        "今日は。テスト",
        "Ünïcode ßtraße 👍🏽 a\u0301",
    ],
)
def test_tokens_and_back_is_the_same_text(text):
    merges, _vocabulary = learn_merges(text * 5, False, 50, 1000)
    names = [f"{left} {right}" for left, right, _times in merges]
    tokens = tokenize(text, BYTE_PAIR, False, names)
    assert text_of(tokens, BYTE_PAIR) == text
    assert len(tokens) < len(text)


def test_the_vocabulary_holds_what_joins_away(tmp_path):
    (tmp_path / "t.txt").write_text("low lower newest widest " * 40)
    options = {"task": "next_token", "level": "byte_pair", "merges": 500, "window": 3}
    found = load_dataset(Project(data=Data("text", path="t.txt", options=options)), tmp_path)
    entry = found.preprocessing.inputs["input"]
    # Merged to whole words: "e" and "st" stand no more in the text, but in a new word they may.
    assert {"e", "st", "␣lower"} <= set(entry.vocabulary)
    assert "e" not in found.facts.classes
    assert Preprocessing.from_json(found.preprocessing.to_json()) == found.preprocessing
    names = np.array(entry.vocabulary, object)
    window = text_of(names[found.train.x["input"][0]], "byte_pair")
    assert window in "low lower newest widest low"
    assert found.facts.generates == "byte_pair"


def test_a_small_vocabulary_takes_fewer_merges():
    merges, vocabulary = learn_merges("low lower newest widest " * 40, True, 100, 15)
    assert len(vocabulary) == 15
    assert len(merges) == 15 - 2 - len(set("low lower newest widest "))


def test_every_fifth_window_begins_later_where_it_is_asked_for(tmp_path):
    (tmp_path / "t.txt").write_text("abcdefghij" * 20)
    options = {"task": "next_token", "window": 4}
    data = Data("text", path="t.txt", options=options)
    plain = load_dataset(Project(data=data), tmp_path)
    short = replace(data, options={**options, "short_starts": True})
    found = load_dataset(Project(data=short), tmp_path)
    x, whole = found.train.x["input"], plain.train.x["input"]
    blanks = (x == 0).sum(axis=1)
    assert blanks[::5][:4].tolist() == [1, 2, 3, 1], "0 to 3 of its 4 tokens"
    assert blanks[1:5].tolist() == [0, 0, 0, 0]
    for row, blank in zip(x, blanks, strict=True):
        assert (row[:blank] == 0).all(), "at the left, as in a text that is shorter"
    assert (x[x != 0] == whole[x != 0]).all()
    assert (found.train.y["output"] == plain.train.y["output"]).all()


def test_the_script_learns_the_same_merges(tmp_path, monkeypatch):
    """The data section runs without the program, and gives the same numbers."""
    (tmp_path / "t.txt").write_text("Low lower, newest widest!\nLow tide. " * 40)
    options = {"task": "next_token", "level": "byte_pair", "merges": 12, "window": 5}
    data = Data("text", path="t.txt", options={**options, "short_starts": True})
    samples = read_long_text(tmp_path / "t.txt", data.options)
    lines = code(ScriptRequest(Project(data=data), None, "classes")).lines
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"np": np}
    exec(compile("\n".join(lines), "script", "exec"), names)
    assert (names["x"] == samples.arrays["text"]).all()
    assert tuple(names["merges"]) == samples.merges
    labels = np.array(names["labels"])[names["y"]]
    assert labels.tolist() == samples.targets["next"].tolist()
