"""A line above results that are no longer those of the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from netbuilder.core.project.equivalence import changed_since
from netbuilder.core.wording import capitalize_first, format_count
from netbuilder.ui.services.workbench import Workbench

_END = "what stands here is about what was trained. Press Train to see the new one."


class StaleNote(QLabel):
    """Shows itself while the network, or its data, is another than the one that was trained, and
    while another training goes on (where ``live``, what stands below follows that).

    ``meanwhile`` says what stands below while a run goes on; "": what this note says by itself.
    """

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
        workbench.trained_changed.connect(self.look)
        workbench.training_changed.connect(self.look)
        workbench.speed_changed.connect(self.look)
        workbench.store.changed.connect(self.look)
        self.look()

    def look(self, *_projects: object) -> None:
        """Say what is so now."""
        trained, project = self._workbench.trained, self._workbench.store.project
        words = ""
        if self._workbench.training:
            words = self._meanwhile()
            if not words and trained is not None and not self._live:
                words = self._about_the_run()
        elif trained is not None and (what := changed_since(trained.project, project)):
            words = f"⚠ The {what} was changed since: {_END}"
        elif trained is not None and trained.set_by_hand:
            count = format_count(trained.set_by_hand, "weight")
            words = f"{count} of this network {_was(trained.set_by_hand)} set by hand (Ctrl+Z)."
        self.setText(words)
        self.setVisible(bool(words))

    def _about_the_run(self) -> str:
        bench = self._workbench
        state = capitalize_first(bench.run_words)
        if not bench.standing:
            return f"⚠ {state}: what stands here is still about the training before."
        if bench.paused:
            words = f"{state}: this is the network as it stands now"
            count = bench.trained.set_by_hand if bench.trained is not None else 0
            if count:
                words += f", {format_count(count, 'weight')} set by hand (Ctrl+Z)"
            return f"{words}."
        return f"⚠ {state}: what stands here is the network as it stood in the last pause."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
