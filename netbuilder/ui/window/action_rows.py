"""The rows of all actions of the main window."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from operator import attrgetter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.runs.run_progress import SPEEDS
from netbuilder.ui.services.settings import BASIC, FULL, level
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.action import ActionRow
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.window_commands import WindowCommands
from netbuilder.ui.window.window_parts import WindowParts

#: Submenus of View, which would not fit a small screen.
_PAGES, _CANVAS, _TEXT = N_("Pages"), N_("Canvas"), N_("Text size")
#: Whether the system shows a menu bar at the top of the screen.
MENU_BAR = sys.platform == "darwin"
_Key = QKeySequence.StandardKey
#: The menu of the button beside Train; "" is a separator.
SPEED_MENU = (
    *(f"speed-{speed.id}" for speed in SPEEDS),
    "",
    *("step", "one-epoch", "rewind"),
    "",
    "as-drawn",
)


def rows_for(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    """Return the rows of a window, in the order of its menus."""
    return [
        *_file_rows(parts, commands),
        *_edit_rows(parts, commands),
        *_layer_rows(parts, commands),
        *_view_rows(parts, commands),
        *_run_rows(parts, commands),
        *_help_rows(parts, commands),
    ]


def quit_row(window: QWidget) -> ActionRow:
    """Return the row that quits, for the menu bar of macOS."""
    return ActionRow("quit", _("Quit NetBuilder"), window.close, "", "Ctrl+Q")


def _file_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    files = parts.documents
    trained = lambda: parts.workbench.models.trained is not None  # noqa: E731 - a row's question
    return [
        ActionRow("new", _("New"), files.new, "File", _Key.New, _("Start an empty project")),
        ActionRow(
            "open", _("Open…"), files.open, "File", _Key.Open, _("Open a project, a model or data")
        ),
        ActionRow(
            "gallery",
            _("Gallery: lessons and examples"),
            commands.show_gallery,
            "File|",
            "Ctrl+Shift+N",
            _("Ready-made networks, lessons, recent files"),
        ),
        ActionRow(
            "save", _("Save"), files.save, "File", _Key.Save, _("Save the project to its file")
        ),
        ActionRow("save-as", _("Save as…"), files.save_as, "File", "Ctrl+Shift+S"),
        ActionRow(
            "save-model",
            _("Save .h5…"),
            files.save_model,
            "File",
            "Ctrl+Shift+E",
            _("Save the trained model: it takes raw values and predicts in the target's units"),
            enabled=trained,
        ),
        ActionRow(
            "export",
            _("Export…"),
            files.export,
            "File",
            "Ctrl+E",
            _("Python, a notebook, a picture, ONNX, TensorFlow Lite, …"),
        ),
        ActionRow(
            "collect",
            _("Collect samples…"),
            commands.collect,
            "File|",
            help=_(
                "Record pictures with the camera or sounds with the microphone, one "
                "folder per class"
            ),
        ),
        ActionRow(
            "worksheet",
            _("Draw a worksheet…"),
            commands.write_worksheet,
            "File|",
            "",
            _("Save the network as SVG, PNG or PDF, with its numbers or with blank lines"),
        ),
        ActionRow(
            "hand-in",
            _("Submit…"),
            partial(dialogs.open_submission_dialog, parts),
            "File",
            help=_("Save one file with your name, your work and the lesson's steps"),
        ),
        ActionRow(
            "grade",
            _("Grade submissions…"),
            partial(dialogs.open_grade_window, parts.window, parts.documents.open_asking),
            "File|",
            help=_("For teachers: evaluate a folder of submissions on hidden data"),
        ),
        ActionRow(
            "report",
            _("Write a report of the run…"),
            commands.write_report,
            "File|",
            "",
            _("One page with network, data, curves, evaluation and earlier runs, as HTML or PDF"),
            enabled=trained,
        ),
        ActionRow(
            "restore-work",
            _("Restore unsaved work…"),
            commands.restore_work,
            "File|",
            help=_("Ask again about work that was not saved before NetBuilder closed"),
            enabled=lambda: commands.work_left,
        ),
        ActionRow("close", _("Close"), parts.window.close, "File", "Ctrl+W; Ctrl+Q"),
    ]


def _canvas(parts: WindowParts, name: str) -> Callable[[], object]:
    """Return a slot of the canvas by name ("commands.cut"), looked up when called."""

    def call() -> object:
        return attrgetter(name)(parts.canvas)()

    return call


def _edit_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    store = parts.store
    do, here = partial(_canvas, parts), partial(ActionRow, local=True)
    some = lambda: bool(parts.selection.ids)  # noqa: E731 - a row's question
    return [
        ActionRow(
            "undo",
            _("Undo"),
            store.undo,
            "Edit",
            _Key.Undo,
            enabled=lambda: bool(store.undo_label),
            tip=lambda: _("Undo: {step}", step=store.undo_label) if store.undo_label else _("Undo"),
        ),
        ActionRow(
            "redo",
            _("Redo"),
            store.redo,
            "Edit|",
            "Ctrl+Shift+Z; Ctrl+Y",
            enabled=lambda: bool(store.redo_label),
            tip=lambda: _("Redo: {step}", step=store.redo_label) if store.redo_label else _("Redo"),
        ),
        here("cut", _("Cut"), do("commands.cut"), "Edit", "Ctrl+X", enabled=some),
        here("copy", _("Copy"), do("commands.copy"), "Edit", "Ctrl+C", enabled=some),
        here("paste", _("Paste"), do("commands.paste"), "Edit", "Ctrl+V"),
        here("duplicate", _("Duplicate"), do("commands.duplicate"), "Edit", "Ctrl+D", enabled=some),
        here("delete", _("Delete"), do("commands.delete_selection"), "Edit|", "Del", enabled=some),
        here("select-all", _("Select all"), do("commands.select_all"), "Edit|", "Ctrl+A"),
        ActionRow(
            "commands",
            _("Search commands…"),
            partial(dialogs.search_commands, parts.window, parts.actions),
            "Edit",
            "Ctrl+Shift+P; Ctrl+K",
            _("Type what you want to do"),
        ),
        ActionRow(
            "settings",
            _("Settings…"),
            commands.show_settings,
            "Edit",
            "Ctrl+,",
            _("Language, kept runs, and other settings for all projects"),
        ),
    ]


def _layer_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    do = partial(_canvas, parts)
    many = lambda: len(parts.selection.ids) > 1  # noqa: E731 - a row's question
    some = lambda: bool(parts.selection.ids)  # noqa: E731 - a row's question
    return [
        ActionRow(
            "find-layer",
            _("Find a layer…"),
            commands.find_layer,
            "Layer",
            "Ctrl+L",
            _("Search the palette"),
        ),
        ActionRow(
            "find-on-canvas",
            _("Find on the canvas…"),
            do("commands.find"),
            "Layer",
            "Ctrl+F",
            _("Find layers of the network by name, and press Enter for the next one"),
        ),
        ActionRow(
            "edit-layer",
            _("Edit the selected layer"),
            commands.edit_layer,
            "Layer|",
            "F2",
            enabled=some,
        ),
        ActionRow(
            "group",
            _("Group layers"),
            do("commands.group"),
            "Layer",
            "Ctrl+G",
            enabled=many,
            local=True,
        ),
        ActionRow(
            "ungroup",
            _("Ungroup"),
            do("commands.ungroup"),
            "Layer|",
            "Ctrl+Shift+G",
            enabled=some,
            local=True,
        ),
        ActionRow(
            "align-column",
            _("Align in a column"),
            do("commands.align_column"),
            "Layer",
            enabled=many,
        ),
        ActionRow(
            "align-row", _("Align in a row"), do("commands.align_row"), "Layer|", enabled=many
        ),
        ActionRow(
            "share",
            _("Share weights"),
            do("commands.share"),
            "Layer",
            "",
            _("Make the selected layers of the same type share their weights"),
            enabled=many,
        ),
        ActionRow("unshare", _("Unshare weights"), do("commands.unshare"), "Layer|", enabled=some),
        ActionRow(
            "tidy",
            _("Tidy up"),
            do("commands.tidy"),
            "Layer",
            "Ctrl+T",
            _("Lay out the network automatically"),
        ),
        ActionRow(
            "fit-data",
            _("Fit the last layer to the data"),
            commands.fit_to_data,
            "Layer",
            "",
            _("Set units, activation, loss and metrics to suit the target"),
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
            f"View/{_PAGES}",
            f"Alt+{row.key}" if row.key else "",
            _(row.help),
        )
        for row in PANELS
    ]
    return [
        *panels,
        ActionRow(
            "canvas",
            _("Go to the canvas"),
            commands.to_canvas,
            "View",
            "Alt+0",
            _("Move the keyboard focus to the canvas, as Escape does in a side panel"),
        ),
        ActionRow(
            "lesson",
            _("Go to the lesson"),
            commands.show_lesson,
            "View|",
            "Ctrl+Shift+L",
            _("Move the keyboard focus to the lesson, or show the list of lessons"),
        ),
        ActionRow(
            "fit",
            _("Fit the network into the window"),
            do("sight.fit_or_show_all"),
            f"View/{_CANVAS}",
            "Ctrl+0",
            _("Again: show all of a large network"),
        ),
        ActionRow(
            "zoom-in",
            _("Zoom in on the canvas"),
            do("commands.zoom_in"),
            f"View/{_CANVAS}",
            "Ctrl+Shift++",
        ),
        ActionRow(
            "zoom-out",
            _("Zoom out of the canvas"),
            do("commands.zoom_out"),
            f"View/{_CANVAS}",
            "Ctrl+Shift+-",
        ),
        ActionRow(
            "zoom-reset",
            _("Reset the canvas zoom"),
            do("commands.zoom_reset"),
            f"View/{_CANVAS}",
            "Ctrl+1",
        ),
        ActionRow(
            "horizontal",
            _("Lay out from left to right"),
            commands.toggle_horizontal,
            f"View/{_CANVAS}",
            checked=lambda: commands.horizontal,
        ),
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
            _("Presentation"),
            commands.presentation.toggle,
            "View",
            "F11",
            _(
                "Show canvas and one page to a class: large text, visible pointer and "
                "keys, slow training"
            ),
            checked=lambda: commands.presentation.on,
        ),
        ActionRow(
            "larger",
            _("Zoom in"),
            partial(commands.scale, 1),
            f"View/{_TEXT}",
            "Ctrl++; Ctrl+=",
            _("Enlarge the text of the whole window"),
        ),
        ActionRow("smaller", _("Zoom out"), partial(commands.scale, -1), f"View/{_TEXT}", "Ctrl+-"),
        ActionRow(
            "normal", _("Reset zoom"), partial(commands.scale, 0), f"View/{_TEXT}", "Ctrl+Shift+0"
        ),
        ActionRow(
            "dark", _("Dark mode"), commands.toggle_dark, "View", checked=lambda: commands.dark
        ),
        ActionRow(
            "reduce-motion",
            _("Reduce motion"),
            commands.toggle_motion,
            "View",
            "",
            _("Turn off decorative animations"),
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
            _("Show all layers in the palette"),
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
            parts.docks.detach_page,
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
            _("Train"),
            commands.train,
            "Run",
            "F5; Ctrl+R",
            _("Train the network"),
            enabled=lambda: (runner.may_start or runner.paused) and not parts.documents.opening,
        ),
        ActionRow(
            "pause",
            _("Pause"),
            runner.toggle_pause,
            "Run",
            "F6",
            _("Pause or resume the training"),
            enabled=lambda: runner.running,
        ),
        ActionRow(
            "stop",
            _("Stop"),
            runner.stop,
            "Run",
            "Shift+F5; F7",
            _("Stop the training and keep the trained weights"),
            enabled=lambda: runner.active,
        ),
        ActionRow(
            "stop-epoch",
            _("Stop after this epoch"),
            runner.stop_after_epoch,
            "Run|",
            enabled=lambda: runner.running,
        ),
        *_speed_rows(parts, commands),
        ActionRow("problem", _("Go to the next problem"), parts.status.next_problem, "Run", "F8"),
        ActionRow(
            "train-elsewhere",
            _("Train on another machine…"),
            partial(dialogs.train_elsewhere, parts),
            "Run",
            "",
            _("Create a folder with the project, its data and the commands for other machines"),
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
            _("Train one step"),
            commands.step,
            "Run",
            "F9",
            _("Train on one batch, then pause"),
            enabled=ready,
        ),
        ActionRow(
            "one-epoch",
            _("Train one epoch"),
            commands.one_epoch,
            "Run",
            "Shift+F9",
            _("Train to the end of the epoch, then pause"),
            enabled=ready,
        ),
        ActionRow(
            "rewind",
            _("Reset the training"),
            runner.rewind,
            "Run|",
            "Ctrl+Shift+R",
            _("Go back to the same initial weights and pause"),
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
            _("Train while editing"),
            auto_trainer.switch,
            "Run|",
            "Ctrl+Shift+T",
            _("Restart a small network after every edit; continue after edits of the points"),
            checked=lambda: auto_trainer.on,
        ),
    ]


def _help_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    return [
        ActionRow(
            "help",
            _("Help"),
            commands.show_help,
            "Help",
            "F1",
            _("Glossary, gestures and keyboard shortcuts"),
        ),
        ActionRow(
            "tour",
            _("Show the tour"),
            commands.start_tour,
            "Help",
            "",
            _("A short tour of six places in the window"),
        ),
        ActionRow(
            "new-lesson",
            _("Create a lesson from this project…"),
            commands.write_lesson,
            "Help|",
            "",
            _("Write a lesson that starts with this network"),
        ),
        ActionRow("log", _("Show the log"), partial(dialogs.show_log, parts.window), "Help"),
        ActionRow(
            "about", _("About NetBuilder"), partial(dialogs.show_about, parts.window), "Help"
        ),
    ]
