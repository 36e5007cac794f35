"""Lines of a script that cut a series into windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts import table_script
from netbuilder.core.data.kinds.scripts.script_lines import (
    function_lines,
    script_part,
    target_columns,
)
from netbuilder.core.data.kinds.series.windows import targets_behind
from netbuilder.core.data.preprocessing.cut_windows import cut_windows, gaps, stretches
from netbuilder.core.data.preprocessing.missing import missing_rules
from netbuilder.core.data.preprocessing.roles import single_roles
from netbuilder.core.data.readers.series_rows import DEFAULT_WINDOW
from netbuilder.core.data.recipe_options import integer_option
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Data


def window_lines(
    targets: list[str], window: int, horizon: int, features: Sequence[str] = ()
) -> list[str]:
    """Return lines from the sorted data frame ``data`` to windows and their targets.

    ``features``: columns of the windows; none: all of numbers.
    """
    columns = format_literal(list(features)) if features else 'list(data.select_dtypes("number"))'
    goals = format_literal(targets) if targets else "features[-1:]"
    if horizon == 1 and list(features) == targets:
        return [
            _("# A sample is a window of rows; its target is what follows."),
            f'rows = data[{columns}].to_numpy("float32")',
            f"windows = keras.utils.timeseries_dataset_from_array(rows, rows[{window}:], {window}, "
            "batch_size=len(rows))",
            "x, y = (values.numpy() for values in next(iter(windows)))",
        ]
    steps = (
        "following = np.lib.stride_tricks.sliding_window_view(following, horizon, axis=0)",
        "following = following.reshape(len(following), -1)",
    )
    return [
        f"features = {columns}",
        _("# A sample is a window of rows; its target is what follows."),
        f"window, horizon = {window}, {horizon}" if horizon > 1 else f"window = {window}",
        'rows = data[features].to_numpy("float32")',
        f'following = data[{goals}].to_numpy("float32")[window:]',
        *(steps if horizon > 1 else ()),
        "windows = keras.utils.timeseries_dataset_from_array(rows, following, window, "
        "batch_size=len(rows))",
        "x, y = (values.numpy() for values in next(iter(windows)))",
    ]


def series_code(question: ScriptRequest) -> DataCode:
    """Return the data section of a series in a file."""
    data, facts = question.project.data, question.facts
    single = single_roles(data)
    detected = facts.column_roles if facts is not None else {}
    order = [single["order"]] if "order" in single else []
    order = order or [name for name, role in detected.items() if role == "order"]
    group = single.get("group") or next((n for n, role in detected.items() if role == "group"), "")
    targets = target_columns(data)
    if short := _short_code(question, targets):
        return short
    lines = table_script.reading_lines(question, moments=True)
    timed = ""
    if order:
        cells = " + ".join(f"moments(table[{format_literal(name)}])" for name in order)
        times = [f'    times = ({cells}).to_numpy("float64")']
    elif facts is not None:
        times = ["    times = np.arange(len(table))"]
        timed = ", timed=False"
    else:
        times = script_part("guessed", about=_(_GUESSED))
    other = list(dict.fromkeys([*table_script.unused(data), *order, *([group] if group else [])]))
    other = [name for name in other if name not in targets]
    numbers = 'data.select_dtypes(["number", "bool"])'
    numbers += f'.drop(columns={format_literal(other)}, errors="ignore")' if other else ""
    known = list(facts.column_names) if facts is not None else []
    lines += [
        f"features = {format_literal(known) if known else f'list({numbers})'}",
        f"targets = {format_literal(targets) if targets else '[features[-1]]'}",
        f"window = {integer_option(data.options, 'window', DEFAULT_WINDOW)}",
        f"horizon = {integer_option(data.options, 'horizon', 1)}",
        "",
        "",
        *function_lines(gaps), *function_lines(stretches), *function_lines(cut_windows),
        *script_part(
            "windows_of",
            times="\n".join(times),
            groups=f"table[{format_literal(group)}].astype(str)" if group
            else "pd.Series(0, table.index)",
            out=_left_out(data),
            timed=timed,
        ),
        "x, y, ends = windows_of(data)",
    ]  # fmt: skip
    if data.test_path:
        lines.append("x_test, y_test, _ = windows_of(test)")
    roles = table_script.role_lines(data)
    lines += roles.lines
    flags = {name: flag for name, flag in roles.flags.items() if name in {"parts", "weighted"}}
    lines += ["part_of = part_of[ends]"] if "parts" in flags else []
    lines += ["row_weights = row_weights[ends]"] if "weighted" in flags else []
    return DataCode(
        tuple(lines), InputFormat.NUMBERS, ordered=True, own_test=bool(data.test_path),
        fills=_fills(data), scaled_like=_LIKE if set(targets) <= set(known or targets) else "",
        **flags,
    )  # fmt: skip


def _short_code(question: ScriptRequest, targets: list[str]) -> DataCode | None:
    """Return the short data section of one series without gaps or roles; else None."""
    data, facts = question.project.data, question.facts
    if facts is None or not question.reading("in_order") or data.test_path or _fills(data):
        return None
    if {"split", "weight"} & set(single_roles(data)):
        return None
    window = integer_option(data.options, "window", DEFAULT_WINDOW)
    horizon = integer_option(data.options, "horizon", 1)
    project = replace(question.project, data=table_script.without_order(data))
    reading = table_script.reading_lines(replace(question, project=project))
    targets = targets or [*targets_behind(facts.target_names, horizon)]
    cut = window_lines(targets, window, horizon, facts.column_names)
    return DataCode((*reading, *cut), InputFormat.NUMBERS, ordered=True)


def _left_out(data: Data) -> str:
    """Return an expression for the rows that no window may contain."""
    general = str(data.options.get("missing", "error"))
    rules = {name: choice.missing for name, choice in data.columns.items() if choice.missing}
    if {general, *rules.values()} <= {"error"}:
        return "np.zeros(len(table), bool)"
    if general == "drop":
        filled = [name for name, rule in rules.items() if rule != "drop"]
        holes = f"[*targets, *(n for n in features if n not in {format_literal(filled)})]"
    else:
        holes = f"[*targets, *{format_literal([n for n, rule in rules.items() if rule == 'drop'])}]"
    return f"table[{holes}].isna().any(axis=1).to_numpy()"


def _fills(data: Data) -> tuple[str, ...]:
    rules = missing_rules(data, list(data.columns))
    general = str(data.options.get("missing", "error"))
    if {general, *rules.values()} <= {"error", "drop"}:
        return ()
    middle = "nanmean" if general == "mean" else "nanmedian"
    return (f"fills = np.{middle}(x_train, axis=(0, 1))",)


_LIKE = "[features.index(name) for name in targets for _ in range(horizon)]"
_GUESSED = N_("# A column of dates gives the order of the rows.")
