"""What the commands say: results on stdout, all else on stderr."""

from __future__ import annotations

import json
import math
import sys
import traceback
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from netbuilder.core.errors import DataFix, UserError
from netbuilder.core.i18n import gettext as _


class UsageError(UserError):
    """The words of the command do not go together: exit code 2."""


def print_result(text: str = "") -> None:
    """A result, on stdout."""
    print(text)


def print_note(text: str) -> None:
    """Something beside the result, on stderr."""
    print(text, file=sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """One line of JSON on stdout; what is no number (NaN, infinite) is null."""
    sys.stdout.flush()
    print(json.dumps(to_json_value(value), ensure_ascii=False, allow_nan=False))


def to_json_value(value: Any) -> Any:
    """The value in JSON's terms: NumPy's numbers and arrays too."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): to_json_value(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_value(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def report_error(error: UserError, as_json: bool, options: Collection[str] = ()) -> int:
    """Tell a person what happened and how to mend it; gives exit code 1, for wrong usage 2.

    What the window has a button for is told as the ``options`` of this command, or as what to
    write into the project file.
    """
    # After a list the mend stands on a line of its own.
    print_note(f"{error.what}{error.fix}" if error.what.endswith("\n") else str(error))
    print_fixes(error.fixes, options)
    if as_json:
        print_json({"error": error.what, "mend": error.fix, "node": error.node, "code": error.code})
    return 2 if isinstance(error, UsageError) else 1


def print_fixes(fixes: Iterable[DataFix], options: Collection[str] = ()) -> None:
    """How to do here what buttons do in the window."""
    for fix in fixes:
        told: dict[str, Any] = dict(fix.data)
        if fix.columns:
            told["columns"] = fix.columns
        if set(told) <= set(options):
            how = _(
                "add {options}",
                options=" ".join(f"--{key.replace('_', '-')} {told[key]}" for key in told),
            )
        else:
            text = json.dumps(to_json_value(told), ensure_ascii=False)
            how = _('in the project file, under "data": {entries}', entries=text[1:-1])
        print_note(f"    {fix.label}: {how}")


def report_unexpected(error: Exception, as_json: bool) -> int:
    """Tell of a fault of the program: one line, and where the whole story is; exit code 1."""
    from netbuilder.core import folders

    what = _("NetBuilder had an unexpected error: {error}", error=_first_line(error))
    try:
        log = folders.state() / "netbuilder.log"
        with log.open("a", encoding="utf-8") as file:
            file.write(f"\n{datetime.now(UTC).isoformat(timespec='seconds')}\n")
            file.writelines(traceback.format_exception(error))
        fix = _("The details are in {log}.", log=log)
    except OSError:
        fix = ""
    return report_error(UserError(what, fix), as_json)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
