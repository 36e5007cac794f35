"""What a window shows where, to restore when its widgets are built anew."""

from __future__ import annotations

from netbuilder.ui.widgets.view_memory import restore_view_options, view_options
from netbuilder.ui.window.window_commands import WindowCommands
from netbuilder.ui.window.window_parts import WindowParts


class ViewState:
    """The pages, widths, selection, camera and view options of a window."""

    def __init__(self, parts: WindowParts, commands: WindowCommands) -> None:
        docks, side, canvas = parts.docks, parts.docks.side, parts.canvas
        self._presented = commands.presentation.on
        if self._presented:
            commands.presentation.toggle()
        self._expanded = docks.expanded
        if self._expanded:
            docks.toggle_expanded()
        self._arrangement, self._requested = docks.state(), set(side.requested)
        self._drawer = [] if side.drawer.isHidden() else side.upright.sizes()
        self._detached = {
            name: page.geometry() for name, page in docks.pages.items() if page.detached
        }
        self._marked = [name for name, button in side.buttons.items() if button.marked]
        self._options = {name: page.options for name, page in docks.pages.items()}
        self._lesson = view_options(docks.lesson) if docks.lesson is not None else {}
        self._selection = canvas.selection()
        self._camera = (
            canvas.camera,
            canvas.scene_viewport.followed,
            canvas.scene_viewport.fit_pending,
        )
        self._gallery, self._work_left = commands.welcome.page.isVisible(), commands.work_left

    def restore(self, parts: WindowParts, commands: WindowCommands) -> None:
        """Show the same in new widgets."""
        docks, side, canvas = parts.docks, parts.docks.side, parts.canvas
        commands.work_left = self._work_left
        canvas.select(self._selection)
        (
            canvas.scene_viewport.camera,
            canvas.scene_viewport.followed,
            canvas.scene_viewport.fit_pending,
        ) = self._camera
        parts.status.show_zoom(canvas.camera.scale)
        for name, page in docks.pages.items():
            page.saved_options = self._options[name]
        side.requested |= self._requested
        docks.put_back(self._arrangement)
        if parts.lessons.lesson is not None:
            docks.show_lesson(True)
            if docks.lesson is not None:
                restore_view_options(docks.lesson, self._lesson)
        for name, geometry in self._detached.items():
            side.detach(name)
            docks.pages[name].setGeometry(geometry)
        for name in self._marked:
            side.mark(name)
        if self._drawer:
            side.open_drawer()
            side.upright.setSizes(self._drawer)
        for name in (*side.shown, *self._detached):
            docks.pages[name].fill()
        if self._expanded:
            docks.toggle_expanded()
        if self._presented:
            commands.presentation.toggle()
        if self._gallery:
            commands.welcome.show_page()
        else:
            canvas.setFocus()
