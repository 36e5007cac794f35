"""Each error and finding of a table has its sentences, and fills their placeholders."""

import ast
import re
from collections.abc import Mapping
from itertools import chain

from netbuilder.core.data.data_errors import _ERRORS
from netbuilder.core.data.findings import _SENTENCES, ERROR, INFO, WARNING
from netbuilder.core.error_texts import _ERRORS as OTHER_ERRORS
from netbuilder.core.folders import resource_json
from netbuilder.core.project.project_errors import _ERRORS as PROJECT_ERRORS
from tests.contract.syntax import PACKAGE, syntax_trees

#: The table of each function, and what its second argument fills.
TABLES: dict[str, tuple[Mapping[str, object], str]] = {
    "data_error": (_ERRORS, "name"),
    "column_finding": ({key: text for key, (_severity, text) in _SENTENCES.items()}, "name"),
    "edit_error": (PROJECT_ERRORS, "name"),
    "file_error": (PROJECT_ERRORS, ""),
    "user_error": (OTHER_ERRORS, "file"),
    "format_error": (OTHER_ERRORS, "file"),
    "training_error": (OTHER_ERRORS, ""),
}
SOURCES = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def calls():
    for path, tree in syntax_trees().items():
        for node in ast.walk(tree) if any(map(SOURCES[path].count, TABLES)) else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TABLES:
                yield node


def test_each_call_has_its_sentences_and_fills_them():
    assert len(list(calls())) > 100
    for call in calls():
        texts, filled = TABLES[call.func.id]
        about = {filled} if len(call.args) > 1 else set()
        key = call.args[0]
        for choice in (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,):
            if isinstance(choice, ast.Constant):
                fields = set(re.findall(r"{(\w+)", str(texts[choice.value])))
                assert fields <= {word.arg for word in call.keywords} | about, ast.unparse(call)


def test_each_sentence_is_used_and_each_finding_has_one_severity():
    keys = chain.from_iterable(texts for texts, _filled in TABLES.values())
    assert [key for key in keys if not any(f'"{key}"' in text for text in SOURCES.values())] == []
    findings = resource_json("data_texts.json")["findings"]
    assert set(findings) == {ERROR, WARNING, INFO}
    assert len(_SENTENCES) == sum(map(len, findings.values()))
