"""The catalog of sentences: it is collected without fault, and every language in it is sound."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("translations", ROOT / "scripts/translations.py")
assert spec is not None
assert spec.loader is not None
translations = importlib.util.module_from_spec(spec)
spec.loader.exec_module(translations)

FUNCTIONS = {"_", "gettext", "ngettext", "pgettext", "N_", "noop"}


def test_sentences_are_collected() -> None:
    found = {
        text for one in translations.template() if one.id for text in translations.texts(one.id)
    }
    assert "There is no language '{name}'." in found
    assert len(found) > 150


@pytest.mark.parametrize("path", sorted((ROOT / "netbuilder").rglob("*.py")), ids=str)
def test_a_sentence_is_a_literal_with_named_placeholders(path: Path) -> None:
    """An f-string or a sum is not found by the collector: the sentence would stay English."""
    text = path.read_text("utf-8")
    if "core.i18n" not in text:
        return
    for call in ast.walk(ast.parse(text)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id not in FUNCTIONS or not call.args:
            continue
        literals = call.args[: 2 if call.func.id in {"ngettext", "pgettext"} else 1]
        given = {keyword.arg for keyword in call.keywords}
        for one in literals:
            assert not isinstance(one, ast.JoinedStr | ast.BinOp), f"{path}:{one.lineno}"
            if isinstance(one, ast.Constant) and call.func.id != "N_" and None not in given:
                fields = set(translations.FIELD.findall(str(one.value)))
                if given or call.func.id == "ngettext":
                    allowed = given | {"count"}
                    assert fields <= allowed, f"{path}:{one.lineno} {fields - allowed}"


@pytest.mark.parametrize("name", translations.present())
def test_a_language_is_complete(name: str) -> None:
    assert not translations.faults(name, translations.template())
