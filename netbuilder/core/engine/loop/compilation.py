"""Chooses when a run changes from the graph loop to a faster compilation.

The choice is remembered per model shape (``CachedDecision``): later runs change at the same step,
so that the same seed gives the same curve to the last bit.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from netbuilder.core import folders
from netbuilder.core.engine.loop.program import LoopPlan, Program
from netbuilder.core.engine.loop.tensors import Order
from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import write_bytes

if TYPE_CHECKING:
    import keras


# Raised with each change of what a program computes, or how fast.
_VERSION = 2


@dataclass(frozen=True)
class Decision:
    """What is known about a model shape.

    Attributes:
        kind: the compilation to change to; "graph": none; "" not decided yet.
        step: first step of the run, from 0, that it does.
        epochs, steps: sizes that it is compiled for.
        until: steps that some run has done without changing, while not decided.
    """

    kind: str = ""
    step: int = 0
    epochs: int = 0
    steps: int = 0
    until: int = 0


class CachedDecision:
    """The decision for a ``compilation_key``, on disk in ``folder`` or the user's cache folder."""

    def __init__(self, key: str, folder: Path | None = None) -> None:
        place = folder if folder is not None else folders.cache() / "compiled"
        self.path = place / f"{key}.json"

    def read(self) -> Decision:
        """Return the decision; an empty one where nothing is known or the file cannot be read."""
        try:
            value = json.loads(self.path.read_text("utf-8"))
            known = {key: value[key] for key in asdict(Decision()) if key in value}
            return Decision(**known)
        except (OSError, ValueError, TypeError):
            return Decision()

    def write(self, decision: Decision) -> None:
        """Remember ``decision``; a folder that cannot be written is ignored."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.path, json.dumps(asdict(decision)).encode())
        except (OSError, UserError):
            return

    def reached(self, step: int) -> None:
        """Remember that a run has done ``step`` steps without changing."""
        decision = self.read()
        if not decision.kind and step > decision.until:
            self.write(replace(decision, until=step))


def compilation_key(model: keras.Model, plan: LoopPlan, samples: Mapping[str, Any]) -> str:
    """Return a digest of all that decides which compilation is fastest and what it computes.

    ``samples`` holds numbers and types of the samples, as JSON.
    """
    import keras
    import tensorflow as tf

    optimizer = _without(model.optimizer.get_config(), {"name", "learning_rate"})
    parts = [
        _VERSION,
        model.get_config(),
        type(model.optimizer).__name__,
        optimizer,
        [metric.name for metric in model.metrics],
        repr(model.get_compile_config().get("loss")),
        asdict(plan),
        samples,
        [w.shape for w in model.trainable_weights],
        [tf.__version__, keras.__version__, platform.machine(), platform.node(), os.cpu_count()],
        tf.config.threading.get_intra_op_parallelism_threads(),
    ]
    text = json.dumps(parts, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {k: _without(entry, keys) for k, entry in value.items() if k not in keys}
    if isinstance(value, list):
        return [_without(entry, keys) for entry in value]
    return value


_TRY_SECONDS = 0.02
_CALL_SECONDS = 0.1
_HOPELESS = 3.0
_CLEAR = 0.5
_WORTH = 0.9
# How much faster a program may be that a chunk has room for; more of small data.
_SPEEDUP, _MOST_SPEEDUP, _SMALL_ORDERS = 20, 640, 1 << 17


@dataclass
class CandidateProgram:
    """A compiled program, and the seconds a step while something else was running."""

    program: Program
    rough: float


@dataclass
class CompilationChooser:
    """Compiles programs in a thread and compares their speed.

    ``make`` traces a program of a kind for a plan, ``orders`` returns orders to rehearse with,
    ``speed`` the seconds a step of ``running``, the program that trains now. ``requested`` is the
    only kind to compile; "" compares all.
    """

    make: Callable[[str, LoopPlan], Program]
    orders: Callable[[LoopPlan], Order]
    running: Program
    speed: Callable[[], float]
    requested: str = ""
    plan: LoopPlan | None = None
    _ready: list[CandidateProgram] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    _reported: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _best: tuple[float, Program] | None = None

    def start(self) -> None:
        """Start compiling, in a thread.

        It is no daemon: a process that ends while XLA works dies with "exception not rethrown".
        """
        threading.Thread(target=self._work, name="netbuilder-compile").start()

    def cancel(self) -> None:
        """Compile nothing after the current program."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for everything to be compiled; return whether it is."""
        return self.done.wait(seconds)

    def only(self) -> Program | None:
        """The requested program, once compiled; None if it cannot be."""
        return self._ready[0].program if self._ready else None

    def _work(self) -> None:
        kinds = (self.requested,) if self.requested else ("loop", "step")
        try:
            for kind in kinds:
                if self._stop.is_set():
                    break
                candidate = self._compile(kind)
                if candidate is not None:
                    self._ready.append(candidate)
                    self._reported.clear()
        finally:
            self.done.set()

    def _compile(self, kind: str) -> CandidateProgram | None:
        plan = self.plan or larger_plan(self.running.plan, self.speed(), self.running)
        try:
            program = self.make(kind, plan)
            orders = self.orders(program.plan)
            if self._stop.is_set():
                return None
            program.rehearse(orders, 0, 0)
            if self.requested:
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
        # XLA fails with many kinds of errors; the graph goes on running.
        except Exception:  # noqa: BLE001
            return None

    def decide(self) -> Program | str | None:
        """Return the program to change to, "graph" when nothing is faster, None while undecided."""
        finished = self.done.is_set()
        if not self._reported.is_set() and self._ready:
            self._reported.set()
            verdict = self._compare()
            if verdict is not None and (finished or verdict[0] < _CLEAR):
                self.cancel()
                return verdict[1]
        if not finished:
            return None
        verdict = self._compare()
        return "graph" if verdict is None else verdict[1]

    def _compare(self) -> tuple[float, Program] | None:
        programs = [self.running, *(candidate.program for candidate in self._ready)]
        times = [self.speed(), *(candidate.rough for candidate in self._ready)]
        for attempt in range(2):
            for number, program in enumerate(programs):
                seconds = _seconds_a_step(program, self.orders, times[number])
                times[number] = min(times[number], seconds) if attempt else seconds
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


def larger_plan(plan: LoopPlan, seconds_a_step: float, of: Program) -> LoopPlan:
    """Return ``plan`` with room for a chunk of a program that is many times faster."""
    needed = int(0.04 * _SPEEDUP / max(seconds_a_step, 1e-6))
    epochs = plan.epochs
    if plan.fused:
        most = needed * _MOST_SPEEDUP // _SPEEDUP // of.steps_per_epoch + 2
        small = min(most, _SMALL_ORDERS // of.rows)
        epochs = max(epochs, min(1024, max(needed // of.steps_per_epoch + 2, small)))
        needed = max(needed, epochs * of.steps_per_epoch)
    steps = max(plan.steps, min(1 << 15, needed))
    return replace(plan, epochs=epochs, steps=min(steps, epochs * of.steps_per_epoch))


def decision_for(program: Program | str, step: int) -> Decision:
    """Return the decision to change to ``program`` at ``step``."""
    if isinstance(program, str):
        return Decision(kind=program)
    return Decision(program.kind, step, program.plan.epochs, program.plan.steps)


Mode = Literal["auto", "graph", "step", "loop"]

# Compiling keeps a processor busy for about a second: not for a run that is over by then.
_WORTH_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0


class Compilation:
    """Which program runs at which step; every run begins with ``running``, the graph loop.

    Args:
        make: makes a program of a kind for a plan.
        orders: sample orders to rehearse with, for a plan.
        remembered: the decision for the model shape; None remembers nothing.
        mode: "auto", or the kind to use from the first step on.
    """

    def __init__(
        self,
        running: Program,
        make: Callable[[str, LoopPlan], Program],
        orders: Callable[[LoopPlan], Order],
        *,
        remembered: CachedDecision | None,
        mode: Mode = "auto",
    ) -> None:
        self.graph = running
        self.speed = 0.0
        self._make = make
        self._orders = orders
        self.remembered = remembered if mode == "auto" else None
        self.decision = self.remembered.read() if self.remembered else Decision()
        if mode != "auto":
            self.decision = Decision(kind=mode)
        self.chooser: CompilationChooser | None = None
        self._fast: Program | None = None
        self._deadline = 0.0
        self._later = self._switches

    @property
    def kind(self) -> str:
        """The kind that the run changes or changed to; "" while undecided."""
        return self.decision.kind

    @property
    def chosen(self) -> Program:
        """The program that the run changed to, or the graph loop."""
        return self._fast or self.graph

    def room(self, position: int) -> int | None:
        """Return the steps from ``position`` to the next change; None: any number."""
        step = self.decision.step
        return step - position if self._switches and position < step else None

    @property
    def _switches(self) -> bool:
        return self.decision.kind in ("step", "loop")

    def program(self, position: int, steps_left: int) -> Program | None:
        """Return the program for the step at ``position``; None while it is being compiled."""
        decision = self.decision
        if self._later:
            # Compile from the start, for a step that this run will reach.
            if position + steps_left <= decision.step:
                return self.graph
            self._later = False
            self._start(decision.kind)
        if self._switches:
            return self.graph if position < decision.step else self._compiled()
        if decision.kind == "graph":
            return self.graph
        if self.chooser is None:
            if self.speed * steps_left > _WORTH_SECONDS:
                self._start("")
            return self.graph
        if position < decision.until:
            return self.graph
        return self._decide(position)

    def _decide(self, position: int) -> Program:
        chooser = self.chooser
        verdict = chooser.decide() if chooser is not None else None
        if verdict is None:
            return self.graph
        # Another window may have decided about the same model shape meanwhile.
        known = self.remembered.read() if self.remembered else Decision()
        if known.kind and known.step > position:
            self.decision = known
            self._start(known.kind)
            return self.graph
        self.decision = decision_for(verdict, position)
        if self.remembered is not None:
            self.remembered.write(self.decision)
        if isinstance(verdict, str):
            return self.graph
        self._fast = verdict
        return verdict

    def _compiled(self) -> Program | None:
        if self._fast is not None:
            return self._fast
        chooser = self.chooser
        if chooser is not None and not chooser.wait(0.02):
            self._deadline = self._deadline or time.monotonic() + _PATIENCE_SECONDS
            if time.monotonic() < self._deadline:
                return None
        self._fast = (chooser.only() if chooser is not None else None) or self.graph
        return self._fast

    def _start(self, kind: str) -> None:
        decision, plan = self.decision, None
        if kind and decision.epochs:
            plan = replace(self.graph.plan, epochs=decision.epochs, steps=decision.steps)
        elif kind:
            plan = larger_plan(self.graph.plan, 0.0, self.graph)
        self.chooser = CompilationChooser(
            self._make, self._orders, self.graph, lambda: self.speed, kind, plan
        )
        self.chooser.start()

    def end(self, position: int) -> None:
        """Stop compiling, and remember how far the run came."""
        if self.remembered is not None and not self.decision.kind:
            self.remembered.reached(position)
        if self.chooser is not None and self._fast is None:
            self.chooser.cancel()
            self.chooser = None
            if self._switches:
                self._later = True
