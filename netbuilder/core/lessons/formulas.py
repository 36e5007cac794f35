r"""Formulas in a lesson's text: ``$\sum_i w_i x_i$`` in a line, ``$$…$$`` on a line of its own.

They are written in LaTeX, as in every Markdown that knows formulas, and drawn by ziamath. A dollar
sign is money where nothing closes it, where a space follows or precedes it, or behind a backslash;
in code it is code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_reader import LessonReader

_PARTS = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]{0,3}(?P=fence)[ ]*$|\Z)"
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"
    r"|\\\$"
    r"|\$\$(?P<block>(?:(?!\n\s*\n)[^$`])+)\$\$"
    r"|\$(?P<inline>(?!\s)(?:(?!\n\s*\n)[^$`])+(?<![\s\\]))\$(?!\d)",
    re.DOTALL | re.MULTILINE,
)
# Drawing one takes some milliseconds, and reading a lesson draws each.
MOST_FORMULAS = 500
_MOST_LETTERS = 2000
_UNKNOWN = re.compile(r">\s*(\\[A-Za-z]+)\s*<")


@dataclass(frozen=True)
class Formula:
    """One formula. ``block``: it stands on a line of its own. ``at`` is where it begins."""

    latex: str
    block: bool
    at: int


@dataclass(frozen=True)
class FormulaDrawing:
    """A drawn formula: SVG, and how far it reaches above and below the line of writing (pixels)."""

    svg: str
    width: float
    above: float
    below: float


def find_formulas(text: str) -> Iterator[Formula]:
    """The formulas of a Markdown text, in their order."""
    for found in _PARTS.finditer(text):
        formula = _formula(found)
        if formula is not None:
            yield formula


def replace_formulas(text: str, put: Callable[[Formula], str]) -> str:
    """The text with ``put(formula)`` in the place of each formula."""

    def piece(found: re.Match[str]) -> str:
        formula = _formula(found)
        return found.group() if formula is None else put(formula)

    return _PARTS.sub(piece, text)


def _formula(found: re.Match[str]) -> Formula | None:
    block, inline = found.group("block"), found.group("inline")
    latex = (block or inline or "").strip()
    return Formula(" ".join(latex.split()), block is not None, found.start()) if latex else None


def draw_formula(latex: str, size: float, color: str, *, block: bool = False) -> FormulaDrawing:
    """Draw a formula.

    Args:
        latex: what stands between the dollar signs.
        size: height of the letters in pixels.
        color: of the lines, as "#1B2430".
        block: large sums with their bounds above and below.

    Raises:
        ValueError: it is no formula; the message says why, in a sentence without its end.
    """
    from latex2mathml.converter import convert
    from ziamath.config import config
    from ziamath.zmath import Latex

    if len(latex) > _MOST_LETTERS:
        raise ValueError(_("it has more than {count} characters", count=_MOST_LETTERS))
    config.svg2 = False  # Qt draws SVG Tiny, which has no <symbol>
    try:
        unknown = _UNKNOWN.search(convert(latex))
        if unknown is None:
            drawn = Latex(latex, size=size, color=color, inline=not block)
            width, height = drawn.getsize()
            depth = -drawn.getyofst()
            return FormulaDrawing(drawn.svg(), width, height - depth, depth)
    except Exception as error:  # whatever a parser of a person's text may raise
        raise ValueError(_reason(error)) from error
    raise ValueError(_("there is no '{name}'", name=unknown.group(1)))


def _reason(error: Exception) -> str:
    """``MissingSuperScriptOrSubscriptError`` in words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    known = {
        "assertion": _("a part is missing"),
        "no available tokens": _("something is missing in it"),
    }
    return known.get(words, words)


def check_formulas(text: str, reader: LessonReader) -> None:
    """Draw each formula of a lesson's whole text once.

    Raises:
        LessonError: one cannot be drawn, or there are too many; names its line.
    """
    formulas = list(islice(find_formulas(text), MOST_FORMULAS + 1))
    if len(formulas) > MOST_FORMULAS:
        raise reader.wrong(
            text.count("\n", 0, formulas[-1].at) + 1,
            _("the lesson has more than {count} formulas", count=MOST_FORMULAS),
            _("Split it into several lessons."),
        )
    for formula in formulas:
        try:
            draw_formula(formula.latex, 16, "#000000", block=formula.block)
        except ValueError as error:
            raise reader.wrong(
                text.count("\n", 0, formula.at) + 1,
                _(
                    "the formula '{formula}' cannot be drawn: {reason}",
                    formula=formula.latex,
                    reason=error,
                ),
                _(
                    r"Write LaTeX, such as $\frac{1}{n} \sum_i x_i^2$; "
                    r"for the dollar sign itself write \$."
                ),
            ) from error
