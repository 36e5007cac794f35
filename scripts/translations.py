"""The catalog of sentences and its translations.

python scripts/translations.py update [xx ...]  collect the sentences; bring languages up to date
python scripts/translations.py new xx           begin a language (de, pt_BR, ...)
python scripts/translations.py check [xx ...]   is each language complete and sound? exit 1 if not
python scripts/translations.py list             print every English sentence, with its place
python scripts/translations.py export xx DIR    what is not translated, as JSON files to fill in
python scripts/translations.py import xx FILES  take filled-in files over; exit 1 if one is refused

docs/translating.md says how a language is made.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from gettext import c2py
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from netbuilder.core.escaping.python_text import FOR_TOOLS, source_words

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "netbuilder" / "locale"
TEMPLATE = LOCALE / "netbuilder.pot"
CODE = ROOT / "netbuilder"
EXAMPLES = ROOT / "resources" / "examples"
LESSONS = ROOT / "resources" / "lessons"
PARTS = ROOT / "resources" / "script_parts.txt"
GLOSSARY = ROOT / "resources" / "glossary.json"
LAYERS = ROOT / "resources" / "catalog.json"
#: Files of rows, each with the fields that are sentences; None: all are.
TABLES: dict[Path, set[str] | None] = {
    ROOT / "resources" / "actions.json": {"title", "help"},
    ROOT / "resources" / "data_sets.json": {"title", "description", "help"},
    ROOT / "resources" / "data_texts.json": None,
    ROOT / "resources" / "errors.json": None,
    ROOT / "resources" / "project_errors.json": None,
    ROOT / "resources" / "tables.json": {"title", "help"},
    ROOT / "resources" / "texts.json": None,
    ROOT / "resources" / "verbs.json": {"help"},
}
EXAMPLE_TEXTS = ("title", "description", "learn", "result")
#: Names that a call goes by, with the arguments that are: context, message, plural.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None), "gettext": (None, 0, None),
    "N_": (None, 0, None), "noop": (None, 0, None),
    "ngettext": (None, 0, 1), "pgettext": (0, 1, None),
}  # fmt: skip
#: Plural forms as gettext has them by tradition; CLDR's third form of these languages is for whole
#: millions only. Other languages have Babel's.
PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "pt_BR": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "it": "nplurals=2; plural=(n != 1);",
}
#: The line above a function that exported scripts carry.
CARRIED = "# Scripts carry this function."
#: Not the moment of each update, which would change every file.
CREATED = datetime(2026, 11, 28, tzinfo=UTC)
FIELD = re.compile(r"\{(\w*)[^{}]*\}")
MARKUP = re.compile(r"%%|%\(\w+\)[a-z]|%[srd]\b|</?\w+[^<>]*>|&\w+;|⟨|⟩|``[^`]+``|`[^`]+`")
NOTE = re.compile(r"#\s*Translators:\s*(.*)")
CHUNK = 300
NUMBER_STYLE = "number style"  # the context of what Babel translates

Found = tuple[str, int, str | tuple[str, str], str | None, list[str]]


# --- collecting ---------------------------------------------------------------------------------


def template() -> Catalog:
    """Every sentence of the program, with the files in which it stands."""
    found = empty("")
    for place, line, message, context, notes in sorted(
        [
            *code_messages(),
            *example_messages(),
            *part_messages(),
            *glossary_messages(),
            *catalog_messages(),
            *table_messages(),
        ],
        key=lambda one: one[:2],
    ):
        added = found.add(message, None, [(place, line)], auto_comments=notes, context=context)
        added.flags.discard("python-format")  # "95 % interval" is no format
    return found


def code_messages() -> Iterator[Found]:
    """The messages of the Python files, by their syntax trees."""
    for path in sorted(CODE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        notes = {
            number: note.group(1)
            for number, line in enumerate(text.splitlines(), 1)
            if (note := NOTE.search(line))
        }
        place = path.relative_to(ROOT).as_posix()
        module = ast.parse(text)
        yield from carried_messages(place, text, module)
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                for message, context in messages_of(node, place):
                    near = [notes[line] for line in (node.lineno - 1, node.lineno) if line in notes]
                    yield place, node.lineno, message, context, near


def carried_messages(place: str, text: str, module: ast.Module) -> Iterator[Found]:
    """What the functions that exported scripts carry say of themselves."""
    lines = text.splitlines()
    for node in module.body:
        if lines[node.lineno - 2] != CARRIED:
            continue
        source = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.Assign):  # the text of a function
            source = ast.literal_eval(node.value)
        for _found, message in source_words(source):
            if not message.startswith(FOR_TOOLS):
                yield place, node.lineno, message, None, ["of a function in an exported script"]


def part_messages() -> Iterator[Found]:
    """The words in the parts of exported scripts that are marked with a star."""
    for part in re.split(r"^--- ", PARTS.read_text(encoding="utf-8"), flags=re.MULTILINE):
        name, _star, text = part.partition(" *\n")
        for _found, message in source_words(text):
            yield PARTS.name, 1, message, None, [f"of {name} in an exported script"]


def messages_of(
    call: ast.Call, place: str = ""
) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """The messages of one call: several where the text is chosen by an ``if``."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name not in CALLS:
        return
    context_at, at, plural_at = CALLS[name]
    if len(call.args) <= max(at, plural_at or 0, context_at or 0):
        return
    if isinstance(call.args[at], ast.JoinedStr):
        print(f"{place}:{call.lineno}: a message must be no f-string", file=sys.stderr)
    context = next(literals(call.args[context_at]), None) if context_at is not None else None
    for message in literals(call.args[at]):
        if plural_at is None:
            yield message, context
        else:
            yield from (((message, plural), context) for plural in literals(call.args[plural_at]))


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def example_messages() -> Iterator[Found]:
    """What the ready-made projects say about themselves."""
    for path in sorted(EXAMPLES.glob("*.netbuilder")):
        about = json.loads(path.read_text(encoding="utf-8")).get("about", {})
        for key in EXAMPLE_TEXTS:
            if about.get(key):
                yield path.relative_to(ROOT).as_posix(), 1, about[key], None, []
    for path in sorted(LESSONS.glob("*.netbuilder")):
        name = json.loads(path.read_text(encoding="utf-8"))["name"]
        yield path.relative_to(ROOT).as_posix(), 1, name, None, []


def glossary_messages() -> Iterator[Found]:
    """Yield the terms of the glossary and what they mean."""
    for row in json.loads(GLOSSARY.read_text(encoding="utf-8")):
        for message in (row["name"], row["text"]):
            yield GLOSSARY.relative_to(ROOT).as_posix(), 1, message, None, []
    for path in sorted(GLOSSARY.with_suffix("").glob("*.svg")):
        for message, context in translated_words(path.read_text(encoding="utf-8")):
            yield path.relative_to(ROOT).as_posix(), 1, message, context, []


def translated_words(svg: str) -> Iterator[tuple[str, str | None]]:
    """Yield the words of a drawing that are translated, each with its context."""
    for node in ElementTree.fromstring(svg):
        if node.get("translate") == "yes":
            yield node.text or "", node.get("data-context")


def catalog_messages() -> Iterator[Found]:
    """Yield what the catalog says of layers, losses and so on, and of their parameters."""
    place = LAYERS.relative_to(ROOT).as_posix()
    content = json.loads(LAYERS.read_text(encoding="utf-8"))
    rows = [*content.pop("params").values()]
    for message in content.pop("activations").values():
        yield place, 1, message, None, []
    for row in chain(*content.values()):
        rows += [row, *(param for param in row.get("params", ()) if isinstance(param, dict))]
    for row in rows:
        for message in filter(None, (row.get("title"), row["help"])):
            yield place, 1, message, None, []


def table_messages() -> Iterator[Found]:
    """Yield the sentences of the other tables."""
    for path, fields in TABLES.items():
        for message in sentences(json.loads(path.read_text(encoding="utf-8")), fields):
            yield path.relative_to(ROOT).as_posix(), 1, message, None, []


def sentences(
    value: Any, fields: set[str] | None, key: str = ""
) -> Iterator[str | tuple[str, str]]:
    """Yield the texts that stand under these keys (None: all), at any depth; "one" has "many"."""
    if isinstance(value, dict) and value.keys() == {"one", "many"}:
        yield value["one"], value["many"]
    elif isinstance(value, str) and (fields is None or key in fields):
        yield value
    elif isinstance(value, list):
        for row in value:
            yield from sentences(row, fields, key)
    elif isinstance(value, dict):
        for name, row in value.items():
            yield from sentences(row, fields, name)


# --- catalogs -----------------------------------------------------------------------------------


def texts(value: str | Sequence[str] | None) -> list[str]:
    """Singular and plural of a message, or its one text."""
    return [value] if isinstance(value, str) else list(value or ())


def present() -> list[str]:
    """The languages that have a folder."""
    return sorted(path.parent.name for path in LOCALE.glob("*/netbuilder.po"))


def empty(name: str) -> Catalog:
    """A catalog without messages; "" is the template's language."""
    found = Catalog(
        locale=name or None, project="NetBuilder", version="0", charset="utf-8", fuzzy=False,
        creation_date=CREATED, revision_date=CREATED, copyright_holder="the NetBuilder authors",
        msgid_bugs_address="docs/translating.md", last_translator="NetBuilder",
        language_team=name or "none",
        header_comment=f"# {name or 'Template'} of NetBuilder; see docs/translating.md",
    )  # fmt: skip
    if name in PLURALS:
        found.mime_headers = [("Plural-Forms", PLURALS[name])]
    return found


def read(name: str) -> Catalog:
    """The catalog of one language."""
    path = LOCALE / name / "netbuilder.po"
    if not path.exists():
        sys.exit(f"There is no language '{name}'. Begin it with: translations.py new {name}")
    with path.open("rb") as file:
        return read_po(file, locale=name)


def write(name: str, catalog: Catalog) -> Path:
    """Write a language's file, sorted by place; line numbers would change with every edit."""
    path = LOCALE / name / "netbuilder.po" if name else TEMPLATE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalog, width=100, sort_by_file=True, ignore_obsolete=True, include_lineno=False
        )
    return path


def merged(name: str, known: Catalog) -> Catalog:
    """A language with exactly the messages there are now; a changed sentence keeps the old
    translation, marked as fuzzy."""
    old = read(name)
    fresh = empty(name)
    fresh.header_comment, fresh.last_translator = old.header_comment, old.last_translator
    before = {key(one): one for one in old if one.id}
    wanted = {key(one) for one in known}
    gone = {
        texts(one.id)[0]: one
        for place, one in before.items()
        if place not in wanted and any(texts(one.string))
    }
    for message in known:
        if not message.id:
            continue
        here = before.get(key(message))
        string, flags = (here.string, here.flags) if here else (None, set())
        if message.context == NUMBER_STYLE:
            string = number_style(name)
        if not any(texts(string)) and gone:
            near = difflib.get_close_matches(texts(message.id)[0], gone, 1, 0.75)
            like = gone[near[0]] if near else None
            if like is not None and like.pluralizable == message.pluralizable:
                string, flags = like.string, {"fuzzy"}
        added = fresh.add(
            message.id, string, message.locations, flags, message.auto_comments,
            here.user_comments if here else (), context=message.context,
        )  # fmt: skip
        added.flags.discard("python-format")
    return fresh


def number_style(name: str) -> str:
    """How a language writes numbers, by Babel: decimal sign, group sign, percentage."""
    data = Locale.parse(name)
    symbols, percent = data.number_symbols["latn"], data.percent_formats[None].pattern
    return "|".join((symbols["decimal"], symbols["group"], percent.replace("#,##0", "{number}")))


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    """What a message is found by."""
    return message.context, tuple(texts(message.id))


def update(languages: Sequence[str]) -> int:
    """Write the template, and bring every language up to date."""
    known = template()
    write("", known)
    for name in languages or present():
        catalog = merged(name, known)
        write(name, catalog)
        print(f"{name}: {len(pending(catalog))} of {len(catalog)} messages are to be translated")
    print(f"{len(known)} messages, languages: {', '.join(present()) or 'none'}")
    return 0


def new(name: str) -> int:
    """Begin a language with every sentence still to translate."""
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        print(f"'{name}' is no language code, such as de or pt_BR.", file=sys.stderr)
        return 1
    if name in present():
        print(f"There is a language '{name}' already.", file=sys.stderr)
        return 1
    write(name, empty(name))
    path = write(name, merged(name, template()))
    print(f"Translate {path}, then run: python scripts/translations.py check {name}")
    return 0


# --- checking -----------------------------------------------------------------------------------


def pending(catalog: Catalog) -> list[Message]:
    """The messages without a translation, and those to be looked at again."""
    return [one for one in catalog if one.id and (one.fuzzy or not complete(one, catalog))]


def complete(message: Message, catalog: Catalog) -> bool:
    """Whether every form of a message is translated."""
    forms = texts(message.string)
    wanted = catalog.num_plurals if message.pluralizable else 1
    return len(forms) == wanted and all(forms)


def faults(message: Message, forms: Sequence[str]) -> list[str]:
    """What is wrong with the translation of one message."""
    sources = texts(message.id)
    allowed = {field for text in sources for field in FIELD.findall(text)}
    needed = set(FIELD.findall(sources[-1]))
    found = []
    for text in forms:
        used = set(FIELD.findall(text))
        if used - allowed:
            found.append(f"unknown placeholder {sorted(used - allowed)}")
        # A language may leave the number out of "one", and has it in the form for several.
        spare = {"count"} if message.pluralizable and len(forms) > 1 and text is forms[0] else set()
        if needed - used - spare:
            found.append(f"placeholder left out {sorted(needed - used - spare)}")
        if text.count("{") != text.count("}"):
            found.append("a brace without its partner")
        if Counter(MARKUP.findall(text)) != Counter(MARKUP.findall(sources[-1])):
            found.append(f"other markup than {sorted(set(MARKUP.findall(sources[-1])))}")
        for at, what in ((0, "begins"), (-1, "ends")):
            # A sign alone has the blank of its language: French has one before a semicolon.
            if len(sources[0]) > 1 and text[at:][:1].isspace() != sources[0][at:][:1].isspace():
                found.append(f"{what} otherwise with a blank")
    return list(dict.fromkeys(found))


def glossary(name: str) -> dict[str, list[str]]:
    """English terms, and what each may be called in a language (any of these, or the word that
    they begin)."""
    path = LOCALE / name / "glossary.toml"
    if not path.exists():
        return {}
    terms = tomllib.loads(path.read_text(encoding="utf-8")).get("terms", {})
    return {term: texts(words) for term, words in terms.items()}


def other_terms(message: Message, terms: dict[str, list[str]]) -> Iterator[str]:
    """Terms of the English text that the translation does not use."""
    left, text = texts(message.id)[0].casefold(), " ".join(texts(message.string)).casefold()
    for term in sorted(terms, key=len, reverse=True):
        found = re.search(rf"(?<!\w){re.escape(term.casefold())}(?:s|es)?(?!\w)", left)
        if found is None:
            continue
        left = left.replace(found.group(0), " ")  # "validation set" is no "set" any more
        if not any(word.casefold() in text for word in terms[term]):
            yield f"'{term}' is {' or '.join(terms[term])}"


def check(languages: Sequence[str]) -> int:
    """Print every fault, and what the glossary would call otherwise; 1 where there is a fault."""
    known, failed = template(), False
    for name in languages or present():
        catalog, terms = read(name), glossary(name)
        count: Counter[str] = Counter()
        for message in known:
            if not message.id:
                continue
            there = catalog.get(message.id, message.context)
            if there is None or not complete(there, catalog):
                said = [("missing", "not translated")]
            elif there.fuzzy:
                said = [("fuzzy", "to be looked at again (fuzzy)")]
            else:
                said = [("wrong", fault) for fault in faults(message, texts(there.string))]
                said += [("glossary", fault) for fault in other_terms(there, terms)]
            for kind, fault in said:
                count[kind] += 1
                print(f"{name}: {kind}: {fault}: {texts(message.id)[0]!r}")
        print(
            f"{name}: {len(known)} messages, {count['missing']} missing, {count['fuzzy']} fuzzy,"
            f" {count['wrong']} wrong, {count['glossary']} terms unlike the glossary"
        )
        failed |= bool(count["missing"] + count["fuzzy"] + count["wrong"])
    return 1 if failed else 0


def listing() -> int:
    """Print the English sentences, for somebody who reads them all."""
    for message in sorted(template(), key=lambda one: one.locations):
        if message.id:
            place = ":".join(map(str, message.locations[0]))
            print(f"{place}\t{' | '.join(texts(message.id))}")
    return 0


# --- to translators and back --------------------------------------------------------------------


def forms_of(name: str) -> list[str]:
    """For which numbers each plural form of a language stands, in its catalog's order."""
    catalog = empty(name)
    form: Callable[[int], int] = c2py(catalog.plural_expr)
    numbers: list[list[str]] = [[] for _ in range(catalog.num_plurals)]
    for number in (0, 1, 2, 3, 4, 5, 7, 11, 21, 22, 100):
        numbers[form(number)].append(str(number))
    return [f"for {', '.join(found)}, …" for found in numbers]


def export(name: str, folder: Path, size: int) -> int:
    """Write what is not translated, ``size`` messages to a JSON file, in the order of the files."""
    catalog = merged(name, template())
    write(name, catalog)
    open_ = sorted(pending(catalog), key=lambda one: one.locations)
    folder.mkdir(parents=True, exist_ok=True)
    forms = forms_of(name)
    for number, start in enumerate(range(0, len(open_), size), 1):
        content = {
            "language": name,
            "plural_forms": forms,
            "messages": [asked(one, len(forms)) for one in open_[start : start + size]],
        }
        path = folder / f"{name}-{number:03d}.json"
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        path.write_text(text, encoding="utf-8")
        print(f"{path}: {len(content['messages'])} messages")
    print(f"{name}: {len(open_)} messages are to be translated")
    return 0


def asked(message: Message, forms: int) -> dict[str, Any]:
    """One message as a translator sees it: fill in ``translation``."""
    sources = texts(message.id)
    found: dict[str, Any] = {"message": sources[0]}
    if message.pluralizable:
        found["plural"] = sources[1]
    if message.context:
        found["context"] = message.context
    found["places"] = sorted({place for place, _line in message.locations})[:3]
    if message.auto_comments:
        found["note"] = " ".join(message.auto_comments)
    if message.fuzzy:
        found["before"] = message.string  # of an older English sentence
    found["translation"] = [""] * forms if message.pluralizable else ""
    return found


def import_(name: str, files: Iterable[Path]) -> int:
    """Take over the filled-in translations that are sound; name those that are not."""
    catalog = merged(name, template())
    there = {key(one): one for one in catalog if one.id}
    count: Counter[str] = Counter()
    for path in files:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            given = content["messages"] if isinstance(content, dict) else content
            language = content.get("language", name) if isinstance(content, dict) else name
        except (OSError, ValueError, KeyError) as error:
            print(f"{path}: refused, the file cannot be read: {error}")
            count["refused"] += 1
            continue
        if language != name:
            print(f"{path}: refused, its language is {language}")
            count["refused"] += 1
            continue
        for number, one in enumerate(given, 1):
            said = take(one, there, catalog)
            count[said if said in ("taken", "empty", "gone") else "refused"] += 1
            if said not in ("taken", "empty"):
                print(f"{path} #{number}: {said}: {one.get('message', one)!r}")
    write(name, catalog)
    print(
        f"{name}: {count['taken']} taken, {count['empty']} empty, {count['gone']} gone from the "
        f"program, {count['refused']} refused; {len(pending(catalog))} still to translate"
    )
    return 1 if count["refused"] else 0


def take(one: dict[str, Any], there: dict[Any, Message], catalog: Catalog) -> str:
    """Put one translation into the catalog: "taken", or why not."""
    sources = [one.get("message", "")] + ([one["plural"]] if one.get("plural") else [])
    message = there.get((one.get("context"), tuple(sources)))
    if message is None:
        return "gone"
    forms = texts(one.get("translation", ""))
    if not any(forms):
        return "empty"
    wanted = catalog.num_plurals if message.pluralizable else 1
    if len(forms) != wanted or not all(isinstance(text, str) and text.strip() for text in forms):
        return f"needs {wanted} forms that are not empty"
    found = faults(message, forms)
    if found:
        return "; ".join(found)
    message.string = tuple(forms) if message.pluralizable else forms[0]
    message.flags.discard("fuzzy")
    return "taken"


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("update", "check"):
        commands.add_parser(command).add_argument("languages", nargs="*", metavar="xx")
    commands.add_parser("list")
    commands.add_parser("new").add_argument("language", metavar="xx")
    out = commands.add_parser("export")
    out.add_argument("language", metavar="xx")
    out.add_argument("folder", type=Path, metavar="DIR")
    out.add_argument("--size", type=int, default=CHUNK, help=f"messages in a file ({CHUNK})")
    back = commands.add_parser("import")
    back.add_argument("language", metavar="xx")
    back.add_argument("files", nargs="+", type=Path, metavar="FILE")
    words = parser.parse_args()
    match words.command:
        case "new":
            return new(words.language)
        case "list":
            return listing()
        case "export":
            return export(words.language, words.folder, max(words.size, 1))
        case "import":
            return import_(words.language, words.files)
        case "update":
            return update(words.languages)
        case _:
            return check(words.languages)


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # as by "| head": whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
