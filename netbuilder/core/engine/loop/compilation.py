"""When a run goes over from the graph loop to a faster compilation.

A run begins in the graph loop at once. What happens then is remembered per model shape
(``remembered``): the first run finds out (``chooser``), later ones go over at the same step, so
that the same seed gives the same curve to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from netbuilder.core.engine.loop.compile_cache import CachedDecision, Decision
from netbuilder.core.engine.loop.compile_tuner import CompilationChooser, decision_for, larger_plan
from netbuilder.core.engine.loop.program import LoopPlan, Program
from netbuilder.core.engine.loop.tensors import Order

Mode = Literal["auto", "graph", "step", "loop"]

# Compiling keeps a processor busy for about a second: not for a run that is over by then.
_WORTH_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0


class Compilation:
    """Which program runs at which step.

    Args:
        running: the graph loop, with which every run begins.
        make: makes a program of a kind for a plan.
        orders: some orders to rehearse with, for a plan.
        remembered: what is known about the model shape; None remembers nothing.
        mode: "auto", or a kind that is to be used from the first step on.
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
        self._remembered = remembered if mode == "auto" else None
        self._decision = self._remembered.read() if self._remembered else Decision()
        if mode != "auto":
            self._decision = Decision(kind=mode)
        self._chooser: CompilationChooser | None = None
        self._fast: Program | None = None
        self._deadline = 0.0
        self._later = self._switches

    @property
    def kind(self) -> str:
        """The kind that the run goes over to or went over to; "" while that is open."""
        return self._decision.kind

    @property
    def chosen(self) -> Program:
        """The program that the run went over to, or the graph loop."""
        return self._fast or self.graph

    def room(self, position: int) -> int | None:
        """Steps from ``position`` on that must come before the next change; None: any number."""
        step = self._decision.step
        return step - position if self._switches and position < step else None

    @property
    def _switches(self) -> bool:
        return self._decision.kind in ("step", "loop")

    def program(self, position: int, steps_left: int) -> Program | None:
        """The program for the step at ``position``; None when it is still being compiled.

        Args:
            position: steps done since the beginning of the run.
            steps_left: steps that the run still has, as planned now.
        """
        decision = self._decision
        if self._later:
            # Compiled from the beginning on, for a step that this run will come to.
            if position + steps_left <= decision.step:
                return self.graph
            self._later = False
            self._start(decision.kind)
        if self._switches:
            return self.graph if position < decision.step else self._compiled()
        if decision.kind == "graph":
            return self.graph
        if self._chooser is None:
            if self.speed * steps_left > _WORTH_SECONDS:
                self._start("")
            return self.graph
        if position < decision.until:
            return self.graph
        return self._decide(position)

    def _decide(self, position: int) -> Program:
        chooser = self._chooser
        found = chooser.decide() if chooser is not None else None
        if found is None:
            return self.graph
        # Another window may have decided about the same model shape meanwhile.
        known = self._remembered.read() if self._remembered else Decision()
        if known.kind and known.step > position:
            self._decision = known
            self._start(known.kind)
            return self.graph
        self._decision = decision_for(found, position)
        if self._remembered is not None:
            self._remembered.write(self._decision)
        if isinstance(found, str):
            return self.graph
        self._fast = found
        return found

    def _compiled(self) -> Program | None:
        """The program that was wanted, once it is there; the graph loop if it cannot be."""
        if self._fast is not None:
            return self._fast
        chooser = self._chooser
        if chooser is not None and not chooser.wait(0.02):
            self._deadline = self._deadline or time.monotonic() + _PATIENCE_SECONDS
            if time.monotonic() < self._deadline:
                return None
        self._fast = (chooser.only() if chooser is not None else None) or self.graph
        return self._fast

    def _start(self, wanted: str) -> None:
        decision, plan = self._decision, None
        if wanted and decision.epochs:
            plan = replace(self.graph.plan, epochs=decision.epochs, steps=decision.steps)
        elif wanted:
            plan = larger_plan(self.graph.plan, 0.0, self.graph)
        self._chooser = CompilationChooser(
            self._make, self._orders, self.graph, lambda: self.speed, wanted, plan
        )
        self._chooser.start()

    def end(self, position: int) -> None:
        """The run ends, for now, at ``position``: remember how far it came, compile no more."""
        if self._remembered is not None and not self._decision.kind:
            self._remembered.reached(position)
        if self._chooser is not None and self._fast is None:
            self._chooser.cancel()
            self._chooser = None
            if self._switches:
                self._later = True
