"""Rules about the values of the data: what was noticed when it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.rule import Example, Rule, Violation, chain, facts_for, make_fix
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.data.findings import Finding, exclude_columns_fix
from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.model import Data


def _find(code: str, severity: str) -> Callable[[Context], Iterable[Violation]]:
    def find(context: Context) -> Iterable[Violation]:
        assert context.facts is not None
        for one in context.facts.findings:
            if one.code != code or one.severity != severity:
                continue
            # Facts may be those of before the fix: one that changes nothing any more was made.
            if not one.fixes or one.fixes[0].edit(context.project) != context.project:
                fixes = tuple(make_fix(each.label, each.edit) for each in one.fixes)
                yield Violation(None, one.message, fixes[0] if fixes else None, others=fixes[1:])

    return find


def _rule(
    code: str, title: str, cause: str, fix: str, severity: Severity = Severity.WARNING
) -> Rule:
    example = Finding(
        code, str(severity), f"{title}: column 'x'.", "x", (exclude_columns_fix("x"),)
    )

    def project() -> Example:
        made = chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 8, "activation": "relu"}),
            ("out", "Dense", {"units": 3, "activation": "softmax"}), data=Data("csv", path="d.csv"),
        )  # fmt: skip
        return Example(made, facts_for(CLASSES, 3, findings=(example,)))

    return Rule(
        code, severity, title, cause, fix, _find(code, severity), (project,), needs_facts=True
    )


RULES: tuple[Rule, ...] = (
    _rule(
        "target-in-features", N_("The target is also a feature"),
        N_(
            "A feature that equals the target leaves nothing to learn, and it is unknown when "
            "you predict new rows."
        ),
        N_("Leave out the column."),
    ),
    _rule(
        "id-column", N_("A column is only an ID"),
        N_(
            "The network can memorise a number that is different in every row, but "
            "this does not help with new rows."
        ),
        N_("Leave out the column."),
    ),
    _rule(
        "stand-in", N_("A number marks missing values"),
        N_(
            "A value such as -999 is far from all others. It distorts the scaling and what the "
            "network learns."
        ),
        N_("Treat the value as missing."),
    ),
    _rule(
        "same-word-twice", N_("One category, several spellings"),
        N_("'Yes' and 'yes' count as different categories."),
        N_("Merge the spellings into one category."),
    ),
    _rule(
        "class-of-one", N_("A class with one row"),
        N_("A class with a single row cannot be in both the training set and the test set."),
        N_("Leave out the row, or collect more rows of this class."),
    ),
    _rule(
        "rows-twice", N_("Duplicate rows"),
        N_(
            "Rows that are in both the training set and the validation set make "
            "the result look better than it really is."
        ),
        N_("Use each row once."),
    ),
    _rule(
        "test-is-training", N_("The test file is the training file"),
        N_("A test on training rows does not show how well the network predicts "
           "new data."),
        N_("Hold out rows of the training file as the test set instead."),
    ),
    _rule(
        "test-rows-known", N_("Test rows are also training rows"),
        N_("A test on training rows does not show how well the network predicts "
           "new data."),
        N_("Choose a test file with other rows."),
    ),
    _rule(
        "total-row", N_("A row of totals"),
        N_("A row of totals is not a sample."),
        N_("Leave out the row."),
    ),
    _rule(
        "ambiguous-numbers", N_("Ambiguous numbers"),
        N_("1,125 can mean one thousand one hundred and twenty-five or a little more than one."),
        N_("Choose the decimal separator."),
        Severity.ERROR,
    ),
)  # fmt: skip
