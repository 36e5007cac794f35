"""JSON in pieces is the same JSON, and other threads have their turn meanwhile."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import pytest

from netbuilder.core.formats import metadata as long_json


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
def test_it_is_the_same_text(value: Any) -> None:
    assert long_json.dumps(value) == json.dumps(value, ensure_ascii=False)


def test_other_threads_have_their_turn() -> None:
    """A thread that only counts would count nothing while one call of C goes on."""
    turns: list[float] = []
    stop = threading.Event()

    def count() -> None:
        while not stop.is_set():
            turns.append(time.perf_counter())
            time.sleep(0)

    history = {"loss": [i / 7 for i in range(400_000)]}
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    thread = threading.Thread(target=count)
    thread.start()
    try:
        begin = time.perf_counter()
        long_json.dumps(history)
        end = time.perf_counter()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
    # In one call it would have none but at its ends.
    inside = [one for one in turns if begin + 0.1 * (end - begin) < one < end - 0.1 * (end - begin)]
    assert len(inside) > 10
