"""Answers a running session's probes between its chunks, within a share of its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.monitor.observer import Answer, NetworkObserver
from netbuilder.core.engine.probes import Probe
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _

# With what the window itself costs it stays within a twentieth of the run's time.
SHARE = 0.04
# What may be saved up: a view that wants something after a while gets it at once.
_SAVED_SECONDS = 0.1
_FIRST_SECONDS = 0.02
# What cannot be cut into slices holds up all other views so long at most: for 0.03 / SHARE s.
_OWED_SECONDS = 0.03
# What it took beyond that is made up for by those that cost so much, from this share of the time
# and from what the others leave of theirs.
_SPARE = 0.01
_LEAST_EVERY = 0.01
_NEVER = (-1, -1)


@dataclass
class _Work:
    """An answer that is being worked out, and where the training stood when it began.

    ``copied``: its slices look at a copy of the weights, of which there is one.
    """

    slices: Generator[None, None, Answer]
    place: tuple[int, int]
    copied: bool


@dataclass(eq=False)
class _Watched:
    """A probe, and when and where in the run it was answered last.

    ``used``: the time that it was given, or would have been, had it always wanted some, over how
    often it asks. ``last``: seconds of its last slice; None before its first. ``costly``: it took
    more than it may owe.
    """

    probe: Probe
    answered: float = float("-inf")
    place: tuple[int, int] = _NEVER
    tracing: bool = False
    traced: bool = False
    problem: UserError | None = None
    work: _Work | None = None
    used: float = 0.0
    last: float | None = None
    costly: bool = False


class ProbeScheduler:
    """The probes of a session. ``watch`` and ``unwatch`` may be called from any thread.

    Of those that are due each has time as it asks for answers, one of ten a second ten times that
    of one of one a second, however long its answers take: between the slices of a long one come
    those of others.

    Args:
        emit: is given the answers.

    Attributes:
        stretch: how many times more seldom than they would like those are answered that may be.
    """

    def __init__(self, emit: Callable[[ProbeAnswered], None]) -> None:
        self._emit = emit
        self.stretch = 1.0
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._purse = _FIRST_SECONDS
        self._debt = 0.0
        self._turn = 0.0  # what the one had been given whose turn came last

    def watch(self, probe: Probe) -> None:
        """Answer ``probe`` from now on, in the place of an earlier one with its key."""
        with self._lock:
            self._watched[probe.key] = _Watched(probe)

    def unwatch(self, key: str) -> None:
        """Answer it no more."""
        with self._lock:
            self._watched.pop(key, None)

    def again(self) -> None:
        """The weights were changed from outside of the loop: every answer is out of date."""
        for one in self._all():
            one.place, one.work = _NEVER, None

    def look(self, observer: NetworkObserver, epoch: int, step: int, trained: float | None) -> bool:
        """Between two chunks: go on with what is wanted, as far as the budget goes.

        Args:
            observer: of the network that trains.
            epoch, step: where the training stands.
            trained: seconds that the run took since the last look; None while it stands still,
                when one slice is worked at whatever it costs.

        Returns:
            Whether something was done.
        """
        if trained is not None:
            self._earn(trained)
        done = False
        while self._watched and (trained is None or self._purse > 0):
            one = self._next(observer, (epoch, step), trained is None)
            if one is None:
                break
            begin = time.perf_counter()
            self._go_on(one)
            done = True
            spent = time.perf_counter() - begin
            one.used += spent * max(one.probe.every, _LEAST_EVERY)
            if trained is None:
                break
            self._pay(one, spent)
        return done

    def _earn(self, trained: float) -> None:
        purse = self._purse + SHARE * trained
        self._purse = min(purse, _SAVED_SECONDS)
        self._debt = max(self._debt - _SPARE * trained - (purse - self._purse), 0.0)

    def _pay(self, one: _Watched, spent: float) -> None:
        """For a slice. Of two that follow each other the faster one counts as what it takes: a
        first one takes as long as hundreds of later ones, and any may wait for other threads."""
        left = self._purse - spent
        self._purse = max(left, -_OWED_SECONDS)
        usual = 0.0 if one.last is None else min(spent, one.last)
        one.last = spent
        forgiven = min(self._purse - left, max(usual - _OWED_SECONDS, 0.0))
        self._debt += forgiven
        one.costly = forgiven > 0

    @property
    def tracing(self) -> bool:
        """Whether something is being made ready for a first answer."""
        return any(one.tracing for one in self._all())

    def _all(self) -> list[_Watched]:
        with self._lock:
            return list(self._watched.values())

    def _next(
        self, observer: NetworkObserver, place: tuple[int, int], still: bool
    ) -> _Watched | None:
        """The one to go on with: of those that are due, the one that was given the least."""
        now = time.monotonic()
        holder = next((one for one in self._all() if one.work and one.work.copied), None)
        hurry = float("inf")
        wanting = []
        for one in self._all():
            if one.problem is not None:
                self._refuse(one, place)
                continue
            if not one.traced:
                self._trace(observer, one)
            if not one.traced or (one.costly and self._debt > 0 and not still):
                continue
            if one.work is None:
                if not self._due(one, place, now, still):
                    continue
                one.used = max(one.used, self._turn)
                # There is one copy of the weights: who needs it waits for who has it.
                if holder is not None and not observer.in_one_go(one.probe):
                    hurry = min(hurry, one.used)
                    continue
            wanting.append(one)

        def turn(one: _Watched) -> tuple[float, float]:
            return min(one.used, hurry) if one is holder else one.used, one.answered

        found = min(wanting, key=turn, default=None)
        if found is None:
            return None
        self._turn = max(self._turn, min(found.used, hurry))
        if found.work is None:
            copied = not observer.in_one_go(found.probe)
            found.work = _Work(observer.answer(found.probe, live=True), place, copied)
        return found

    def _due(self, one: _Watched, place: tuple[int, int], now: float, still: bool) -> bool:
        if one.place == place:
            return False
        if one.place == _NEVER or still:
            return True
        waited = now - one.answered >= one.probe.pause(self.stretch)
        return waited and place[0] - one.place[0] >= one.probe.epochs

    def _trace(self, observer: NetworkObserver, one: _Watched) -> None:
        """Make an answer ready, which takes as long as many chunks, beside the training."""
        if one.tracing:
            return
        if observer.is_prepared(one.probe):
            one.traced = True
            return
        one.tracing = True

        def work() -> None:
            try:
                observer.prepare(one.probe)
            except UserError as error:
                one.problem = error
            # Keras and TensorFlow raise what they like; the training does not end for a view.
            except Exception as error:  # noqa: BLE001
                one.problem = _in_words(error)
            one.traced, one.tracing = True, False

        threading.Thread(target=work, name="netbuilder-probe").start()

    def _go_on(self, one: _Watched) -> None:
        work = one.work
        if work is None:
            return
        try:
            next(work.slices)
        except StopIteration as end:
            one.work = None
            pause = one.probe.pause(self.stretch)
            one.answered, one.place = _turn_of(one, time.monotonic(), pause), work.place
            outputs, weights, gradients = end.value
            self._emit(ProbeAnswered(one.probe, *work.place, outputs, weights, gradients))
        except Exception as error:  # noqa: BLE001 - as above
            one.work = None
            one.problem = error if isinstance(error, UserError) else _in_words(error)

    def _refuse(self, one: _Watched, place: tuple[int, int]) -> None:
        """Say why a probe has no answer, and forget it."""
        with self._lock:
            if self._watched.get(one.probe.key) is one:
                del self._watched[one.probe.key]
        self._emit(ProbeAnswered(one.probe, *place, problem=one.problem))


def _turn_of(one: _Watched, now: float, pause: float) -> float:
    """When an answer counts as given: chunks are long, and each would put off all later turns."""
    return now if one.answered + 2 * pause < now else one.answered + pause


def _in_words(error: Exception) -> UserError:
    return DataError(
        _("The network could not be evaluated: {reason}", reason=error),
        _("Choose other samples."),
        code="probe_failed",
    )
