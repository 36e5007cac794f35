"""Prepare a recipe for its graph: everything fitted, nothing transformed yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from netbuilder import __version__
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION, DataFacts
from netbuilder.core.data.dataset import PreparedData, SplitIndices
from netbuilder.core.data.findings import DataEdit, Finding, column_finding
from netbuilder.core.data.kinds.csv.table import encode
from netbuilder.core.data.kinds.modality import wanted_shape
from netbuilder.core.data.kinds.series.windows import targets_and_horizon
from netbuilder.core.data.prepare import target_encoding
from netbuilder.core.data.prepare.fit_inputs import fit_input, read_raw, with_units
from netbuilder.core.data.prepare.own_test_file import (
    add_test_fix,
    checked_test,
    empty_test_columns,
)
from netbuilder.core.data.prepare.quality import (
    excluded_column_findings,
    open_questions,
    table_findings,
)
from netbuilder.core.data.prepare.repeated_rows import repeated_samples
from netbuilder.core.data.prepare.splits import rows_of_edited, rows_of_parts, split_rows
from netbuilder.core.data.preprocessing import scaling
from netbuilder.core.data.preprocessing.cells import are_dates, as_label, is_numeric
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.scaling import fit_bins
from netbuilder.core.data.preprocessing.time_columns import (
    few_repeats,
    is_time_name,
    odd_times,
    times_of,
)
from netbuilder.core.data.readers import disk_cache, large_csv
from netbuilder.core.data.readers.cache import RecentValues, data_stamp
from netbuilder.core.data.readers.class_folders import tables_beside
from netbuilder.core.data.readers.large_csv import LargeTable, is_large
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import DEFAULT_WINDOW
from netbuilder.core.data.readers.table_samples import TEST, TRAIN, VALIDATION
from netbuilder.core.data.registry import kind_of, modality_of, read_samples as read
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, language
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.graph_ends import (
    byte_input_layer,
    feeds_embedding,
    input_ids,
    last_units,
    output_ids,
)
from netbuilder.core.project.model import Data, Project
from netbuilder.core.project.network_data import check_trusted
from netbuilder.core.wording import format_number, format_quoted_list, join_sentences

if TYPE_CHECKING:
    import pandas as pd


Value = TypeVar("Value")


_SAMPLES: RecentValues[tuple[Samples, Samples | None]] = RecentValues(3)
_PLANS: RecentValues[PreparedData] = RecentValues(4)
_SCANS: RecentValues[LargeTable] = RecentValues(2)
_FOUND: RecentValues[Any] = RecentValues(8)


def read_samples(data: Data, base: Path) -> tuple[Samples, Samples | None]:
    """Return the samples of a recipe and of its test file, cached while unchanged."""
    return _SAMPLES.get(data_stamp(data, base), lambda: _read_both(data, base))


def _read_both(data: Data, base: Path) -> tuple[Samples, Samples | None]:
    samples = read(data, base)
    if samples is None:
        raise data_error("no_data")
    recipe = (
        replace(data, options={**samples.reading.hints, **data.options})
        if samples.reading.hints
        else data
    )
    try:
        return samples, read(recipe, base, test=True)
    except DataError as error:
        if data.test_path:
            add_test_fix(error)
        raise


def prepare_data(project: Project, base: Path) -> PreparedData:
    """Read, split and fit; cached while neither recipe, files nor the graph's ends change.

    Raise DataError if the data cannot be read, or does not fit the recipe.
    """
    key = _key(project, base)
    large = kind_of(project.data).files.streams and is_large(project.data, base)
    make = _make_large if large else _make
    return _PLANS.get(key, lambda: make(project, base))


def seen_before(name: str, project: Project, base: Path, look: Callable[[], Value]) -> Value:
    """Return findings about a recipe's table, cached on disk.

    ``name``: names the findings; ``look``: computes them after a change of file, recipe, graph's
    ends, language or program.
    """
    data = project.data
    check_trusted(data, base)
    in_table = bool(data.kind and data.path) and kind_of(data).tables.used(data)
    if not in_table or not (base / data.path).is_file():
        return look()
    key = disk_cache.cache_key(
        name, __version__, language(), str(base.resolve()), _key(project, base)
    )
    value: Value = _FOUND.get(key, lambda: disk_cache.remembered(key, look))
    return value


def facts_of(project: Project, base: Path) -> DataFacts:
    """Return the facts of ``prepare_data``."""
    return seen_before("facts", project, base, lambda: prepare_data(project, base).facts)


def _key(project: Project, base: Path) -> tuple[Hashable, ...]:
    graph = project.graph
    unknown = next((node_id for node_id in project.data.inputs if node_id not in graph.inputs), "")
    if unknown and graph.inputs:
        raise data_error("unknown_input", name=unknown, names=format_quoted_list(graph.inputs))
    ends = (
        *(
            (
                key,
                repr(graph.by_id[key].params.get("shape")),
                feeds_embedding(graph, key),
                byte_input_layer(graph, key),
            )
            for key in graph.inputs
        ),
        *((key, last_units(graph, key)) for key in graph.outputs),
    )
    return (data_stamp(project.data, base), ends, project.training.seed)


def _make(project: Project, base: Path) -> PreparedData:
    data = project.data
    samples, test = read_samples(data, base)
    if len(samples) < 2:
        raise data_error("too_few_rows", count=len(samples), file=samples.source)
    _check_classes(data, base, samples)
    outputs = _fit_outputs(project, samples.targets, samples)
    first = next(iter(outputs.values()))
    classes = None
    if first.task in {BINARY, CLASSES}:
        classes = target_encoding.encode_targets(samples.targets, first, samples.source)
    unedited = samples.made
    cut_by = classes
    if unedited is not None and classes is not None:
        cut_by = np.unique(unedited.labels, return_inverse=True)[1]
    if samples.parts is not None:
        rows = rows_of_parts(
            samples.parts, validation=data.validation_split, seed=project.training.seed
        )
    else:
        rows = split_rows(
            len(samples) if unedited is None else len(unedited.labels),
            validation=data.validation_split,
            test=0.0 if test is not None else data.test_split,
            seed=project.training.seed,
            classes=cut_by,
            ordered=samples.ordered,
            groups=samples.groups,
        )
    if unedited is not None:
        rows = rows_of_edited(rows, unedited.origin)
    inputs, notes = _fit_inputs(project, samples, rows)
    outputs = {
        key: _scale_output(preprocessing, samples, rows, data, inputs)
        for key, preprocessing in outputs.items()
    }
    if test is not None:
        test, more_notes = checked_test(samples, test, inputs)
        notes += more_notes
    preprocessing = Preprocessing(inputs, outputs, samples.reading.hints)
    facts = _facts(samples, test, rows, preprocessing, classes=classes, notes=notes)
    used = {column.name for entry in inputs.values() for column in entry.columns}
    findings = (
        *open_questions(samples, test, preprocessing, data),
        *excluded_column_findings(notes, samples.table, used, facts.task),
        *empty_test_columns(samples, test, used),
        *series_question(samples, used, facts.task),
        *table_findings(samples, test, rows, facts.task, data, from_file=samples.from_file),
        *(repeated_samples(samples, test, rows) if data.path else ()),
    )
    return PreparedData(samples, test, rows, preprocessing, replace(facts, findings=findings))


def _check_classes(data: Data, base: Path, samples: Samples) -> None:
    """Raise ``DataError`` where all folders but one are missing."""
    if not data.path or kind_of(data).tables.used(data):
        return
    folder = base / data.path
    if not folder.is_dir():
        return
    labels = samples.targets.iloc[:, 0]
    if labels.nunique() == 1:
        fix = _("Put one folder per class into a single folder, and choose that folder.")
        raise DataError(
            _(
                "All {count} samples of {file} have the same class, '{label}': there is nothing "
                "to classify.",
                count=format_number(len(labels), ","),
                file=samples.source,
                label=labels.iloc[0],
            ),
            join_sentences((fix, tables_beside(folder))),
            code="only_one_class",
            path=str(folder),
            short=_("there is only one class, “{label}”", label=labels.iloc[0]),
        )


def _make_large(project: Project, base: Path) -> PreparedData:
    data = project.data
    key = (*data_stamp(data, base), project.training.seed)
    scan = _SCANS.get(key, lambda: scan_project(project, base))
    samples, in_memory_test, rows = in_memory_samples(scan)
    recipe = replace(data, options={**samples.reading.hints, **data.options})
    test = read(recipe, base, test=True) or in_memory_test
    targets = known_targets(scan, samples)
    outputs = {
        key: scale_output(preprocessing, scan, data.scaling)
        for key, preprocessing in _fit_outputs(project, targets, samples).items()
    }
    inputs, notes = fit_inputs(project, scan, samples)
    inputs = {key: with_units(fitted, samples) for key, fitted in inputs.items()}
    if data.test_path and test is not None:
        test, more_notes = checked_test(samples, test, inputs)
        notes += more_notes
    preprocessing = Preprocessing(inputs, outputs, samples.reading.hints)
    streamed = reads_while_training(scan, preprocessing)
    if streamed:
        notes = (*notes, note_of_size(scan))
    facts = _facts(samples, test, rows, preprocessing, classes=None, notes=notes)
    used = {column.name for entry in inputs.values() for column in entry.columns}
    findings = (
        *open_questions(samples, test, preprocessing, data),
        *excluded_column_findings(notes, samples.table, used, facts.task),
        *(empty_test_columns(samples, test, used) if data.test_path else ()),
        *table_findings(
            samples, test if data.test_path else None, rows, facts.task, data, from_file=True
        ),
    )
    counts = class_counts(scan, next(iter(outputs.values())))
    present = [count for count in counts if count]
    facts = replace(
        facts,
        rows=scan.rows,
        findings=findings,
        streamed=streamed,
        class_counts=counts,
        imbalance=max(present) / min(present) if present else 1.0,
    )
    return PreparedData(samples, test, rows, preprocessing, facts, scan)


def _columns_for(project: Project, output: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the target columns of one output: as in the recipe, else one each, else all."""
    columns = project.data.targets.get(output)
    if columns:
        return tuple(dict.fromkeys(columns))
    outputs = output_ids(project.graph)
    if len(outputs) > 1 and len(names) == len(outputs):
        return (names[outputs.index(output)],)
    return tuple(names)


def _fit_outputs(
    project: Project, frame: pd.DataFrame, samples: Samples
) -> dict[str, OutputPreprocessing]:
    source = samples.source
    outputs: dict[str, OutputPreprocessing] = {}
    names = [str(name) for name in frame.columns]
    for output in output_ids(project.graph):
        columns = frame[list(_columns_for(project, output, names))]
        task = target_encoding.detect_task(columns, _options_for(project.data, columns), source)
        if task == CLASSES and kind_of(project.data).task(project.data) == REGRESSION:
            task = REGRESSION  # of a series of counts each number is more than a name
        fitted = target_encoding.fit_target(
            columns,
            task,
            units=last_units(project.graph, output),
            one_hot=bool(project.data.options.get("one_hot", False)),
            source=source,
        )
        beside = tuple(samples.reading.units.get(name, "") for name in fitted.columns)
        if fitted.task == REGRESSION and any(beside):
            fitted = replace(fitted, column_units=beside)
        outputs[output] = fitted
    return outputs


def _options_for(data: Data, columns: pd.DataFrame) -> dict[str, Any]:
    options = dict(data.options)
    types = {data.columns[n].type for n in map(str, columns.columns) if n in data.columns} - {""}
    if str(options.get("task") or "auto") == "auto" and len(types) == 1:
        kind = types.pop()
        if kind == "number":
            options["task"] = REGRESSION
        elif kind in {"category", "boolean"} and len(columns.columns) == 1:
            options["task"] = CLASSES
    return options


def _scale_output(
    preprocessing: OutputPreprocessing,
    samples: Samples,
    rows: SplitIndices,
    data: Data,
    inputs: Mapping[str, InputPreprocessing],
) -> OutputPreprocessing:
    """Fit scale and mean of the target on the training rows.

    Steps of a series' column are scaled as the column is, so that a layer can add to a value of
    the window.
    """
    values = target_encoding.encode_targets(samples.targets, preprocessing, samples.source)[
        rows.train
    ]
    if preprocessing.task != REGRESSION:
        return replace(preprocessing, mean=target_encoding.shares(values, preprocessing))
    offset, scale = scaling.fit_columns(values, data.scaling)
    if kind_of(data).goes_on and len(inputs) == 1:
        targets, horizon = targets_and_horizon(preprocessing.columns, data)
        entry = next(iter(inputs.values()))
        if entry.scaled and set(targets) <= set(entry.features):
            where = [entry.features.index(name) for name in targets for _step in range(horizon)]
            offset, scale = (tuple(row[at] for at in where) for row in (entry.offset, entry.scale))
    mean = tuple(np.asarray(values, np.float64).reshape(len(values), -1).mean(axis=0).tolist())
    return replace(preprocessing, offset=offset, scale=scale, mean=mean if len(values) else ())


def _fit_inputs(
    project: Project, samples: Samples, rows: SplitIndices
) -> tuple[dict[str, InputPreprocessing], tuple[str, ...]]:
    inputs: dict[str, InputPreprocessing] = {}
    notes: list[str] = list(samples.notes)
    for key in input_ids(project.graph):
        inputs[key], more_notes = fit_input(project, key, samples, rows.train)
        notes += [note for note in more_notes if note not in notes]
    return inputs, tuple(notes)


def _facts(
    samples: Samples,
    test: Samples | None,
    rows: SplitIndices,
    preprocessing: Preprocessing,
    *,
    classes: NDArray[Any] | None,
    notes: tuple[str, ...],
) -> DataFacts:
    outputs = preprocessing.outputs
    first = next(iter(outputs.values()))
    counts: tuple[int, ...] = ()
    if classes is not None:
        counts = tuple(np.bincount(classes[rows.train], minlength=len(first.classes)).tolist())
    present = [count for count in counts if count]
    return DataFacts(
        rows=len(rows.train),
        validation_rows=len(rows.validation),
        test_rows=len(rows.test) if test is None else len(test),
        task=first.task,
        tasks={key: entry.task for key, entry in outputs.items()},
        input_shapes={key: entry.shape for key, entry in preprocessing.inputs.items()},
        input_dtypes={key: entry.dtype for key, entry in preprocessing.inputs.items()},
        target_names=tuple(dict.fromkeys(n for entry in outputs.values() for n in entry.columns)),
        classes=first.classes,
        output_classes={key: entry.classes for key, entry in outputs.items()},
        output_units={
            key: 1 if entry.task == BINARY else max(len(entry.classes), len(entry.columns))
            for key, entry in outputs.items()
        },
        column_names=preprocessing.column_names,
        vocabulary=next((e.vocabulary for e in preprocessing.inputs.values() if e.vocabulary), ()),
        units_scaled=all(e.scaled for e in preprocessing.inputs.values() if e.dtype != "int32"),
        bins={key: entry.bins for key, entry in preprocessing.inputs.items() if entry.bins},
        value_range=_value_range(samples, rows, preprocessing),
        imbalance=max(present) / min(present) if present else 1.0,
        class_counts=counts,
        one_hot=any(entry.one_hot for entry in outputs.values()),
        notes=notes,
        generates=next((entry.level for entry in preprocessing.inputs.values() if entry.level), ""),
        read_as=samples.reading.read_as,
        test_read_as=test.reading.read_as if test is not None else {},
        column_types={
            column.name: column.kind
            for entry in preprocessing.inputs.values()
            for column in modality_of(entry).row_columns(entry)
        },
        number_marks=samples.reading.marks,
        number_factors=samples.reading.factors,
        word_spellings=samples.reading.spellings,
        column_roles=samples.roles,
    )


def _value_range(
    samples: Samples, rows: SplitIndices, preprocessing: Preprocessing
) -> tuple[float, float]:
    if samples.value_range is not None:
        return samples.value_range
    low, high = np.inf, -np.inf
    for entry in preprocessing.inputs.values():
        raw = read_raw(samples, entry, rows.train[:5000])
        if raw.size:
            low = min(low, float(np.nanmin(raw)))
            high = max(high, float(np.nanmax(raw)))
    return (low, high) if low <= high else (0.0, 0.0)


#: Windows that a series has at least; with fewer rows the question would lead to an error.
_WINDOWS = 10
#: Part of a step by which steps differ where times are rounded: 0.033, 0.067, 0.1.
_ROUNDED = 0.06
#: Days of the shortest and the longest month, and year.
_CALENDAR = ((28.0, 31.0), (365.0, 366.0))


def series_question(samples: Samples, used: Collection[str], task: str) -> tuple[Finding, ...]:
    """Ask whether a table of numbers is a series; ``task`` is the first output's."""
    if samples.table is None or samples.ordered or not samples.from_file or task != REGRESSION:
        return ()
    if len(samples.table) < DEFAULT_WINDOW + _WINDOWS:
        return ()
    return tuple(_asked(samples.table, samples.targets, used))[:1]


def _asked(table: pd.DataFrame, targets: pd.DataFrame, used: Collection[str]) -> Iterator[Finding]:
    steps = {
        str(name): _step(_times(table[name]), dated=not is_numeric(table[name]))
        for name in table.columns
    }
    # Where several columns go evenly a formula made them, and beside dates nothing else is a clock.
    every = [*steps.values(), *(_step(_times(targets[name])) for name in targets.columns)]
    dated = any(not is_numeric(table[name]) and are_dates(table[name]) for name in table.columns)
    alone = sum(step != 0.0 for step in every) == 1
    for name, step in steps.items():
        numbers = is_numeric(table[name])
        # What counts rows may name them, and say nothing: it is asked only of a time.
        counts = numbers and step == 1.0 and bool((table[name] == table[name].round()).all())
        if name in used and step and (is_time_name(name) or (alone and not counts and not dated)):
            yield column_finding(
                "even-steps" if numbers else "even-steps:2",
                # A question about all of the table, whose answer stands on its button.
                "",
                DataEdit(
                    _("Treat the rows as a series"),
                    partial(_as_series, order=name),
                    _("Treat as a series"),
                ),
                name=name,
                step=format_number(step),
            )


def _times(column: pd.Series) -> NDArray[np.float64]:
    """Return numbers unchanged, dates as days; () where some cells are neither."""
    if is_numeric(column):
        values: NDArray[np.float64] = column.to_numpy(np.float64)
        return values if np.isfinite(values).all() else np.zeros(0)
    try:
        return times_of(column, "") if are_dates(column) else np.zeros(0)
    except DataError:  # of the first cells alone it is known that they are dates
        return np.zeros(0)


def _step(times: NDArray[np.float64], *, dated: bool = False) -> float:
    """Return the even step of times, 0 without one; a few dates may be missing or out of order."""
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    if not usual > 0:
        return 0.0
    if np.abs(steps - usual).max() <= _ROUNDED * usual:
        mean = float(steps.mean())
        return mean if abs(mean - usual) > 1e-9 * usual else usual
    odd = times[1:][np.abs(steps - usual) > _ROUNDED * usual]
    if dated and odd_times(odd, len(steps)) <= 3 * few_repeats(len(steps)):
        return usual
    months = any(low <= steps.min() and steps.max() <= high for low, high in _CALENDAR)
    return usual if months else 0.0


def _as_series(project: Project, order: str) -> Project:
    return set_columns(set_data(project, kind="series"), [order], role="order")


def scan_project(project: Project, base: Path) -> LargeTable:
    """One pass over the project's file."""
    return large_csv.scan_table(project.data, base / project.data.path, project.training.seed)


def in_memory_samples(table: LargeTable) -> tuple[Samples, Samples | None, SplitIndices]:
    """Return the first rows: training and validation, and test (at most 50,000 of the last two)."""
    import pandas as pd

    train, validation = table.first_rows[TRAIN], table.first_rows.get(VALIDATION)
    first = len(train)
    samples = train
    if validation is not None and validation.table is not None:
        assert train.table is not None
        weights = None
        if train.weights is not None and validation.weights is not None:
            weights = np.concatenate([train.weights, validation.weights])
        samples = replace(
            train,
            table=pd.concat([train.table, validation.table]),
            targets=pd.concat([train.targets, validation.targets]),
            weights=weights,
        )
    rows = SplitIndices(np.arange(first), np.arange(first, len(samples)), np.empty(0, np.int64))
    notes = [*table.notes]
    limit = format_number(large_csv.HELD_ROWS, ",")
    if table.totals[VALIDATION] > large_csv.HELD_ROWS:
        notes.append(_("Only the first {count} validation rows are used.", count=limit))
    if table.totals[TEST] > large_csv.HELD_ROWS:
        notes.append(_("Only the first {count} test rows are used.", count=limit))
    return replace(samples, notes=(*samples.notes, *notes)), table.first_rows.get(TEST), rows


def reads_while_training(table: LargeTable, preprocessing: Preprocessing) -> bool:
    """Return whether the training rows, 4 bytes a value, exceed the recipe's limit."""
    values = sum(
        int(np.prod([size or 1 for size in entry.shape])) for entry in preprocessing.inputs.values()
    )
    values += sum(entry.units for entry in preprocessing.outputs.values())
    return table.rows * values * 8 > large_csv.limit_bytes(table.data)


def note_of_size(table: LargeTable) -> str:
    """Return the note about data that is read while training."""
    return _(
        "{file} is large: its {count} training rows are prepared once and then read from disk "
        "while training.",
        file=table.path.name,
        count=format_number(table.rows),
    )


def known_targets(table: LargeTable, samples: Samples) -> pd.DataFrame:
    """Return the target rows in memory, and a row for each value beyond them."""
    import pandas as pd

    frame = samples.targets
    if len(frame.columns) > 1:
        return frame
    name = str(frame.columns[0])
    more = pd.DataFrame({name: list(table.values[name])})
    return pd.concat([frame, more], ignore_index=True)


def fit_inputs(
    project: Project, table: LargeTable, samples: Samples
) -> tuple[dict[str, InputPreprocessing], tuple[str, ...]]:
    """Return the preprocessing of each Input node from the scan of the file."""
    assert samples.table is not None
    data = project.data
    inputs: dict[str, InputPreprocessing] = {}
    all_notes: list[str] = list(samples.notes)
    for key in input_ids(project.graph):
        columns_of_node = data.inputs.get(key) or samples.table.columns
        names = list(dict.fromkeys(str(name) for name in columns_of_node))
        columns, notes = large_csv.large_table_columns(table, names)
        all_notes += [note for note in notes if note not in all_notes]
        if not columns:
            raise DataError(
                " ".join(
                    [
                        _(
                            "No column of {file} can be used for '{input}'.",
                            file=samples.source,
                            input=key,
                        ),
                        *notes,
                    ]
                ),
                _("Choose columns of numbers, or text columns with few distinct values."),
                code="no_usable_column",
            )
        width = sum(len(column.features) for column in columns)
        shape = wanted_shape(project, key, (width,))
        if feeds_embedding(project.graph, key):
            inputs[key] = InputPreprocessing("table", (width,), "int32", columns)
            continue
        offset, scale = large_csv.feature_scaling(table, columns, data.scaling)
        if len(shape) > 1 and scale:
            # One scale for the whole picture: from its darkest to its lightest column.
            low = min(column.low or 0.0 for column in columns)
            high = max(column.high or 0.0 for column in columns)
            offset, scale = (low,), (high - low or 1.0,)
        entry = InputPreprocessing("table", shape, "float32", columns, offset, scale)
        if data.scaling == "bins" and len(shape) == 1:
            first = encode(samples.table, columns, samples.source)
            entry = replace(entry, bins=fit_bins(first, offset, scale))
        inputs[key] = entry
    return inputs, tuple(all_notes)


def scale_output(
    preprocessing: OutputPreprocessing, table: LargeTable, scaling: str
) -> OutputPreprocessing:
    """Return the target's scale and mean over all training rows."""
    if preprocessing.task != REGRESSION:
        counts = class_counts(table, preprocessing)
        return replace(preprocessing, mean=tuple(count / max(sum(counts), 1) for count in counts))
    offset, scale = large_csv.target_scaling(table, preprocessing.columns, scaling)
    mean, _scale = large_csv.target_scaling(table, preprocessing.columns, "standard")
    return replace(preprocessing, offset=offset, scale=scale, mean=mean)


def class_counts(table: LargeTable, preprocessing: OutputPreprocessing) -> tuple[int, ...]:
    """Return the rows of each class in the whole file, in the order of the classes."""
    if preprocessing.task not in {BINARY, CLASSES}:
        return ()
    counts = dict.fromkeys(preprocessing.classes, 0)
    for value, count in table.values[preprocessing.columns[0]].items():
        counts[as_label(value)] += count
    return tuple(counts.values())
