"""Finds the fastest compilation beside the training that has already begun.

A thread compiles the other kinds on copies of the variables. Once one is ready, the session's
thread lets both run a few steps on copies, one after the other with nothing else going on, and
goes over if that pays. A kind that cannot be compiled is passed over in silence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from netbuilder.core.engine.loop.compile_cache import Decision
from netbuilder.core.engine.loop.program import LoopPlan, Program
from netbuilder.core.engine.loop.tensors import Order

_TRY_SECONDS = 0.02
_CALL_SECONDS = 0.1
_HOPELESS = 3.0
_CLEAR = 0.5
_WORTH = 0.9
# A chunk has room for a program so many times faster; of data so small that the orders of its
# epochs are quickly made and handed over, for one that is faster still.
_SPEEDUP, _MOST_SPEEDUP, _SMALL_ORDERS = 20, 640, 1 << 17


@dataclass
class CandidateProgram:
    """A compiled program, and how long a step took while something else was running."""

    program: Program
    rough: float


@dataclass
class CompilationChooser:
    """Compiles and compares.

    Attributes:
        make: makes a program of a kind for a plan (traces it; runs on the thread).
        orders: some orders to rehearse with, for a plan.
        running: the program that trains now.
        speed: tells its seconds a step at the moment.
        wanted: the only kind to compile, where it is known already; "" to find out.
    """

    make: Callable[[str, LoopPlan], Program]
    orders: Callable[[LoopPlan], Order]
    running: Program
    speed: Callable[[], float]
    wanted: str = ""
    plan: LoopPlan | None = None
    _ready: list[CandidateProgram] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)
    _told: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _best: tuple[float, Program] | None = None

    def start(self) -> None:
        """Begin to compile.

        The thread is no daemon: a process must not end while XLA is at work in it (Python would
        cut the thread off inside C++, and the process dies with "exception not rethrown").
        """
        threading.Thread(target=self._work, name="netbuilder-compile").start()

    def cancel(self) -> None:
        """Compile no more than what is being compiled."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for everything to be compiled; whether it is."""
        return self._done.wait(seconds)

    def only(self) -> Program | None:
        """The wanted program, once compiled; None if it cannot be."""
        return self._ready[0].program if self._ready else None

    def _work(self) -> None:
        kinds = (self.wanted,) if self.wanted else ("loop", "step")
        try:
            for kind in kinds:
                if self._stop.is_set():
                    break
                candidate = self._compile(kind)
                if candidate is not None:
                    self._ready.append(candidate)
                    self._told.clear()
        finally:
            self._done.set()

    def _compile(self, kind: str) -> CandidateProgram | None:
        plan = self.plan or larger_plan(self.running.plan, self.speed(), self.running)
        try:
            program = self.make(kind, plan)
            orders = self.orders(program.plan)
            if self._stop.is_set():
                return None
            program.rehearse(orders, 0, 0)
            if self.wanted:
                program.end_rehearsal()
                return CandidateProgram(program, 0.0)
            if self._stop.is_set():
                return None
            program.rehearse(orders, 0, 1)
            # One step first, since one can be very slow.
            rough = program.rehearse(orders, 0, 1)
            if rough < _HOPELESS * self.speed() + _CALL_SECONDS:
                count = max(1, int(_TRY_SECONDS / max(self.speed(), 1e-6)))
                count = min(count, plan.steps, program.room)
                rough = _without_the_call(program, orders, count)
            if rough > _HOPELESS * self.speed():
                program.end_rehearsal()
                return None
            return CandidateProgram(program, rough)
        # XLA says in many ways that it cannot compile something; the graph goes on running.
        except Exception:  # noqa: BLE001
            return None

    def decide(self) -> Program | str | None:
        """Look at what is ready, on the session's thread.

        Returns:
            A program to go over to, "graph" when nothing is faster, None when it is open yet.
        """
        finished = self._done.is_set()
        if not self._told.is_set() and self._ready:
            self._told.set()
            found = self._compare()
            if found is not None and (finished or found[0] < _CLEAR):
                self.cancel()
                return found[1]
        if not finished:
            return None
        found = self._compare()
        return "graph" if found is None else found[1]

    def _compare(self) -> tuple[float, Program] | None:
        """The fastest of those ready, and the part of the running one's time that it takes."""
        programs = [self.running, *(candidate.program for candidate in self._ready)]
        times = [self.speed(), *(candidate.rough for candidate in self._ready)]
        for attempt in range(2):
            for number, program in enumerate(programs):
                now = _seconds_a_step(program, self.orders, times[number])
                times[number] = min(times[number], now) if attempt else now
        for program in programs:
            program.end_rehearsal()
        fastest = min(range(len(programs)), key=times.__getitem__)
        share = times[fastest] / times[0]
        return (share, programs[fastest]) if fastest and share < _WORTH else None


def _seconds_a_step(program: Program, orders: Callable[[LoopPlan], Order], rough: float) -> float:
    rows = orders(program.plan)
    count = max(1, min(int(_TRY_SECONDS / max(rough, 1e-7)), program.plan.steps, program.room))
    return _without_the_call(program, rows, count)


def _without_the_call(program: Program, orders: Order, count: int) -> float:
    """Seconds a step; the call itself, 20 ms where variables are many, holds many more steps."""
    call = program.rehearse(orders, 0, 0)
    return max(program.rehearse(orders, 0, count) - call, 1e-7) / count


class _Epochs(Protocol):
    """How an epoch of a program is cut."""

    @property
    def rows(self) -> int:
        """Samples of an epoch."""

    @property
    def steps_per_epoch(self) -> int:
        """Its steps."""


def larger_plan(plan: LoopPlan, seconds_a_step: float, of: _Epochs) -> LoopPlan:
    """``plan`` with room for a chunk of a program that is many times faster."""
    wanted = int(0.04 * _SPEEDUP / max(seconds_a_step, 1e-6))
    epochs = plan.epochs
    if plan.fused:
        most = wanted * _MOST_SPEEDUP // _SPEEDUP // of.steps_per_epoch + 2
        small = min(most, _SMALL_ORDERS // of.rows)
        epochs = max(epochs, min(1024, max(wanted // of.steps_per_epoch + 2, small)))
        wanted = max(wanted, epochs * of.steps_per_epoch)
    steps = max(plan.steps, min(1 << 15, wanted))
    return replace(plan, epochs=epochs, steps=min(steps, epochs * of.steps_per_epoch))


def decision_for(program: Program | str, step: int) -> Decision:
    """What to remember about going over to ``program`` at ``step``."""
    if isinstance(program, str):
        return Decision(kind=program)
    return Decision(program.kind, step, program.plan.epochs, program.plan.steps)
