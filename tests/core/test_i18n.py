"""The catalog of sentences: languages, placeholders, plural forms, damaged catalogs."""

import os
import subprocess
import sys

import pytest

from netbuilder.core import i18n
from netbuilder.core.errors import UserError

GERMAN = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "The file '{name}' has no header row."
msgstr "Die Datei „{name}“ hat keine Kopfzeile."

msgid "{count} row"
msgid_plural "{count} rows"
msgstr[0] "{count} Zeile"
msgstr[1] "{count} Zeilen"

msgid "Open {name}"
msgstr "{nane} öffnen"
"""


@pytest.fixture
def german(tmp_path, monkeypatch):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "netbuilder.po").write_text(GERMAN, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    monkeypatch.setenv(i18n.VARIABLE, "en")
    i18n.load_catalog.cache_clear()
    yield tmp_path
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")


def test_a_sentence_is_in_the_chosen_language_and_falls_back_to_english(german):
    assert i18n.set_language("de_AT.UTF-8") == "de"
    assert i18n.gettext("The file '{name}' has no header row.", name="a.csv") == (
        "Die Datei „a.csv“ hat keine Kopfzeile."
    )
    assert i18n.ngettext("{count} row", "{count} rows", 1) == "1 Zeile"
    assert i18n.ngettext("{count} row", "{count} rows", 3) == "3 Zeilen"
    assert i18n.gettext("Not translated {n}", n=3) == "Not translated 3"


def test_a_value_with_braces_is_not_read_as_a_placeholder(german):
    i18n.set_language("en")
    assert i18n.gettext("Column '{name}'", name="{x}") == "Column '{x}'"


def test_a_translation_with_another_placeholder_falls_back(german):
    i18n.set_language("de")
    assert i18n.gettext("Open {name}", name="a") == "Open a"


def test_no_text_stays_no_text(german):
    """A catalog's own answer to the empty message is its header."""
    for name in ("de", i18n.PSEUDO):
        i18n.set_language(name)
        assert i18n.gettext("") == ""


def test_an_unknown_language_lists_those_there_are(german):
    with pytest.raises(UserError) as caught:
        i18n.set_language("tlh")
    assert caught.value.code == "language_unknown"
    assert "de" in str(caught.value)


def test_a_damaged_catalog_is_left_out_with_a_warning(german, caplog):
    (german / "de" / "netbuilder.mo").write_bytes(b"\xde\x12\x04\x95 damaged")
    os.utime(german / "de" / "netbuilder.po", (0, 0))
    i18n.set_language("de")
    assert i18n.gettext("{n} layers", n=2) == "2 layers"
    assert len([entry for entry in caplog.records if "damaged" in entry.message]) == 1


def test_the_pseudo_locale_keeps_placeholders_and_tags(german):
    i18n.set_language("qps")
    text = i18n.gettext("Open <b>{name}</b> now", name="a.csv")
    assert text.startswith("⟦Öpéñ ")
    assert "<b>a.csv</b>" in text
    assert text.endswith("·⟧")


def test_the_command_line_takes_a_language():
    done = subprocess.run(
        [sys.executable, "-m", "netbuilder", "examples", "--language", "tlh", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert '"language_unknown"' in done.stdout
