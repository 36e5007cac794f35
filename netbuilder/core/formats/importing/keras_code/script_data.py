"""The data that a script reads: tables, folders and sets, by the calls that Keras's guides use."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_list

_TABLES = frozenset({"read_csv", "loadtxt", "genfromtxt"})
# What reads a folder, and the kind of data that it is in NetBuilder.
_FOLDERS: Mapping[str, str] = {
    "image_dataset_from_directory": "images",
    "flow_from_directory": "images",
    "text_dataset_from_directory": "text",
    "audio_dataset_from_directory": "sounds",
}
_OTHER = frozenset({"load_data", "flow_from_dataframe", "timeseries_dataset_from_array"})
# Arguments of ImageDataGenerator that change no picture at random.
_PLAIN = frozenset(
    {"rescale", "preprocessing_function", "validation_split", "data_format", "dtype", "fill_mode"}
    | {"cval", "interpolation_order"}
)


class DataReads:
    """What a script reads.

    Attributes:
        found: (line, kind, path, the code) of each call that reads samples; path "" where the
            code does not say it.
        batch_size: of a call that makes batches of a folder; 0 where none says it.
    """

    def __init__(self) -> None:
        self.found: list[tuple[int, str, str, str]] = []
        self.batch_size = 0

    def read(
        self,
        node: ast.Call,
        args: list[Any],
        kwargs: Mapping[str, Any],
        remarks: list[tuple[str, int, str]],
    ) -> None:
        """Keep a call that reads data; add a remark where it also changes the samples."""
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "ImageDataGenerator":
            changed = [key for key, one in kwargs.items() if key not in _PLAIN and one]
            if changed:
                told = _(
                    "{arguments} change pictures during training: add layers such as RandomFlip "
                    "and RandomRotation instead.",
                    arguments=format_list(changed),
                )
                remarks.append((name, node.lineno, told))
        loads = name.startswith(("load_", "fetch_")) and name in _SETS
        if name not in (*_TABLES, *_FOLDERS, *_OTHER) and not loads:
            return
        given = kwargs.get("directory", args[0] if args else "")
        path = given if isinstance(given, str) and name not in _OTHER and not loads else ""
        kind = _FOLDERS.get(name, "csv" if name in _TABLES else "")
        self.found.append((node.lineno, kind, path, ast.unparse(node)[:60]))
        size = kwargs.get("batch_size", 32 if name in _FOLDERS else None)
        if isinstance(size, int) and not self.batch_size:
            self.batch_size = size

    def place(self, folder: Path) -> tuple[int, str, str]:
        """Line, kind and path of the one file or folder of data that is there; "" for none.

        Folders for training and validation beside each other are one set: their parent.
        """
        paths = dict.fromkeys((kind, path) for _line, kind, path, _code in self.found if path)
        kinds = {kind for kind, _path in paths}
        parents = {str(Path(path).parent) for _kind, path in paths}
        if len(paths) > 1 and len(kinds) == len(parents) == 1 and kinds != {"csv"}:
            paths = dict.fromkeys((kind, parents.copy().pop()) for kind in kinds)
        if len(paths) != 1:
            return 0, "", ""
        kind, path = next(iter(paths))
        there = folder / path
        fits = there.is_file() if kind == "csv" else there.is_dir()
        return self.found[0][0], kind, path if fits and not Path(path).is_absolute() else ""


_SETS = frozenset(
    {"load_iris", "load_digits", "load_wine", "load_breast_cancer", "load_diabetes"}
    | {"load_dataset", "fetch_california_housing", "fetch_openml"}
)
