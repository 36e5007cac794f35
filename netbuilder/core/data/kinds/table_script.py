"""Lines of a script that read a table as its recipe says: the file, the columns, the gaps."""

from __future__ import annotations

from collections.abc import Iterable

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.script import csv_arguments, made
from netbuilder.core.data.preprocessing.cells import TRUE, day_comes_first
from netbuilder.core.data.preprocessing.missing import MISSING_LABEL
from netbuilder.core.data.preprocessing.number_text import GROUPS_BY
from netbuilder.core.data.readers.table_files import SHEETS
from netbuilder.core.project.model import SINGLE_ROLES, Data, Project
from netbuilder.core.python_text import literal


def reader(
    project: Project, path: str, facts: DataFacts | None = None, *, test: bool = False
) -> str:
    """The expression that reads a file of the recipe as a data frame.

    ``facts`` and ``test`` as for ``csv_arguments``.
    """
    ending = "." + path.lower().rsplit(".", 1)[-1]
    if ending in SHEETS:
        sheet = project.data.options.get("sheet")
        more = f", sheet_name={literal(sheet)}" if sheet else ""
        return f'pd.read_excel({literal(path)}, engine="calamine"{more})'
    if ending == ".parquet":
        return f"pd.DataFrame(polars.read_parquet({literal(path)}).to_dict(as_series=False))"
    if ending in {".jsonl", ".ndjson"}:
        return f"pd.read_json({literal(path)}, lines=True)"
    if ending == ".arff":
        return f"pd.DataFrame(scipy.io.arff.loadarff({literal(path)})[0])"
    thousands = project.data.options.get("thousands")
    more = f", thousands={literal(thousands)}" if thousands in {",", ".", "'"} else ""
    return f"pd.read_csv({literal(path)}{csv_arguments(project, facts, test=test)}{more})"


def unused(data: Data) -> list[str]:
    """Columns that are no features: left out, or of another role."""
    ignored = data.options.get("ignore") or []
    found = [ignored] if isinstance(ignored, str) else [str(one) for one in ignored]
    if data.options.get("sample_weight"):
        found.append(str(data.options["sample_weight"]))
    other = {"ignore", *SINGLE_ROLES}
    found += [name for name, one in data.columns.items() if one.role in other or one.type == "text"]
    return list(dict.fromkeys(found))


def column_lines(data: Data, frames: Iterable[str], facts: DataFacts | None = None) -> list[str]:
    """What is done with single columns of each data frame of a script, training frame first."""
    marks = _marks(data, facts)
    lines: list[str] = []
    order = next((n for n, one in data.columns.items() if one.role == "order"), "")
    # How a column is read is seen in the training file, so that one comes last.
    for frame in reversed(list(frames)):
        for name, values in dict(data.options.get("missing_values") or {}).items():
            cell = f"{frame}[{literal(name)}]"
            lines.append(f"{cell} = {cell}.replace({literal(list(values))}, np.nan)")
        if order:
            lines.append(f'{frame} = {frame}.sort_values({literal(order)}, kind="stable")')
        lines += [
            f"{frame}[{literal(name)}] = as_numbers({frame}[{literal(name)}], {literal(mark)})"
            for name, mark in marks.items()
        ]
        lines += _types(data, frame)
    return lines


def _marks(data: Data, facts: DataFacts | None) -> dict[str, str]:
    """Decimal marks of the columns that are written in a way that pandas reads as texts."""
    decided = {name for name, one in data.columns.items() if one.type or one.decimal}
    found = facts.number_marks if facts is not None else {}
    return {name: mark for name, mark in found.items() if name not in decided}


def helper_lines(data: Data, facts: DataFacts | None = None) -> list[str]:
    """Functions that ``column_lines`` call."""
    kinds = {choice.type for choice in data.columns.values()}
    lines = [*made(day_comes_first), *_DAYS] if "date" in kinds else []
    lines += _TRUE if "boolean" in kinds else ()
    return [*lines, *(_NUMBERS if _marks(data, facts) else ())]


_DAYS = (
    "def days(dates, like):",
    '    """Days since 1970-01-01; the column ``like`` tells whether the day comes first."""',
    '    if dates.dtype.kind in "iuf":',
    "        return dates",
    "    first = day_comes_first(like)",
    '    found = pd.to_datetime(dates, dayfirst=first, format="mixed", utc=True)',
    '    return (found - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)',
    "",
    "",
)
_NUMBERS = (
    "def as_numbers(cells, point):",
    '    """Numbers as people write them: $1,304 or 12 kg. ``point`` is the decimal mark."""',
    '    if cells.dtype.kind in "iuf":',
    "        return cells",
    '    texts = cells.astype(str).str.replace("−", "-")',
    "    parts = texts.str.extract(" + r"""r"(-?)[^\d.,-]*(-?)([\d.,'’\s]*\d)([eE][-+]?\d+)?")""",
    '    body = parts[2].str.replace(f"[^0-9{point}]", "", regex=True)',
    '    body = body.str.replace(point, ".", regex=False) + parts[3].fillna("")',
    '    numbers = pd.to_numeric(body, errors="coerce")',
    '    return numbers.where((parts[0] == "-") == (parts[1] == "-"), -numbers)',
    "",
    "",
)
_TRUE = (
    "def is_true(words, like):",
    '    """1 for yes and 0 for no, in the words of the column ``like``; gaps stay gaps."""',
    '    known = sorted(set(like.dropna().convert_dtypes().astype("string").str.strip()))',
    f"    yes = {literal(sorted(TRUE))}",
    "    true = [word for word in known if word.lower() in yes] or known[-1:]",
    '    found = words.convert_dtypes().astype("string").str.strip().isin(true)',
    "    return found.astype(float).where(words.notna())",
    "",
    "",
)


def _types(data: Data, frame: str) -> list[str]:
    lines = []
    for name, choice in data.columns.items():
        cell, like = f"{frame}[{literal(name)}]", f"data[{literal(name)}]"
        if choice.decimal:
            texts = f"{cell}.astype(str).str.replace({literal(GROUPS_BY[choice.decimal])}, '')"
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
        words = literal([out] if isinstance(out, str) else [str(one) for one in out])
        lines.append(f"data = data[~data[targets[0]].astype(str).isin({words})]")
    if data.options.get("duplicates") == "drop":
        lines.append("data = data.drop_duplicates(subset=[*features, *targets])")
    general = str(data.options.get("missing", "error"))
    rules = {name: one.missing for name, one in data.columns.items() if one.missing}
    if {general, *rules.values()} <= {"error"}:
        return lines
    if general == "drop":
        kept = [name for name, rule in rules.items() if rule != "drop"]
        holes = f"*(n for n in features if n not in {literal(kept)})" if kept else "*features"
        subset = f"[*targets, {holes}]"
    else:
        dropped = [name for name, rule in rules.items() if rule == "drop"]
        subset = f"[*targets, *{literal(dropped)}]" if dropped else "targets"
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
    said = literal(own)
    if general not in {"error", "drop"}:
        said = f"dict.fromkeys(x_train, {literal(general)})" + (f" | {said}" if own else "")
    found = "{name: stand_in(x_train[name], rule) for name, rule in rules.items()}"
    return (*_STAND_IN, f"rules = {said}", f"fills = {found}")


_STAND_IN = (
    "def stand_in(values, rule):",
    '    """What stands in for the gaps of a column."""',
    '    if rule == "category":',
    f"        return {literal(MISSING_LABEL)}",
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
