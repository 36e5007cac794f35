"""Answers a running session's probes between its chunks, within a share of its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from netbuilder.core.engine.events import Probed
from netbuilder.core.engine.monitor.observer import Answer, Observer
from netbuilder.core.engine.probes import Probe
from netbuilder.core.errors import DataError, UserError

# With what the window itself costs it stays within a twentieth of the run's time.
SHARE = 0.04
# What may be saved up: a view that wants something after a while gets it at once.
_SAVED_SECONDS = 0.1
_FIRST_SECONDS = 0.02
_OWED_SECONDS = 0.05
_NEVER = (-1, -1)


@dataclass(eq=False)
class _Watched:
    """A probe, and when and where in the run it was answered last."""

    probe: Probe
    answered: float = float("-inf")
    place: tuple[int, int] = _NEVER
    tracing: bool = False
    traced: bool = False
    problem: UserError | None = None


@dataclass
class _Work:
    """An answer that is being worked out, and where the training stood when it began."""

    watched: _Watched
    slices: Generator[None, None, Answer]
    place: tuple[int, int]


class Probing:
    """The probes of a session. ``watch`` and ``unwatch`` may be called from any thread.

    Args:
        emit: is given the answers.
    """

    def __init__(self, emit: Callable[[Probed], None]) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._work: _Work | None = None
        self._purse = _FIRST_SECONDS

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
        self._work = None
        for one in self._all():
            one.place = _NEVER

    def look(self, observer: Observer, epoch: int, step: int, trained: float | None) -> bool:
        """Between two chunks: go on with what is wanted, as far as the budget goes.

        Args:
            observer: of the network that trains.
            epoch, step: where the training stands.
            trained: seconds that the last chunk took; None while the run stands still, when one
                slice is worked at whatever it costs.

        Returns:
            Whether something was done.
        """
        if trained is not None:
            self._purse = min(self._purse + SHARE * trained, _SAVED_SECONDS)
        done = False
        while self._watched and (trained is None or self._purse > 0):
            work = self._work
            if work is None or self._watched.get(work.watched.probe.key) is not work.watched:
                work = self._work = self._begin(observer, (epoch, step), trained is None)
            if work is None:
                break
            begin = time.perf_counter()
            self._go_on(work)
            done = True
            if trained is None:
                break
            # A first answer may take as long as hundreds of later ones, which are cut into slices:
            # it is not made up for by a minute without any.
            spent = time.perf_counter() - begin
            self._purse = max(self._purse - spent, -_OWED_SECONDS)
        return done

    @property
    def tracing(self) -> bool:
        """Whether something is being made ready for a first answer."""
        return any(one.tracing for one in self._all())

    def _all(self) -> list[_Watched]:
        with self._lock:
            return list(self._watched.values())

    def _begin(self, observer: Observer, place: tuple[int, int], still: bool) -> _Work | None:
        """The probe whose turn came first, if one is due."""
        now = time.monotonic()
        for one in sorted(self._all(), key=lambda one: one.answered + one.probe.every):
            if one.problem is not None:
                self._refuse(one, place)
                continue
            if not one.traced:
                self._trace(observer, one)
            if one.traced and self._due(one, place, now, still):
                return _Work(one, observer.answer(one.probe, live=True), place)
        return None

    @staticmethod
    def _due(one: _Watched, place: tuple[int, int], now: float, still: bool) -> bool:
        if one.place == place:
            return False
        if one.place == _NEVER or still:
            return True
        waited = now - one.answered >= one.probe.every
        return waited and place[0] - one.place[0] >= one.probe.epochs

    def _trace(self, observer: Observer, one: _Watched) -> None:
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

    def _go_on(self, work: _Work) -> None:
        one = work.watched
        try:
            next(work.slices)
        except StopIteration as end:
            self._work = None
            one.answered, one.place = _turn_of(one, time.monotonic()), work.place
            outputs, weights, gradients = end.value
            self._emit(Probed(one.probe, *work.place, outputs, weights, gradients))
        except Exception as error:  # noqa: BLE001 - as above
            self._work = None
            one.problem = error if isinstance(error, UserError) else _in_words(error)

    def _refuse(self, one: _Watched, place: tuple[int, int]) -> None:
        """Say why a probe has no answer, and forget it."""
        with self._lock:
            if self._watched.get(one.probe.key) is one:
                del self._watched[one.probe.key]
        self._emit(Probed(one.probe, *place, problem=one.problem))


def _turn_of(one: _Watched, now: float) -> float:
    """When an answer counts as given: chunks are long, and each would put off all later turns."""
    return now if one.answered + 2 * one.probe.every < now else one.answered + one.probe.every


def _in_words(error: Exception) -> UserError:
    return DataError(f"The network could not be asked: {error}", "Choose other samples.")
