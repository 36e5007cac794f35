"""The catalog of messages: gettext with named placeholders, in the chosen language.

A message is written whole, in English, where it is used::

    from netbuilder.core.i18n import gettext as _, ngettext

    _("The file '{name}' has no header row.", name=path.name)
    ngettext("{count} row", "{count} rows", len(rows))

Module constants are marked with ``N_`` (``noop``) and translated where they are shown, because
modules are imported before a language is chosen. Each language is a folder of ``netbuilder/locale``
with a ``netbuilder.po``, compiled when the package is built. ``qps`` is the pseudo-locale: longer,
accented messages in brackets, so that untranslated text stands out.

Numbers follow the language too: ``localized`` rewrites what Python formatted ("-1,234.5"), from
Babel's data, which is loaded when a language other than English needs it. Numbers among the values
of a message are localized automatically; others use ``netbuilder.core.wording``.
"""

from __future__ import annotations

import contextlib
import gettext as _gettext
import locale
import logging
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import UserError

if TYPE_CHECKING:
    from babel import Locale

VARIABLE = "NETBUILDER_LANGUAGE"
DOMAIN = "netbuilder"
SOURCE, PSEUDO = "en", "qps"
FOLDER = Path(__file__).resolve().parent.parent / "locale"

log = logging.getLogger(__name__)

_FIELD = re.compile(r"(\{[^{}]*\}|<[^<>]*>|&\w+;|%\(\w+\)[a-z]|%[srd]\b)")
_ACCENTED = str.maketrans("aeioucnsyAEIOUCNSY", "åéîöüçñšýÅÉÎÖÜÇÑŠÝ")


class _Pseudo(_gettext.NullTranslations):
    """Pseudo-locale: ``⟦åççéñţéđ ···⟧``, 30 % longer, with placeholders and tags unchanged."""

    def gettext(self, message: str) -> str:
        if message.startswith("# "):  # keep comments of scripts
            return "# " + self.gettext(message[2:])
        parts = _FIELD.split(message)
        parts[::2] = [text.translate(_ACCENTED) for text in parts[::2]]
        return f"⟦{''.join(parts)}{'·' * (len(message) * 3 // 10)}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


@dataclass(frozen=True)
class NumberStyle:
    """How a language writes numbers; ``percent`` contains ``{number}``."""

    decimal: str = "."
    group: str = ","
    percent: str = "{number}%"


class _Number(float):
    """A number among the values of a message, formatted as the language does."""

    def __format__(self, spec: str) -> str:
        return localized(format(float(self), spec or number_spec(float(self))))

    __str__ = float.__repr__


class _State:
    """The chosen language and its catalog, per process."""

    language = ""
    catalog: _gettext.NullTranslations = _gettext.NullTranslations()


def gettext(message: str, /, **values: object) -> str:
    """Return ``message`` in the chosen language, its ``{placeholders}`` filled with ``values``."""
    if not message:
        return ""  # the catalog's header
    return _filled(_catalog().gettext(message), message, values)


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Return the plural form for ``count``, which fills ``{count}`` unless in ``values``."""
    text = _catalog().ngettext(singular, plural, count)
    written = localized(f"{count:,}")
    return _filled(text, singular if count == 1 else plural, {"count": written, **values})


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return ``message`` as translated in ``context``: "Open" of a file, "open" of a path."""
    return _filled(_catalog().pgettext(context, message), message, values)


def noop(message: str) -> str:
    """Mark a constant for the catalog (imported as ``N_``); ``gettext`` it where it is shown."""
    return message


def localized(number: str) -> str:
    """Rewrite a number that Python formatted in the style of the chosen language.

    Args:
        number: such as "-1,234.5", "97.7%", ">99.9%" or "1.2e-05"; no other text.

    Returns:
        The number with the language's decimal, group and percent signs and a true minus sign; never
        a negative zero. A power of ten stays ("1,2e-07"), but one from -1 to -6 is written out.
    """
    if re.fullmatch(r"-?[\d.]+e-0[1-6]", number):
        number = f"{Decimal(number):f}"
    mantissa, e, power = number.partition("e")
    if mantissa.startswith("-"):
        zero = not re.search("[1-9a-z]", mantissa)
        mantissa = mantissa[1:] if zero else f"−{mantissa[1:]}"
    if language() in (SOURCE, PSEUDO) or mantissa.isdecimal():
        return mantissa + e + power
    style = number_style()
    share = mantissa.endswith("%")
    signs = {ord("."): style.decimal, ord(","): style.group, ord("%"): ""}
    mantissa = mantissa.translate(signs)
    digits = mantissa.lstrip("−<>")  # in Turkish ">%99,9"
    written = style.percent.format(number=digits) if share else digits
    return mantissa[: len(mantissa) - len(digits)] + written + e + power


def number_spec(value: float) -> str:
    """Return the default format of a number: four significant digits (three of small ones), grouped
    from 10,000 on."""
    size = abs(value)
    if 1e15 <= size < math.inf:  # more than 15 digits are noise
        return ".2e"
    if size >= 1000 or float(value).is_integer():
        return ".0f" if size < 9999.5 else ",.0f"
    if size >= 1e-3 or math.isnan(value):
        return ".4g"
    return f".{2 - math.floor(math.log10(size))}f" if size >= 1e-6 else ".2e"


def number_style() -> NumberStyle:
    """Return how the chosen language writes numbers."""
    return _number_style(language())


@cache
def _number_style(name: str) -> NumberStyle:
    if name in (SOURCE, PSEUDO):
        return NumberStyle()
    # The catalog has a copy of Babel's data (scripts/translations.py): loading Babel is slow.
    entry = load_catalog(name).pgettext("number style", "{number}%")
    if "|" not in entry:
        data = babel_locale()
        symbols = data.number_symbols["latn"]
        percent = data.percent_formats[None].pattern.replace("#,##0", "{number}")
        return NumberStyle(symbols["decimal"], symbols["group"], percent)
    return NumberStyle(*entry.split("|"))


def babel_locale() -> Locale:
    """Return Babel's data of the chosen language; else British English (a, b and c; 14:05)."""
    from babel import Locale, UnknownLocaleError

    name = language()
    try:
        return Locale.parse("en_GB" if name in (SOURCE, PSEUDO) else name)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def language() -> str:
    """Return the language in use: ``en``, ``de``, ``pt_BR``, … or ``qps``."""
    _catalog()
    return _State.language


def html_language() -> str:
    """Return the language in use as in HTML: ``pt-BR``."""
    return SOURCE if language() == PSEUDO else language().replace("_", "-")


def languages() -> list[str]:
    """Return the available languages, English first, without the pseudo-locale."""
    available = {path.parent.name for path in FOLDER.glob("*/netbuilder.[pm]o")}
    return [SOURCE, *sorted(available - {SOURCE, PSEUDO})]


def set_language(name: str) -> str:
    """Choose the language of this process and of its children; return the one chosen.

    Args:
        name: a language's folder name, a system's name of it (``de_AT.UTF-8``), or ``qps``.

    Raises:
        UserError: there is no such language.
    """
    match = find_language(name)
    if match is None:
        known = ", ".join(languages())
        raise UserError(
            gettext("There is no language '{name}'.", name=name),
            gettext("Choose one of: {languages}.", languages=known),
            code="language_unknown",
        )
    _use(match)
    os.environ[VARIABLE] = match
    return match


def _filled(text: str, source: str, values: dict[str, object]) -> str:
    if not values:
        return text
    values = {
        name: _Number(value) if isinstance(value, float) else value
        for name, value in values.items()
    }
    try:
        return text.format_map(values)
    except (KeyError, IndexError, ValueError):
        log.warning("A translation of %r has other placeholders.", source)
        return source.format_map(values)


def _catalog() -> _gettext.NullTranslations:
    if not _State.language:
        _use(find_language(os.environ.get(VARIABLE) or system_language()) or SOURCE)
    return _State.catalog


def _use(name: str) -> None:
    _State.language, _State.catalog = name, load_catalog(name)


@contextlib.contextmanager
def in_english() -> Iterator[None]:
    """Render in English within, for text that programs read."""
    before = language()
    _use(SOURCE)
    try:
        yield
    finally:
        _use(before)


def find_language(name: str) -> str | None:
    """Return the language for a name, with or without country (``de_AT`` is ``de``), or None."""
    code = name.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    known = {entry.lower(): entry for entry in [*languages(), PSEUDO]}
    if code in known:
        return known[code]
    short = code.partition("_")[0]
    if short in known:
        return known[short]
    return next((entry for lower, entry in known.items() if lower.partition("_")[0] == short), None)


def sample_sentence(name: str) -> str:
    """Return a sentence of a language, to test whether its letters can be drawn."""
    return load_catalog(name).gettext("Choose data to train on")


def system_language() -> str:
    """Return the system's language, such as ``de_AT.UTF-8``."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return value
    return locale.getlocale()[0] or SOURCE


@cache
def load_catalog(name: str) -> _gettext.NullTranslations:
    """Load the catalog of a language; a damaged one is logged and skipped."""
    if name == SOURCE:
        return _gettext.NullTranslations()
    if name == PSEUDO:
        return _Pseudo()
    compiled = FOLDER / name / f"{DOMAIN}.mo"
    source = compiled.with_suffix(".po")
    newer = source.exists() and (
        not compiled.exists() or source.stat().st_mtime > compiled.stat().st_mtime
    )
    try:
        return _read_source(source) if newer else _read_compiled(compiled)
    except Exception:
        log.warning("The catalog of %r is damaged and left out.", name, exc_info=True)
        return _gettext.NullTranslations()


def _read_compiled(path: Path) -> _gettext.NullTranslations:
    with path.open("rb") as file:
        return _gettext.GNUTranslations(file)


def _read_source(path: Path) -> _gettext.NullTranslations:
    """Compile a catalog in a checkout, and save the result if possible: it takes a second."""
    import io

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, abort_invalid=True))
    with contextlib.suppress(OSError):
        draft = path.with_suffix(f".{os.getpid()}.mo")
        draft.write_bytes(compiled.getvalue())
        draft.replace(path.with_suffix(".mo"))
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)
