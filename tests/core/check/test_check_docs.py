"""The page of problems is what the code makes."""

from pathlib import Path

from doc_pages.problems import problems_page
from rule_examples import PAGES

from netbuilder.core.check.diagnostics import RULES

PAGE = Path(__file__).parents[3] / "docs" / "problems.md"


def test_the_page_is_up_to_date():
    written = PAGE.read_text(encoding="utf-8")
    made = problems_page()
    assert written == made, "Run: python scripts/write_doc_pages.py docs"


def test_every_rule_is_on_the_page_with_an_example():
    written = PAGE.read_text(encoding="utf-8")
    for rule in RULES:
        section = written.partition(f'<a id="{rule.code}">')[2].partition("\n## ")[0]
        assert rule.title in section
        assert section.count("  > ") == len(PAGES[rule.code].examples)
