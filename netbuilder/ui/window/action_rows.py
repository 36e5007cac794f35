"""The rows of all actions of the main window; texts, menus and keys stand in ``actions.json``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.runs.run_progress import SPEEDS
from netbuilder.ui.services.settings import BASIC, FULL, level
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.action import ActionRow
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.window_commands import WindowCommands
from netbuilder.ui.window.window_parts import WindowParts

#: Submenus of View, which would not fit a small screen.
_PAGES, *_SUBMENUS = N_("Pages"), N_("Canvas"), N_("Text size")
#: Whether the system shows a menu bar at the top of the screen.
MENU_BAR = sys.platform == "darwin"
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


def _row(action_id: str, callback: Callable[[], object], **functions: Any) -> ActionRow:
    """Return a row of ``actions.json``; ``functions``: ``enabled``, ``checked`` and ``tip``."""
    facts = dict(resource_json("actions.json")[action_id])
    texts: dict[str, Any] = {
        name: _(facts.pop(name)) for name in ("title", "help") if name in facts
    }
    if standard := facts.pop("standard_key", None):
        facts["shortcut"] = QKeySequence.StandardKey[standard]
    return ActionRow(action_id, callback=callback, **texts, **facts, **functions)


def quit_row(window: QWidget) -> ActionRow:
    """Return the row that quits, for the menu bar of macOS."""
    return ActionRow("quit", _("Quit NetBuilder"), window.close, "", "Ctrl+Q")


def _file_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    files = parts.documents
    trained = lambda: parts.workbench.models.trained is not None  # noqa: E731 - a row's question
    return [
        _row("new", files.new),
        _row("open", files.open),
        _row("gallery", commands.show_gallery),
        _row("save", files.save),
        _row("save-as", files.save_as),
        _row("save-model", files.save_model, enabled=trained),
        _row("export", partial(commands.show_panel, "share")),
        _row("collect", commands.collect),
        _row("worksheet", commands.write_worksheet),
        _row("hand-in", partial(dialogs.open_submission_dialog, parts)),
        _row(
            "grade", partial(dialogs.open_grade_window, parts.window, parts.documents.open_asking)
        ),
        _row("class", commands.show_class),
        _row("report", commands.write_report, enabled=trained),
        _row("restore-work", commands.restore_work, enabled=lambda: commands.work_left),
        _row("close", parts.window.close),
    ]


def _canvas(parts: WindowParts, name: str) -> Callable[[], object]:
    """Return a slot of the canvas by name ("commands.cut"), looked up when called."""

    def call() -> object:
        return attrgetter(name)(parts.canvas)()

    return call


def _edit_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    store = parts.store
    do = partial(_canvas, parts)
    some = lambda: bool(parts.selection.ids)  # noqa: E731 - a row's question
    return [
        _row(
            "undo",
            store.undo,
            enabled=lambda: bool(store.undo_label),
            tip=lambda: _("Undo: {step}", step=store.undo_label) if store.undo_label else _("Undo"),
        ),
        _row(
            "redo",
            store.redo,
            enabled=lambda: bool(store.redo_label),
            tip=lambda: _("Redo: {step}", step=store.redo_label) if store.redo_label else _("Redo"),
        ),
        _row("cut", do("commands.cut"), enabled=some),
        _row("copy", do("commands.copy"), enabled=some),
        _row("paste", do("commands.paste")),
        _row("duplicate", do("commands.duplicate"), enabled=some),
        _row("delete", do("commands.delete_selection"), enabled=some),
        _row("select-all", do("commands.select_all")),
        _row("commands", partial(dialogs.search_commands, parts.window, parts.actions)),
        _row("settings", commands.show_settings),
    ]


def _layer_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    do = partial(_canvas, parts)
    many = lambda: len(parts.selection.ids) > 1  # noqa: E731 - a row's question
    some = lambda: bool(parts.selection.ids)  # noqa: E731 - a row's question
    return [
        _row("find-layer", commands.find_layer),
        _row("find-on-canvas", do("commands.find")),
        _row("edit-layer", partial(commands.edit_layer, rename=True), enabled=some),
        _row("group", do("commands.group"), enabled=many),
        _row("group-repeats", do("commands.group_repeats")),
        _row("ungroup", do("commands.ungroup"), enabled=some),
        _row("align-column", do("commands.align_column"), enabled=many),
        _row("align-row", do("commands.align_row"), enabled=many),
        _row("share", do("commands.share"), enabled=many),
        _row("unshare", do("commands.unshare"), enabled=some),
        _row("tidy", do("commands.tidy")),
        _row("fit-data", commands.fit_to_data, enabled=lambda: parts.workbench.facts is not None),
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
        _row("canvas", commands.to_canvas),
        _row("lesson", commands.show_lesson),
        _row("fit", commands.fit),
        _row("zoom-in", do("commands.zoom_in")),
        _row("zoom-out", do("commands.zoom_out")),
        _row("zoom-reset", do("commands.zoom_reset")),
        _row("horizontal", commands.toggle_horizontal, checked=lambda: commands.horizontal),
        _row("network-table", do("commands.show_table")),
        _row("present", commands.presentation.toggle, checked=lambda: commands.presentation.on),
        _row("larger", partial(commands.scale, 1)),
        _row("smaller", partial(commands.scale, -1)),
        _row("normal", partial(commands.scale, 0)),
        _row("dark", commands.toggle_dark, checked=lambda: commands.dark),
        _row("reduce-motion", commands.toggle_motion, checked=lambda: commands.motion_reduced),
        *(
            _row(
                f"level-{name}",
                partial(commands.choose_level, name),
                checked=lambda name=name: level().name == name,
            )
            for name in (BASIC, FULL)
        ),
        _row("all-layers", commands.toggle_all_layers, checked=lambda: parts.palette.shows_all),
        _row("expand-page", commands.expand_page, checked=lambda: commands.page_expanded),
        _row("detach-page", parts.docks.detach_page),
        _row("reset-panels", commands.reset_panels),
    ]


def _run_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    runner = parts.runner
    return [
        _row(
            "train",
            commands.train,
            enabled=lambda: (
                (runner.may_start or runner.state.paused) and not parts.documents.opening
            ),
        ),
        _row("pause", runner.toggle_pause, enabled=lambda: runner.state.running),
        _row("stop", runner.stop, enabled=lambda: runner.state.active),
        _row("stop-epoch", runner.stop_after_epoch, enabled=lambda: runner.state.running),
        *_speed_rows(parts, commands),
        _row("problem", parts.status.next_problem),
        _row("train-elsewhere", partial(dialogs.train_elsewhere, parts)),
    ]


def _speed_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    runner, auto_trainer = parts.runner, parts.auto_trainer
    ready = lambda: runner.state.running or runner.may_start  # noqa: E731 - a row's question
    speeds = [
        ActionRow(
            f"speed-{speed.id}",
            _(speed.title),
            partial(runner.speed.choose, speed),
            "Run|" if speed is SPEEDS[-1] else "Run",
            help=_(speed.help),
            checked=lambda speed=speed: runner.speed.chosen == speed,  # type: ignore[misc]
        )
        for speed in SPEEDS
    ]
    return [
        _row("step", commands.step, enabled=ready),
        _row("one-epoch", commands.one_epoch, enabled=ready),
        _row("rewind", runner.changes.rewind, enabled=lambda: runner.may_go_on),
        *speeds,
        _row("finish-now", runner.speed.finish_now, enabled=lambda: runner.speed.slowed),
        _row("as-drawn", auto_trainer.switch, checked=lambda: auto_trainer.on),
    ]


def _help_rows(parts: WindowParts, commands: WindowCommands) -> list[ActionRow]:
    return [
        _row("help", commands.show_help),
        _row("tour", commands.start_tour),
        _row("new-lesson", commands.write_lesson),
        _row("log", partial(dialogs.show_log, parts.window)),
        _row("about", partial(dialogs.show_about, parts.window)),
    ]
