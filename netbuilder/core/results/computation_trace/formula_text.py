"""Formulas of a traced value in words, with its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.computation_trace.computed_value import (
    ComputedValue,
    ProductTerm,
    format_value,
    plain_notation,
)
from netbuilder.core.wording import format_percent, join_values

#: So many products of a sum stand there at most, where fewer are not half of it.
_MOST_TERMS = 12


def _size(terms: Iterable[ProductTerm]) -> float:
    return sum(abs(term.product) for term in terms)


def formula_lines(number: ComputedValue, most: int = 6, steps: Sequence[str] = ()) -> str:
    """Return the formula with its numbers, largest products first. ``steps``: words of a text's
    steps."""
    if number.rule in ("state", "told"):
        return "\n".join(number.lines)
    if number.rule in ("largest", "mean"):
        values = join_values(format_value(term.value) for term in number.terms[:12])
        more = ", …" if len(number.terms) > 12 else ""
        return f"{number.rule} of {values}{more} = {format_value(number.value)}"
    while most < _MOST_TERMS and _size(number.largest_terms(most)) < _size(number.terms) / 2:
        most += 1
    line = sum_formula(number, most)
    if number.rule == "softmax" and number.parts:
        own, whole = (part.value for part in number.parts.values())
        return (
            f"{line}\nsoftmax: e^(z − largest z) ÷ sum of all of these"
            f"\n= {_division(own, whole, number.value)} = {format_value(number.value)}"
        )
    if number.activation:
        before, value = format_value(number.before), format_value(number.value)
        return f"{line}\n{number.activation}({before}) = {value}"
    return "\n".join((*(_with_words(text, steps) for text in number.lines), line))


def sum_formula(number: ComputedValue, most: int) -> str:
    """Return the sum of products and bias, with the ``most`` largest products."""
    largest = number.largest_terms(most)
    products = " + ".join(f"{format_value(t.value)} · {format_value(t.weight)}" for t in largest)
    rest = sum(t.product for t in number.terms) - sum(t.product for t in largest)
    if len(number.terms) > len(largest):
        smaller = ngettext(
            "({count} smaller product, by size {share} of all)",
            "({count} smaller products, by size {share} of all)",
            len(number.terms) - len(largest),
            share=format_percent(1 - _size(largest) / (_size(number.terms) or 1.0), 0),
        )
        products += f" + {format_value(rest)} {smaller}"
    if not products:
        products = format_value(number.before)
    return _(
        "{products} + bias {bias} = {value}",
        products=products,
        bias=format_value(number.bias),
        value=format_value(number.before),
    )


def gate_formulas(number: ComputedValue, most: int = 2) -> tuple[str, ...]:
    """Return a line for each gate of a state: its sum and activation."""
    return tuple(
        f"{name}: {sum_formula(part, most)}; {part.activation}: {format_value(part.value)}"
        for name, part in (number.parts or {}).items()
        if part.terms and part.activation
    )


def _with_words(line: str, steps: Sequence[str]) -> str:
    """Name steps by their words too: "step 4 “dull” 7%"."""

    def named(match: re.Match[str]) -> str:
        place = int(match[1])
        return f"{match[0]} “{steps[place]}”" if place < len(steps) else match[0]

    return re.sub(r"\bstep (\d+)", named, line)


def _division(dividend: float, other: float, result: float) -> str:
    words = ""
    for digits in range(3, 10):
        parts = [f"{part:.{digits}g}" for part in (dividend, other)]
        words = " ÷ ".join(map(plain_notation, parts))
        if format_value(float(parts[0]) / float(parts[1])) == format_value(result):
            break
    return words
