"""Read the lines of a lesson file; errors name the line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson import LessonError
from netbuilder.core.wording import did_you_mean, format_list

_sentence = sentences_of("lessons")


@dataclass(frozen=True)
class KeyValueLine:
    """``key: value`` and its line number."""

    number: int
    key: str
    value: str


@dataclass(frozen=True)
class FencedBlock:
    """The lines of a fenced block, and the number of its first."""

    number: int
    lines: tuple[tuple[int, str], ...]


class LessonReader:
    """Reads blocks of one file and builds its errors."""

    def __init__(self, name: str, path: Path | None) -> None:
        self.name, self.path = name, path

    def wrong(self, line: int, problem: str, fix: str) -> LessonError:
        """Return the error for a line of this file."""
        problem = problem.strip()
        end = "" if problem.endswith((".", "?", "!")) else "."
        return LessonError(
            _("'{file}', line {line}: {what}", file=self.name, line=line, what=problem + end),
            fix,
            path=str(self.path) if self.path else None,
        )

    def unknown(self, line: int, key: str, known: tuple[str, ...], where: str) -> LessonError:
        """Return the error for an unknown key."""
        suggestion = did_you_mean(key, known)
        return self.wrong(
            line,
            _("{block} has no '{key}'", block=where, key=key),
            suggestion or _("It can have {keys}.", keys=format_list(known, 30)),
        )

    def pairs(self, lines: tuple[tuple[int, str], ...], where: str) -> list[KeyValueLine]:
        """Return the ``key: value`` lines of a block; raise ``LessonError`` for others."""
        result: list[KeyValueLine] = []
        for number, text in lines:
            if not text.strip():
                continue
            key, colon, value = text.partition(":")
            if not colon:
                raise self.wrong(
                    number,
                    _sentence("line_without_colon", block=where, line=text.strip()),
                    _("Write 'key: value' on each line."),
                )
            line = KeyValueLine(number, key.strip(), unquoted(value.strip()))
            if any(line.key == earlier.key for earlier in result):
                raise self.wrong(
                    number,
                    _("'{key}' appears twice in one block", key=line.key),
                    _("Write it once, or put the second one into its own block."),
                )
            result.append(line)
        return result


def unquoted(value: str) -> str:
    """Return a value without surrounding quotation marks."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return value
