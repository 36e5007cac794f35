"""Writes the pages of the documentation that are made from the program's rows.

python scripts/write_doc_pages.py docs
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from doc_pages.catalog import layers_page, training_page
from doc_pages.data import data_page
from doc_pages.problems import problems_page

PAGES: Mapping[str, Callable[[], str]] = {
    "layers.md": layers_page,
    "training.md": training_page,
    "data.md": data_page,
    "problems.md": problems_page,
}


def write_pages(folder: Path) -> None:
    """Write all pages into ``folder``. Raises OSError."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
