"""The bar of ``netbuilder train``: epoch, step, speed, time left; on stderr."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress as Bar, TextColumn
from rich.table import Column

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from netbuilder.core.engine.changes import Event

_LINE_EVERY = 5.0


class TrainingProgress:
    """Shows a session's events. Where stderr is no terminal: a line every few seconds."""

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
        self._told = time.monotonic()
        self._logs = self._losses = ""

    def __enter__(self) -> TrainingProgress:
        """Begin to draw."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()

    def on_event(self, event: Event) -> None:
        """Take one event of the session."""
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
            self._logs = "  ".join(f"{name} {value:.4g}" for name, value in event.logs.items())
            self._losses = "  ".join(
                f"{name} {event.logs[name]:.4g}"
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
        """Where no bar can be drawn (a log file, a pipe)."""
        now = time.monotonic()
        if not self._bar.disable or (now - self._told < _LINE_EVERY and epoch != self._epochs):
            return
        self._told = now
        self._console.print(
            _("epoch {epoch}/{epochs}  {logs}", epoch=epoch, epochs=self._epochs, logs=self._logs),
            soft_wrap=True,
        )


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
