"""Rules about the values of the data: what was noticed when it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netbuilder.core.check.context import Context
from netbuilder.core.check.example_builder import Example, chain, facts_for
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.rule import Rule, Violation, make_fix
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.data.findings import Finding, exclude_columns_fix
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
        "target-in-features", "The target stands among the features",
        "A column that equals the target leaves nothing to learn, and is not there when it counts.",
        "Leave the column out.",
    ),
    _rule(
        "id-column", "A column only names the rows",
        "A number for each row can be learned by heart, but says nothing about new rows.",
        "Leave the column out.",
    ),
    _rule(
        "stand-in", "A number stands for a missing value",
        "A value such as -999 is far from all others and bends the scale and what is learned.",
        "Treat it as missing.",
    ),
    _rule(
        "same-word-twice", "One word, several spellings",
        "'Yes' and 'yes' count as different categories.",
        "Count them as one.",
    ),
    _rule(
        "class-of-one", "A class with one row",
        "A class that one row has cannot be both learned and tested.",
        "Leave the row out, or collect more rows of that class.",
    ),
    _rule(
        "rows-twice", "Rows stand twice",
        "Rows that stand among those to learn from and those to judge by make the result look "
        "better than it is.",
        "Use each row once.",
    ),
    _rule(
        "test-is-training", "The test file is the training file",
        "A test on rows that were learned from says nothing about new data.",
        "Keep rows of the training file for the test instead.",
    ),
    _rule(
        "test-rows-known", "Test rows stand among the training rows",
        "A test on rows that were learned from says nothing about new data.",
        "Choose a test file of other rows.",
    ),
    _rule(
        "total-row", "A row of totals",
        "The sum of all rows is no row like the others.",
        "Leave the line out.",
    ),
    _rule(
        "ambiguous-numbers", "Numbers that can be read in two ways",
        "1,125 is one thousand one hundred and twenty-five, or a little more than one.",
        "Say which character is the decimal point.",
        Severity.ERROR,
    ),
)  # fmt: skip
