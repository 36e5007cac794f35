"""What the menus, keys and buttons of the main window do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from netbuilder.core.errors import UserError
from netbuilder.core.project.blocks import Block
from netbuilder.ui.palette.blocks import append_block
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.cards import RoleBox
from netbuilder.ui.widgets.fix_buttons import buttons_for
from netbuilder.ui.window import dialogs

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.ui.main_window import MainWindow
    from netbuilder.ui.services.store import Edit


class WindowCommands:
    """The commands of one window."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def show_error(self, error: UserError) -> None:
        """Say what went wrong, above the canvas, until it is read."""
        self.window.banner.clear()
        self.window.banner.add(
            RoleBox(
                "error",
                error.what,
                error.mend,
                self.window,
                buttons=(
                    *buttons_for(error, self.window.store, self.window.banner.clear),
                    ("Close", self.window.banner.clear),
                ),
            )
        )

    def show_notes(self, name: str, notes: tuple[str, ...]) -> None:
        """Say what an opened file holds that could not be taken over, until it is read."""
        card = RoleBox(
            "warning",
            f"Not all of {name} could be taken over",
            "\n".join(notes),
            self.window,
            button="Close",
            do=lambda: self.window.banner.remove(card),
        )
        self.window.banner.add(card)

    def show_failure(self, words: str, details: str) -> None:
        """Say that something unforeseen went wrong."""
        dialogs.show_failure(self.window, words, details)

    def show_panel(self, name: str) -> None:
        """Bring a tab to the front, with the keyboard in it."""
        self.window.docks.show_panel(name)

    def train(self) -> None:
        """Begin to train, or go on where the run is paused."""
        if self.window.runner.paused:
            self.window.runner.toggle_pause()
            return
        self.window.workbench.diagnose()
        blocking = [p for p in self.window.workbench.problems if p.blocks and p.follows is None]
        if blocking:
            first = blocking[0]
            self._show_blocking(first)
            if first.node is not None:
                self.window.show_node(first.node)
            if first.node is None and self.window.store.project.data.kind == "":
                self.show_panel("data")
            return
        self.window.banner.clear()
        self.window.docks.show_panel("training", focus=False)
        # The button is disabled while it trains: the keyboard goes to the canvas, not to Help.
        self.window.canvas.setFocus()
        self.window.runner.start()

    def _show_blocking(self, problem: Problem) -> None:
        """Say why it cannot be trained, with the mend as a button."""
        banner = self.window.banner
        banner.clear()
        mends: list[tuple[str, Callable[[], object]]] = []
        if problem.fix is not None:
            fix = problem.fix
            mends.append((fix.label, lambda: self.window.store.apply(fix.label, fix.edit)))
        elif self.window.store.project.data.kind == "":
            mends.append(("Choose data", partial(self.show_panel, "data")))
        title = f"This cannot be trained yet: {problem.title[:1].lower()}{problem.title[1:]}"
        card = RoleBox(
            "error",
            title,
            problem.message,
            self.window,
            buttons=(*mends, ("Close", banner.clear)),
        )
        card.setProperty("blocking", True)
        banner.add(card)

    def problems_changed(self) -> None:
        """Take away, or renew, what was said about a problem that is no more."""
        banner = self.window.banner
        if not any(card.property("blocking") for card in banner.cards):
            return
        blocking = [p for p in self.window.workbench.problems if p.blocks and p.follows is None]
        if blocking:
            self._show_blocking(blocking[0])
        else:
            banner.clear()

    def find_layer(self) -> None:
        """Put the cursor into the palette's search field."""
        self.window.docks.palette.show()
        self.window.palette_view.start_search()

    def append_block(self, block: Block) -> None:
        """Put a saved block behind the end of the network."""
        self.window.canvas.add(
            f"Add {block.name}", lambda project: append_block(project, block.graph)
        )

    def edit_layer(self) -> None:
        """Put the cursor into the inspector."""
        self.window.docks.inspector.show()
        self.window.inspector.focus_first()

    def fit_to_data(self) -> None:
        """Give the last layer the units and the activation that suit the target."""
        self.window.workbench.with_facts(
            lambda facts: self.window.store.apply("Fit the last layer to the data", fitting(facts))
        )

    def next_problem(self) -> None:
        """Go to the next problem."""
        self.window.status.next_problem()

    def search_commands(self) -> None:
        """Type what to do."""
        dialogs.search_commands(self.window, self.window.actions_table)

    def choose_example(self) -> None:
        """Choose one of the built-in examples."""
        if self.window.documents.may_close():
            dialogs.choose_example(self.window, self.window.documents.show_project)

    def train_elsewhere(self) -> None:
        """Write a folder with all that other machines need."""
        dialogs.train_elsewhere(
            self.window,
            self.window.store.project,
            self.window.workbench.base,
            self.window.status.tell,
        )

    def show_help(self) -> None:
        """Show how the window is used."""
        dialogs.show_help(self.window, self.window.actions_table)

    def show_log(self) -> None:
        """Show the file of unforeseen errors."""
        dialogs.show_log(self.window)

    def show_about(self) -> None:
        """Show the version."""
        dialogs.show_about(self.window)

    @property
    def horizontal(self) -> bool:
        """Whether the network reads from left to right."""
        return bool(self.window.store.project.graph.extra.get("horizontal"))

    def toggle_horizontal(self) -> None:
        """Let the network read the other way."""
        self.window.canvas.set_horizontal(not self.horizontal)
        self.window.refresh_actions()

    def scale(self, step: int) -> None:
        """Make everything larger (1), smaller (-1) or as it was (0)."""
        before = self.window.scaling.factor
        self.window.scaling.step(step)
        self.window.docks.widen(self.window.scaling.factor / before)

    @property
    def dark(self) -> bool:
        """Whether the dark scheme is in force."""
        return theme.theme().dark

    def toggle_dark(self) -> None:
        """Use the other scheme."""
        theme.theme().force(not self.dark)
        self.window.refresh_actions()

    def toggle_all_layers(self) -> None:
        """Show all layers, or the teaching ones."""
        self.window.palette_view.show_all(not self.window.palette_view.shows_all)
        self.window.refresh_actions()

    @property
    def panels_movable(self) -> bool:
        """Whether the panels have titles to drag them by."""
        return self.window.docks.titled

    def toggle_titles(self) -> None:
        """Show or hide the panels' titles."""
        self.window.docks.show_titles(not self.window.docks.titled)
        self.window.refresh_actions()

    def reset_panels(self) -> None:
        """Put the panels where they were at first."""
        self.window.docks.reset()


def fitting(facts: DataFacts) -> Edit:
    """The edit that fits the network's end to the data."""
    from netbuilder.core.data.defaults import adapt

    return lambda project: adapt(project, facts)
