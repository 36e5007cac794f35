"""``netbuilder data``: what a file or a project was understood as, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from netbuilder.cli import main


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    code = main(["data", *words, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"{n},{n % 2},{'ab'[n % 2]}" for n in range(50))
    (tmp_path / "d.csv").write_text(f"x,bit,letter\n{rows}\n")
    code, found = told(capsys, str(tmp_path / "d.csv"))
    assert code == 0
    assert (found["kind"], sum(found["rows"].values())) == ("csv", 50)  # type: ignore[attr-defined]
    x, _, letter = found["columns"]  # type: ignore[misc]
    assert {key: x[key] for key in ("name", "role", "type", "missing", "unique", "min", "max",
                                    "mean", "examples")} == {
        "name": "x", "role": "feature", "type": "number", "missing": 0, "unique": 50,
        "min": 0.0, "max": 49.0, "mean": 24.5, "examples": ["0", "1", "2"],
    }  # fmt: skip
    assert (letter["role"], letter["type"]) == ("target", "category")
    assert found["classes"] == {"a": 25, "b": 25}
    (note,) = found["notes"]  # type: ignore[misc]
    assert (note["severity"], note["fix"]) == ("warning", "Leave 'bit' out")


def test_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples", "iris", "-o", str(tmp_path / "iris.netbuilder")]) == 0
    capsys.readouterr()
    code, found = told(capsys, str(tmp_path / "iris.netbuilder"))
    assert code == 0
    assert found["classes"] == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert len(found["columns"]) == 5  # type: ignore[arg-type]


def test_arrays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((40, 5, 5)), y=np.arange(40) % 2)
    code, found = told(capsys, str(tmp_path / "d.npz"))
    assert (code, found["kind"], found["columns"]) == (0, "arrays", [])
    assert found["classes"] == {"0": 20, "1": 20}


def test_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(tmp_path / "none.csv")]) == 1
    assert "There is no file" in capsys.readouterr().err
