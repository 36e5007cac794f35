"""The pages made from the rows are those in the repository."""

import pytest
from doc_pages import catalog

from netbuilder.core.catalog.layers.layer_index import catalog_rows
from netbuilder.core.catalog.training.training_index import LOSSES


@pytest.mark.parametrize(
    ("name", "page"), [("layers.md", catalog.layers_page), ("training.md", catalog.training_page)]
)
def test_page_is_up_to_date(root, name, page):
    stored = (root / "docs" / name).read_text(encoding="utf-8")
    assert stored == page(), "run: python scripts/write_doc_pages.py docs"


def test_pages_name_every_row():
    layers, training = catalog.layers_page(), catalog.training_page()
    assert all(f"\n### {name}\n" in layers for name in (row.name for row in catalog_rows()))
    assert all(f"\n### {name}\n" in training for name in LOSSES)
