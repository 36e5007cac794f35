"""Byte pairs: the merges of a text whose right merges are known, and the way back."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from netbuilder.core.data.byte_pairs import join_pair, learn_byte_pairs, split_word
from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.data.kinds.text.next_token import code, read_long_text
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.tokens import BYTE_PAIR, learn_merges, text_of, tokenize, word_pieces
from netbuilder.core.project.model import Data, Project

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
