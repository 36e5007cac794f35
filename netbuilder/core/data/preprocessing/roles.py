"""Decide the role of each column: by the recipe, or automatically."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.recipe_options import name_list_option as option_names
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import SINGLE_ROLES, Data
from netbuilder.core.wording import did_you_mean, format_list, join_sentences

#: Names of what is to be predicted, the likelier first: said outright, what comes out, what it is
#: worth.
_OUTRIGHT = re.compile(
    r"(?i)(target|label|class|outcome|output|response|result|diagnosis|species|survived|churn|"
    r"churned|ziel|zielwert|klasse)"
)
_COMES_OUT = frozenset({
    "earnings", "revenue", "revenues", "profit", "sales", "income", "turnover", "salary", "wage",
    "charges", "umsatz", "gewinn", "gehalt",
})  # fmt: skip
_WORTH = frozenset({"price", "cost", "rating", "score", "quality", "medv", "mpg", "preis", "note"})
_OF_A_PART = frozenset({"unit", "per", "list", "previous", "last", "base", "avg", "min", "max"})


def likely_target(names: Sequence[str]) -> tuple[str, int]:
    """Return the likeliest target (the last of equals) and a score of its name, 0 to 4.

    A ``y`` scores lowest, and 0 as a coordinate: beside a ``z``, or beside an ``x`` before the last
    column.
    """
    lower = [name.strip().lower() for name in names]
    coordinate = "x" in lower and ("z" in lower or (len(lower) > 2 and lower[-1] != "y"))

    def rank(name: str) -> int:
        if name.strip().lower() == "y":
            return 0 if coordinate else 1
        if _OUTRIGHT.fullmatch(name.strip()):
            return 4
        words = set(re.split(r"[^a-zäöü]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()))
        named = 3 if words & _COMES_OUT else 2 if words & _WORTH else 0
        return 0 if words & _OF_A_PART else named

    best = max(map(rank, names))
    return next(name for name in reversed(names) if rank(name) == best), best


@dataclass(frozen=True)
class ColumnRoles:
    """The columns of a table by role, each in the order of the table.

    ``targets`` are in the order of the recipe. ``weight``, ``split``, ``order`` and ``group`` are
    the name of a column or "".
    """

    features: tuple[str, ...]
    targets: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    weight: str = ""
    split: str = ""
    order: str = ""
    group: str = ""

    def of(self, name: str) -> str:
        """Return the role of a column, one of ``COLUMN_ROLES``."""
        if name in self.targets:
            return "target"
        for role in SINGLE_ROLES:
            if getattr(self, role) == name:
                return role
        return "feature" if name in self.features else "ignore"


def roles_of(
    data: Data,
    columns: Sequence[str],
    source: str,
    counting: Collection[str] = (),
    *,
    test: bool = False,
    answers_teach: bool = False,
    by_name: bool = False,
) -> ColumnRoles:
    """Return the columns by role.

    Targets are ``data.target``, all columns of ``data.targets`` and those decided to be one; by
    default the ``likely_target`` of the undecided columns if ``by_name``, else the last of them.
    ``counting`` columns only count the rows: no features unless decided. A ``test`` file may lack
    other roles than features and targets. Where ``answers_teach`` (a series learns from its
    targets' past) no feature is needed. Raise DataError if a column does not exist, or no feature
    is left.
    """
    known = [str(name) for name in columns]
    decided = {name: choice.role for name, choice in data.columns.items() if choice.role}
    for name, choice in data.columns.items():
        if not test or choice.role not in {"ignore", *SINGLE_ROLES}:
            require_column(name, known, source)
    decided = {name: role for name, role in decided.items() if name in known}
    named = [*data.target, *(name for names in data.targets.values() for name in names)]
    named += [name for name, role in decided.items() if role == "target"]
    for name in named:
        require_column(name, known, source, target=True)
    free = [name for name in known if name not in decided and name not in counting]
    targets = tuple(
        name for name in dict.fromkeys(named) if decided.get(name, "target") == "target"
    ) or ((likely_target(free)[0],) if free and by_name else tuple(free[-1:] or known[-1:]))
    ignored = option_names(data.options, "ignore")
    single = single_roles(data)
    for name in (name for names in data.inputs.values() for name in names):
        require_column(name, known, source)
    for name in (*ignored, *single.values()):
        if not test:
            require_column(name, known, source)
    single = {role: name for role, name in single.items() if name in known}
    chosen = {name for names in data.inputs.values() for name in names}
    left_out = {*ignored, *counting} - {n for n, role in decided.items() if role == "feature"}
    special = set(single.values())
    features = tuple(
        name
        for name in known
        if decided.get(name, "feature") == "feature"
        and name not in special
        and (name in chosen if chosen else name not in targets and name not in left_out)
    )
    if not features and not answers_teach:
        raise data_error("no_feature_column", file=source)
    used = {*features, *targets, *special}
    return ColumnRoles(
        features, targets, tuple(name for name in known if name not in used), **single
    )


def single_roles(data: Data) -> dict[str, str]:
    """Return the decided column of each role that only one column can have."""
    columns = {role: str(data.options.get(key) or "") for role, key in SINGLE_ROLES.items() if key}
    columns |= {
        choice.role: name for name, choice in data.columns.items() if choice.role in SINGLE_ROLES
    }
    return {role: name for role, name in columns.items() if name}


def require_column(name: str, known: Sequence[str], source: str, *, target: bool = False) -> None:
    """Raise ``DataError`` unless ``name`` is among the ``known`` columns."""
    if name not in known:
        raise DataError(
            _("{file} has no target column '{name}'.", file=source, name=name)
            if target
            else _("{file} has no column '{name}'.", file=source, name=name),
            did_you_mean(
                name, known, _("Its columns are {columns}.", columns=format_list(known, 12))
            ),
            code="column_missing",
        )


def require_model_columns(
    columns: Iterable[object], names: Iterable[str], source: str, *, targets: bool = False
) -> None:
    """Raise one ``DataError`` that names every missing column."""
    known = [str(name) for name in columns]
    lost = [name for name in names if name not in known]
    if lost:
        hint = did_you_mean(lost[0], known) if len(lost) == 1 else ""
        raise DataError(
            ngettext(
                "{file} lacks the target column {columns}.",
                "{file} lacks the target columns {columns}.",
                len(lost),
                file=source,
                columns=format_list(lost, 8),
            )
            if targets
            else ngettext(
                "{file} lacks the column {columns}, which the model needs.",
                "{file} lacks the columns {columns}, which the model needs.",
                len(lost),
                file=source,
                columns=format_list(lost, 8),
            ),
            join_sentences((hint, _("Its columns are {columns}.", columns=format_list(known, 12)))),
            code="columns_missing",
        )
