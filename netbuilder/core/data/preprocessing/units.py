"""Units that stand beside numbers, and what one counts in another: 900 g are 0.9 kg."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

CURRENCY = r"[$€£¥₹₽₩₺₫฿]|US\$|USD|EUR|GBP|CHF|JPY|CNY|INR|Fr\.|Rs\.?|R\$"
_PREFIXES = {"": 1.0, "µ": 1e-6, "m": 1e-3, "c": 1e-2, "d": 0.1, "k": 1e3, "M": 1e6, "G": 1e9,
             "T": 1e12}  # fmt: skip
_BASES = ("g", "m", "l", "L", "B", "s", "W", "Wh", "Hz", "V", "A", "J", "N", "Pa", "cal")
_OTHERS = {"t": ("g", 1e6), "KB": ("B", 1e3), "sec": ("s", 1.0), "min": ("s", 60.0),
           "h": ("s", 3600.0)}  # fmt: skip
# Each unit by what it counts; "L" is another way to write "l".
_KNOWN = {
    f"{prefix}{base}": (base.lower() if base == "L" else base, factor)
    for base in _BASES
    for prefix, factor in _PREFIXES.items()
} | _OTHERS  # fmt: skip
_SCALES = {
    "": 1.0, "k": 1e3, "K": 1e3, "Tsd": 1e3, "M": 1e6, "Mio": 1e6, "Mill": 1e6, "million": 1e6,
    "B": 1e9, "bn": 1e9, "Bn": 1e9, "Mrd": 1e9, "billion": 1e9,
}  # fmt: skip
# "$5m" are millions; 5 m without a currency are metres.
_OF_MONEY = {**_SCALES, "m": 1e6, "mn": 1e6}
_AMOUNT = re.compile(
    rf"^(?P<before>{CURRENCY})?\s*(?P<scale>[A-Za-z]*)\.?\s*(?P<after>{CURRENCY})?$"
)


def _meanings(unit: str) -> dict[str, float]:
    """What a unit may count, and how many of it: "900 B" are bytes or 900,000,000,000."""
    found: dict[str, float] = {}
    if unit in _KNOWN:
        base, factor = _KNOWN[unit]
        found[f"1 {base}"] = factor
    match = _AMOUNT.match(unit)
    if match is not None:
        money = (match["before"] or match["after"] or "").strip()
        scales = _OF_MONEY if money else _SCALES
        if match["scale"] in scales:
            found[money] = scales[match["scale"]]
    return found


def unit_factors(
    units: Collection[str], wanted: str = ""
) -> tuple[str, Mapping[str, float]] | None:
    """One unit for numbers in several, and what each counts in it; None where they differ in kind.

    Args:
        units: as they stand beside the numbers, the commonest first; "" beside none.
        wanted: the unit of numbers that these belong to, or "".

    Thousands and millions become the numbers that they are: "36k" beside "950" is 36,000; but
    the "B" of a house, 7B beside 8, makes no billions.
    """
    asked = [*units, *([wanted] if wanted else [])]
    meanings = [_meanings(unit) for unit in asked]
    if "B" in asked and not {"k", "K", "M"} & {*asked}:
        meanings = [{} if one == "" else m for one, m in zip(asked, meanings, strict=True)]
    bases = [base for base in meanings[0] if all(base in one for one in meanings)]
    if not bases:
        return None
    base = bases[0]
    if wanted:
        unit, size = wanted, meanings[-1][base]
    elif base.startswith("1 "):
        unit, size = next((u, m[base]) for u, m in zip(asked, meanings, strict=True) if u)
    else:
        unit, size = base, 1.0
    return unit, {one: m[base] / size for one, m in zip(asked, meanings, strict=True)}
