"""Lines of a script that read a table as its recipe says: file, columns, missing values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.data.kinds.kind import DataCode, ScriptRequest
from netbuilder.core.data.kinds.scripts import cells
from netbuilder.core.data.kinds.scripts.script_lines import (
    csv_arguments,
    function_lines,
    input_columns,
    lines_left_out,
    script_part,
    target_columns,
)
from netbuilder.core.data.preprocessing.cells import (
    SLASHED,
    day_comes_first,
    days_of,
    in_one_century,
)
from netbuilder.core.data.preprocessing.cleaning import normalize_word, one_spelling
from netbuilder.core.data.preprocessing.number_text import (
    TIMED,
    marks_of,
    number_of,
    numbers_in,
    plain_cell,
    seconds_of,
)
from netbuilder.core.data.preprocessing.roles import single_roles
from netbuilder.core.data.readers.table_cells import ALL_FORMS, SHORT_FORMS
from netbuilder.core.data.readers.table_files import SHEETS, arff_table
from netbuilder.core.data.readers.table_samples import PART_WORDS
from netbuilder.core.data.recipe_options import (
    MAX_CATEGORIES,
    name_list_option,
    name_list_option as option_names,
)
from netbuilder.core.escaping.python_text import format_items, format_literal
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import SINGLE_ROLES, ColumnChoice, Data, Project


def reader(
    project: Project,
    path: str,
    facts: DataFacts | None = None,
    *,
    test: bool = False,
    short: bool = False,
) -> str:
    """Return the expression that reads a file of the recipe as a data frame."""
    ending = "." + path.lower().rsplit(".", 1)[-1]
    if ending in SHEETS:
        sheet = project.data.options.get("sheet")
        more = f", sheet_name={format_literal(sheet)}" if sheet else ""
        lines = lines_left_out(project, facts, test=test)
        if lines:
            more += f", skiprows={[int(line) - 1 for line in lines]}"
        return f'pd.read_excel({format_literal(path)}, engine="calamine"{more})'
    if ending == ".parquet":
        lasts = facts is not None and any(finding.code == "times" for finding in facts.findings)
        more = ".with_columns(polars.selectors.duration().dt.total_microseconds() / 1e6)"
        frame = f"polars.read_parquet({format_literal(path)}){more if lasts else ''}"
        return f"pd.DataFrame({frame}.to_dict(as_series=False))"
    if ending in {".jsonl", ".ndjson"}:
        return f"pd.read_json({format_literal(path)}, lines=True)"
    if ending == ".json":
        return f"pd.read_json({format_literal(path)})"
    if ending == ".arff":
        return f'arff_table(open({format_literal(path)}, encoding="utf-8").read())'
    read_as = {} if facts is None else facts.test_read_as if test else facts.read_as
    thousands = project.data.options.get("thousands") or (short and read_as.get("thousands"))
    numbers = read_as.get("thousands_of", ()) if short else ()
    more = f", thousands={format_literal(thousands)}" if thousands in {",", ".", "'"} else ""
    arguments = csv_arguments(project, facts, test=test, numbers=numbers)
    return f"pd.read_csv({format_literal(path)}{arguments}{more})"


# Options that change the cells of columns.
_REWRITING = ("empty_means", "same_words")
#: With more words a short script has the function that finds them.
_MOST_WORDS = 12
#: Forms of dates and times of the day, as days since 1970-01-01.
_DATES = frozenset(
    form for kind in ("clocks", "dates", "mixed_dates", "days") for form in SHORT_FORMS[kind]
)


def without_order(data: Data) -> Data:
    """Return the recipe without the column that gives the order of the rows."""
    columns = {name: choice for name, choice in data.columns.items() if choice.role != "order"}
    options = {key: value for key, value in data.options.items() if key != "order_by"}
    return replace(data, columns=columns, options=options)


def frames_of(data: Data) -> tuple[str, ...]:
    """Return the names of the data frames of a script, the training frame first."""
    return ("data", "test") if data.test_path else ("data",)


def reading_lines(question: ScriptRequest, *, moments: bool = False) -> list[str]:
    """Return lines that read the recipe's files into ``data`` and ``test``, with typed columns.

    ``moments``: include the function of this name, for a series, which sorts its rows itself.
    """
    project, facts = question.project, question.facts
    frames = frames_of(project.data)
    stripped = _stripped(question)
    if stripped and facts is not None:
        marks = {name: mark for name, mark in facts.number_marks.items() if name not in stripped}
        facts = replace(facts, number_marks=marks)
    columns = {name: replace(choice, decimal="") if name in stripped else choice
               for name, choice in project.data.columns.items()}  # fmt: skip
    data = _with_clocks(replace(project.data, columns=columns), facts)
    by = single_roles(data).get("order", "")
    ordering = not moments and stripped.get(by) in _DATES
    data = without_order(data) if ordering else data
    dated = {name for name, choice in data.columns.items() if choice.type == "date"}
    stripped = {name: how for name, how in stripped.items()
                if how not in _DATES or (name in {*dated, by} and not moments)}  # fmt: skip
    words = _words(question)
    plain = {name for name, form in stripped.items() if form in _DATES}
    plain |= {
        name for name in words if name in data.columns and data.columns[name].type == "boolean"
    }
    columns = {name: replace(choice, type="") if name in plain else choice
               for name, choice in data.columns.items()}  # fmt: skip
    options = {**data.options}
    for key in {"dates", "centuries"} & set(options):
        options[key] = {n: how for n, how in dict(options[key]).items() if n not in stripped}
    options["same_words"] = [n for n in option_names(options, "same_words") if n not in words]
    data = replace(data, columns=columns, options=options)
    needed, whole = imports(data), "" in stripped.values()
    needed += ["from fractions import Fraction"] if "fractions" in stripped.values() else []
    together = question.short and len(frames) > 1 and not single_roles(data).get("order")
    looped = ("table",) if together else frames
    changes = [
        *missing_lines(data, looped),
        *_strip_lines(question, stripped, looped),
        *_label_lines(data, looped),
        *_word_lines(words, looped),
        *column_lines(data, looped, facts, order=not moments),
    ]
    if together and changes:  # the test set first: the training set shows how both are read
        changes = ["for table in (test, data):", *(f"    {line}" for line in changes)]
    return [
        *(["import re"] if _marks(data, facts) and "import re" not in needed else []),
        *needed,
        *helper_lines(data, facts, moments=moments),
        *(
            f"{name} = {reader(project, path, facts, test=name == 'test', short=whole)}"
            for name, path in zip(frames, (data.path, data.test_path), strict=False)
        ),
        *changes,
        *(
            f'{frame} = {frame}.sort_values({format_literal(by)}, kind="stable")'
            for frame in (frames if ordering else ())
        ),
    ]


def _word_lines(words: Mapping[str, Mapping[str, Any]], frames: Iterable[str]) -> list[str]:
    """Return lines that replace the words of columns: spellings by one, yes and no by 1 and 0."""
    lines = []
    for name, known in words.items():
        how = "map" if all(isinstance(value, float) for value in known.values()) else "replace"
        for frame in frames:
            cell = f"{frame}[{format_literal(name)}]"
            head = f"{cell} = {cell}.str.strip().{how}({{"
            items = [f"{format_literal(word)}: {format_literal(to)}" for word, to in known.items()]
            lines += format_items(head, items, "})").split("\n")
    return lines


def _stripped(question: ScriptRequest) -> dict[str, str]:
    """Return the form in which a short script reads columns of texts.

    "" where ``read_csv`` reads them, with the separator of thousands.
    """
    forms = question.reading("forms") or {}
    plain = set(question.reading("thousands_of") or ())
    data, facts = question.project.data, question.facts
    if data.test_path:
        other = question.reading("forms", test=True) or {}
        forms = {name: form for name, form in forms.items() if other.get(name, form) == form}
        same = question.reading("thousands", test=True) == question.reading("thousands")
        plain = plain if same else set()
    if "read_csv" not in reader(question.project, data.path):
        plain = set()
    marks = facts.number_marks if facts is not None else {}
    gone = {name for key in _REWRITING for name in data.options.get(key) or ()}
    return {
        name: "" if name in plain else form for name, form in forms.items()
        if form in ALL_FORMS and (name in marks or form in _DATES) and name not in gone
    }  # fmt: skip


def _words(question: ScriptRequest) -> dict[str, Mapping[str, Any]]:
    """Return what a short script replaces in columns of words: by column, each word's stand-in."""
    words = dict(question.reading("words") or {})
    for name, known in (question.reading("words", test=True) or {}).items():
        if all(isinstance(value, float) for value in known.values()):
            words[name] = {**known, **words.get(name, {})}
    return {name: known for name, known in words.items() if len(known) <= _MOST_WORDS}


def _label_lines(data: Data, frames: Iterable[str]) -> list[str]:
    """Return lines that make a column of 0 and 1 of each label in cells with lists of labels."""
    lines = []
    for name, how in dict(data.options.get("labels") or {}).items():
        mark, names = format_literal(str(how["separator"])), format_literal(list(how["labels"]))
        parts = f'r"\\s*{re.escape(how["separator"])}\\s*", {mark}, regex=True'
        columns = format_literal([f"{name}: {label}" for label in how["labels"]])
        for frame in frames:
            cell = f"{frame}[{format_literal(name)}]"
            lines += [
                f"names = {cell}.str.replace({parts}).str.strip().str.get_dummies({mark})",
                f"{frame}[{columns}] = names.reindex(columns={names}, fill_value=0)",
            ]
    return lines


def missing_lines(data: Data, frames: Iterable[str]) -> list[str]:
    """Return lines that empty the cells with markers for missing values."""
    markers = dict(data.options.get("missing_values") or {}).items()
    return [
        f"{frame}[{format_literal(name)}] = "
        f"{frame}[{format_literal(name)}].replace({format_literal(list(values))}, np.nan)"
        for frame in frames
        for name, values in markers
    ]


def _strip_lines(
    question: ScriptRequest, stripped: Mapping[str, str], frames: Sequence[str]
) -> list[str]:
    """Return lines that read numbers, times and dates from texts."""
    facts, options = question.facts, question.project.data.options
    alike: dict[tuple[str, str, str, int], list[str]] = {}
    for name, form in stripped.items():
        unit = TIMED.get(facts.number_marks.get(name, ""), "") if facts is not None else ""
        century = int((options.get("centuries") or {}).get(name, 0))
        alike.setdefault((form, unit, _counts(name, facts), century), []).append(name)
    lines = []
    for (form, *values), names in alike.items():
        several = len(names) > 1
        for frame in frames if form not in {"", "numbers"} else ():
            cell = f"{frame}[{'name' if several else format_literal(names[0])}]"
            *before, last = ALL_FORMS[form].format(cell, *values).split("\n")
            lines += [f"for name in {format_literal(names)}:"] * several
            lines += ["    " * several + line for line in (*before, f"{cell} = {last}")]
    return lines


def _with_clocks(data: Data, facts: DataFacts | None) -> Data:
    """Decide that columns detected as times of the day are dates."""
    known = facts.column_types.items() if facts is not None else ()
    clocks = {
        name: replace(data.columns.get(name, ColumnChoice()), type="date")
        for name, kind in known
        if kind == "date" and not data.columns.get(name, ColumnChoice()).type
    }
    return replace(data, columns={**data.columns, **clocks}) if clocks else data


def unused(data: Data) -> list[str]:
    """Return columns that are no features: excluded, or of another role."""
    names = [*option_names(data.options, "ignore"), *single_roles(data).values()]
    other = {"ignore", *SINGLE_ROLES}
    names += [
        name
        for name, choice in data.columns.items()
        if choice.role in other or choice.type == "text"
    ]
    return list(dict.fromkeys(names))


def column_lines(
    data: Data, frames: Iterable[str], facts: DataFacts | None = None, *, order: bool = True
) -> list[str]:
    """Return lines for single columns of each frame, training first; ``order``: sort the rows."""
    marks, frames = _marks(data, facts), list(frames)
    lines: list[str] = []
    by = single_roles(data).get("order", "") if order else ""
    alike = list(option_names(data.options, "same_words"))
    for name, first in dict(data.options.get("dates") or {}).items():
        if first == "day":
            how = rf'.str.replace(r"{SLASHED.pattern}", r"\1.\2.\3", regex=True)'
            cells = (f"{frame}[{format_literal(name)}]" for frame in frames)
            lines += [f"{cell} = {cell}{how}" for cell in cells]
    for name, first in dict(data.options.get("centuries") or {}).items():
        cells = (f"{frame}[{format_literal(name)}]" for frame in frames)
        lines += [f"{cell} = in_one_century({cell}, {int(first)})" for cell in cells]
    spelt = facts.word_spellings if facts is not None else {}
    for name, words in spelt.items():
        lines.append(f"spelt = {format_literal(dict(sorted(words.items())))}")
        lines += [
            f"{frame}[{format_literal(name)}] = {frame}[{format_literal(name)}].map("
            "lambda word: spelt.get(str(word).strip(), word))"
            for frame in frames
        ]
    # How a column is read is seen in the training file, so that one comes last.
    for frame in reversed(frames):
        for name, word in dict(data.options.get("empty_means") or {}).items():
            cell = f"{frame}[{format_literal(name)}]"
            fill = f"0 if {cell}.dtype.kind in 'iuf' else {format_literal(str(word))}"
            lines.append(f"{cell} = {cell}.fillna({fill})")
        lines += [
            f"{frame}[{format_literal(name)}] = one_spelling({frame}[{format_literal(name)}])"
            for name in alike
        ]
        lines += [
            f"{frame}[{format_literal(name)}] = numbers_in({frame}[{format_literal(name)}],"
            f" {format_literal(mark)}, "
            f"{_counts(name, facts)})"
            for name, mark in marks.items()
        ]
        lines += _types(data, frame)
        if by:
            lines.append(f"times = in_time({frame}[{format_literal(by)}])")
            lines.append(f'{frame} = {frame}.loc[times.sort_values(kind="stable").index]')
    return lines


def _marks(data: Data, facts: DataFacts | None) -> dict[str, str]:
    """Return the number style of the columns that pandas reads as texts."""
    words = {name for name, choice in data.columns.items() if choice.type not in {"", "number"}}
    marks = dict(facts.number_marks) if facts is not None else {}
    marks |= {name: choice.decimal for name, choice in data.columns.items() if choice.decimal}
    return {name: mark for name, mark in marks.items() if name not in words}


def _counts(name: str, facts: DataFacts | None) -> str:
    """Return the conversion factor of each unit of a column, as script text."""
    counts = facts.number_factors.get(name) if facts is not None else None
    return format_literal(dict(counts or {"": 1.0}))


def helper_lines(data: Data, facts: DataFacts | None = None, *, moments: bool = False) -> list[str]:
    """Return the functions that ``column_lines`` call, and ``moments`` on request."""
    kinds = {choice.type for choice in data.columns.values()}
    ordered = bool(single_roles(data).get("order"))
    used: list[Callable[..., Any]] = []
    if "date" in kinds or ordered or moments:
        used += [day_comes_first, days_of, cells.days]
    used += [cells.moments] if moments else [cells.in_time] if ordered else []
    used += [normalize_word, one_spelling] if option_names(data.options, "same_words") else []
    used += [cells.is_true] if "boolean" in kinds else []
    used += [in_one_century] if data.options.get("centuries") else []
    used += [plain_cell, seconds_of, marks_of, number_of, numbers_in] if _marks(data, facts) else []
    return cell_functions(used)


def cell_functions(used: Iterable[Callable[..., Any]]) -> list[str]:
    """Return the text of functions of the program, after the constants that they name."""
    lines = [line for function in used for line in function_lines(function)]
    named = {name for name in cells.CONSTANTS if any(re.search(rf"\b{name}\b", x) for x in lines)}
    constants = [
        f"{name} = {_constant(constant)}"
        for name, constant in cells.CONSTANTS.items()
        if name in named
    ]
    return [*constants, *(["", ""] if constants else []), *lines]


def _constant(value: Any) -> str:
    if isinstance(value, re.Pattern):
        flags = ", re.IGNORECASE" if value.flags & re.IGNORECASE else ""
        return f"re.compile({value.pattern!r}{flags})"
    return format_literal(value)


def _types(data: Data, frame: str) -> list[str]:
    lines = []
    for name, choice in data.columns.items():
        cell, like = f"{frame}[{format_literal(name)}]", f"data[{format_literal(name)}]"
        if choice.type == "category":
            lines.append(f'{cell} = {cell}.convert_dtypes().astype("string").astype(object)')
        elif choice.type == "date":
            lines.append(f"{cell} = days({cell}, {like})")
        elif choice.type == "boolean":
            lines.append(f"{cell} = is_true({cell}, {like})")
    return lines


def row_lines(data: Data, frames: Iterable[str]) -> list[str]:
    """Return lines that drop rows, by ``features`` and ``targets``."""
    lines = []
    out = data.options.get("leave_out_classes") or ()
    if out:
        words = format_literal([out] if isinstance(out, str) else [str(cell) for cell in out])
        lines.append(f"data = data[~data[targets[0]].astype(str).isin({words})]")
    if data.options.get("duplicates") == "drop":
        lines.append("data = data.drop_duplicates(subset=[*features, *targets])")
    general = str(data.options.get("missing", "error"))
    rules = {name: choice.missing for name, choice in data.columns.items() if choice.missing}
    if {general, *rules.values()} <= {"error"}:
        return lines
    if general == "drop":
        filled = [name for name, rule in rules.items() if rule != "drop"]
        holes = (
            f"*(n for n in features if n not in {format_literal(filled)})"
            if filled
            else "*features"
        )
        subset = f"[*targets, {holes}]"
    else:
        dropped = [name for name, rule in rules.items() if rule == "drop"]
        subset = f"[*targets, *{format_literal(dropped)}]" if dropped else "targets"
    return [*lines, *(f"{frame} = {frame}.dropna(subset={subset})" for frame in frames)]


def fill_lines(data: Data) -> tuple[str, ...]:
    """Return lines that leave in ``fills`` the fill values of ``x_train``; () without any."""
    general = str(data.options.get("missing", "error"))
    rules = {name: choice.missing for name, choice in data.columns.items() if choice.missing}
    for name, choice in data.columns.items():
        # Half a yes is none.
        if choice.type == "boolean" and rules.get(name, general) == "mean":
            rules[name] = "most_frequent"
    if {general, *rules.values()} <= {"error", "drop"}:
        return ()
    own = {name: rule for name, rule in rules.items() if rule not in {"error", "drop"}}
    rules_text = format_literal(own)
    if general not in {"error", "drop"}:
        rules_text = f"dict.fromkeys(x_train, {format_literal(general)})" + (
            f" | {rules_text}" if own else ""
        )
    fills_text = "{name: stand_in(x_train[name], rule) for name, rule in rules.items()}"
    return (*cell_functions([cells.stand_in]), f"rules = {rules_text}", f"fills = {fills_text}")


def imports(data: Data) -> list[str]:
    """Return the imports of the lines above besides pandas."""
    endings = {inner for inner in (data.path.lower(), data.test_path.lower()) if inner}
    lines = ["import re"] if data.options.get("centuries") else []
    if any(path.endswith(".parquet") for path in endings):
        lines.append("import polars")
    if any(path.endswith(".arff") for path in endings):
        lines += ["import re", "", "", *function_lines(arff_table)]
    return lines


def answer_lines(question: ScriptRequest) -> list[str]:
    """Return lines from ``data`` and ``test`` to ``y`` and ``y_test``; classes become numbers."""
    data, task = question.project.data, question.task
    tasks, lines = question.tasks, list[str]()
    if len(set(tasks.values())) > 1:
        of = {column: tasks[key] for key, names in data.targets.items() for column in names}
        tasks_by_column = {name: of.get(name, task) for name in target_columns(data)}
        lines = []
        for name, kind in tasks_by_column.items():
            if kind not in {REGRESSION, MULTI_LABEL}:
                cell = f"[{format_literal(name)}]"
                lines.append(f"data{cell}, labels = pd.factorize(data{cell}, sort=True)")
                test = f"test{cell} = labels.get_indexer(test{cell})"
                lines += [test] if data.test_path else []
    if task in {REGRESSION, MULTI_LABEL} or len(set(tasks.values())) > 1:
        frames = (("y", "data"), ("y_test", "test"))[: 2 if data.test_path else 1]
        return [
            *lines,
            *(f'{name} = {frame}[targets].to_numpy("float32")' for name, frame in frames),
        ]
    lines = ["labels, y = np.unique(data[targets[0]], return_inverse=True)"]
    if data.test_path:
        lines.append("y_test = np.searchsorted(labels, test[targets[0]])")
    return [*lines, "labels = [str(label) for label in labels]"]


@dataclass(frozen=True)
class RoleLines:
    """``lines`` of a script, and the attributes of ``DataCode`` that they stand for."""

    lines: tuple[str, ...] = ()
    flags: Mapping[str, Any] = field(default_factory=dict)


def role_lines(data: Data) -> RoleLines:
    """Return lines for the columns' roles; ``column_lines`` sorts the rows."""
    single = single_roles(data)
    lines: list[str] = []
    flags: dict[str, Any] = {"ordered": "order" in single}
    if "split" in single:
        flags["parts"] = "column"
        lines += [
            f"parts = {format_literal(PART_WORDS)}",
            f"part_of = data[{format_literal(single['split'])}].astype(str).str.strip()",
            "part_of = part_of.str.lower().map(parts).to_numpy()",
        ]
    if "group" in single:
        flags["groups"] = True
        lines.append(
            f"groups = pd.factorize(data[{format_literal(single['group'])}].astype(str))[0]"
        )
    if "weight" in single:
        flags["weighted"] = True
        lines.append(f'row_weights = data[{format_literal(single["weight"])}].to_numpy("float32")')
    return RoleLines(tuple(lines), flags)


def table_code(question: ScriptRequest, reading: Iterable[str]) -> DataCode:
    """Return the data section for a table, from the columns' roles on.

    ``reading``: lines that leave the table in ``data``, and that of the test file in ``test``.
    """
    project, data = question.project, question.project.data
    targets = target_columns(data) or list(question.facts.target_names if question.facts else ())
    known = list(question.facts.column_types) if question.facts is not None else []
    other = unused(data)
    gone = f"[*targets, *{format_literal(other)}]" if other else "targets"
    features = format_literal(known) if known else f"[name for name in data if name not in {gone}]"
    roles = role_lines(data)
    lines = [
        *reading,
        f"targets = {format_literal(targets) if targets else '[data.columns[-1]]'}",
        f"features = {features}",
        *(() if known else _few_words(data)),
        *row_lines(data, frames_of(data)),
        *roles.lines,
        "x = data[features]",
        *answer_lines(question),
        *(["x_test = test[features]"] if data.test_path else []),
        *input_columns(project, known),
    ]
    types = question.facts.column_types.values() if question.facts is not None else ("category",)
    return DataCode(
        tuple(lines),
        own_test=bool(data.test_path),
        words="category" in types,
        fills=fill_lines(data),
        **roles.flags,
    )


def _few_words(data: Data) -> list[str]:
    """Drop columns of texts that hardly repeat, unless decided to be categories."""
    categories = [name for name, choice in data.columns.items() if choice.type == "category"]
    categories += name_list_option(data.options, "categories")
    other = f" or name in {format_literal(categories)}" if categories else ""
    about = _("# Text columns with many distinct values are not used as categories.")
    return script_part("few_words", about=about, most=MAX_CATEGORIES, other=other)


def sample_role_lines(
    question: ScriptRequest, option: str, guess: str, train: Sequence[str], test: Sequence[str]
) -> RoleLines:
    """Return lines for a table with a sample in each cell of one column.

    They leave ``x`` and ``y``, and of a test file ``x_test`` and ``y_test``.

    ``option``: names the column; ``guess``: an expression for the column without that option;
    ``train``: lines from ``data`` and ``column`` to ``x``; ``test``: lines from ``test`` to
    ``x_test``.
    """
    data, facts = question.project.data, question.facts
    columns = facts.column_roles if facts is not None else {}
    column = str(data.options.get(option) or "")
    column = column or next((name for name, role in columns.items() if role == "feature"), "")
    known = facts.target_names[:1] if facts is not None else ()
    target = next(iter((*data.target, *known)), "")
    rest = "[[name for name in data if name != column][-1]]"
    # Rows without the sample or its answer are left out, whatever the recipe says of gaps.
    dropping = replace(data, options={**data.options, "missing": "drop"})
    roles = role_lines(data)
    lines = [
        *reading_lines(question),
        f"column = {format_literal(column) if column else guess}",
        f"features, targets = [column], {format_literal([target]) if target else rest}",
        *row_lines(dropping, frames_of(data)),
        *train,
        *roles.lines,
        *(test if data.test_path else ()),
        *answer_lines(question),
    ]
    return RoleLines(tuple(lines), {**roles.flags, "own_test": bool(data.test_path)})
