"""Every message of the catalog: rendered once in each language, without words of the old idiom."""

import re
from pathlib import Path

import pytest
import translations

from netbuilder.core import i18n

ROOT = Path(__file__).resolve().parents[2]
#: Words that the program's vocabulary replaces, with what to write.
BANNED = {
    r"answered (rightly|right)|right answers?": "correct",
    r"foretell": "predict",
    r"learn(s|ed|t)? by heart": "memorise, overfit",
    r"\bmend(s|ed)?\b": "fix",
    r"\bgoal\b": "target",
    r"rows? a step": "batch size",
    r"\bvariants?\b": "experiment, trial",
    r"\bwires?\b|\bwired\b": "connection",
    r"hand(s|ed)?[ -]in\b|handing in": "submit",
    r"taken for what|what was taken": "confusion matrix",
    r"bring (it )?back|begin anew|begins anew": "restore, reset",
    r"broke off|breaks off": "stopped, failed",
    r"(found|chosen) by itself": "automatic",
    r"\bbod(y|ies)\b": "backbone, pretrained model",
    r"kept aside|part kept": "validation set, test set",
    r"\bjudg(e|ed|es|ing)\b": "evaluate, grade",
    r"first weights": "initial weights",
    r"speaks? (for|against) it": "evidence for",
    r"what shall\b": "which, what",
    r"no room\b.*\bheart": "a small network has no room to memorise",
    r"\bstands? still\b": "pause",
}
#: Messages in which such a word has its everyday meaning.
ALLOWED: tuple[str, ...] = ()
VALUES = {"d": 3, "f": 0.25, "e": 0.25, "g": 0.25, "%": 0.25, "n": 3, "": "value"}
FIELD = re.compile(r"\{(\w+)(![rsa])?(?::([^{}]*))?\}")


@pytest.fixture(scope="module")
def messages():
    """Collected once for these tests, and not wherever they are only listed."""
    collected = [message for message in translations.template() if message.id]
    texts = {text for message in collected for text in translations.texts(message.id)}
    assert "There is no language '{name}'." in texts
    assert len(texts) > 5000
    return collected


def values_for(text):
    if r"\frac" in text:
        return {}  # the braces are LaTeX's
    return {name: VALUES[(spec or "")[-1:]] for name, _conversion, spec in FIELD.findall(text)}


def rendered(message):
    texts = translations.texts(message.id)
    values = {key: value for text in texts for key, value in values_for(text).items()}
    if len(texts) > 1:
        values.pop("count", None)
        for count in (0, 1, 2, 5, 1000):
            yield i18n.ngettext(*texts, count, **values)
    elif message.context:
        yield i18n.pgettext(message.context, texts[0], **values)
    else:
        yield i18n.gettext(texts[0], **values)


@pytest.mark.parametrize("name", [*i18n.languages(), i18n.PSEUDO])
def test_each_message_is_rendered(name, messages, caplog):
    before = i18n.language()
    i18n.set_language(name)
    try:
        texts = [text for message in messages for text in rendered(message)]
    finally:
        i18n.set_language(before)
    assert len(texts) >= len(messages)
    left = [text for text in texts if not text.strip() or FIELD.search(text)]
    assert not [text for text in left if "{1}{n}" not in text]  # LaTeX
    assert not caplog.records  # a translation with other placeholders is told there
    if name == i18n.PSEUDO:
        assert all(text.removeprefix("# ").startswith("⟦") and text.endswith("⟧") for text in texts)


def test_no_message_has_words_that_the_vocabulary_replaces(messages):
    found = [
        f"{message.locations[0][0]}: {text!r}: write {better}"
        for message in messages
        for text in translations.texts(message.id)
        if text not in ALLOWED
        for pattern, better in BANNED.items()
        if re.search(pattern, text, re.IGNORECASE)
    ]
    assert not found, "\n".join(found)


def test_no_message_is_glued_from_parts(messages):
    """A message that begins or ends with a blank is a part of a sentence."""
    found = [
        text
        for message in messages
        for text in translations.texts(message.id)
        if text != text.strip()
    ]
    assert found == []
