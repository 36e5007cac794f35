"""Long JSON is the same JSON, and other threads have their turn while it is written and read."""

import json
import sys
import threading
import time
from itertools import pairwise

import pytest

from netbuilder.core.files.regular_file import read_json
from netbuilder.core.formats import metadata as long_json

HISTORY = {"loss": [i / 7 for i in range(400_000)]}


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"loss": [0.1, float("nan"), 1e-30] * 700, "é": {"a": [1, "ü", None], "b": True}},
        {1: [2.5], "x": 3},
        [[1.0, 2.0]] * 2500,
        list(range(1000)),
        list(range(1001)),
        ("a", {"b": ()}),
    ],
)
def test_it_is_the_same_text(value):
    assert long_json.dumps(value) == json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, -1e-30, NaN, true]}', "[1.5, 2]"])
def test_long_text_is_read_as_short_is(text):
    long = f"[{text}, {', '.join(['0.25'] * 30_000)}]"
    assert repr(read_json(long, "it")[0]) == repr(json.loads(text))


def _longest_wait(work):
    """Of a thread that only counts, as a part of the time that ``work`` takes."""
    turns: list[float] = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            turns.append(time.perf_counter())
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.perf_counter()
    try:
        work()
    finally:
        end = time.perf_counter()
        stop.set()
        thread.join()
    inside = [begin, *(one for one in turns if begin < one < end), end]
    return max(b - a for a, b in pairwise(inside)) / (end - begin)


@pytest.mark.parametrize("way", ["write", "read"])
def test_other_threads_have_their_turn(way):
    text = json.dumps(HISTORY)
    work = {"write": lambda: long_json.dumps(HISTORY), "read": lambda: read_json(text, "it")}[way]
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        # Another program may have the processor for a while, not each time.
        assert min(_longest_wait(work) for _ in range(3)) < 0.3
    finally:
        sys.setswitchinterval(before)
