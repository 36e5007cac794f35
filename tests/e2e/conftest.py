"""Each training is done once and used by many tests; a process of its own only where it counts."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from netbuilder.cli import main


@dataclass
class Done:
    """What a command left: exit code, both streams, and its line of JSON."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """A command in this process."""

    def command(*words: object) -> Done:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Done(code, out, err)

    return command


@pytest.fixture(scope="session")
def fresh(root: Path) -> Callable[..., Done]:
    """A command in a process of its own, as a person starts it."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    plain["PYTHONPATH"] = str(root)

    def command(*words: object, cwd: Path | None = None) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "netbuilder", *(str(word) for word in words)],
            check=False,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=plain,
            timeout=200,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return command


def write_project(path: Path, data: dict[str, Any], last: dict[str, Any], **training: Any) -> Path:
    """The course's network on some table: Dense 50, 100, 50 with relu, and a last layer."""
    layers = [{"units": units, "activation": "relu"} for units in (50, 100, 50)]
    nodes = [{"id": "input", "layer": "Input", "params": {}}]
    nodes += [
        {"id": f"dense{i}", "layer": "Dense", "params": params}
        for i, params in enumerate([*layers, last])
    ]
    ids = [node["id"] for node in nodes]
    project = {
        "format": "netbuilder-project",
        "version": 1,
        "name": path.stem,
        "graph": {"nodes": nodes, "edges": [list(e) for e in pairwise(ids)]},
        "data": data,
        "training": {
            "loss": "mean_squared_error",
            "optimizer": {"name": "Adam", "params": {"learning_rate": 0.001}},
            "metrics": ["mean_absolute_error"],
            "epochs": 50,
            "batch_size": 32,
            "seed": 1,
            **training,
        },
    }
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


@dataclass
class Job:
    """A project, the model that a fresh process trained of it, and what that process said."""

    project: Path
    model: Path
    done: Done


@pytest.fixture(scope="session")
def diabetes_job(tmp_path_factory: pytest.TempPathFactory, fresh: Callable[..., Done]) -> Job:
    folder = tmp_path_factory.mktemp("diabetes")
    data = {"kind": "builtin", "name": "diabetes", "scaling": "minmax", "validation_split": 0.1}
    project = write_project(folder / "diabetes.netbuilder", data, {"units": 1})
    model = folder / "out.h5"
    return Job(project, model, fresh("train", project, "-o", model, "--json"))


@pytest.fixture(scope="session")
def sales_job(tmp_path_factory: pytest.TempPathFactory, sales: Path) -> Job:
    """In this process: the same path with a fresh one is what ``diabetes_job`` goes."""
    folder = tmp_path_factory.mktemp("sales")
    data = {
        "kind": "csv",
        "path": str(sales / "sales_training.csv"),
        "test_path": str(sales / "sales_test.csv"),
        "target": ["total_earnings"],
        "scaling": "minmax",
        "validation_split": 0.1,
    }
    project = write_project(folder / "sales.netbuilder", data, {"units": 1})
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["train", str(project), "--json"])
    return Job(project, folder / "sales.h5", Done(code, out.getvalue(), err.getvalue()))
