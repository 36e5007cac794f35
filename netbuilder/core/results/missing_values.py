"""Another rule for missing values than the one that a network was trained with."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.data.preprocessing.missing import fill_missing
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_quoted_list

RULES = ("error", "drop", "mean", "median", "most_frequent")


def with_missing_rule(trained: TrainedModel, rule: str) -> TrainedModel:
    """The network with ``rule`` for missing values of new rows; what fills is the training rows'.

    Raises:
        DataError: the rule does not exist.
    """
    if rule not in RULES:
        raise DataError(
            _("There is no rule '{rule}' for missing values.", rule=rule),
            _("Choose one of {rules}.", rules=format_quoted_list(RULES, 9)),
            code="missing_rule_unknown",
        )
    data = trained.project.data
    columns = {name: replace(choice, missing="") for name, choice in data.columns.items()}
    options = {**data.options, "missing": rule}
    inputs = {
        key: replace(entry, columns=tuple(fill_missing(column, rule) for column in entry.columns))
        for key, entry in trained.preprocessing.inputs.items()
    }
    return replace(
        trained,
        project=replace(
            trained.project, data=replace(data, columns=columns, options=options)
        ),
        preprocessing=replace(trained.preprocessing, inputs=inputs),
    )  # fmt: skip
