"""Tables whose values are known, written as people write them: a few of ``benchmarks/truth.py``."""

import importlib.util
import random
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def truth():
    path = Path(__file__).parents[3] / "benchmarks" / "truth.py"
    spec = importlib.util.spec_from_file_location("truth", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["truth"] = module
    spec.loader.exec_module(module)
    return module


def test_no_column_is_read_wrongly_without_a_word(truth, tmp_path):
    count = truth.run(range(6, 18), tmp_path, every=6)
    assert count.wrong == []
    assert count.right > 0.9 * count.columns
    assert count.columns > 50


def test_a_reader_that_takes_each_comma_for_thousands_is_caught(truth, tmp_path, monkeypatch):
    """The count sees what was wrong before: 60,53 beside 67.76 was 6053."""
    import pandas as pd

    from netbuilder.core.data.readers import table_cells

    def careless(series, style):
        bare = series.astype(str).str.replace(r"[^0-9.\-]", "", regex=True)
        return pd.to_numeric(bare, errors="coerce").astype("float64")

    monkeypatch.setattr(table_cells, "parse_numbers", careless)
    assert len(truth.run(range(12), tmp_path).wrong) > 2


def test_a_leak_that_is_not_told_is_caught(truth, tmp_path, monkeypatch):
    from netbuilder.core.data.prepare import quality

    leaks = [n for n in range(16) if truth.decided(random.Random(n), tmp_path)]
    monkeypatch.setattr(quality, "determined", lambda *_tables: iter(()))
    missed = [n for n in range(16) if truth.decided(random.Random(n), tmp_path)]
    assert not leaks and len(missed) > 2
