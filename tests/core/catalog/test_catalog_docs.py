"""The pages made from the rows are those in the repository."""

import pytest

from netbuilder.core.catalog import catalog_pages
from netbuilder.core.catalog.layers.layer_index import catalog_rows
from netbuilder.core.catalog.training.training_index import LOSSES


@pytest.mark.parametrize(
    ("name", "page"),
    [("layers.md", catalog_pages.layers_page), ("training.md", catalog_pages.training_page)],
)
def test_page_is_up_to_date(root, name, page):
    stored = (root / "docs" / name).read_text(encoding="utf-8")
    assert stored == page(), "run: python -m netbuilder.core.catalog.catalog_pages docs"


def test_pages_name_every_row(tmp_path):
    catalog_pages.write_pages(tmp_path)
    layers = (tmp_path / "layers.md").read_text(encoding="utf-8")
    training = (tmp_path / "training.md").read_text(encoding="utf-8")
    assert all(f"\n### {name}\n" in layers for name in (row.name for row in catalog_rows()))
    assert all(f"\n### {name}\n" in training for name in LOSSES)
