"""Lines of a script that read a table as its recipe says: the file, the columns, the gaps."""

from __future__ import annotations

from collections.abc import Iterable

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.script import csv_arguments
from netbuilder.core.data.preprocessing.number_text import GROUPS_BY
from netbuilder.core.data.readers.table_files import SHEETS
from netbuilder.core.project.model import SINGLE_ROLES, Data, Project
from netbuilder.core.python_text import literal

_YES = ("yes", "true", "1", "y", "t", "on")


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


def column_lines(data: Data, frames: Iterable[str]) -> list[str]:
    """What is done with single columns and with gaps, for each data frame of a script."""
    lines: list[str] = []
    order = next((n for n, one in data.columns.items() if one.role == "order"), "")
    for frame in frames:
        for name, values in dict(data.options.get("missing_values") or {}).items():
            cell = f"{frame}[{literal(name)}]"
            lines.append(f"{cell} = {cell}.replace({literal(list(values))}, np.nan)")
        if order:
            lines.append(f"{frame} = {frame}.sort_values({literal(order)})")
        lines += _types(data, frame)
        lines += _gaps(data, frame)
    return lines


def _types(data: Data, frame: str) -> list[str]:
    lines = []
    for name, choice in data.columns.items():
        cell = f"{frame}[{literal(name)}]"
        if choice.decimal:
            texts = f"{cell}.astype(str).str.replace({literal(GROUPS_BY[choice.decimal])}, '')"
            if choice.decimal == ",":
                texts += ".str.replace(',', '.')"
            lines.append(f"{cell} = pd.to_numeric({texts})")
        if choice.type == "category":
            lines.append(f'{cell} = {cell}.astype("string").astype(object)')
        elif choice.type == "date":
            lines.append(f'{cell} = (pd.to_datetime({cell}) - pd.Timestamp("1970-01-01")).dt.days')
        elif choice.type == "boolean":
            lines.append(
                f"{cell} = {cell}.astype(str).str.lower().isin({literal(list(_YES))}).astype(float)"
            )
    return lines


def _gaps(data: Data, frame: str) -> list[str]:
    """Each column by its own rule, then all others by that of the recipe.

    What fills is that of the training file.
    """
    lines = []
    values = {
        "mean": "{0}.mean()", "median": "{0}.median()", "most_frequent": "{0}.mode()[0]",
        "category": '"(missing)"',
    }  # fmt: skip
    for name, choice in data.columns.items():
        cell = f"{frame}[{literal(name)}]"
        if choice.missing == "drop":
            lines.append(f"{frame} = {frame}.dropna(subset=[{literal(name)}])")
        elif choice.missing in values:
            value = values[choice.missing].format(f"data[{literal(name)}]")
            lines.append(f"{cell} = {cell}.fillna({value})")
    general = {
        "drop": "dropna()",
        "mean": "fillna(data.mean(numeric_only=True))",
        "median": "fillna(data.median(numeric_only=True))",
        "most_frequent": "fillna(data.mode().iloc[0])",
    }.get(str(data.options.get("missing", "")))
    if general:
        lines.append(f"{frame} = {frame}.{general}")
    return lines


def imports(data: Data) -> list[str]:
    """What the lines above need besides pandas."""
    endings = {inner for inner in (data.path.lower(), data.test_path.lower()) if inner}
    found = []
    if any(path.endswith(".parquet") for path in endings):
        found.append("import polars")
    if any(path.endswith(".arff") for path in endings):
        found.append("import scipy.io.arff")
    return found
