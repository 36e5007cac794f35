r"""Formulas in a lesson's text: ``$\sum_i w_i x_i$`` in a line, ``$$…$$`` on a line of its own.

They are LaTeX, drawn by ziamath. A dollar sign is literal in code, after a backslash, next to a
space, or without a closing one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_reader import LessonReader

_sentence = sentences_of("lessons")

_PARTS = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]{0,3}(?P=fence)[ ]*$|\Z)"
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"
    r"|\\\$"
    r"|\$\$(?P<block>(?:(?!\n\s*\n)[^$`])+)\$\$"
    r"|\$(?P<inline>(?!\s)(?:(?!\n\s*\n)[^$`])+(?<![\s\\]))\$(?!\d)",
    re.DOTALL | re.MULTILINE,
)
# Drawing takes some milliseconds each.
MOST_FORMULAS = 500
_MOST_LETTERS = 2000
_UNKNOWN = re.compile(r">\s*(\\[A-Za-z]+)\s*<")


@dataclass(frozen=True)
class Formula:
    """One formula: whether it is a ``block`` of its own, and ``at`` which offset it starts."""

    latex: str
    block: bool
    at: int


@dataclass(frozen=True)
class FormulaDrawing:
    """SVG of a formula, and its extent above and below the baseline in pixels."""

    svg: str
    width: float
    above: float
    below: float


def find_formulas(text: str) -> Iterator[Formula]:
    """Yield the formulas of a Markdown text in order."""
    yield from filter(None, map(_formula, _PARTS.finditer(text)))


def replace_formulas(text: str, put: Callable[[Formula], str]) -> str:
    """Return the text with each formula replaced by ``put(formula)``."""

    def piece(match: re.Match[str]) -> str:
        formula = _formula(match)
        return match.group() if formula is None else put(formula)

    return _PARTS.sub(piece, text)


def _formula(match: re.Match[str]) -> Formula | None:
    block, inline = match.group("block"), match.group("inline")
    latex = (block or inline or "").strip()
    return Formula(" ".join(latex.split()), block is not None, match.start()) if latex else None


def draw_formula(latex: str, size: float, color: str, *, block: bool = False) -> FormulaDrawing:
    """Draw a formula with letters of ``size`` pixels in ``color`` ("#1B2430").

    Raise ValueError if it is not valid LaTeX; the message is a sentence without full stop.
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
            drawing = Latex(latex, size=size, color=color, inline=not block)
            width, height = drawing.getsize()
            depth = -drawing.getyofst()
            return FormulaDrawing(drawing.svg(), width, height - depth, depth)
    except Exception as error:  # whatever a parser of a person's text may raise
        raise ValueError(_reason(error)) from error
    raise ValueError(_("there is no '{name}'", name=unknown.group(1)))


def _reason(error: Exception) -> str:
    """Return a parser's error such as ``MissingSuperScriptOrSubscriptError`` in words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    known = {
        "assertion": _("a part is missing"),
        "no available tokens": _("something is missing in it"),
    }
    return known.get(words, words)


def check_formulas(text: str, reader: LessonReader) -> None:
    """Draw each formula of a lesson; raise ``LessonError`` if one fails or there are too many."""
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
                _sentence("formula_invalid", formula=formula.latex, reason=error),
                _(
                    r"Write LaTeX, such as $\frac{1}{n} \sum_i x_i^2$; "
                    r"for the dollar sign itself write \$."
                ),
            ) from error
