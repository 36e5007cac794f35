"""Follow the data that a script reads: tables, folders and built-in sets."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netbuilder.core.data.kinds.builtin import BUILTINS, read_builtin
from netbuilder.core.data.preprocessing.missing import MISSING_LABEL
from netbuilder.core.data.readers.table_cells import SHORT_FORMS
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.importing.keras_code.values import Unread
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_list

_NAMES = resource_json("keras_names.json")["script_data"]
_TABLES = frozenset(_NAMES["tables"])
# Functions that read folders → kinds of data.
_FOLDERS: Mapping[str, str] = _NAMES["folders"]
_OTHER = frozenset(_NAMES["other"])
#: A call that reads samples: line, kind, path and code.
DataCall = tuple[int, str, str, str]
#: Names of built-in sets in other packages.
_OTHER_NAMES: Mapping[str, str] = {"mnist_784": "mnist", "cifar_10": "cifar10"}
#: Sample shapes of the image sets.
PICTURE_SETS: Mapping[str, list[int]] = _NAMES["pictures"]
# Column and class names of scikit-learn's sets.
SET_NAMES: Mapping[str, Mapping[str, list[str]]] = _NAMES["bunches"]
#: Name of a set's target column.
_TARGET = "target"
# Arguments of ImageDataGenerator that do not augment.
_NOT_AUGMENTING = frozenset(_NAMES["not_augmenting"])

_SCALINGS = {"StandardScaler": "standard", "MinMaxScaler": "minmax"}
# Names of variables in a manual scaling.
_SCALING_VARIABLES: Mapping[str, list[str]] = _NAMES["scaling_variables"]
_FILLS = ("mean", "median", "most_frequent")
_OTHER_SCALERS = frozenset(_NAMES["other_scalers"])
# Functions, then methods, that keep the columns.
_ROW_FUNCTIONS = frozenset(_NAMES["row_functions"])
_ROW_METHODS = frozenset(_NAMES["row_methods"])
_ONE_HOT = frozenset({"to_categorical", "get_dummies"})
_CLASS_ATTRIBUTES = frozenset({"class_names", "class_indices", "num_classes"})
_ARITHMETIC = frozenset(_NAMES["arithmetic"])
_TABLE_ATTRIBUTES = frozenset(_NAMES["table_attributes"])
# Functions of Keras, TensorFlow, NumPy and Python that set the seed.
_SEEDS = frozenset({"set_random_seed", "set_seed", "seed"})
# Arguments of functions that read or vectorize → names of NetBuilder's options.
_OPTIONS: Mapping[str, Mapping[str, str]] = _NAMES["options"]
# Patterns of ``Series.str.replace`` that leave the number which NetBuilder reads in a cell.
_SIGNS = re.compile(r"\[\^\\d[.,-]*\]\+?|\[?([^\w\s()\[\]]|\\\W)+\]?")
# Usual variable names of features and targets, if no ``fit`` uses them.
_USUAL_NAMES: list[list[str]] = _NAMES["usual_names"]


@dataclass(eq=False)
class Rows(Unread):
    """Rows of a table, not read, with the columns selected from it.

    ``names`` are selected columns (None: all), ``without`` dropped ones, ``positions`` an index or
    slice of the rest. ``computed``: line, code and scaling ("": none) of a computation; ``words``:
    all its code. ``part``: "train", "test" or "validation"; ``start``: its first row. ``table``:
    False for arrays and folders. ``source``: the call that reads them, with ``batch_size``;
    ``one_hot``: a column for each class.
    """

    names: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    positions: Any = None
    computed: tuple[int, str, str] | None = None
    words: str = ""
    part: str = ""
    table: bool = True
    source: DataCall | None = None
    batch_size: int = 0
    one_hot: bool = False
    start: int = 0

    def columns(self, header: Sequence[str]) -> list[str]:
        """Return the selected columns of a file with this header."""
        names = [name for name in self.names or header if name not in self.without]
        if isinstance(self.positions, int):
            return names[self.positions :][:1] if -len(names) <= self.positions < len(names) else []
        return names if self.positions is None else names[self.positions]


class Bunch(dict[str, Any]):
    """A data set as scikit-learn's loaders return it."""

    def __init__(self, rows: Rows, name: str) -> None:
        features = replace(rows, without=(_TARGET,))
        target = replace(rows, names=(_TARGET,))
        super().__init__(data=features, images=features, frame=rows, target=target)
        self.update(SET_NAMES.get(name, {}))


@dataclass(eq=False)
class Texts(Unread):
    """The texts of a column: the accessor ``.str``."""

    rows: Rows


@dataclass(eq=False)
class Batches(Unread):
    """A data set that no reader knows, in batches; ``size``: None if unknown."""

    size: int | None


def computed(rows: Rows, node: ast.AST, other: Any = None, *, divided: bool = False) -> Rows:
    """Return rows that ``node`` computes from ``rows`` and ``other``."""
    code, scaling = ast.unparse(node), rows.computed[2] if rows.computed is not None else ""
    words = f"{rows.words} {code} {getattr(other, 'text', '')}"
    if divided and isinstance(other, int | float) and other > 1 and not rows.words:
        scaling = f"minmax/{other:g}"
    elif divided:
        known = [
            name
            for name, both in _SCALING_VARIABLES.items()
            if all(re.search(pattern, words) for pattern in both)
        ]
        scaling = known[0] if known else ""
    return replace(rows, computed=(getattr(node, "lineno", 0), code[:60], scaling), words=words)


def _form_patterns(cell: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the kind of each form of a short script, and a pattern for its code."""
    for kind, forms in SHORT_FORMS.items():
        for form in forms.values():
            last = form.split("\n")[-1].format(cell, "UNIT", "COUNTS", 0)
            code = re.escape(ast.unparse(ast.parse(last)))
            yield kind, re.compile(code.replace("UNIT", "[hs]").replace("COUNTS", r"\{.*\}"))


def selected(rows: Rows, key: Any, columns: bool, node: ast.Subscript) -> Any:
    """Return ``rows[key]``, or ``rows[…, key]`` if ``columns`` is true."""
    names = _names(key)
    if names is not None:
        return replace(rows, line=node.lineno, text=ast.unparse(node)[:60], names=names, without=())
    if columns and not isinstance(key, int | slice):
        return NotImplemented
    if columns and key != slice(None):
        return replace(rows, positions=key)
    rest = isinstance(key, slice) and isinstance(key.start, int) and key.stop is None
    return replace(rows, start=key.start if rest else 0)


def _names(value: Any) -> tuple[str, ...] | None:
    values = (value,) if isinstance(value, str) else value
    whole = isinstance(values, list | tuple) and all(isinstance(name, str) for name in values)
    return tuple(values) if whole and values else None


def sources_in(fitted: Mapping[str, Any]) -> set[DataCall]:
    """Return the calls that read the samples in arguments of ``fit``."""
    values = [fitted.get(key) for key in ("x", "y", "validation_data")]
    return {rows.source for rows in rows_in(values) if rows.source is not None}


def rows_in(value: Any) -> Iterator[Rows]:
    """Yield the rows in an argument of ``fit``."""
    if isinstance(value, Rows):
        yield value
    for item in (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, list | tuple)
        else ()
    ):
        yield from rows_in(item)


class ScriptData:
    """Collects the data that a script reads.

    What is read after a ``fit`` belongs to another model: it starts a new collection.

    Attributes:
        calls: each call that reads samples; the path may be the name of a built-in set, or "" if
            unknown.
        past: earlier collections; ``fitted`` is whether a model was fitted since this one started.
        remarks: (item, line, sentence) about unsupported steps.
        missing_rules: rules for the empty cells of single columns.
        dates: columns that the script converts to days.
        stored_columns: (name, line, value) of each column that the script stores in a table.
        scaling: of the last scaler, or ""; missing: rule for empty cells, or "".
        order: the column that rows are sorted by, or "", also if they are shuffled later.
        balanced: whether scikit-learn computes balanced class weights.
        test_split, validation_split: fractions that the script splits off, or None.
        windows: rows and targets that the script cuts into windows, and their length, or None.
    """

    def __init__(self) -> None:
        self.past: list[ScriptData] = []
        self.seed: tuple[int, int] | None = None  # and its line
        self.variables: dict[str, Any] = {}
        self.folder = Path()
        self._start()

    def _start(self) -> None:
        self.calls: list[DataCall] = []
        self.batch_size = 0
        self.options: dict[str, Any] = {}
        self.missing_rules: dict[str, str] = {}
        self.dates: list[str] = []
        self.stored_columns: list[tuple[str, int, Any]] = []
        self.remarks: list[tuple[str, int, str]] = []
        self.scaling, self.missing, self.order = "", "", ""
        self.balanced, self.fitted = False, False
        self.test_split: float | None = None
        self.validation_split: float | None = None
        self._popped: Rows | None = None
        self.windows: tuple[Rows, Rows, int] | None = None

    def _add(self, call: DataCall) -> None:
        if self.fitted and call[1:] not in [earlier[1:] for earlier in self.calls]:
            self.past.append(copy.copy(self))
            self._start()
        self.calls.append(call)

    def at_fit(self, fitted: Mapping[str, Any]) -> ScriptData:
        """Return a copy of the collection that a ``fit`` with these arguments uses."""
        sources = sources_in(fitted)
        self.fitted = True
        matches = (part for part in (self, *reversed(self.past)) if sources & set(part.calls))
        result = copy.copy(next(matches, self))
        result.calls, result.remarks = list(result.calls), list(result.remarks)
        sizes = [rows.batch_size for rows in rows_in(fitted.get("x")) if rows.batch_size]
        result.batch_size = sizes[0] if sizes else result.batch_size
        result._take_batches(fitted.get("x"))
        result.variables = dict(self.variables)
        return result

    def only(self, fitted: Mapping[str, Any], others: Collection[DataCall]) -> ScriptData:
        """Return a copy with the calls of ``fitted``; if unknown, without those of ``others``."""
        sources, result = sources_in(fitted), copy.copy(self)
        own = [call for call in self.calls if call in sources]
        result.calls = own or [call for call in self.calls if call not in others]
        if not result.calls and self.calls:  # its settings are those of other data
            result._start()
            result._take_batches(fitted.get("x"))
        return result

    def _take_batches(self, x: Any) -> None:
        """Use the size of the batches that the script makes of data that cannot be read."""
        if isinstance(x, Batches):
            self.batch_size = x.size or 0
            if x.size is None:
                note = _("'{code}' cannot be read.", code="batch(…)")
                self.remarks.append(("batch_size", x.line, note))

    def read_call(
        self, node: ast.Call, target: str, args: list[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Record a call that reads or transforms data; return its rows, or None for other calls.

        ``target`` is the function's qualified name.
        """
        name = target.rpartition(".")[2]
        first = args[0] if args else None
        if name != "load_data":
            self._add_options(name, kwargs)
        seed = kwargs.get("random_state") if name == "train_test_split" else first
        if (name == "train_test_split" or name in _SEEDS) and type(seed) is int and seed >= 0:
            self.seed = self.seed or (seed % 2**31, node.lineno)
        if name == "train_test_split" and args:
            return self._split(node, args, kwargs)
        if isinstance(first, Rows):
            result = self._call_function(node, name, first, args, kwargs)
            if result is not NotImplemented:
                return result
        self._remark(node, name, args, kwargs)
        if name == "load_data" or "datasets" in target or target.startswith("seaborn."):
            rows = self._data_set(node, target, first, kwargs)
            if rows is not None:
                return rows
        if name not in (*_TABLES, *_FOLDERS, *_OTHER):
            return None
        directory = kwargs.get("directory", args[0] if args else "")
        path = directory if isinstance(directory, str) and name not in _OTHER else ""
        kind = _FOLDERS.get(name, "csv" if name in _TABLES else "")
        call = node.lineno, kind, path, ast.unparse(node)[:60]
        self._add(call)
        size = kwargs.get("batch_size", 32 if name in _FOLDERS else None)
        if isinstance(size, int) and not self.batch_size:
            self.batch_size = size
        rows = Rows(node.lineno, call[3], table=name in _TABLES, source=call)
        rows.batch_size = size if isinstance(size, int) else 0
        share, subset = kwargs.get("validation_split"), kwargs.get("subset")
        if isinstance(share, float) and 0 < share < 1 and name in _FOLDERS:
            self.validation_split = share
        held_out = replace(rows, part="validation")
        return (
            (rows, held_out) if subset == "both" else held_out if subset == "validation" else rows
        )

    def _call_function(
        self, node: ast.Call, name: str, rows: Rows, args: list[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Return the result of a function of rows; ``NotImplemented`` for other functions."""
        if name in ("unique", "set"):
            classes = self._classes(rows)
            if kwargs.get("return_inverse") is True:
                return classes or Unread(node.lineno, ast.unparse(node)[:60]), replace(rows)
            return classes
        if name == "timeseries_dataset_from_array" and set(kwargs) <= {"batch_size"}:
            following, window = (*args, None, None)[1:3]
            if isinstance(following, Rows) and following.start == window:
                self.windows = rows, following, following.start
                return Unread(node.lineno, ast.unparse(node)[:60])
        steps = name == "sliding_window_view" and rows.start  # of a horizon
        if name in _ROW_FUNCTIONS or steps:
            return replace(rows, one_hot=rows.one_hot or name in _ONE_HOT)
        arithmetic = name in _ARITHMETIC and isinstance(node.func, ast.Attribute)
        return computed(rows, node) if arithmetic else NotImplemented

    def _add_options(self, name: str, kwargs: Mapping[str, Any]) -> None:
        for key, option in _OPTIONS.get(name, {}).items():
            value = kwargs.get(key)
            if isinstance(value, int):
                self.options[option] = value
            elif isinstance(value, tuple | list) and all(isinstance(part, int) for part in value):
                self.options[option] = [*value]

    def _remark(
        self, node: ast.Call, name: str, args: list[Any], kwargs: Mapping[str, Any]
    ) -> None:
        """Record scaling and class weights; add remarks on unsupported steps."""
        if name in _SCALINGS or name in _OTHER_SCALERS:
            scaling = _SCALINGS.get(name, "")
            if scaling and self.scaling in ("", scaling) and not {"feature_range"} & set(kwargs):
                self.scaling = scaling
            else:
                code = ast.unparse(node)[:60]
                note = _("'{code}': choose the scaling on the Data page.", code=code)
                self.remarks.append(("scaling", node.lineno, note))
        if name == "SimpleImputer" and (rule := kwargs.get("strategy", "mean")) in _FILLS:
            self.missing = self.missing or str(rule)
        if name in ("compute_class_weight", "compute_sample_weight"):
            self.balanced |= "balanced" in (*args, *kwargs.values())
        if name == "ImageDataGenerator":
            if isinstance(kwargs.get("rescale"), int | float):
                self.scaling = self.scaling or "minmax"
            changed = [key for key, v in kwargs.items() if key not in _NOT_AUGMENTING and v]
            if changed:
                note = _(
                    "{arguments} change pictures during training: add layers such as RandomFlip "
                    "and RandomRotation instead.",
                    arguments=format_list(changed),
                )
                self.remarks.append((name, node.lineno, note))

    def _data_set(self, node: ast.Call, target: str, first: Any, kwargs: Mapping[str, Any]) -> Any:
        """Record a call that loads a data set; return its rows in the loader's form."""
        module, _dot, loader = target.rpartition(".")
        text, line = ast.unparse(node)[:60], node.lineno
        if loader == "load_data" and module:
            name = module.rpartition(".")[2]
        elif loader.startswith(("load_", "fetch_")):
            name = loader.partition("_")[2]
        else:
            return None
        if name in ("dataset", "openml"):
            set_name = kwargs.get("name", first)
            name = set_name if isinstance(set_name, str) else name
        name = _OTHER_NAMES.get(name, name)
        call = line, "builtin", name, text
        self._add(call)
        self._add_options(loader, kwargs)
        rows = Rows(line, text, table=name not in PICTURE_SETS, source=call)
        if loader == "load_data":
            parts = [replace(rows, part=part) for part in ("train", "test")]
            return tuple((part, replace(part, names=(_TARGET,))) for part in parts)
        if loader == "load_dataset":
            return rows
        bunch = Bunch(rows, name)
        return (bunch["data"], bunch["target"]) if kwargs.get("return_X_y") is True else bunch

    def _split(self, node: ast.Call, args: list[Any], kwargs: Mapping[str, Any]) -> list[Rows]:
        """Return the parts of ``train_test_split``; a second split yields the validation set."""
        text = ast.unparse(node)[:60]
        rows = [
            arg if isinstance(arg, Rows) else Rows(node.lineno, text, table=False) for arg in args
        ]
        train = kwargs.get("train_size")
        self.order = self.order if kwargs.get("shuffle") is False else ""
        share = kwargs.get("test_size", 1 - train if isinstance(train, float) else 0.25)
        before, parts = rows[0].part, ("train", "validation" if rows[0].part else "test")
        if not isinstance(share, float) or not 0 < share < 1:
            note = _("'{code}': choose the split on the Data page.", code=text)
            self.remarks.append(("train_test_split", node.lineno, note))
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
        return [replace(item, part=part) for item in rows for part in parts]

    def _classes(self, rows: Rows) -> list[Any] | None:
        """Return the labels of a target or the folders of a data set, or None if unknown."""
        _line, kind, path, _code = rows.source or (0, "", "", "")
        place = self.folder / path
        if kind == "builtin" and rows.names == (_TARGET,):
            if path in PICTURE_SETS:
                return list(range(10))
            if labels := SET_NAMES.get(path, {}).get("target_names"):
                return list(labels)
            known = path in BUILTINS and not BUILTINS[path].fetched
            targets = read_builtin(path, {}).targets if known else None
            return None if targets is None else sorted(set(targets.iloc[:, 0]))
        if rows.computed is not None or not path:
            return None
        if kind == "csv" and place.is_file() and rows.names:
            import pandas as pd

            with suppress(ValueError, LookupError, TypeError, OSError):
                column = pd.read_csv(place, sep=None, engine="python")[rows.names[0]]
                return sorted(set(column.dropna()))
        if kind in _FOLDERS.values() and place.is_dir():
            return sorted(part.name for part in place.iterdir() if part.is_dir())
        return None

    def call_method(
        self, rows: Rows, name: str, args: list[Any], kwargs: Mapping[str, Any], node: ast.AST
    ) -> Any:
        """Return the result of a table's method."""
        first = args[0] if args else None
        if name in ("unique", "nunique") and (classes := self._classes(rows)) is not None:
            return classes if name == "unique" else len(classes)
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
        if name == "dropna" and ("subset" not in kwargs or "features" in ast.unparse(node)):
            self.missing = self.missing or "drop"
        if name == "fillna":
            self._fill(rows, first)
        if name == "sort_values" and isinstance(first, str):
            self.order = first
        if name == "batch" and isinstance(first, int):
            return replace(rows, batch_size=first)
        return replace(rows) if name in _ROW_METHODS else NotImplemented

    def _fill(self, rows: Rows, fills: Any) -> None:
        """Record what fills empty cells: the mean, the median or the most frequent value."""
        whole = rows.names[0] if rows.names and len(rows.names) == 1 else ""
        for key, value in (fills if isinstance(fills, dict) else {whole: fills}).items():
            how = re.search(r"\.(mean|median|mode)\(", getattr(value, "text", ""))
            rule = how[1].replace("mode", "most_frequent") if how else ""
            rule = "category" if value == MISSING_LABEL else rule
            if key and key != getattr(value, "text", ""):
                self.missing_rules |= {str(key): rule} if rule else {}
            elif rule and self.missing in ("", "most_frequent"):
                self.missing = rule

    def converts(self, target: ast.expr, value: ast.expr) -> bool:
        """Return whether a column is converted as in a short script, which needs no report."""
        cell, code = ast.unparse(target), ast.unparse(value)
        key = target.slice if isinstance(target, ast.Subscript) else None
        if not isinstance(key, ast.Constant):
            return False
        form = next((form for form, like in _form_patterns(cell) if like.fullmatch(code)), "")
        self.dates += [str(key.value)] if form.endswith(("dates", "days")) else []
        return bool(form)

    def call_unread(self, owner: Unread, name: str, args: list[Any], node: ast.Call) -> Any:
        """Return the result of a method of data that cannot be read: batches stay batches.

        A column stays itself if no more than the signs around its numbers are replaced.
        """
        if isinstance(owner, Texts):
            plain = name == "replace" and len(args) == 2 and all(isinstance(a, str) for a in args)
            known = plain and args[1] in ("", ".") and _SIGNS.fullmatch(args[0])
            return owner.rows if known else NotImplemented
        if name == "batch":
            size = args[0] if args and isinstance(args[0], int) else None
            return Batches(node.lineno, ast.unparse(node)[:60], size)
        return owner if isinstance(owner, Batches) and name in _ROW_METHODS else NotImplemented

    def get_attribute(self, rows: Rows, node: ast.Attribute) -> Any:
        """Return the result of a table's attribute: a column, unless pandas defines it."""
        if node.attr in ("values", "iloc", "loc"):
            return rows
        if node.attr == "str" and rows.names is not None:
            return Texts(node.lineno, ast.unparse(node)[:60], rows)
        if node.attr in _CLASS_ATTRIBUTES or (node.attr == "shape" and rows.one_hot):
            classes = self._classes(rows)
            if classes is None:
                return NotImplemented
            count = len(classes)
            return {"shape": (None, count), "num_classes": count}.get(node.attr, classes)
        whole = rows.table and rows.names is None and node.attr not in _TABLE_ATTRIBUTES
        return replace(rows, names=(node.attr,), without=()) if whole else NotImplemented

    def features_and_targets(
        self, fitted: Mapping[str, Any], *, tables: bool = True
    ) -> tuple[list[Rows], list[Rows]]:
        """Return features and targets: arguments of ``fit``, usual names, or a column taken away.

        ``tables=False`` includes arrays.
        """
        if self.windows is not None:
            return [self.windows[0]], [self.windows[1]]
        sides = []
        for key, usual in zip(("x", "y"), _USUAL_NAMES, strict=True):
            fit_rows = [rows for rows in rows_in(fitted.get(key)) if rows.table >= tables]
            named = (self.variables.get(name) for name in usual)
            more = [
                value
                for value in named
                if isinstance(value, Rows)
                and value.table >= tables
                and (value.source in self.calls or value.source is None)
            ]
            sides.append(fit_rows or more[:1])
        x, y = sides
        y = [rows for rows in y if rows.names is not None or rows.positions is not None]
        if not y and self._popped is not None:
            y = [self._popped]
        elif not y and len(x) == 1 and len(x[0].without) == 1:
            y = [replace(x[0], names=x[0].without, without=(), positions=None, computed=None)]
        return x, y

    def data_file(self, folder: Path) -> tuple[int, str, str]:
        """Return line, kind and path of the only data file, folder or built-in set; "" for none.
        Sibling folders for training and validation are one data set: their parent.
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
        name = Path(path).name  # the path may be of another computer
        for candidate in (path, name) if not Path(path).is_absolute() else (name,):
            data_path = folder / candidate
            if data_path.is_file() if kind == "csv" else data_path.is_dir():
                return self.calls[0][0], kind, candidate
        return self.calls[0][0], kind, ""
