"""``-`` as a file name: standard input and standard output."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from netbuilder.cli.output import print_result
from netbuilder.core.project import files
from netbuilder.core.project.model import Project

#: What a file of samples begins with, if it is no table.
_BEGINNINGS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".wav", b"fLaC": ".flac"}


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="netbuilder-")


def input_path(name: str) -> Path:
    """Return the path to read; for "-" a temporary file with what standard input holds.

    It is a CSV file, unless it begins like a picture or a sound.
    """
    if name != "-":
        return Path(name)
    content = sys.stdin.buffer.read()
    endings = (end for start, end in _BEGINNINGS.items() if content.startswith(start))
    path = Path(_folder().name, f"stdin{next(endings, '.csv')}")
    path.write_bytes(content)
    return path


def print_project(project: Project, path: Path) -> bool:
    """Print a project if ``path`` is "-"; return whether it is."""
    if path.name == "-":
        print_result(files.dumps(project).removesuffix("\n"))
    return path.name == "-"


@contextmanager
def output_path(name: str, ending: str) -> Iterator[Path]:
    """Yield the path to write; for "-" a temporary file that goes to standard output."""
    path = Path(_folder().name, f"stdout{ending}") if name == "-" else Path(name)
    yield path
    if name == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(path.read_bytes())
        sys.stdout.buffer.flush()
