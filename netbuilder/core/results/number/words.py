"""A number's formula in words, with its real numbers."""

from __future__ import annotations

from netbuilder.core.results.number.values import Number, shown


def in_words(number: Number, most: int = 6) -> str:
    """The formula with its real numbers, largest products first, on a few lines."""
    if number.rule == "state":
        return "\n".join(number.lines)
    if number.rule in ("largest", "mean"):
        values = ", ".join(shown(term.value) for term in number.terms[:12])
        more = ", …" if len(number.terms) > 12 else ""
        return f"{number.rule} of {values}{more} = {shown(number.value)}"
    largest = number.largest_terms(most)
    products = " + ".join(f"{shown(t.value)} · {shown(t.weight)}" for t in largest)
    rest = sum(t.product for t in number.terms) - sum(t.product for t in largest)
    if len(number.terms) > len(largest):
        products += f" + {shown(rest)} ({len(number.terms) - len(largest)} smaller products)"
    if not products:
        products = shown(number.before)
    line = f"{products} + bias {shown(number.bias)} = {shown(number.before)}"
    if number.rule == "softmax" and number.parts:
        parts = list(number.parts.values())
        return (
            f"{line}\nsoftmax: {shown(parts[0].value)} ÷ {shown(parts[1].value)}"
            f" = {shown(number.value)}"
        )
    if number.activation:
        return f"{line}\n{number.activation}({shown(number.before)}) = {shown(number.value)}"
    return "\n".join((*number.lines, line))
