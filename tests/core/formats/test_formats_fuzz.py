"""Damaged files end in words: a small count of what ``benchmarks/fuzz.py`` does with 5,000."""

import importlib.util
from pathlib import Path

import pytest


def fuzz():
    path = Path(__file__).parents[3] / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("fuzz", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("count", "seed"), [(40, 11), pytest.param(400, 12, marks=pytest.mark.slow)]
)
@pytest.mark.timeout(1200)
def test_damaged_files_end_in_words(tmp_path, count, seed):
    program = fuzz()
    result = program.run(count, seed, program.KINDS, tmp_path)
    assert result["failed"] == []
    # A mutator that changes nothing, or destroys everything, would prove nothing.
    assert result["opened"] > count / 20
    assert result["refused"] > count / 4
