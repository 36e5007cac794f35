"""Every part from elsewhere stands in the list of licences."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import third_party
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def _rows(root):
    text = (root / "resources" / "third_party.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row for row in rows}


def test_every_dependency_has_its_licence_in_the_list(root):
    """Those of pyproject.toml and what they need in turn; the list is made anew by the script."""
    raw = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = raw["optional-dependencies"]
    waiting = [*raw["dependencies"], *extras["capture"], *extras["onnx"]]
    rows, visited = _rows(root), set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in visited or (
            requirement.marker and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        visited.add(name)
        assert name in rows, f"{name}: lock it, then run python scripts/third_party.py"
        assert rows[name][2] == third_party.licence_of(name) != ""
        waiting += metadata.requires(name) or []
    assert len(visited) > 50


def test_the_list_has_the_versions_of_the_lock_and_all_weights(root):
    rows = _rows(root)
    for name, versions in third_party.locked().items():
        assert rows[name][1] == ", ".join(versions), "run python scripts/third_party.py"
    weights = {path.name for path in (root / "resources" / "weights").iterdir()}
    assert {name for name in weights if not name.endswith(".txt")} <= rows.keys()
    assert rows["english_words.npz"][2] == "PDDL-1.0"
    assert "LGPL-3.0" in rows["pyside6-essentials"][2] and rows["grandalf"][2].endswith("EPL-1.0")


def test_a_program_without_python_holds_the_texts():
    texts = third_party.licence_texts()
    assert all(Path(file).is_file() for file, _folder in texts)
    assert {"licences/grandalf", "licences/soundfile"} <= {folder for _file, folder in texts}


def test_actions_are_pinned_and_extras_exist(root):
    text = (root / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    raw = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) and re.search(r"# v\d", comment)
    for extras in re.findall(r'"\.\[([\w,]+)\]"', text):
        assert set(extras.split(",")) <= raw["optional-dependencies"].keys()
    assert "--require-hashes -r packaging/locked.txt" in text
