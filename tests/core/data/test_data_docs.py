"""The page of data kinds is what the code makes."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data.data_pages import data_page
from netbuilder.core.data.registry import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "data.md"


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == data_page(), "Run: python -m netbuilder.core.data.data_pages docs/data.md"


def test_every_kind_says_what_it_concludes() -> None:
    for kind in KINDS.values():
        assert kind.readings, kind.name
