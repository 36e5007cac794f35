"""Output of commands: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
import sys
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, Progress as Bar, TextColumn
from rich.table import Column

from netbuilder.core.errors import DataFix, UsageError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, labelled

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import Event


_LINE_INTERVAL = 5.0


class TrainingProgress:
    """Shows a session's events: a progress bar, or without a terminal a line every few seconds."""

    def __init__(self) -> None:
        self.reason = "done"
        self.note = ""
        self._console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=30)),
            BarColumn(bar_width=16),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[numbers]}", table_column=Column(no_wrap=True)),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(_("Preparing"), total=None, numbers="")
        self._epochs = self._per_epoch = 1
        self._last_line = time.monotonic()
        self._logs = self._losses = ""

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def on_event(self, event: Event) -> None:
        """Handle an event of the session."""
        from netbuilder.core.engine import events

        if isinstance(event, events.Preparing):
            self._bar.update(self._task, description=event.text)
        elif isinstance(event, events.Started):
            self._epochs, self._per_epoch = event.epochs, event.steps_per_epoch
            self._bar.update(self._task, total=self._epochs * self._per_epoch)
        elif isinstance(event, events.StepsDone):
            self._steps(event.first + event.count, event.steps_per_second)
        elif isinstance(event, events.EpochEnd):
            self._epochs = event.epochs
            self._logs = "  ".join(
                f"{name} {format_number(value)}" for name, value in event.logs.items()
            )
            self._losses = "  ".join(
                f"{name} {format_number(event.logs[name])}"
                for name in ("loss", "val_loss")
                if name in event.logs
            )
            self._line(event.epoch)
        elif isinstance(event, events.DiagnosisAdded):
            self._console.print(
                _(
                    "Epoch {epoch}: {message}",
                    epoch=event.notice.epoch,
                    message=event.notice.message,
                ),
                soft_wrap=True,
            )
        elif isinstance(event, events.Paused) and event.reason:
            self._console.print(_("Paused: {reason}", reason=event.reason))
        elif isinstance(event, events.Finished):
            self.reason, self.note = event.reason, event.note

    def _steps(self, done: int, speed: float) -> None:
        total = self._epochs * self._per_epoch
        epoch, step = divmod(min(done, total), self._per_epoch)
        left = max(total - done, 0) / max(speed, 1e-9)
        self._bar.update(
            self._task,
            completed=done,
            total=total,
            description=_(
                "Epoch {epoch}/{epochs} step {step}/{steps}",
                epoch=min(epoch + 1, self._epochs),
                epochs=self._epochs,
                step=step,
                steps=self._per_epoch,
            ),
            numbers=_(
                "{speed} steps/s  {time} left  {losses}",
                speed=format_number(speed, ",.0f"),
                time=_clock(left),
                losses=self._losses,
            ),
        )

    def _line(self, epoch: int) -> None:
        """Print a line where no bar can be drawn (a log file, a pipe)."""
        time_now = time.monotonic()
        early = time_now - self._last_line < _LINE_INTERVAL and epoch != self._epochs
        if early or not self._bar.disable:
            return
        self._last_line = time_now
        self._console.print(
            _("epoch {epoch}/{epochs}  {logs}", epoch=epoch, epochs=self._epochs, logs=self._logs),
            soft_wrap=True,
        )


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


@contextmanager
def show_reading_bar() -> Iterator[None]:
    """Show a progress bar while large data is read in this block."""
    from netbuilder.core.data import progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: list[int] = []

        def listen(done: int, of: int) -> bool:
            if not tasks:
                tasks.append(bar.add_task(_("Preparing the data")))
            bar.update(tasks[0], completed=done, total=of)  # type: ignore[arg-type]
            return True

        with progress.progress_listener(listen):
            yield


def print_result(text: str = "") -> None:
    """Print a result on stdout."""
    print(text)


def print_note(text: str) -> None:
    """Print a note on stderr."""
    print(text, file=sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one line of JSON on stdout; NaN and infinity become null."""
    sys.stdout.flush()
    print(json.dumps(to_json_value(value), ensure_ascii=False, allow_nan=False))


def to_json_value(value: Any) -> Any:
    """Convert NumPy values, mappings and sequences for JSON."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_value(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def report_error(error: UserError, as_json: bool, options: Collection[str] = ()) -> int:
    """Print an error and its fixes; return exit code 1, or 2 for wrong usage.

    Fixes are given as ``options`` of this command, or as entries of the project file.
    """
    # After a list the fix needs its own line.
    print_note(f"{error.what}{error.fix}" if error.what.endswith("\n") else str(error))
    print_fixes(error.fixes, options)
    if as_json:
        print_json({"error": error.what, "mend": error.fix, "node": error.node, "code": error.code})
    return 2 if isinstance(error, UsageError) else 1


def print_fixes(fixes: Iterable[DataFix], options: Collection[str] = ()) -> None:
    """Print how to apply fixes that are buttons in the window."""
    for fix in fixes:
        settings: dict[str, Any] = dict(fix.data)
        if fix.columns:
            settings["columns"] = fix.columns
        if set(settings) <= set(options):
            instructions = _(
                "add {options}",
                options=" ".join(f"--{key.replace('_', '-')} {settings[key]}" for key in settings),
            )
        else:
            text = json.dumps(to_json_value(settings), ensure_ascii=False)
            instructions = _('in the project file, under "data": {entries}', entries=text[1:-1])
        print_note(f"    {labelled(fix.label, instructions)}")


def report_unexpected(error: Exception, as_json: bool) -> int:
    """Report a program error: one line, and the log with the traceback; return exit code 1."""
    from netbuilder.core import folders

    message = _("NetBuilder had an unexpected error: {error}", error=_first_line(error))
    try:
        log = folders.state() / "netbuilder.log"
        with log.open("a", encoding="utf-8") as file:
            file.write(f"\n{datetime.now(UTC).isoformat(timespec='seconds')}\n")
            file.writelines(traceback.format_exception(error))
        fix = _("The details are in {log}.", log=log)
    except OSError:
        fix = ""
    return report_error(UserError(message, fix), as_json)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
