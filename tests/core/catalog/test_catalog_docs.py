"""The pages made from the rows are those in the repository."""

import pytest

from netbuilder.core.catalog import docs
from netbuilder.core.catalog.layers.index import LAYERS
from netbuilder.core.catalog.training.index import LOSSES


@pytest.mark.parametrize(
    ("name", "page"), [("layers.md", docs.layers_page), ("training.md", docs.training_page)]
)
def test_page_is_up_to_date(root, name, page):
    stored = (root / "docs" / name).read_text(encoding="utf-8")
    assert stored == page(), "run: python -m netbuilder.core.catalog.docs docs"


def test_pages_name_every_row(tmp_path):
    docs.write(tmp_path)
    layers = (tmp_path / "layers.md").read_text(encoding="utf-8")
    training = (tmp_path / "training.md").read_text(encoding="utf-8")
    assert all(f"\n### {name}\n" in layers for name in LAYERS)
    assert all(f"\n### {name}\n" in training for name in LOSSES)
