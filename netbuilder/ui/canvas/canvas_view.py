"""The canvas widget: shows the store's project, and owns the parts that act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits_canvas
from netbuilder.core.project.model import Point, Project
from netbuilder.core.wording import join_sentences
from netbuilder.ui.canvas import accessibility
from netbuilder.ui.canvas.accessibility import describe_card, outgoing_labels
from netbuilder.ui.canvas.host import CanvasHost, Gesture
from netbuilder.ui.canvas.input.canvas_commands import CanvasCommands
from netbuilder.ui.canvas.input.keyboard import InputHandlers, KeyboardHandler
from netbuilder.ui.canvas.input.layer_inserter import LayerInserter
from netbuilder.ui.canvas.input.pointer import PointerHandler, ViewportEventFilter
from netbuilder.ui.canvas.layer_popup import TRAIN_FIRST, LayerPopup
from netbuilder.ui.canvas.paint import paint_scene, problem_bubbles
from netbuilder.ui.canvas.paint.layout_animation import LayoutAnimation, WirePulse
from netbuilder.ui.canvas.paint.minimap import Minimap
from netbuilder.ui.canvas.paint.paint_resources import NAMES, PaintResources, PaintState
from netbuilder.ui.canvas.paint.previews import NodePreviews
from netbuilder.ui.canvas.paint.step_flow import StepFlow
from netbuilder.ui.canvas.sample_caption import SampleCaption
from netbuilder.ui.canvas.scene.camera import Camera
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene_cache import SceneCache
from netbuilder.ui.canvas.viewport import CanvasSelection, Viewport
from netbuilder.ui.canvas.visible_problems import VisibleProblems
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import announce

if TYPE_CHECKING:
    from netbuilder.core.results.live.connection_weights import ConnectionWeight


class CanvasAnnouncer:
    """Updates the view's accessible description and announces changes."""

    def __init__(self, view: CanvasHost) -> None:
        self._view = view
        accessibility.install_interface(view)
        view.widget().setAccessibleDescription(_("Nothing is selected. Press Tab to add a layer."))

    def selected(self, chosen: tuple[str, ...]) -> None:
        if not chosen:
            text = _("Nothing is selected. Press Tab to add a layer.")
        elif len(chosen) == 1:
            text = self._card(chosen[0])
        else:
            text = ngettext(
                "{count} layer is selected.", "{count} layers are selected.", len(chosen)
            )
        self._view.widget().setAccessibleDescription(text)
        # Screen readers read a focused card themselves.
        if len(chosen) != 1 or not accessibility.announce_focus(self._view, chosen[0]):
            self.say(text)

    def wire(self, wire: tuple[str, str]) -> None:
        picture = self._view.picture
        source, target = picture.cards[wire[0]], picture.cards[wire[1]]
        label = picture.wires[wire].label
        text = _("Connection from {source} to {target}.", source=source.title, target=target.title)
        if label:
            text = join_sentences((text, _("Shape: {shape}.", shape=label)))
        self._view.widget().setAccessibleDescription(text)
        self.say(text)

    def _card(self, card_id: str) -> str:
        picture = self._view.picture
        card = picture.cards.get(card_id)
        if card is None:
            frame = picture.frames.get(card_id)
            return _("Group {name}, open.", name=frame.name) if frame is not None else ""
        return describe_card(card, outgoing_labels(picture, card_id))

    def say(self, text: str) -> None:
        announce(self._view.widget(), text)


class CanvasView(QAbstractScrollArea):
    """Cards and wires of the store's project.

    A change of the store marks the scene as stale; it is rebuilt on the next access, and unchanged
    cards are reused. Input is handled by parts that depend only on the protocol ``CanvasHost``.

    Signals:
        selection_changed: ids of the selected cards: nodes, groups, ``"@goal"``.
        edit_requested: id of a node to edit (Enter, double-click), and whether to rename it.
        zoom_changed: the scale, 1.0 for 100 %.
        message: a sentence for the status bar.
        block_saved: name of a group that was saved to the palette.
    """

    selection_changed = Signal(object)
    edit_requested = Signal(str, bool)
    zoom_changed = Signal(float)
    message = Signal(str)
    block_saved = Signal(str)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.store = store
        self.workbench = workbench
        self.paint_resources = PaintResources()
        self.state = PaintState()
        self.tip = problem_bubbles.PointerTip()
        self._reserved_heights: dict[str, int] = {}
        self.by_key = False
        self._points = QApplication.font().pointSizeF()
        self._from_keyboard = False
        self.scene_viewport = Viewport(self, self._camera_moved)
        self._top = 0  # y in the window at the last resize
        self.previews = NodePreviews(self)
        self.minimap = Minimap(self, self.previews)
        self.problems = VisibleProblems(self, self.previews)
        self.pulse = WirePulse(self)
        self.step_flow = StepFlow(self)
        self.layout_animation = LayoutAnimation(self)
        self._announcer = CanvasAnnouncer(self)
        self._chosen = CanvasSelection(self, self.state, self._selected, self._announcer.wire)
        self._scenes = SceneCache(store, workbench, self._chosen.keep)
        self.commands = CanvasCommands(self, self.layout_animation)
        self.adding = LayerInserter(self)
        self.keys = KeyboardHandler(self, self.commands, self.adding)
        self.input_handlers = InputHandlers(self.commands, self.adding, self.keys)
        self.layer_popup = LayerPopup(self)
        self.layer_popup.closed.connect(self.scene_viewport.restore_view)
        self.shown_sample = SampleCaption(self, self.walk_on, self.reserve_bottom)
        self.nothing_to_look_at = _(TRAIN_FIRST)
        self.pointer = PointerHandler(
            self, self.input_handlers, self.layout_animation, self.minimap, self.previews.at
        )
        self._event_filter = ViewportEventFilter(self, self.previews.tip)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(_("Network"))
        self.setMinimumSize(240, 160)
        store.changed.connect(self._project_changed)
        workbench.shapes_changed.connect(self._outdate)
        workbench.problems_changed.connect(self._problems_changed)
        workbench.facts_changed.connect(self._outdate)
        workbench.keras_changed.connect(self._outdate)
        theme.theme().changed.connect(self._theme_changed)

    def widget(self) -> QWidget:
        return self

    # what is shown ------------------------------------------------------------------------

    @property
    def picture(self) -> Scene:
        return self._scenes.picture

    @property
    def horizontal(self) -> bool:
        return self.picture.horizontal

    @property
    def camera(self) -> Camera:
        return self.scene_viewport.camera

    @property
    def at(self) -> dict[str, Point]:
        return self._scenes.at

    def set_at(self, places: dict[str, Point]) -> None:
        if self._scenes.set_at(places):
            self.viewport().update()

    def set_preview(self, node_id: str, image: QImage | None) -> None:
        """Show an image beside a node; None removes it."""
        self.previews.set(node_id, image)

    def set_wire_weights(self, weights: Mapping[tuple[str, str], ConnectionWeight]) -> None:
        """Paint wires as thick as their weights; {} paints all alike."""
        self.state.wire_weights = weights
        self.viewport().update()

    def show_look(self, look: SampleActivations | None, trouble: str = "") -> None:
        """Show the activations of a sample; ``trouble`` is the reason if there are none."""
        self.nothing_to_look_at = trouble or _(TRAIN_FIRST)
        self.layer_popup.follow(look)
        self.shown_sample.follow(look, bool(self.state.wire_weights))
        self.scene_viewport.make_room()

    def open_layer_popup(self, node_id: str) -> bool:
        if self.picture.seen.stand_in.get(node_id, node_id) not in self.picture.cards:
            return False
        if self.layer_popup.open_layer(node_id):
            self._make_way()
            return True
        self.say(self.nothing_to_look_at)
        return False

    def _make_way(self) -> None:
        """Move the popup off the card it explains and off the cards that feed it."""
        dragging = self.gesture is not None and self.gesture.reaches
        picture, node_id = self.picture, self.layer_popup.node_id
        card = picture.seen.stand_in.get(node_id, node_id)  # of a closed group
        if self.layer_popup.isHidden() or dragging or card not in picture.cards:
            return
        sources = (wire.source for wire in picture.wires_of(card) if wire.target == card)
        explained = tuple(dict.fromkeys((card, *sources)))
        rect = self.scene_viewport.card_rect
        others = (rect(other) for other in picture.cards if other not in explained)
        move = self.layer_popup.make_way([rect(card_id) for card_id in explained], others)
        if not move.isNull():
            self.scene_viewport.lend(move.x(), move.y())

    def show_number(self, node_id: str, index: tuple[int, ...] | None) -> None:
        """Open a layer's popup at one number of its output."""
        if self.open_layer_popup(node_id) and index is not None:
            self.layer_popup.choose(index)

    def reserve_bottom(self, strip: str, height: int) -> None:
        self._reserved_heights[strip] = height
        self.setViewportMargins(0, 0, 0, max(self._reserved_heights.values()))

    def room_beside(self, words: bool = True) -> tuple[float, float]:
        left, right = self.previews.room
        if not words:
            return left, right
        explained = {bubble.card.id for bubble in self.bubbles_now()}
        missing = any(c.problems and c.id not in explained for c in self.picture.cards.values())
        return left, max(right, problem_bubbles.WIDTH + problem_bubbles.AWAY if missing else 0.0)

    def repaint_all(self) -> None:
        self.viewport().update()

    def _outdate(self) -> None:
        self._scenes.outdate()
        self.viewport().update()

    def _problems_changed(self) -> None:
        self._outdate()
        self.scene_viewport.make_room()

    def _camera_moved(self, scaled: bool) -> None:
        if scaled:
            self.zoom_changed.emit(self.camera.scale)
        self.viewport().update()

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.graph is not new.graph and self.gesture is not None:
            self.cancel_gesture()  # its cards may be gone
        self.layout_animation.stop()
        self.state.offered = None
        self.commands.proposal.dismiss()
        self._outdate()
        saved_as = old is not new and old.graph is new.graph
        unedited = self.store.undo_label is None and self.store.redo_label is None
        opened = unedited and not saved_as
        if opened or not old.graph.nodes:
            self.scene_viewport.fit_pending = True
            self.scene_viewport.followed = False
        if opened:
            self.select(())
            self.previews.clear()

    def _theme_changed(self) -> None:
        points = QApplication.font().pointSizeF()
        if points != self._points and points > 0:
            self.scene_viewport.enlarge(points / self._points)
            self._points = points
        self.paint_resources.refresh()
        self.minimap.forget()
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._theme_changed()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(706, 698)

    # selection ----------------------------------------------------------------------------

    def selection(self) -> tuple[str, ...]:
        self._chosen.keep(self.picture)
        return self._chosen.ids

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        self._chosen.select(ids, current)
        self.viewport().update()

    def select_wire(self, wire: tuple[str, str]) -> None:
        self._chosen.select_wire(wire)
        self.viewport().update()

    def current(self) -> str | None:
        return self._chosen.current()

    def _selected(self, chosen: tuple[str, ...]) -> None:
        self.state.offered = None
        self.commands.proposal.dismiss()
        self._announcer.selected(chosen)
        self.selection_changed.emit(chosen)

    # edits --------------------------------------------------------------------------------

    def edit(
        self, label: str, change: Callable[[Project], Project], merge: str | None = None
    ) -> bool:
        try:
            self.store.apply(label, change, merge)
        except UserError as error:
            self.say(str(error))
            return False
        return True

    def add(self, label: str, change: Callable[[Project], Project]) -> tuple[str, ...]:
        before = self.store.project.graph.by_id
        if not self.edit(label, change):
            return ()
        graph = self.store.project.graph
        new = tuple(node.id for node in graph.nodes if node.id not in before)
        stand_in = self.picture.seen.stand_in
        self.select(tuple(dict.fromkeys(stand_in[node_id] for node_id in new)))
        if new and not self.scene_viewport.fit_pending:
            self.scene_viewport.show_node(new[-1])
        return new

    def say(self, text: str) -> None:
        current = self.current()
        if self.by_key and current is not None:
            corner = self.scene_viewport.card_rect(current).bottomRight()
            self.tip.show(text, (corner.x(), corner.y() - 40))
        else:
            self.tip.show(text, self.pointer.position)
        self.message.emit(text)
        self._announcer.say(text)
        self.viewport().update()

    def tell(self, text: str) -> None:
        self.message.emit(text)

    def ask_for_form(self, node_id: str, *, rename: bool = False) -> None:
        self.edit_requested.emit(node_id, rename)

    def block_was_saved(self, name: str) -> None:
        self.block_saved.emit(name)

    def out_node(self, card_id: str) -> str:
        return edits_canvas.exit_node(self.store.project.graph, card_id) or card_id

    def in_node(self, card_id: str) -> str:
        return edits_canvas.entry_node(self.store.project.graph, card_id) or card_id

    def append_layer(self, layer: str) -> None:
        self.adding.append_layer(layer)

    def show_node(self, node_id: str) -> None:
        self.scene_viewport.show_node(node_id)

    # painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self.picture
        if self.scene_viewport.fit_pending and picture.cards:
            self.scene_viewport.first_look()
        self._make_way()
        size = (self.viewport().width(), self.viewport().height())
        with QPainter(self.viewport()) as p:
            self.paint_resources.background(p, event.rect(), self.camera)
            self._paint(p, picture, size)

    def _paint(self, p: QPainter, picture: Scene, size: tuple[int, int]) -> None:
        self.state.focused = self.hasFocus()
        paint_scene.paint_scene(p, picture, self.paint_resources, self.camera, self.state, size)
        p.translate(self.camera.x, self.camera.y)
        p.scale(self.camera.scale, self.camera.scale)
        if not self.step_flow.flows:
            self.pulse.paint(p)
        self.step_flow.paint(p)
        panel = QRectF() if self.layer_popup.isHidden() else QRectF(self.layer_popup.geometry())
        self.previews.paint(p, panel)
        bubbles = self.bubbles_now()
        if self.gesture is not None and self.gesture.hides_words:
            bubbles = []
        if self.camera.scale >= NAMES:
            near = picture.grid.cards_in(self.scene_viewport.seen_box())
            problem_bubbles.paint_marks(p, near, bubbles, self.paint_resources, self.camera.scale)
        problem_bubbles.paint_bubbles(p, bubbles, self.paint_resources, self.state)
        self.commands.proposal.paint(p)
        if self.gesture is not None:
            self.gesture.paint(p)
        p.resetTransform()
        if not picture.cards:
            problem_bubbles.paint_empty(p, self.paint_resources, size)
        self.minimap.paint(p)
        if self.state.focused and self._from_keyboard:
            problem_bubbles.paint_focus(p, self.paint_resources, size)
        self.tip.paint(p, self.paint_resources, size)

    def bubbles_now(self) -> list[problem_bubbles.ProblemBubble]:
        return self.problems.now()

    def bubble_at(self, where: Point) -> problem_bubbles.ProblemBubble | None:
        return self.problems.at(where)

    # the pointer --------------------------------------------------------------------------

    @property
    def gesture(self) -> Gesture | None:
        return self.pointer.gesture

    def start_gesture(self, gesture: Gesture) -> None:
        self.pointer.start_gesture(gesture)

    def cancel_gesture(self) -> None:
        self.pointer.cancel_gesture()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.moved(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointer.double_click(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer.leave()
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.pointer.wheel(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.pointer.menu(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.pointer.drag_enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.pointer.drag_move(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.pointer.drag_leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.pointer.drop(event)

    # other events -------------------------------------------------------------------------

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.problems.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.by_key = True
        shifted = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if event.key() == Qt.Key.Key_F10 and shifted:  # for keyboards without a Menu key
            origin = QPoint(0, 0)
            reason = QContextMenuEvent.Reason.Keyboard
            self.contextMenuEvent(QContextMenuEvent(reason, origin, self.mapToGlobal(origin)))
            return
        if self.keys.key_pressed(event):
            return
        if event.key() == Qt.Key.Key_Space and self.gesture is None and not event.isAutoRepeat():
            self.pointer.space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.pointer.space = False
            self.viewport().unsetCursor()
        super().keyReleaseEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Tab opens the layer search (twice: leaves the canvas); Shift+Tab and Ctrl+Tab leave too.
        return False if forward else super().focusNextPrevChild(forward)

    def walk_on(self) -> None:
        super().focusNextPrevChild(True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reason = Qt.FocusReason
        self._from_keyboard = event.reason() in (
            reason.TabFocusReason,
            reason.BacktabFocusReason,
            reason.ShortcutFocusReason,
        )
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.pointer.space = False
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        old, new, top = event.oldSize(), event.size(), self.mapTo(self.window(), QPoint()).y()
        self._top, above = top, top - self._top
        self.scene_viewport.restore_view()
        # When a message above the canvas appears or goes, keep the layers under the pointer.
        pushed = above and self.underMouse() and old.height() - new.height() == above
        if pushed and self.scene_viewport.shift_up(above, old, new):
            pass
        elif not self.scene_viewport.fit_pending and old.isValid():
            self.scene_viewport.resized(old, new, refit=not self.scene_viewport.followed)
        self._make_way()  # before the next paint, which may be late
