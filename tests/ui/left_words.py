"""Finds what is left in a window of the language that it had before: words and decimal marks."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree import ElementTree

from babel.messages.pofile import read_po
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QAction
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QSpinBox,
    QTextEdit,
    QWidget,
)

from netbuilder.core import i18n

#: The properties of widgets and actions that are texts.
TEXTS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (
        QWidget,
        ("toolTip", "statusTip", "whatsThis", "accessibleName", "accessibleDescription",
         "windowTitle"),
    ),
    (QLabel, ("text",)),
    (QAbstractButton, ("text",)),
    (QGroupBox, ("title",)),
    (QMenu, ("title",)),
    (QLineEdit, ("placeholderText",)),
    (QTextEdit, ("placeholderText",)),
    (QPlainTextEdit, ("placeholderText",)),
    (QSpinBox, ("prefix", "suffix", "specialValueText")),
    (QDoubleSpinBox, ("prefix", "suffix", "specialValueText")),
    (QProgressBar, ("format",)),
    (QAction, ("text", "iconText", "toolTip", "statusTip", "whatsThis")),
)  # fmt: skip
_TEXT = "{http://www.w3.org/2000/svg}text"
_PLACE = re.compile(r"\{\w+\}")
_SEAMS = re.compile(r"\n+|<[^<>]*>| · |(?<=[.!?…:]) +|[✓✗⚠●○◉▸▾★•◆↑↓]")
_DOTTED = re.compile(r"(?<![\d.,v])\d+\.\d{1,2}(?![\d.])|(?<![\w.,])0\.\d+")
_COMMA = re.compile(r"(?<![\d.,])\d+,\d{1,2}(?![\d,])|(?<![\w.,])0,\d+")


@dataclass(frozen=True, eq=False)
class Messages:
    """The messages of a language, whole ones and those with places."""

    whole: frozenset[str]
    filled: tuple[tuple[str, re.Pattern[str]], ...]

    @cache  # noqa: B019 - the catalogs of both languages live as long as the tests
    def has(self, text):
        return text in self.whole or any(
            part in text and pattern.fullmatch(text) for part, pattern in self.filled
        )


def _messages(texts):
    whole, filled = set(), []
    for text in texts:
        parts = _PLACE.split(text)
        if len(parts) == 1:
            whole.add(text)
        elif re.search(r"[^\W\d_]{3}", longest := max(parts, key=len)):
            filled.append((longest, re.compile(".+?".join(map(re.escape, parts)), re.DOTALL)))
    return Messages(frozenset(whole), tuple(filled))


@cache
def _both(name):
    with (i18n.FOLDER / name / "netbuilder.po").open("rb") as file:
        entries = [one for one in read_po(file) if one.id]
    pairs = [
        pair
        for one in entries
        for pair in (
            zip(one.id, one.string, strict=False)
            if isinstance(one.id, tuple)
            else [(one.id, one.string)]
        )
    ]
    return _messages(a for a, _b in pairs), _messages(b for _a, b in pairs)


def painted(widget):
    """Every text that a widget and those in it paint, curves and canvas included."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture = QSvgGenerator()
    picture.setOutputDevice(buffer)
    picture.setSize(widget.size())
    widget.render(picture)
    root = ElementTree.fromstring(bytes(buffer.data().data()))
    return ["".join(one.itertext()).strip() for one in root.iter(_TEXT)]


def said(window):
    """Every text of a window that is painted or stands in a widget, hidden ones too, with where."""
    yield from (("painted", text) for text in painted(window))
    for one in (window, *window.findChildren(QWidget), *window.findChildren(QAction)):
        for kind, names in TEXTS:
            if isinstance(one, kind):
                yield from (
                    (f"{type(one).__name__}.{name}", getattr(one, name)()) for name in names
                )
        if isinstance(one, QComboBox):
            yield from ((type(one).__name__, one.itemText(at)) for at in range(one.count()))


def left_of(window, language, names=()):
    """Texts of a window in English or ``language`` that are of the other of both.

    Args:
        window: where to look.
        language: a language of the catalog that is not English.
        names: what is no word of the program.
    """
    english, other = _both(language)
    now, before, number = (
        (english, other, _COMMA) if i18n.language() == i18n.SOURCE else (other, english, _DOTTED)
    )
    known, found = set(names), set()
    for where, text in {*said(window)}:
        whole = now.has(text)  # its sentences are no messages of their own
        for part in {text, *_SEAMS.split(text)}:
            words = part.strip(" ,.;:()")
            if not words or words in known or part.strip() in known:
                continue
            for one in {part.strip(), words}:
                if (before.has(one) and not (whole or now.has(one))) or number.search(one):
                    found.add(f"{where}: {one!r} in {text!r}"[:200])
    return found
