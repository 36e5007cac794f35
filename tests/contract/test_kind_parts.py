"""A kind of data is one package: each has all parts, and nobody else asks what kind data is."""

import ast
import importlib
import io
import tokenize
from dataclasses import replace
from pathlib import Path

import pytest
from doc_pages.data import data_page

from netbuilder.core.data import registry
from netbuilder.core.data.kinds import sounds
from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.data.registry import KINDS, MODALITIES
from netbuilder.ui.kinds.registry import KIND_WIDGETS
from tests.contract.syntax import PACKAGE, syntax_trees

KINDS_FOLDER = Path(registry.__file__).parent / "kinds"
#: What project files, trained files and messages call kinds and sorts of samples.
NAMES = {*KINDS, *MODALITIES, *(one.takes for one in MODALITIES.values())}
#: Attributes and functions that say one of these names.
ASKED = {"kind", "role", "takes"}


def missing_parts(kind, page, window=KIND_WIDGETS):
    """The parts that a kind of data lacks."""
    found = {
        "title": kind.title and kind.help and kind.noun,
        "reader": callable(kind.files.read),
        "options": kind.options,
        "script": callable(kind.code),
        "docs": f"## {kind.title}" in page or kind.files.place.value == "nowhere",
    }
    for sort in kind.modalities:
        rows = [row for row in window if sort in row.modalities]
        found[f"view of {sort.name}"] = len(rows) == 1 and rows[0].tabs
        found[f"prediction form of {sort.name}"] = len(rows) == 1 and callable(rows[0].form)
        own = type(sort).layers is not Modality.layers
        tried = type(sort).examples is not Modality.examples
        found[f"Keras form of {sort.name}"] = not own or (tried and type(sort).layers_take)
        found[f"words of {sort.name}"] = sort.name and sort.takes
    return [part for part, there in found.items() if not there]


@pytest.mark.parametrize("name", list(KINDS))
def test_a_kind_has_all_parts(name):
    assert missing_parts(KINDS[name], data_page()) == []


def test_a_part_that_is_missing_is_named():
    whole, page = sounds.KIND, data_page()
    assert missing_parts(replace(whole, options=()), page) == ["options"]
    assert missing_parts(replace(whole, title="Smells"), page) == ["docs"]
    assert missing_parts(whole, page, ()) == ["view of sound", "prediction form of sound"]
    (row,) = [row for row in KIND_WIDGETS if row.name == "sounds"]
    assert missing_parts(whole, page, (replace(row, tabs=()),)) == ["view of sound"]


def test_each_package_of_a_kind_is_in_the_registry():
    packages = {one.parent.name for one in KINDS_FOLDER.glob("*/__init__.py")} - {"scripts"}
    assert packages == set(KINDS)
    for name in packages:
        assert importlib.import_module(f"netbuilder.core.data.kinds.{name}").KIND is KINDS[name]


def test_each_sort_of_sample_belongs_to_one_kind():
    owned = [sort.name for kind in KINDS.values() for sort in kind.modalities]
    assert sorted(owned) == sorted(set(owned)) == sorted(MODALITIES)


def _said(node):
    """Whether an expression is what a kind or a sort of sample is called."""
    asked = node.func if isinstance(node, ast.Call) else node
    name = getattr(asked, "attr", getattr(asked, "id", ""))
    return name in ASKED and (isinstance(node, ast.Call | ast.Attribute))


def _names(node):
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    } & NAMES


def comparisons(tree):
    """The lines on which it is asked by name what kind of data, or of sample, something is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(_said, sides)) and any(map(_names, sides)):
                yield node.lineno
        elif isinstance(node, ast.Match):
            if _said(node.subject) and any(map(_names, node.cases)):
                yield node.lineno
        elif isinstance(node, ast.Subscript) and getattr(node.value, "id", "") in {
            "KINDS", "MODALITIES",
        } and _names(node.slice):  # fmt: skip
            yield node.lineno


def test_nobody_asks_by_name_what_kind_data_is():
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path, tree in syntax_trees().items()
        if KINDS_FOLDER not in path.parents
        for line in comparisons(tree)
    ]
    assert found == [], "ask the modality or the kind's row"


@pytest.mark.parametrize(
    "text",
    [
        'entry.kind == "table"',
        '"sounds" != data.kind',
        'one.kind in {"text", "tokens"}',
        'takes(trained) not in ("rows", "images")',
        'MODALITIES["image"].endings',
        'match data.kind:\n    case "series": pass',
    ],
)
def test_a_question_by_name_is_found(text):
    assert list(comparisons(ast.parse(text)))


@pytest.mark.parametrize("text", ['column.kind == "category"', 'hit.kind == "in"', "a.kind == b"])
def test_other_kinds_are_passed_over(text):
    assert not list(comparisons(ast.parse(text)))


@pytest.mark.slow
def test_sounds_stand_in_few_files():
    """Names, and not words in sentences: what would have to be touched if sounds were changed."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
        if token.type == tokenize.NAME and "sound" in token.string.lower()
    }
    assert len(found) <= 10, sorted(found)
