"""The catalog of sentences: it is collected without fault, and every language in it is sound."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import translations

from tests.contract.syntax import syntax_trees

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = {"_", "gettext", "ngettext", "pgettext", "N_", "noop"}


@pytest.fixture(scope="module")
def nodes():
    """Every call and sum of the program, with its file."""
    return [
        (path, node)
        for path, tree in syntax_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.BinOp)
    ]


def test_a_sentence_is_a_literal_with_named_placeholders(nodes):
    """An f-string or a sum is not found by the collector: the sentence would stay English."""
    wrong = []
    for path, call in nodes:
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id not in FUNCTIONS or not call.args:
            continue
        given = {keyword.arg for keyword in call.keywords}
        for literal in call.args[: 2 if call.func.id in {"ngettext", "pgettext"} else 1]:
            fields: set[str] = set()
            if isinstance(literal, ast.Constant) and call.func.id != "N_" and None not in given:
                fields = set(translations.FIELD.findall(str(literal.value)))
            named = given or call.func.id == "ngettext"
            if isinstance(literal, ast.JoinedStr | ast.BinOp) or (
                named and not fields <= given | {"count"}
            ):
                wrong.append(f"{path}:{literal.lineno} {sorted(fields - given)}")
    assert not wrong, "\n".join(wrong)


def _summands(node):
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_summands(node.left), *_summands(node.right)]
    return [node]


def _says(node):
    """Whether an expression is a call of gettext, or a choice with one."""
    if isinstance(node, ast.IfExp):
        return _says(node.body) or _says(node.orelse)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FUNCTIONS | {"join_sentences"}
    )


def test_no_sentence_is_glued_to_another_with_a_blank(nodes):
    """No blank may stand after a sentence in Chinese: ``wording.join_sentences`` joins them."""
    wrong = [
        f"{path}:{node.lineno}"
        for path, node in nodes
        for pair in (pairwise(_summands(node)) if isinstance(node, ast.BinOp) else ())
        if any(isinstance(summand, ast.Constant) and summand.value == " " for summand in pair)
        and any(map(_says, pair))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_every_language_is_complete(capsys):
    """All at once: the sentences are collected of the program's code for the first of them."""
    names = translations.present()
    failed = translations.check(names)
    said = capsys.readouterr().out
    assert failed == 0, "\n".join(line for line in said.splitlines() if "glossary" not in line)
    for name in names:
        assert re.search(rf"^{name}: \d+ messages, 0 missing, 0 fuzzy, 0 wrong", said, re.MULTILINE)


PROGRAM = """
from netbuilder.core.i18n import gettext as _, ngettext, pgettext
def show(path, n):
    # Translators: a title.
    _("Open")
    pgettext("a state", "Open")
    _("The file <b>{name}</b> is empty.", name=path)
    ngettext("{count} row in {name}", "{count} rows in {name}", n, name=path)
    _("on" if n else "off")
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A program of seven messages without any language."""
    (tmp_path / "netbuilder").mkdir()
    (tmp_path / "netbuilder/show.py").write_text(PROGRAM, "utf-8")
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "CODE", tmp_path / "netbuilder")
    for name in ("EXAMPLES", "LESSONS"):
        monkeypatch.setattr(translations, name, tmp_path)
    (tmp_path / "glossary.json").write_text("[]", "utf-8")
    monkeypatch.setattr(translations, "GLOSSARY", tmp_path / "glossary.json")
    (tmp_path / "catalog.json").write_text('{"params": {}, "activations": {}}', "utf-8")
    monkeypatch.setattr(translations, "LAYERS", tmp_path / "catalog.json")
    monkeypatch.setattr(translations, "TABLES", {})
    (tmp_path / "script_parts.txt").write_text("")
    monkeypatch.setattr(translations, "PARTS", tmp_path / "script_parts.txt")
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "netbuilder/locale")
    monkeypatch.setattr(translations, "TEMPLATE", tmp_path / "netbuilder/locale/netbuilder.pot")
    return tmp_path


GERMAN = {
    ("Open", None): "Öffnen",
    ("Open", "a state"): "Offen",
    ("The file <b>{name}</b> is empty.", None): "Die Datei <b>{name}</b> ist leer.",
    ("{count} row in {name}", None): ["eine Zeile in {name}", "{count} Zeilen in {name}"],
    ("on", None): "an",
    ("off", None): "aus",
}


def exported(folder):
    assert translations.new("de") == 0
    assert translations.export("de", folder / "chunks", 4) == 0
    return sorted((folder / "chunks").glob("de-*.json"))


def fill(paths, words):
    for path in paths:
        content = json.loads(path.read_text("utf-8"))
        for one in content["messages"]:
            one["translation"] = words[one["message"], one.get("context")]
        path.write_text(json.dumps(content), "utf-8")


def test_a_language_is_exported_filled_in_and_taken_over(small):
    paths = exported(small)
    assert [len(json.loads(path.read_text("utf-8"))["messages"]) for path in paths] == [4, 2]
    assert translations.check(["de"]) == 1
    fill(paths, GERMAN)
    assert translations.import_("de", paths) == 0
    assert translations.check(["de"]) == 0
    catalog = translations.read("de")
    assert catalog.get("Open", "a state").string == "Offen"
    assert catalog.get("{count} row in {name}").string[1] == "{count} Zeilen in {name}"
    assert translations.export("de", small / "more", 4) == 0
    assert not list((small / "more").glob("*"))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (("The file <b>{name}</b> is empty.", None), "Die Datei <b>{nane}</b> ist leer."),
        (("The file <b>{name}</b> is empty.", None), "Die Datei ist leer."),
        (("The file <b>{name}</b> is empty.", None), "Die Datei {name} ist leer."),
        (("{count} row in {name}", None), "{count} Zeilen in {name}"),
        (("{count} row in {name}", None), ["eine Zeile in {name}", "Zeilen in {name}"]),
        (("on", None), "an "),
    ],
)
def test_a_translation_that_does_not_fit_is_refused(small, key, words, capsys):
    paths = exported(small)
    fill(paths, {**GERMAN, key: words})
    assert translations.import_("de", paths) == 1
    assert "5 taken" in capsys.readouterr().out
    assert len(translations.pending(translations.read("de"))) == 1


def test_a_changed_sentence_keeps_its_translation_to_be_looked_at(small):
    paths = exported(small)
    fill(paths, GERMAN)
    translations.import_("de", paths)
    code = small / "netbuilder/show.py"
    code.write_text(PROGRAM.replace("is empty.", "is empty now."), "utf-8")
    assert translations.update([]) == 0
    [changed] = translations.pending(translations.read("de"))
    assert changed.fuzzy and changed.string == "Die Datei <b>{name}</b> ist leer."
    assert translations.import_("de", paths) == 0  # the old sentence is gone, which is no fault
    assert translations.check(["de"]) == 1


def test_the_glossary_is_reported_and_fails_nothing(small, capsys):
    paths = exported(small)
    fill(paths, GERMAN)
    translations.import_("de", paths)
    glossary = small / "netbuilder/locale/de/glossary.toml"
    glossary.write_text('[terms]\n"file" = "Datensatz"\n"row" = ["Zeile", "Reihe"]\n', "utf-8")
    assert translations.check(["de"]) == 0
    told = capsys.readouterr().out
    assert "1 terms unlike the glossary" in told and "'file' is Datensatz" in told
