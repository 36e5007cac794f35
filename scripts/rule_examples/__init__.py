"""What the documentation says of each rule, with projects that have its problem: tests run them."""

from __future__ import annotations

from rule_examples import (
    activation,
    data,
    layer_params,
    objectives,
    output,
    shapes,
    structure,
    training,
)
from rule_examples.building import Example, RulePage

__all__ = ["PAGES", "Example", "RulePage"]

#: By the code of a rule.
PAGES: dict[str, RulePage] = {
    **activation.PAGES,
    **data.PAGES,
    **layer_params.PAGES,
    **objectives.PAGES,
    **output.PAGES,
    **shapes.PAGES,
    **structure.PAGES,
    **training.PAGES,
}
