"""A lesson's file being read: numbered lines, and errors that name them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson import LessonError
from netbuilder.core.wording import did_you_mean, format_list


@dataclass(frozen=True)
class KeyValueLine:
    """``key: value`` with the number of its line."""

    number: int
    key: str
    value: str


@dataclass(frozen=True)
class FencedBlock:
    """The lines of one fenced block, and the number of its first."""

    number: int
    lines: tuple[tuple[int, str], ...]


class LessonReader:
    """One file being read: what an error has to name."""

    def __init__(self, name: str, path: Path | None) -> None:
        self.name, self.path = name, path

    def wrong(self, line: int, what: str, fix: str) -> LessonError:
        """The error that names this file and a line."""
        what = what.strip()
        end = "" if what.endswith((".", "?", "!")) else "."
        return LessonError(
            _("'{file}', line {line}: {what}", file=self.name, line=line, what=what + end),
            fix,
            path=str(self.path) if self.path else None,
        )

    def unknown(self, line: int, key: str, known: tuple[str, ...], where: str) -> LessonError:
        """The error that says that a key is not known, and which are."""
        near = did_you_mean(key, known)
        return self.wrong(
            line,
            _("{block} has no '{key}'", block=where, key=key),
            near or _("It can have {keys}.", keys=format_list(known, 30)),
        )

    def pairs(self, lines: tuple[tuple[int, str], ...], where: str) -> list[KeyValueLine]:
        """The ``key: value`` lines among some lines. Raises ``LessonError``."""
        found: list[KeyValueLine] = []
        for number, text in lines:
            if not text.strip():
                continue
            key, colon, value = text.partition(":")
            if not colon:
                raise self.wrong(
                    number,
                    _(
                        "{block} has the line '{line}' without a colon",
                        block=where,
                        line=text.strip(),
                    ),
                    _("Write 'key: value' on each line."),
                )
            line = KeyValueLine(number, key.strip(), unquoted(value.strip()))
            if any(line.key == other.key for other in found):
                raise self.wrong(
                    number,
                    _("'{key}' appears twice in one block", key=line.key),
                    _("Write it once, or put the second one into its own block."),
                )
            found.append(line)
        return found


def unquoted(value: str) -> str:
    """A value without the quotation marks around it."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return value
