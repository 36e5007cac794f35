"""Sessions as most tests want them."""

import threading
from collections.abc import Callable
from typing import Any

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Event
from netbuilder.core.project.model import Project


def graph_session(project: Project, data: Dataset, **more: Any) -> Session:
    """A session that records nothing and compiles graphs, without finding out what is fastest."""
    storage, computation = RunStorage(record=False), Computation("graph")
    return Session(project, data, storage=storage, computation=computation, **more)


class EventLog:
    """A session, a thread that can run it, and its events so far."""

    def __init__(self, project: Project, data: Dataset) -> None:
        self.events: list[Event] = []
        self.arrived = threading.Condition()
        self.session = graph_session(project, data, on_event=self._take)
        self.thread = threading.Thread(target=self.session.run)

    def _take(self, event: Event) -> None:
        with self.arrived:
            self.events.append(event)
            self.arrived.notify_all()

    def of(self, kind: type) -> list[Any]:
        """Its events of a class."""
        return [event for event in self.events if isinstance(event, kind)]

    def wait(self, condition: Callable[[], object], seconds: float = 20) -> None:
        """Wait until an event makes the condition true."""
        with self.arrived:
            assert self.arrived.wait_for(condition, seconds), self.events[-3:]

    def after(self, ask: Callable[[], object], kind: type) -> Any:
        """Call ``ask`` and return the next event of a class."""
        count = len(self.of(kind))
        ask()
        self.wait(lambda: len(self.of(kind)) > count, 60)
        return self.of(kind)[count]
