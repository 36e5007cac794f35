"""The catalog of sentences and its translations.

python scripts/translations.py update          collect sentences; bring every language up to date
python scripts/translations.py new xx          begin a language (de, pt_BR, ...)
python scripts/translations.py check [xx ...]  is each language complete and sound? exit 1 if not
python scripts/translations.py list            print every English sentence, with where it stands
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "netbuilder" / "locale"
TEMPLATE = LOCALE / "netbuilder.pot"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "N_": None,
    "noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
FIELD = re.compile(r"\{(\w*)[^{}]*\}")


def template() -> Catalog:
    """Every sentence of the program, with the places where it stands."""
    found = Catalog(project="NetBuilder", charset="utf-8", fuzzy=False)
    for name, line, message, comments, context in extract_from_dir(
        str(ROOT / "netbuilder"),
        [("**.py", "python")],
        keywords=KEYWORDS,
        comment_tags=("Translators:",),
    ):
        places = [(f"netbuilder/{name}", line)]
        found.add(message, None, places, auto_comments=comments, context=context)
    return found


def texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    """Singular and plural of a message, or its one text."""
    return [value] if isinstance(value, str) else list(value)


def update(languages: list[str]) -> int:
    """Write the template, and merge what is new into every language."""
    known = template()
    LOCALE.mkdir(exist_ok=True)
    with TEMPLATE.open("wb") as file:
        write_po(file, known, width=100, sort_by_file=True, omit_header=False)
    for name in languages or present():
        path = LOCALE / name / "netbuilder.po"
        with path.open("rb") as file:
            catalog = read_po(file, locale=name)
        catalog.update(known, no_fuzzy_matching=False, update_header_comment=False)
        with path.open("wb") as file:
            write_po(file, catalog, width=100, sort_by_file=True, ignore_obsolete=True)
    print(f"{len(known)} messages, languages: {', '.join(present()) or 'none'}")
    return 0


def new(name: str) -> int:
    """Begin a language with every sentence still to translate."""
    path = LOCALE / name / "netbuilder.po"
    if path.exists():
        print(f"There is a language '{name}' already: {path}", file=sys.stderr)
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(locale=name, project="NetBuilder", charset="utf-8", fuzzy=False)
    for message in template():
        if message.id:
            catalog.add(message.id, None, message.locations, context=message.context)
    with path.open("wb") as file:
        write_po(file, catalog, width=100, sort_by_file=True)
    print(f"Translate {path}, then run: python scripts/translations.py check {name}")
    return 0


def present() -> list[str]:
    """The languages that have a folder."""
    return sorted(path.parent.name for path in LOCALE.glob("*/netbuilder.po"))


def faults(name: str, known: Catalog) -> list[str]:
    """What is wrong with a language: missing sentences, placeholders that differ."""
    with (LOCALE / name / "netbuilder.po").open("rb") as file:
        catalog = read_po(file, locale=name)
    found = []
    for message in known:
        if not message.id:
            continue
        translated = catalog.get(message.id, message.context)
        words = texts(message.id)[0]
        if translated is None or not all(texts(translated.string or "")):
            found.append(f"{name}: not translated: {words}")
        elif translated.fuzzy:
            found.append(f"{name}: to be looked at again (fuzzy): {words}")
        else:
            found += [f"{name}: {fault}: {words}" for fault in _placeholders(message, translated)]
    return found


def _placeholders(message: Message, translated: Message) -> list[str]:
    allowed = {field for text in texts(message.id) for field in FIELD.findall(text)}
    needed = set(FIELD.findall(texts(message.id)[-1]))
    found = []
    for text in texts(translated.string):
        used = set(FIELD.findall(text))
        if used - allowed:
            found.append(f"unknown placeholder {sorted(used - allowed)}")
        # A language without a plural may leave the number out of "one".
        if (needed - {"count"}) - used:
            found.append(f"placeholder left out {sorted(needed - used)}")
    return found


def check(languages: list[str]) -> int:
    """Print every fault; 1 where there is one."""
    known = template()
    found = [fault for name in languages or present() for fault in faults(name, known)]
    for fault in found:
        print(fault)
    print(f"{len(known)} messages, {len(found)} faults")
    return 1 if found else 0


def listing() -> int:
    """Print the English sentences, for somebody who reads them all."""
    for message in sorted(template(), key=lambda one: one.locations):
        if message.id:
            place = ":".join(map(str, message.locations[0]))
            print(f"{place}\t{' | '.join(texts(message.id))}")
    return 0


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=("update", "new", "check", "list"))
    parser.add_argument("languages", nargs="*", metavar="xx")
    words = parser.parse_args()
    if words.command == "new":
        if len(words.languages) != 1:
            parser.error("new takes one language, such as de or pt_BR")
        return new(words.languages[0])
    if words.command == "list":
        return listing()
    return (update if words.command == "update" else check)(words.languages)


if __name__ == "__main__":
    sys.exit(main())
