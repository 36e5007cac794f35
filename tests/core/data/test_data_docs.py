"""The page of data kinds is what the code makes."""

from pathlib import Path

from doc_pages.data import READINGS, data_page

from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.data.registry import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "data.md"


def test_the_page_is_up_to_date():
    written = PAGE.read_text(encoding="utf-8")
    assert written == data_page(), "Run: python scripts/write_doc_pages.py docs"


def test_every_kind_says_what_it_concludes():
    from_files = {one.name for one in KINDS.values() if one.files.place is not DataLocation.NOWHERE}
    assert set(READINGS) == from_files
    assert all(READINGS.values())
