"""The rows of everything that the main window can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from operator import attrgetter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.level import BASIC, FULL, level
from netbuilder.ui.services.runs.run_progress import SPEEDS
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.action import ActionRow
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.window_commands import WindowCommands
from netbuilder.ui.window.window_parts import WindowParts

MENUS = ("File", "Edit", "Layer", "View", "Run", "Help")
#: The system shows the menus at the top of the screen, as macOS does.
MENU_BAR = sys.platform == "darwin"
_Key = QKeySequence.StandardKey
#: What the button beside Train offers; "" is a line.
SPEED_MENU = (
    *(f"speed-{speed.id}" for speed in SPEEDS),
    "",
    *("step", "one-epoch", "rewind"),
    "",
    "as-drawn",
)


def rows_for(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    """The rows of a window, in the order of its menus."""
    return [
        *_file_rows(parts, commands),
        *_edit_rows(parts, commands),
        *_layer_rows(parts, commands),
        *_view_rows(parts, commands),
        *_run_rows(parts, commands),
        *_help_rows(parts, commands),
    ]


def quit_row(window: QWidget) -> ActionRow:
    """Return what the menu bar of macOS has besides: it ends the program."""
    return ActionRow("quit", _("Quit NetBuilder"), window.close, "", "Ctrl+Q")


def _file_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    files = parts.documents
    trained = lambda: parts.workbench.models.trained is not None  # noqa: E731 - a row's question
    return [
        ActionRow("new", "New", files.new, "File", _Key.New, "Begin an empty project"),
        ActionRow("open", "Open…", files.open, "File", _Key.Open, "Open a project or a model"),
        ActionRow(
            "gallery",
            "Examples and lessons…",
            commands.guide("show_page"),
            "File|",
            "Ctrl+Shift+N",
            "Ready-made networks, lessons, recent files",
        ),
        ActionRow("save", "Save", files.save, "File", _Key.Save, "Write the project to its file"),
        ActionRow("save-as", "Save as…", files.save_as, "File", "Ctrl+Shift+S"),
        ActionRow(
            "save-model",
            "Save the trained model…",
            files.save_model,
            "File",
            "Ctrl+Shift+E",
            "The .h5 that answers in the data's own units, anywhere",
            enabled=trained,
        ),
        ActionRow(
            "export",
            "Export…",
            files.export,
            "File",
            "Ctrl+E",
            "Python, a notebook, a picture, ONNX, TensorFlow Lite, …",
        ),
        ActionRow(
            "collect",
            "Collect samples…",
            commands.collect,
            "File|",
            help="Pictures by camera, sounds by microphone: a folder for each class",
        ),
        ActionRow(
            "worksheet",
            "Picture for a worksheet…",
            commands.write_worksheet,
            "File|",
            "",
            "The network as SVG, PNG or PDF: with its numbers, or with lines to write them on",
        ),
        ActionRow(
            "hand-in",
            "Hand in…",
            partial(dialogs.open_submission_dialog, parts),
            "File",
            help="One file with your name, your work and the lesson's steps",
        ),
        ActionRow(
            "grade",
            "Grade submissions…",
            partial(dialogs.open_grade_window, parts.window, parts.documents.open_asking),
            "File|",
            help="For teachers: a folder of hand-ins, judged on hidden data",
        ),
        ActionRow(
            "report",
            "Report of the run…",
            commands.write_report,
            "File|",
            "",
            "One page with network, data, curves, test and what was tried, as HTML or PDF",
            enabled=trained,
        ),
        ActionRow("close", "Close", parts.window.close, "File", "Ctrl+W; Ctrl+Q"),
    ]


def _canvas(parts: WindowParts, name: str) -> Callable[[], object]:
    """A slot of the canvas by its name (``commands.cut``), looked up when it is called."""

    def call() -> object:
        return attrgetter(name)(parts.canvas)()

    return call


def _edit_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    store = parts.store
    do = partial(_canvas, parts)
    some = lambda: bool(parts.selection.ids)  # noqa: E731 - a row's question
    return [
        ActionRow(
            "undo",
            "Undo",
            store.undo,
            "Edit",
            _Key.Undo,
            enabled=lambda: bool(store.undo_label),
            tip=lambda: f"Undo: {store.undo_label}" if store.undo_label else "Undo",
        ),
        ActionRow(
            "redo",
            "Redo",
            store.redo,
            "Edit|",
            "Ctrl+Shift+Z; Ctrl+Y",
            enabled=lambda: bool(store.redo_label),
            tip=lambda: f"Redo: {store.redo_label}" if store.redo_label else "Redo",
        ),
        ActionRow("cut", "Cut", do("commands.cut"), "Edit", "Ctrl+X", enabled=some, local=True),
        ActionRow("copy", "Copy", do("commands.copy"), "Edit", "Ctrl+C", enabled=some, local=True),
        ActionRow("paste", "Paste", do("commands.paste"), "Edit", "Ctrl+V", local=True),
        ActionRow(
            "duplicate",
            "Duplicate",
            do("commands.duplicate"),
            "Edit",
            "Ctrl+D",
            enabled=some,
            local=True,
        ),
        ActionRow(
            "delete",
            "Delete",
            do("commands.delete_selection"),
            "Edit|",
            "Del",
            enabled=some,
            local=True,
        ),
        ActionRow(
            "select-all", "Select all", do("commands.select_all"), "Edit|", "Ctrl+A", local=True
        ),
        ActionRow(
            "commands",
            "Search commands…",
            partial(dialogs.search_commands, parts.window, parts.actions),
            "Edit",
            "Ctrl+Shift+P; Ctrl+K",
            "Type what you want to do",
        ),
        ActionRow(
            "settings",
            "Settings…",
            commands.show_settings,
            "Edit",
            "Ctrl+,",
            "How many trainings are kept, and what else holds for every project",
        ),
    ]


def _layer_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    do = partial(_canvas, parts)
    many = lambda: len(parts.selection.ids) > 1  # noqa: E731 - a row's question
    some = lambda: bool(parts.selection.ids)  # noqa: E731 - a row's question
    return [
        ActionRow(
            "find-layer",
            "Find a layer…",
            commands.find_layer,
            "Layer",
            "Ctrl+L",
            "Search the palette",
        ),
        ActionRow(
            "find-on-canvas",
            _("Find on the canvas…"),
            do("commands.find"),
            "Layer",
            "Ctrl+F",
            _("Find a layer of the network by its name; Enter goes to the next"),
        ),
        ActionRow(
            "edit-layer",
            "Edit the selected layer",
            commands.edit_layer,
            "Layer|",
            "F2",
            enabled=some,
        ),
        ActionRow(
            "group", "Group", do("commands.group"), "Layer", "Ctrl+G", enabled=many, local=True
        ),
        ActionRow(
            "ungroup",
            "Ungroup",
            do("commands.ungroup"),
            "Layer|",
            "Ctrl+Shift+G",
            enabled=some,
            local=True,
        ),
        ActionRow(
            "align-column", "Align in a column", do("commands.align_column"), "Layer", enabled=many
        ),
        ActionRow("align-row", "Align in a row", do("commands.align_row"), "Layer|", enabled=many),
        ActionRow(
            "share",
            "Share weights",
            do("commands.share"),
            "Layer",
            "",
            "The selected layers of one kind use the same weights",
            enabled=many,
        ),
        ActionRow("unshare", "Own weights again", do("commands.unshare"), "Layer|", enabled=some),
        ActionRow(
            "tidy", "Tidy up", do("commands.tidy"), "Layer", "Ctrl+T", "Lay the network out afresh"
        ),
        ActionRow(
            "fit-data",
            "Fit the last layer to the data",
            commands.fit_to_data,
            "Layer",
            "",
            "Units, activation, loss and metrics that suit the target",
            enabled=lambda: parts.workbench.facts is not None,
        ),
    ]


def _view_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    do = partial(_canvas, parts)
    panels = [
        ActionRow(
            f"panel-{row.id}",
            _(row.title),
            partial(commands.show_panel, row.id),
            "View|" if row is PANELS[-1] else "View",
            f"Alt+{row.key}" if row.key else "",
            _(row.help),
        )
        for row in PANELS
    ]
    return [
        *panels,
        ActionRow(
            "canvas",
            "Go to the canvas",
            commands.to_canvas,
            "View",
            "Alt+0",
            "Put the keyboard into the canvas; Escape does it from a side panel",
        ),
        ActionRow(
            "lesson",
            "The lesson",
            commands.guide("show_lesson"),
            "View|",
            "Ctrl+Shift+L",
            "Puts the keyboard into the lesson, or shows which there are",
        ),
        ActionRow("fit", "Fit the network into the window", do("sight.fit"), "View", "Ctrl+0"),
        ActionRow(
            "zoom-in", "Zoom in on the canvas", do("commands.zoom_in"), "View", "Ctrl+Shift++"
        ),
        ActionRow(
            "zoom-out", "Zoom out of the canvas", do("commands.zoom_out"), "View", "Ctrl+Shift+-"
        ),
        ActionRow("zoom-reset", "Canvas at 100 %", do("commands.zoom_reset"), "View", "Ctrl+1"),
        ActionRow(
            "network-table",
            _("Network summary…"),
            do("commands.show_table"),
            "View",
            "",
            _("Layers with output shapes, parameters and multiply-adds; sort, copy or save as CSV"),
        ),
        ActionRow(
            "present",
            "Presentation",
            commands.presentation.toggle,
            "View",
            "F11",
            "For the class: canvas and one panel, large; pointer and keys shown; slow training",
            checked=lambda: commands.presentation.on,
        ),
        ActionRow(
            "horizontal",
            "Read from left to right",
            commands.toggle_horizontal,
            "View|",
            checked=lambda: commands.horizontal,
        ),
        ActionRow(
            "larger",
            "Everything larger",
            partial(commands.scale, 1),
            "View",
            "Ctrl++; Ctrl+=",
            "Larger letters in the whole window",
        ),
        ActionRow("smaller", "Everything smaller", partial(commands.scale, -1), "View", "Ctrl+-"),
        ActionRow("normal", "Normal size", partial(commands.scale, 0), "View|", "Ctrl+Shift+0"),
        ActionRow(
            "dark",
            "Dark",
            commands.toggle_dark,
            "View",
            checked=lambda: commands.dark,
        ),
        ActionRow(
            "reduce-motion",
            "Reduce motion",
            commands.toggle_motion,
            "View",
            "",
            "What only moves to please stands still",
            checked=lambda: commands.motion_reduced,
        ),
        *(
            ActionRow(
                f"level-{name}",
                title,
                partial(commands.choose_level, name),
                "View",
                "",
                words,
                checked=lambda name=name: level().name == name,  # type: ignore[misc]
            )
            for name, title, words in (
                (BASIC, _("Basic"), _("Show what a first lesson needs")),
                (FULL, _("Full"), _("Show all layers, pages and settings")),
            )
        ),
        ActionRow(
            "all-layers",
            "All layers in the palette",
            commands.toggle_all_layers,
            "View",
            checked=lambda: parts.palette.shows_all,
        ),
        ActionRow(
            "expand-page",
            _("Expand the page"),
            commands.expand_page,
            "View",
            "Shift+F11",
            _("Show the page in front over the canvas, and back"),
            checked=lambda: commands.page_expanded,
        ),
        ActionRow(
            "detach-page",
            _("Open the page in a window"),
            commands.detach_page,
            "View",
            "",
            _("For a second screen; close the window to put the page back"),
        ),
        ActionRow("reset-panels", _("Reset panel layout"), commands.reset_panels, "View"),
    ]


def _run_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    runner = parts.runner
    return [
        ActionRow(
            "train",
            "Train",
            commands.train,
            "Run",
            "F5; Ctrl+R",
            "Train the network",
            enabled=lambda: (runner.may_start or runner.paused) and not parts.documents.opening,
        ),
        ActionRow(
            "pause",
            "Pause",
            runner.toggle_pause,
            "Run",
            "F6",
            "Pause, or go on",
            enabled=lambda: runner.running,
        ),
        ActionRow(
            "stop",
            "Stop",
            runner.stop,
            "Run",
            "Shift+F5; F7",
            "Stop; what it has learned so far is kept",
            enabled=lambda: runner.active,
        ),
        ActionRow(
            "stop-epoch",
            "Stop after this epoch",
            runner.stop_after_epoch,
            "Run|",
            enabled=lambda: runner.running,
        ),
        *_speed_rows(parts, commands),
        ActionRow("problem", "Next problem", parts.status.next_problem, "Run", "F8"),
        ActionRow(
            "train-elsewhere",
            "Train elsewhere…",
            partial(dialogs.train_elsewhere, parts),
            "Run",
            "",
            "A folder with the project, its data and the commands for other machines",
        ),
    ]


def _speed_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    runner, auto_trainer = parts.runner, parts.auto_trainer
    ready = lambda: runner.running or runner.may_start  # noqa: E731 - a row's question
    speeds = [
        ActionRow(
            f"speed-{speed.id}",
            _(speed.title),
            partial(runner.choose_speed, speed),
            "Run|" if speed is SPEEDS[-1] else "Run",
            help=_(speed.help),
            checked=lambda speed=speed: runner.speed == speed,  # type: ignore[misc]
        )
        for speed in SPEEDS
    ]
    return [
        ActionRow(
            "step",
            "One step",
            commands.step,
            "Run",
            "F9",
            "Train one step, a batch of rows, and stand still",
            enabled=ready,
        ),
        ActionRow(
            "one-epoch",
            "One epoch",
            commands.one_epoch,
            "Run",
            "Shift+F9",
            "Train to the end of the epoch, and stand still",
            enabled=ready,
        ),
        ActionRow(
            "rewind",
            "Back to the start",
            runner.rewind,
            "Run|",
            "Ctrl+Shift+R",
            "Begin again with the same weights, and stand still",
            enabled=lambda: runner.may_go_on,
        ),
        *speeds,
        ActionRow(
            "finish-now",
            _("Finish now"),
            runner.finish_now,
            "Run|",
            help=_("Train the rest of this run at full speed"),
            enabled=lambda: runner.slowed,
        ),
        ActionRow(
            "as-drawn",
            "Train as I draw",
            auto_trainer.switch,
            "Run|",
            "Ctrl+Shift+T",
            "A small network starts again by itself at each edit; where you edit points it goes on",
            checked=lambda: auto_trainer.on,
        ),
    ]


def _help_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    return [
        ActionRow("help", "Help", commands.show_help, "Help", "F1", "Words, gestures and keys"),
        ActionRow(
            "tour",
            "Show me around",
            commands.guide("start_tour"),
            "Help",
            "",
            "Six places to know",
        ),
        ActionRow(
            "new-lesson",
            "New lesson from this project…",
            commands.guide("write_lesson"),
            "Help|",
            "",
            "Write a lesson that begins with this network",
        ),
        ActionRow("log", "Show the log", partial(dialogs.show_log, parts.window), "Help"),
        ActionRow("about", "About NetBuilder", partial(dialogs.show_about, parts.window), "Help"),
    ]
