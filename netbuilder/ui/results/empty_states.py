"""Empty pages: the next step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.graph_ends import changed_since
from netbuilder.core.wording import capitalize_first
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.connections import connect_while
from netbuilder.ui.widgets.empty_state import EmptyStatePage

_CHANGED = {
    "network": N_("The network has changed. These results are for the trained version."),
    "data": N_("The data has changed. These results are for the trained version."),
}


class StaleNote(QLabel):
    """Visible while network or data differ from the trained ones, or (unless ``live``) while
    training. ``meanwhile`` is its text during a run."""

    def __init__(
        self,
        workbench: Workbench,
        parent: QWidget,
        *,
        live: bool = False,
        meanwhile: Callable[[], str] = str,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._live, self._meanwhile = workbench, live, meanwhile
        self.setProperty("role", "note")
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        workbench.models.changed.connect(self.look)
        workbench.training_changed.connect(self.look)
        workbench.speed_changed.connect(self.look)
        workbench.store.changed.connect(self.look)
        self.look()

    def look(self, *_projects: object) -> None:
        trained, project = self._workbench.models.trained, self._workbench.store.project
        words = ""
        if self._workbench.training:
            words = self._meanwhile()
            if not words and trained is not None and not self._live:
                words = self._about_the_run()
        elif trained is not None and (change := changed_since(trained.project, project)):
            words = "⚠ " + _(_CHANGED[change])
        elif trained is not None and trained.set_by_hand:
            words = ngettext(
                "{count} weight of this network was set by hand ({key}).",
                "{count} weights of this network were set by hand ({key}).",
                trained.set_by_hand, key=key_text("Ctrl+Z"),
            )  # fmt: skip
        self.setText(words)
        self.setVisible(bool(words))

    def _about_the_run(self) -> str:
        bench = self._workbench
        state = capitalize_first(bench.run_words)
        if bench.models.paused_snapshot is None:
            return "⚠ " + _(
                "{state}: the results are still those of the previous run.", state=state
            )
        if bench.paused:
            count = bench.models.trained.set_by_hand if bench.models.trained is not None else 0
            if not count:
                return _("{state}: this is the network as it is now.", state=state)
            return ngettext(
                "{state}: this is the network as it is now, {count} weight set by hand ({key}).",
                "{state}: this is the network as it is now, {count} weights set by hand ({key}).",
                count, state=state, key=key_text("Ctrl+Z"),
            )  # fmt: skip
        return "⚠ " + _("{state}: the results are for the network at the last pause.", state=state)


class ResultsPage(QWidget):
    """A page that waits for a network, until then with ``words`` and a picture.

    ``_follow`` of a subclass is called when the network changes or the page is shown.
    """

    def __init__(
        self, workbench: Workbench, words: str, picture: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._ready_words = workbench, words
        self.waiting = EmptyStatePage.filling(self, _(words), picture)
        self.waiting.follow(workbench.run_changes, lambda: workbench.run_words)
        workbench.models.changed.connect(self._follow)
        follow_next_step(workbench, self.waiting, self._wait)
        self._wait()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def _wait(self) -> None:
        self.waiting.wait(next_step_sentence(self._workbench, _(self._ready_words)))

    def _follow(self) -> None:
        raise NotImplementedError


def shows_forecast(workbench: Workbench) -> bool:
    """Return whether the page *Surface* shows a forecast."""
    from netbuilder.core.data.data_facts import REGRESSION
    from netbuilder.core.data.registry import KINDS

    facts, kind = workbench.facts, KINDS.get(workbench.store.project.data.kind)
    if facts is None:
        return kind is not None and kind.goes_on
    ranks = {len(shape) for shape in facts.input_shapes.values()}
    return ranks == {2} and facts.task == REGRESSION


def shows_samples(workbench: Workbench) -> bool:
    """Return whether the page *Surface* has no plane of columns, only samples and layers."""
    facts = workbench.facts
    if facts is None or shows_forecast(workbench):
        return False
    words = {key for key, name in facts.input_dtypes.items() if name.startswith("int")}
    return all(len(shape) > 1 or key in words for key, shape in facts.input_shapes.items())


def next_step_sentence(workbench: Workbench, ready: str) -> str:
    """Return ``ready`` if the project can be trained, else what is missing."""
    lacks = missing_step_sentence(workbench)
    if lacks:
        return lacks
    if workbench.run_error is not None:
        return _("The last training failed. The Curves page says why and what to do.")
    return ready


def missing_step_sentence(workbench: Workbench) -> str:
    """Return what is needed before training; "" for nothing."""
    from netbuilder.core.data.registry import is_chosen

    project = workbench.store.project
    if not any(node.layer != "Input" for node in project.graph.nodes):
        return _("Drag a layer onto the canvas first.")
    if not is_chosen(project.data):
        return _("Choose data on the Data page first.")
    if workbench.data_error is not None:
        return _(
            "{problem}. The Data page says what to do.",
            problem=capitalize_first(workbench.data_trouble),
        )
    wrong = next((problem for problem in workbench.problems if problem.blocks), None)
    if wrong is not None:
        return _("{problem}\nFix it on the canvas first.", problem=wrong.message)
    return ""


def follow_next_step(
    workbench: Workbench, waiting: EmptyStatePage, show: Callable[[], object]
) -> None:
    """Call ``show`` whenever the next step changes, while ``waiting``."""

    def look(*_changed: object) -> None:
        if waiting.currentIndex() == 0:
            show()

    for signal in (
        workbench.store.changed,
        workbench.facts_changed,
        workbench.problems_changed,
        workbench.run_error_changed,
    ):
        connect_while(waiting, signal, look)
