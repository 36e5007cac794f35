"""Lines of a script that read a table as its recipe says: the file, the columns, the gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import (
    csv_arguments,
    function_lines,
    target_columns,
)
from netbuilder.core.data.preprocessing.cells import (
    CLOCK,
    DAYS,
    SLASHED,
    TRUE,
    YEAR_FIRST,
    ZONE,
    day_comes_first,
)
from netbuilder.core.data.preprocessing.missing import MISSING_LABEL
from netbuilder.core.data.preprocessing.number_text import GROUPS_BY
from netbuilder.core.data.preprocessing.roles import single_roles
from netbuilder.core.data.readers.table_files import SHEETS
from netbuilder.core.data.recipe_options import name_list_option as option_names
from netbuilder.core.project.model import SINGLE_ROLES, Data, Project
from netbuilder.core.python_text import format_literal


def reader(
    project: Project, path: str, facts: DataFacts | None = None, *, test: bool = False
) -> str:
    """The expression that reads a file of the recipe as a data frame.

    ``facts`` and ``test`` as for ``csv_arguments``.
    """
    ending = "." + path.lower().rsplit(".", 1)[-1]
    if ending in SHEETS:
        sheet = project.data.options.get("sheet")
        more = f", sheet_name={format_literal(sheet)}" if sheet else ""
        return f'pd.read_excel({format_literal(path)}, engine="calamine"{more})'
    if ending == ".parquet":
        return f"pd.DataFrame(polars.read_parquet({format_literal(path)}).to_dict(as_series=False))"
    if ending in {".jsonl", ".ndjson"}:
        return f"pd.read_json({format_literal(path)}, lines=True)"
    if ending == ".json":
        return f"pd.read_json({format_literal(path)})"
    if ending == ".arff":
        return f"pd.DataFrame(scipy.io.arff.loadarff({format_literal(path)})[0])"
    thousands = project.data.options.get("thousands")
    more = f", thousands={format_literal(thousands)}" if thousands in {",", ".", "'"} else ""
    return f"pd.read_csv({format_literal(path)}{csv_arguments(project, facts, test=test)}{more})"


def frames_of(data: Data) -> tuple[str, ...]:
    """Names of the data frames of a script, that of training first."""
    return ("data", "test") if data.test_path else ("data",)


def reading_lines(question: ScriptRequest, *, moments: bool = False) -> list[str]:
    """Lines that leave the recipe's files in ``data`` and ``test``, with each column as the
    recipe says it is. ``moments``: and a function of this name, for a series, which orders rows
    itself."""
    project, data, facts = question.project, question.project.data, question.facts
    frames = frames_of(data)
    return [
        *imports(data),
        *helper_lines(data, facts, moments=moments),
        *(
            f"{name} = {reader(project, path, facts, test=name == 'test')}"
            for name, path in zip(frames, (data.path, data.test_path), strict=False)
        ),
        *column_lines(data, frames, facts, order=not moments),
    ]


def unused(data: Data) -> list[str]:
    """Columns that are no features: left out, or of another role."""
    found = [*option_names(data.options, "ignore"), *single_roles(data).values()]
    other = {"ignore", *SINGLE_ROLES}
    found += [name for name, one in data.columns.items() if one.role in other or one.type == "text"]
    return list(dict.fromkeys(found))


def column_lines(
    data: Data, frames: Iterable[str], facts: DataFacts | None = None, *, order: bool = True
) -> list[str]:
    """What is done with single columns of each data frame of a script, training frame first.

    ``order``: rows are put in the order of the recipe's column for that.
    """
    marks, frames = _marks(data, facts), list(frames)
    lines: list[str] = []
    by = single_roles(data).get("order", "") if order else ""
    alike = list(option_names(data.options, "same_words"))
    for name, first in dict(data.options.get("dates") or {}).items():
        if first == "day":
            how = rf'.str.replace(r"{SLASHED.pattern}", r"\1.\2.\3", regex=True)'
            cells = (f"{frame}[{format_literal(name)}]" for frame in frames)
            lines += [f"{cell} = {cell}{how}" for cell in cells]
    # How a column is read is seen in the training file, so that one comes last.
    for frame in reversed(frames):
        for name, values in dict(data.options.get("missing_values") or {}).items():
            cell = f"{frame}[{format_literal(name)}]"
            lines.append(f"{cell} = {cell}.replace({format_literal(list(values))}, np.nan)")
        for name, word in dict(data.options.get("empty_means") or {}).items():
            cell = f"{frame}[{format_literal(name)}]"
            fill = f"0 if {cell}.dtype.kind in 'iuf' else {format_literal(str(word))}"
            lines.append(f"{cell} = {cell}.fillna({fill})")
        lines += [
            f"{frame}[{format_literal(name)}] = one_spelling({frame}[{format_literal(name)}])"
            for name in alike
        ]
        lines += [
            f"{frame}[{format_literal(name)}] = as_numbers({frame}[{format_literal(name)}],"
            f" {format_literal(mark)}"
            f"{_counts(name, facts)})"
            for name, mark in marks.items()
        ]
        lines += _types(data, frame)
        if by:
            lines.append(f"times = in_time({frame}[{format_literal(by)}])")
            lines.append(f'{frame} = {frame}.loc[times.sort_values(kind="stable").index]')
    return lines


def _marks(data: Data, facts: DataFacts | None) -> dict[str, str]:
    """Decimal marks of the columns that are written in a way that pandas reads as texts."""
    decided = {name for name, one in data.columns.items() if one.type or one.decimal}
    found = facts.number_marks if facts is not None else {}
    return {name: mark for name, mark in found.items() if name not in decided}


def _counts(name: str, facts: DataFacts | None) -> str:
    """An argument that says what numbers in other units count, where a column has several."""
    found = facts.number_factors.get(name) if facts is not None else None
    if not found:
        return ""
    return (
        f", {format_literal({re.sub(_NO_UNIT, '', unit): value for unit, value in found.items()})}"
    )


def helper_lines(data: Data, facts: DataFacts | None = None, *, moments: bool = False) -> list[str]:
    """Functions that ``column_lines`` call, and ``moments`` where that is wanted."""
    kinds = {choice.type for choice in data.columns.values()}
    ordered = bool(single_roles(data).get("order"))
    lines = (
        [*function_lines(day_comes_first), *_DAYS] if "date" in kinds or ordered or moments else []
    )
    lines += _MOMENTS if moments else _IN_TIME if ordered else ()
    lines += _ONE_SPELLING if option_names(data.options, "same_words") else ()
    lines += _TRUE if "boolean" in kinds else ()
    marks = _marks(data, facts)
    if facts is not None and facts.number_factors.keys() & marks.keys():
        return [*lines, *_NUMBERS_IN_UNITS]
    return [*lines, *(_NUMBERS if marks else ())]


_DAYS = (
    "def days(dates, like):",
    '    """Days since 1970-01-01; the column ``like`` tells whether the day comes first."""',
    '    if dates.dtype.kind in "iuf":',
    f"        if not like.dropna().between{DAYS}.all():",
    "            return dates",
    "        dates = dates.dropna().astype(int).astype(str)",
    '        dates = pd.to_datetime(dates, format="%Y%m%d", errors="coerce")',
    "        return (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)",
    "    first = day_comes_first(like)",
    f'    dates = dates.dropna().astype(str).str.replace({ZONE!r}, "", regex=True)',
    f"    if dates.dropna().astype(str).str.fullmatch({CLOCK!r}).all():",
    '        dates = "1970-01-01 " + dates  # a time of the day',
    '    found = pd.to_datetime(dates, dayfirst=first, format="mixed", utc=True)',
    "    if first:",
    "        # pandas would read 2024-01-06 as the first of June too.",
    f"        year_first = dates.str.match({YEAR_FIRST!r})",
    '        plain = pd.to_datetime(dates, errors="coerce", format="mixed", utc=True)',
    "        found = plain.where(year_first, found)",
    '    return (found - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)',
    "",
    "",
)
_IN_TIME = (
    "def in_time(cells):",
    '    """Numbers that put rows in order: dates as days; other texts by the alphabet."""',
    "    try:",
    "        return days(cells, cells)",
    "    except ValueError:",
    "        return cells.astype(str)",
    "",
    "",
)
_MOMENTS = (
    "def moments(cells):",
    '    """Times as numbers: dates as days since 1970-01-01, also those written 20241231."""',
    '    if cells.dtype.kind in "iuf" and 19000101 <= cells.min() and cells.max() <= 21001231:',
    '        dates = pd.to_datetime(cells.astype(int).astype(str), format="%Y%m%d", '
    'errors="coerce")',
    "        return days(dates.astype(str), dates) if dates.notna().all() else cells",
    "    return days(cells, cells)",
    "",
    "",
)
_ONE_SPELLING = (
    "def one_spelling(cells):",
    '    """Each word in its commonest spelling: case and spaces make no other word."""',
    '    words = cells.astype("string").str.strip()',
    '    bare = words.str.casefold().str.split().str.join(" ")',
    "    common = {}",
    "    for word in words.value_counts().index:",
    '        common.setdefault(" ".join(word.casefold().split()), word)',
    "    return bare.map(common).astype(object)",
    "",
    "",
)
_NUMBERS = (
    "def as_numbers(cells, point):",
    '    """Numbers as people write them: $1,304 or 12 kg. ``point`` is the decimal mark."""',
    '    if cells.dtype.kind in "iuf":',
    "        return cells",
    '    texts = cells.astype(str).str.replace("−", "-")',
    "    # Books of account write what is owed in brackets.",
    "    texts = texts.str.replace(" + r"""r"^\((.*\d.*)\)$", r"-\1", regex=True)""",
    "    parts = texts.str.extract(" + r"""r"(-?)[^\d.,-]*(-?)([\d.,'’\s]*\d)([eE][-+]?\d+)?")""",
    '    body = parts[2].str.replace(f"[^0-9{point}]", "", regex=True)',
    '    body = body.str.replace(point, ".", regex=False) + parts[3].fillna("")',
    '    numbers = pd.to_numeric(body, errors="coerce")',
    '    return numbers.where((parts[0] == "-") == (parts[1] == "-"), -numbers)',
    "",
    "",
)
# What stands in a cell besides its unit.
_NO_UNIT = r"[-\d.,'’\s()]"
_NUMBERS_IN_UNITS = (
    "def as_numbers(cells, point, counts=None):",
    *_NUMBERS[1:2],
    "    # ``counts``: what numbers in other units count in that of the column.",
    *_NUMBERS[2:-3],
    '    numbers = numbers.where((parts[0] == "-") == (parts[1] == "-"), -numbers)',
    f'    units = texts.str.replace({_NO_UNIT!r}, "", regex=True)',
    "    return numbers * units.map(counts or {}).fillna(1)",
    "",
    "",
)
_TRUE = (
    "def is_true(words, like):",
    '    """1 for yes and 0 for no, in the words of the column ``like``; gaps stay gaps."""',
    '    known = sorted(set(like.dropna().convert_dtypes().astype("string").str.strip()))',
    f"    yes = {format_literal(sorted(TRUE))}",
    "    true = [word for word in known if word.lower() in yes] or known[-1:]",
    '    found = words.convert_dtypes().astype("string").str.strip().isin(true)',
    "    return found.astype(float).where(words.notna())",
    "",
    "",
)


def _types(data: Data, frame: str) -> list[str]:
    lines = []
    for name, choice in data.columns.items():
        cell, like = f"{frame}[{format_literal(name)}]", f"data[{format_literal(name)}]"
        if choice.decimal:
            texts = (
                f"{cell}.astype(str).str.replace({format_literal(GROUPS_BY[choice.decimal])}, '')"
            )
            if choice.decimal == ",":
                texts += ".str.replace(',', '.')"
            lines.append(f"{cell} = pd.to_numeric({texts})")
        if choice.type == "category":
            lines.append(f'{cell} = {cell}.convert_dtypes().astype("string").astype(object)')
        elif choice.type == "date":
            lines.append(f"{cell} = days({cell}, {like})")
        elif choice.type == "boolean":
            lines.append(f"{cell} = is_true({cell}, {like})")
    return lines


def row_lines(data: Data, frames: Iterable[str]) -> list[str]:
    """Rows that are left out, by what stands in ``features`` and ``targets``."""
    lines = []
    out = data.options.get("leave_out_classes") or ()
    if out:
        words = format_literal([out] if isinstance(out, str) else [str(one) for one in out])
        lines.append(f"data = data[~data[targets[0]].astype(str).isin({words})]")
    if data.options.get("duplicates") == "drop":
        lines.append("data = data.drop_duplicates(subset=[*features, *targets])")
    general = str(data.options.get("missing", "error"))
    rules = {name: one.missing for name, one in data.columns.items() if one.missing}
    if {general, *rules.values()} <= {"error"}:
        return lines
    if general == "drop":
        kept = [name for name, rule in rules.items() if rule != "drop"]
        holes = (
            f"*(n for n in features if n not in {format_literal(kept)})" if kept else "*features"
        )
        subset = f"[*targets, {holes}]"
    else:
        dropped = [name for name, rule in rules.items() if rule == "drop"]
        subset = f"[*targets, *{format_literal(dropped)}]" if dropped else "targets"
    return [*lines, *(f"{frame} = {frame}.dropna(subset={subset})" for frame in frames)]


def fill_lines(data: Data) -> tuple[str, ...]:
    """Lines that leave in ``fills`` what stands in for the gaps of ``x_train``: none are needed
    where nothing is filled."""
    general = str(data.options.get("missing", "error"))
    rules = {name: one.missing for name, one in data.columns.items() if one.missing}
    for name, one in data.columns.items():
        # Half a yes is none.
        if one.type == "boolean" and rules.get(name, general) == "mean":
            rules[name] = "most_frequent"
    if {general, *rules.values()} <= {"error", "drop"}:
        return ()
    own = {name: rule for name, rule in rules.items() if rule not in {"error", "drop"}}
    said = format_literal(own)
    if general not in {"error", "drop"}:
        said = f"dict.fromkeys(x_train, {format_literal(general)})" + (f" | {said}" if own else "")
    found = "{name: stand_in(x_train[name], rule) for name, rule in rules.items()}"
    return (*_STAND_IN, f"rules = {said}", f"fills = {found}")


_STAND_IN = (
    "def stand_in(values, rule):",
    '    """What stands in for the gaps of a column."""',
    '    if rule == "category":',
    f"        return {format_literal(MISSING_LABEL)}",
    '    if rule == "most_frequent" or values.dtype.kind not in "iuf":',
    "        return values.mode()[0]",
    '    return values.mean() if rule == "mean" else values.median()',
    "",
    "",
)


def imports(data: Data) -> list[str]:
    """What the lines above need besides pandas."""
    endings = {inner for inner in (data.path.lower(), data.test_path.lower()) if inner}
    found = []
    if any(path.endswith(".parquet") for path in endings):
        found.append("import polars")
    if any(path.endswith(".arff") for path in endings):
        found.append("import scipy.io.arff")
    return found


def answer_lines(question: ScriptRequest) -> list[str]:
    """From ``data`` and ``test`` to ``y`` and ``y_test``: numbers as they are, classes by their
    number; a column a target where several outputs have tasks of their own."""
    data, task = question.project.data, question.task
    tasks = question.tasks
    if len(set(tasks.values())) > 1:
        of = {one: tasks[key] for key, names in data.targets.items() for one in names}
        wanted = {name: of.get(name, task) for name in target_columns(data)}
        lines = ["y, y_test = [], []", f"for name, task in {format_literal(wanted)}.items():"]
        lines += [
            f"    if task in {format_literal([REGRESSION, MULTI_LABEL])}:",
            "        y.append(data[name])",
            *(["        y_test.append(test[name])"] if data.test_path else []),
            "    else:",
            "        labels, numbers = np.unique(data[name], return_inverse=True)",
            "        y.append(numbers)",
            *(["        y_test.append(np.searchsorted(labels, test[name]))"]
              if data.test_path else []),
            'y = np.stack(y, axis=1).astype("float32")',
            *(['y_test = np.stack(y_test, axis=1).astype("float32")'] if data.test_path else []),
        ]  # fmt: skip
        return lines
    if task in {REGRESSION, MULTI_LABEL}:
        frames = (("y", "data"), ("y_test", "test"))[: 2 if data.test_path else 1]
        return [f'{name} = {frame}[targets].to_numpy("float32")' for name, frame in frames]
    lines = ["labels, y = np.unique(data[targets[0]], return_inverse=True)"]
    if data.test_path:
        lines.append("y_test = np.searchsorted(labels, test[targets[0]])")
    return [*lines, "labels = [str(label) for label in labels]"]
