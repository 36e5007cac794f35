"""The data that a script reads: tables, folders and sets, by the calls that Keras's guides use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netbuilder.core.data.kinds.builtin import read_builtin
from netbuilder.core.formats.importing.keras_code.values import Unread
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
_OTHER = frozenset({"flow_from_dataframe", "timeseries_dataset_from_array"})
#: Sets that fetchers of other packages know by another name.
_OTHER_NAMES: Mapping[str, str] = {"mnist_784": "mnist", "cifar_10": "cifar10"}
#: The shape of a picture in the sets that have pictures.
PICTURE_SETS: Mapping[str, list[int]] = {
    "digits": [8, 8, 1], "mnist": [28, 28, 1], "fashion_mnist": [28, 28, 1], "cifar10": [32, 32, 3],
}  # fmt: skip
#: What a script names the target column of a set.
_TARGET = "target"
# Arguments of ImageDataGenerator that change no picture at random.
_NOT_AUGMENTING = frozenset({
    "rescale", "preprocessing_function", "validation_split", "data_format", "dtype", "fill_mode",
    "cval", "interpolation_order",
})  # fmt: skip

_SCALINGS = {"StandardScaler": "standard", "MinMaxScaler": "minmax"}
# What a division by hand names in the code, by the scaling that it is.
_SCALING_VARIABLES = {
    "standard": ("mean|avg", "std|sigma"),
    "minmax": ("min|low", "max|ptp|high|range"),
}
_OTHER_SCALERS = frozenset({"RobustScaler", "MaxAbsScaler", "Normalizer", "PowerTransformer"})
# What gives the same columns of other rows, or written in another way: functions, then methods.
_ROW_FUNCTIONS = frozenset({
    "fit_transform", "transform", "array", "asarray", "to_categorical", "get_dummies",
    "DataFrame", "expand_dims", "ravel", "squeeze", "reshape", "convert_to_tensor", "cast",
    "texts_to_sequences", "pad_sequences",
})  # fmt: skip
_ROW_METHODS = frozenset({
    "to_numpy", "astype", "copy", "dropna", "fillna", "reset_index", "sample", "to_frame", "head",
    "reshape", "ravel", "flatten", "squeeze", "map", "replace", "sort_values", "tail",
    "drop_duplicates", "tolist",
})  # fmt: skip
_ARITHMETIC = frozenset({
    "log", "log1p", "log10", "log2", "sqrt", "exp", "power", "abs", "where", "apply", "clip",
    "round", "div", "mul", "sub", "add", "divide", "multiply", "shift", "diff",
})  # fmt: skip
_TABLE_ATTRIBUTES = frozenset({
    "shape", "columns", "index", "dtypes", "dtype", "size", "ndim", "empty", "str", "plot", "dt",
})  # fmt: skip
# What sets the seed of all that is random: of Keras, TensorFlow, NumPy and Python.
_SEEDS = frozenset({"set_random_seed", "set_seed", "seed"})
# What says how texts become numbers: arguments, and NetBuilder's names of them.
_TEXT_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "load_data": {"num_words": "max_words", "maxlen": "sequence_length"},
    "Tokenizer": {"num_words": "max_words"},
    "pad_sequences": {"maxlen": "sequence_length"},
    "TextVectorization": {
        "max_tokens": "max_words", "output_sequence_length": "sequence_length",
    },
}  # fmt: skip
# Names that scripts give to a table's two sides where no ``fit`` takes them.
_USUAL_NAMES = (
    ("x", "X", "x_train", "X_train", "features", "train_features"),
    ("y", "Y", "y_train", "labels", "train_labels", "target", "targets"),
)


@dataclass(eq=False)
class Rows(Unread):
    """Rows of a table, which only reading it would give, and which of its columns they have.

    ``names``: None for all. ``without``: columns taken away. ``positions``: of those left.
    ``computed``: line and code of what was done with them, and the scaling that it is ("" for
    none). ``words``: all code that computed them. ``part``: "train", "test" or "validation" after a
    split. ``table``: False for arrays, which have no names.
    """

    names: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    positions: Any = None
    computed: tuple[int, str, str] | None = None
    words: str = ""
    part: str = ""
    table: bool = True

    def columns(self, header: Sequence[str]) -> list[str]:
        """The names of the columns in a file that has those of ``header``."""
        found = [one for one in self.names or header if one not in self.without]
        if isinstance(self.positions, int):
            return found[self.positions :][:1] if -len(found) <= self.positions < len(found) else []
        return found if self.positions is None else found[self.positions]


class Bunch(dict[str, Any]):
    """A set as scikit-learn's loaders give it: its rows, and the names of features and classes."""

    def __init__(self, rows: Rows, name: str) -> None:
        features = replace(rows, without=(_TARGET,))
        target = replace(rows, names=(_TARGET,))
        super().__init__(data=features, images=features, frame=rows, target=target)
        self.name = name

    def __missing__(self, key: str) -> Any:
        if key not in ("target_names", "feature_names"):
            raise KeyError(key)
        samples = read_builtin(self.name, {})
        if key == "feature_names":
            return list(() if samples.table is None else samples.table.columns)
        return sorted({str(one) for one in samples.targets.iloc[:, 0]})


def computed(rows: Rows, node: ast.AST, other: Any = None, *, divided: bool = False) -> Rows:
    """Rows with which ``node`` computes, together with ``other``."""
    code, scaling = ast.unparse(node), rows.computed[2] if rows.computed is not None else ""
    words = f"{rows.words} {code} {getattr(other, 'text', '')}"
    if divided and isinstance(other, int | float) and other > 1 and not rows.words:
        scaling = f"minmax/{other:g}"
    elif divided:
        known = [
            name
            for name, both in _SCALING_VARIABLES.items()
            if all(re.search(one, words) for one in both)
        ]
        scaling = known[0] if known else ""
    return replace(rows, computed=(getattr(node, "lineno", 0), code[:60], scaling), words=words)


def selected(rows: Rows, key: Any, columns: bool, node: ast.Subscript) -> Any:
    """What ``rows[key]`` gives, or ``rows[…, key]`` where ``columns`` is true."""
    names = _names(key)
    if names is not None:
        return replace(rows, line=node.lineno, text=ast.unparse(node)[:60], names=names, without=())
    if columns and not isinstance(key, int | slice):
        return NotImplemented
    return replace(rows, positions=key) if columns and key != slice(None) else replace(rows)


def _names(value: Any) -> tuple[str, ...] | None:
    found = (value,) if isinstance(value, str) else value
    whole = isinstance(found, list | tuple) and all(isinstance(one, str) for one in found)
    return tuple(found) if whole and found else None


def rows_in(value: Any) -> Iterator[Rows]:
    """The rows among what ``fit`` is given."""
    if isinstance(value, Rows):
        yield value
    for one in (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, list | tuple)
        else ()
    ):
        yield from rows_in(one)


class ScriptData:
    """What a script reads.

    Attributes:
        calls: (line, kind, path, the code) of each call that reads samples; the path is the name
            of a built-in set, and "" where the code does not say it.
        batch_size: of a call that makes batches of a folder; 0 where none says it.
        text_options: how long texts are, and of how many words.
        stored_columns: (name, line, value) of each column that the script stores in a table.
        variables: the script's variables.
        scaling: of the last scaler; "" without one.
        balanced: scikit-learn computes weights that balance the classes.
        test_split, validation_split: shares that the script splits off; None where it does not.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[int, str, str, str]] = []
        self.batch_size = 0
        self.text_options: dict[str, int] = {}
        self.stored_columns: list[tuple[str, int, Any]] = []
        self.variables: dict[str, Any] = {}
        self.scaling, self.balanced = "", False
        self.seed: tuple[int, int] | None = None  # and its line
        self.test_split: float | None = None
        self.validation_split: float | None = None
        self._popped: Rows | None = None

    def read_call(
        self,
        node: ast.Call,
        target: str,
        args: list[Any],
        kwargs: Mapping[str, Any],
        remarks: list[tuple[str, int, str]],
    ) -> Any:
        """Keep a call that reads data, and give its rows, or those that a function gives for
        others; None for any other call. Add a remark on what NetBuilder does not do with them.

        ``target``: the whole name of what is called, as far as it is known.
        """
        name = target.rpartition(".")[2]
        first = args[0] if args else None
        for key, option in _TEXT_OPTIONS.get(name, {}).items():
            if isinstance(kwargs.get(key), int):
                self.text_options[option] = kwargs[key]
        seed = kwargs.get("random_state") if name == "train_test_split" else first
        if (name == "train_test_split" or name in _SEEDS) and type(seed) is int and seed >= 0:
            self.seed = self.seed or (seed % 2**31, node.lineno)
        if name == "train_test_split" and args:
            return self._split(node, args, kwargs, remarks)
        if isinstance(first, Rows) and name in _ROW_FUNCTIONS:
            return replace(first)
        if isinstance(first, Rows) and name in _ARITHMETIC and isinstance(node.func, ast.Attribute):
            return computed(first, node)
        self._remark(node, name, args, kwargs, remarks)
        if name == "load_data" or "datasets" in target or target.startswith("seaborn."):
            found = self._data_set(node, target, first, kwargs)
            if found is not None:
                return found
        if name not in (*_TABLES, *_FOLDERS, *_OTHER):
            return None
        given = kwargs.get("directory", args[0] if args else "")
        path = given if isinstance(given, str) and name not in _OTHER else ""
        kind = _FOLDERS.get(name, "csv" if name in _TABLES else "")
        self.calls.append((node.lineno, kind, path, ast.unparse(node)[:60]))
        size = kwargs.get("batch_size", 32 if name in _FOLDERS else None)
        if isinstance(size, int) and not self.batch_size:
            self.batch_size = size
        return Rows(node.lineno, ast.unparse(node)[:60]) if name in _TABLES else None

    def _remark(
        self,
        node: ast.Call,
        name: str,
        args: list[Any],
        kwargs: Mapping[str, Any],
        remarks: list[tuple[str, int, str]],
    ) -> None:
        """Keep scaling and class weights, and add a remark on what NetBuilder does otherwise."""
        if name in _SCALINGS or name in _OTHER_SCALERS:
            found = _SCALINGS.get(name, "")
            if found and self.scaling in ("", found) and not {"feature_range"} & set(kwargs):
                self.scaling = found
            else:
                code = ast.unparse(node)[:60]
                told = _("'{code}': choose the scaling on the Data page.", code=code)
                remarks.append(("scaling", node.lineno, told))
        if name in ("compute_class_weight", "compute_sample_weight"):
            self.balanced |= "balanced" in (*args, *kwargs.values())
        if name == "ImageDataGenerator":
            if isinstance(kwargs.get("rescale"), int | float):
                self.scaling = self.scaling or "minmax"
            changed = [key for key, one in kwargs.items() if key not in _NOT_AUGMENTING and one]
            if changed:
                told = _(
                    "{arguments} change pictures during training: add layers such as RandomFlip "
                    "and RandomRotation instead.",
                    arguments=format_list(changed),
                )
                remarks.append((name, node.lineno, told))

    def _data_set(self, node: ast.Call, target: str, first: Any, kwargs: Mapping[str, Any]) -> Any:
        """Keep a call that loads a set; give its rows in the form that this loader has."""
        module, _dot, loader = target.rpartition(".")
        text, line = ast.unparse(node)[:60], node.lineno
        if loader == "load_data" and module:
            name = module.rpartition(".")[2]
        elif loader.startswith(("load_", "fetch_")):
            name = loader.partition("_")[2]
        else:
            return None
        if name in ("dataset", "openml"):
            given = kwargs.get("name", first)
            name = given if isinstance(given, str) else name
        name = _OTHER_NAMES.get(name, name)
        self.calls.append((line, "builtin", name, text))
        rows = Rows(line, text, table=name not in PICTURE_SETS)
        if loader == "load_data":
            parts = [replace(rows, part=part) for part in ("train", "test")]
            return tuple((one, replace(one, names=(_TARGET,))) for one in parts)
        if loader == "load_dataset":
            return rows
        bunch = Bunch(rows, name)
        return (bunch["data"], bunch["target"]) if kwargs.get("return_X_y") is True else bunch

    def _split(
        self,
        node: ast.Call,
        args: list[Any],
        kwargs: Mapping[str, Any],
        remarks: list[tuple[str, int, str]],
    ) -> list[Rows]:
        """What ``train_test_split`` gives: of the first the test set, of the second that of
        validation; of a test set that is split again, the first part validates."""
        text = ast.unparse(node)[:60]
        rows = [
            one if isinstance(one, Rows) else Rows(node.lineno, text, table=False) for one in args
        ]
        kept = kwargs.get("train_size")
        share = kwargs.get("test_size", 1 - kept if isinstance(kept, float) else 0.25)
        before, parts = rows[0].part, ("train", "validation" if rows[0].part else "test")
        if not isinstance(share, float) or not 0 < share < 1:
            told = _("'{code}': choose the split on the Data page.", code=text)
            remarks.append(("train_test_split", node.lineno, told))
        elif before == "test" and self.test_split is not None:
            whole = self.test_split
            self.test_split = round(whole * share, 6)
            self.validation_split = round(whole * (1 - share) / (1 - whole * share), 6)
        elif before:
            self.validation_split = round(share, 6)
        else:
            self.test_split = round(share, 6)
        if before == "test":
            parts = ("validation", "test")
        return [replace(one, part=part) for one in rows for part in parts]

    def call_method(
        self, rows: Rows, name: str, args: list[Any], kwargs: Mapping[str, Any], node: ast.AST
    ) -> Any:
        """What a method of a table gives."""
        first = args[0] if args else None
        if name == "pop" and isinstance(first, str):
            rows.without = (*rows.without, first)
            self._popped = replace(rows, names=(first,), without=())
            return self._popped
        if name == "drop":
            labels = kwargs.get("columns", kwargs.get("labels", first))
            axis = kwargs.get("axis", args[1] if len(args) > 1 else 0)
            gone = _names(labels) if "columns" in kwargs or axis in (1, "columns") else ()
            if gone is None:
                return NotImplemented
            changed = rows if kwargs.get("inplace") is True else replace(rows)
            changed.without = (*rows.without, *gone)
            return changed
        if name in _ARITHMETIC:
            return computed(rows, node)
        return replace(rows) if name in _ROW_METHODS else NotImplemented

    def get_attribute(self, rows: Rows, node: ast.Attribute) -> Any:
        """What an attribute of a table gives: a column, where it is none of pandas'."""
        if node.attr in ("values", "iloc", "loc"):
            return rows
        whole = rows.table and rows.names is None and node.attr not in _TABLE_ATTRIBUTES
        return replace(rows, names=(node.attr,), without=()) if whole else NotImplemented

    def features_and_targets(
        self, fitted: Mapping[str, Any], *, tables: bool = True
    ) -> tuple[list[Rows], list[Rows]]:
        """Features and targets that a table is parted into: what ``fit`` takes, or what the usual
        names stand for; else a target is what was popped, or the only column dropped. Without
        ``tables`` rows of arrays count, too."""
        found = []
        for key, usual in zip(("x", "y"), _USUAL_NAMES, strict=True):
            given = [one for one in rows_in(fitted.get(key)) if one.table >= tables]
            named = (self.variables.get(one) for one in usual)
            more = [one for one in named if isinstance(one, Rows) and one.table >= tables]
            found.append(given or more[:1])
        x, y = found
        y = [one for one in y if one.names is not None or one.positions is not None]
        if not y and self._popped is not None:
            y = [self._popped]
        elif not y and len(x) == 1 and len(x[0].without) == 1:
            y = [replace(x[0], names=x[0].without, without=(), positions=None, computed=None)]
        return x, y

    def data_file(self, folder: Path) -> tuple[int, str, str]:
        """Line, kind and path of the one file or folder of data that is there, or the name of the
        one built-in set; "" for none.

        Folders for training and validation beside each other are one set: their parent.
        """
        paths = dict.fromkeys((kind, path) for _line, kind, path, _code in self.calls if path)
        kinds = {kind for kind, _path in paths}
        parents = {str(Path(path).parent) for _kind, path in paths}
        if len(paths) > 1 and len(kinds) == len(parents) == 1 and kinds != {"csv"}:
            paths = dict.fromkeys((kind, parents.copy().pop()) for kind in kinds)
        if len(paths) != 1:
            return 0, "", ""
        kind, path = next(iter(paths))
        if kind == "builtin":
            return self.calls[0][0], kind, path
        name = Path(path).name  # of a path on another computer
        for one in (path, name) if not Path(path).is_absolute() else (name,):
            there = folder / one
            if there.is_file() if kind == "csv" else there.is_dir():
                return self.calls[0][0], kind, one
        return self.calls[0][0], kind, ""
