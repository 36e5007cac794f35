"""The examples of docs/python.md run as they stand, one after the other."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from netbuilder.core.folders import resource

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python.md"


@pytest.mark.slow
def test_the_examples_run(tmp_path, monkeypatch, capsys):
    shutil.copy(resource("examples", "iris.netbuilder"), tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(compile(block, "python.md", "exec"), names)
    said = capsys.readouterr().out
    assert said.count("['setosa']") == 2
    assert "keras.Sequential" in said
    assert (tmp_path / "iris.h5").is_file()
