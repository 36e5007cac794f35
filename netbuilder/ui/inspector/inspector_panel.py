"""The inspector: the selected layers, their explanation and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPushButton, QScrollArea, QWidget

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Param
from netbuilder.core.data.registry import target_words
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons.glossary import entry_of_layer
from netbuilder.core.project import edits, groups
from netbuilder.core.project.fragments import MOST, repeat_group
from netbuilder.core.project.model import Group, Node, Project
from netbuilder.core.wording import format_number
from netbuilder.ui.forms.boxes import CountBox
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.forms.parsing import format_value
from netbuilder.ui.inspector.project_summary import ProjectSummary
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.style.glyphs import glyph_name, tile
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.widgets.problem_cards import ProblemCards

_sentence = sentences_of("inspector")


def shared_params(nodes: Sequence[Node]) -> list[Param]:
    """Return the parameters common to all nodes; [] if a node shares weights or is unknown."""
    specs = [LAYERS.get(node.layer) for node in nodes]
    if not specs or None in specs or any(node.shared is not None for node in nodes):
        return []
    first, *others = (spec for spec in specs if spec is not None)
    return [
        param
        for param in first.params
        if all(
            (other := spec.by_name.get(param.name)) is not None
            and (other.kind, other.choices, other.size) == (param.kind, param.choices, param.size)
            for spec in others
        )
    ]


class GroupForm(QWidget):
    """A form to repeat a group. ``repeated(times)``: the requested number of copies in a row."""

    repeated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = prepared(QLabel(_("repeat"), self), role="field")
        self.times = CountBox(2, MOST, self)
        self.times.setPrefix("× ")
        self.times.setAccessibleName(_("Number of copies of the group in a row"))
        label.setBuddy(self.times)
        self.button = QPushButton(_("Repeat"), self)
        self.button.setToolTip(_("Add copies after the group, each with its own weights"))
        self.button.clicked.connect(lambda: self.repeated.emit(self.times.value()))
        hbox(label, self.times, self.button, STRETCH, parent=self, margins=0)


GOAL = "@goal"


class Inspector(QScrollArea):
    """Shows the selection.

    Signals:
        settings_requested: the target was selected.
        headline_changed: ``headline`` may have changed.
        renamed: old and new id of a node.
    """

    settings_requested = Signal()
    headline_changed = Signal()
    renamed = Signal(str, str)

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        evaluation_service: EvaluationService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.store = store
        self._workbench = workbench
        self._evaluation_service = evaluation_service
        self._selection: tuple[str, ...] = ()
        self._key: tuple[str, str] | None = None
        self._form: ParamForm | None = None
        self._opened: dict[str, bool] = {}
        make_scroll_area_accessible(self, _("Selected layer"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._build()
        self.name.editingFinished.connect(self._rename)
        self.name.textEdited.connect(self._check_name)
        store.changed.connect(self._project_changed)
        workbench.facts_changed.connect(self._update_goal)
        workbench.keras_changed.connect(self._update_goal)
        workbench.models.changed.connect(self._hide_hint)
        workbench.shapes_changed.connect(self._shapes_changed)
        for signal in (workbench.problems_changed, workbench.problems_on_canvas_changed):
            signal.connect(self._show_problems)
        theme.theme().changed.connect(self._show)
        self._show()

    def _build(self) -> None:
        page = prepared(QWidget(self), role="page")
        self._layout = vbox(parent=page, margins=(16, 8, 16, 8))
        self.square = QLabel(page)
        self.title = prepared(QLabel(page), role="title")
        self.name = prepared(QLineEdit(page), role="plain", accessibleName=_("Layer name"))
        self.name.setToolTip(_("The layer's name in Keras; click to change it"))
        self.name.setMaximumWidth(190)
        self.name_trouble = note_label("", page, role="complaint")
        self.name_trouble.hide()
        self.count = prepared(QLabel(page), role="note")
        head = hbox(self.square, self.title, (self.name, 1), (STRETCH, 0), self.count, spacing=8)
        self._layout.addLayout(head)
        self._layout.addWidget(self.name_trouble)
        self.words = note_label("", page)
        self._layout.addWidget(self.words)
        self.summary = ProjectSummary(self.store, self._workbench, self._evaluation_service, page)
        self._layout.addWidget(self.summary)
        self._place = vbox()
        self._layout.addLayout(self._place)
        self.group = GroupForm(page)
        self.group.repeated.connect(self._repeat)
        self._layout.addWidget(self.group)
        self.cards = ProblemCards(self.store.apply, page)
        self._layout.addWidget(self.cards)
        self._layout.addStretch(1)
        self.setWidget(page)

    def sizeHint(self) -> QSize:
        return QSize(452, 222)

    @property
    def form(self) -> ParamForm | None:
        return self._form

    @property
    def node(self) -> Node | None:
        if len(self._selection) != 1:
            return None
        return self.store.project.graph.by_id.get(self._selection[0])

    @property
    def nodes(self) -> tuple[Node, ...]:
        by_id = self.store.project.graph.by_id
        return tuple(by_id[node_id] for node_id in self._selection if node_id in by_id)

    @property
    def chosen_group(self) -> Group | None:
        if len(self._selection) != 1:
            return None
        return self.store.project.graph.group_by_id.get(self._selection[0])

    @property
    def headline(self) -> tuple[str, str]:
        node = self.node
        if node is None:
            return self.title.text(), "" if self._selection else _("Select a layer to edit it")
        owner = self._owner(node)
        spec = LAYERS.get(owner.layer)
        params = describe_params(owner.params, spec) if spec is not None else ""
        return node.layer, " · ".join(part for part in (params, self.count.text()) if part)

    @property
    def has_fields(self) -> bool:
        return self._form is not None

    @property
    def selected(self) -> bool:
        return bool(self._selection)

    def set_selection(self, ids: tuple[str, ...]) -> None:
        if tuple(ids) != self._selection:
            self._selection = tuple(ids)
            self.store.end_merge()
            self._show()
            if self._selection == (GOAL,):
                self.settings_requested.emit()

    def focus_first(self, *, name: bool = False) -> None:
        """Focus the first field, or the name: several layers have none."""
        name = name and not self.name.isHidden()
        if not name and self._form is not None and self._form.rows:
            next(iter(self._form.rows.values())).editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif not self.name.isHidden():
            self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.name.selectAll()

    def _show(self) -> None:
        node = self.node
        self.summary.setVisible(node is None and len(self._selection) < 2)
        group = self.chosen_group
        self.group.setVisible(group is not None)
        if group is not None:
            self.summary.hide()
            self._show_group(group)
        elif len(self.nodes) > 1:
            self._show_several(self.nodes)
        elif node is None:
            self._show_project()
            self.summary.refresh()
        else:
            self._show_node(node)
        self._hide_hint()
        self._show_count()
        self._show_problems()
        self.headline_changed.emit()

    def _show_node(self, node: Node) -> None:
        owner = self._owner(node)
        spec = LAYERS.get(owner.layer)
        color = theme.category_color(spec.category) if spec else QColor(theme.colors().secondary)
        glyph = glyph_name(owner.layer, spec.category if spec else "")
        self.square.setPixmap(tile(color, glyph, scaled(20)))
        self.square.show()
        self.title.setText(node.layer)
        if not self.name.hasFocus() or self.name.text() != node.id:
            self._show_name(node.id)
        self.name.show()
        if spec is None:
            self.words.setText(_sentence("layer_unknown", layer=node.layer))
        elif node.shared is not None:
            self.words.setText(
                _sentence("shares_weights", explanation=spec.explanation, layer=owner.id)
            )
        else:
            self.words.setText(spec.explanation)
        key = (node.id, owner.layer)
        if key != self._key:
            self._key = key
            self._replace_form(
                ParamForm(spec.params, self.widget(), about=entry_of_layer(spec)) if spec else None
            )
            if self._form is not None:
                self._form.edited.connect(self._edit)
        if self._form is not None:
            self._form.show_values(owner.params)
            if self._key and self._opened.get(owner.layer) and self._form.more_button:
                self._form.unfold(True)

    def _show_name(self, name: str) -> None:
        self.name.setText(name)
        self.name.setCursorPosition(0)  # show the beginning of a long name

    def _show_group(self, group: Group) -> None:
        graph = self.store.project.graph
        inside = groups.members(graph, group.id)
        self.square.hide()
        self.title.setText(_("Group"))
        self.name_trouble.hide()
        if not self.name.hasFocus():
            self._show_name(group.name)
        self.name.show()
        self._forget_form()
        self.words.setText(
            ngettext(
                "{count} layer shown as one card.", "{count} layers shown as one card.", len(inside)
            )
        )

    def _show_several(self, nodes: tuple[Node, ...]) -> None:
        self.square.hide()
        self.name.hide()
        self.name_trouble.hide()
        self.title.setText(
            ngettext("{count} layer selected", "{count} layers selected", len(self._selection))
        )
        params = shared_params(nodes)
        if not params:
            self._forget_form()
            self.words.setText(_sentence("nothing_in_common"))
            return
        self.words.setText(_("Shared parameters: a change applies to all selected layers."))
        key = (" ".join(node.id for node in nodes), " ".join(node.layer for node in nodes))
        if key != self._key:
            self._key = key
            self._replace_form(ParamForm(params, self.widget(), about="layer"))
            if self._form is not None:
                self._form.edited.connect(self._edit_all)
        if self._form is not None:
            values = [
                {p.name: node.params.get(p.name, p.default) for p in params} for node in nodes
            ]
            self._form.show_values(values[0])
            self._form.show_differences(
                {p.name: [format_value(p, v[p.name]) or "–" for v in values] for p in params}
            )

    def _forget_form(self) -> None:
        if self._key is not None or self._form is not None:
            self._key = None
            self._replace_form(None)

    def _show_project(self) -> None:
        project = self.store.project
        self.square.hide()
        self.name.hide()
        self.name_trouble.hide()
        self._forget_form()
        if len(self._selection) > 1:
            self.title.setText(
                ngettext("{count} layer selected", "{count} layers selected", len(self._selection))
            )
            self.words.setText(_sentence("several_selected"))
        elif self._selection == (GOAL,):
            self.title.setText(_("Target"))
            self.words.setText(self._goal_words())
        else:
            self.title.setText(project.name)
            self.words.setText(_sentence("nothing_selected"))

    def _hide_hint(self) -> None:
        self.words.setHidden(not self._selection and self._workbench.models.trained is not None)

    def _update_goal(self) -> None:
        if self._selection == (GOAL,):
            self.words.setText(self._goal_words())

    def _goal_words(self) -> str:
        facts = self._workbench.facts
        if facts is None and self._workbench.data_words:
            return _(
                "What the network learns to predict: {state}", state=self._workbench.data_words
            )
        if facts is None:
            return _("What the network learns to predict. Choose data on the Data page first.")
        target, kind = target_words(facts, self.store.project.data, 4)
        return _sentence("target_about", target=target, kind=kind)

    def _replace_form(self, form: ParamForm | None) -> None:
        if self._form is not None:
            self._place.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
        self._form = form
        if form is not None:
            self._place.addWidget(form)
            if form.more_button is not None:
                form.more_button.toggled.connect(self._remember_more)
            form.show()

    def _remember_more(self, opened: bool) -> None:
        if self._key is not None:
            self._opened[self._key[1]] = opened

    def _owner(self, node: Node) -> Node:
        return self.store.project.graph.by_id.get(node.shared or "", node)

    def _shapes_changed(self) -> None:
        self._show_count()
        self.headline_changed.emit()

    def _show_count(self) -> None:
        node, shapes = self.node, self._workbench.shapes
        shape = shapes.by_node.get(node.id) if node is not None and shapes is not None else None
        if shape is None or shape.output is None or node is None or node.layer == "Input":
            self.count.setText("")
            return
        if node.shared is not None:
            self.count.setText(_("weights shared"))
            return
        self.count.setText(
            ngettext(
                "{count} parameter",
                "{count} parameters",
                shape.parameters,
                count=format_number(shape.parameters),
            )
            if shape.parameters
            else _("no parameters")
        )

    def _show_problems(self) -> None:
        node = self.node
        problems = self._workbench.all_problems if node is not None else ()
        self.cards.show_problems(
            (p for p in problems if node and p.node == node.id and p.follows is None),
            self._workbench.problems_on_canvas,
        )

    def _edit(self, name: str, value: Any) -> None:
        node = self.node
        if node is None:
            return

        def change(project: Project) -> Project:
            return edits.set_params(project, node.id, **{name: value})

        self.store.apply(
            _("Change {name} of {layer}", name=name, layer=node.id),
            change,
            merge=f"{node.id}/{name}",
        )

    def _edit_all(self, name: str, value: Any) -> None:
        nodes = self.nodes

        def change(project: Project) -> Project:
            for node in nodes:
                project = edits.set_params(project, node.id, **{name: value})
            return project

        ids = " ".join(node.id for node in nodes)
        self.store.apply(
            _sentence("change_of_layers", count=len(nodes), name=name),
            change,
            merge=f"{ids}/{name}",
        )

    def _repeat(self, times: int) -> None:
        group = self.chosen_group
        if group is None:
            return
        try:
            self.store.apply(
                _("Repeat {group} ×{times}", group=group.name, times=times),
                lambda p: repeat_group(p, group.id, times),
            )
        except EditError as error:
            self.name_trouble.setText(str(error))
            self.name_trouble.show()

    def _check_name(self, text: str) -> None:
        node = self.node
        if node is None:
            return
        try:
            edits.rename_node(self.store.project, node.id, text)
        except EditError as error:
            self.name_trouble.setText(str(error))
            self.name_trouble.show()
        else:
            self.name_trouble.hide()

    def _rename(self) -> None:
        node, text, group = self.node, self.name.text().strip(), self.chosen_group
        if group is not None:
            if text and text != group.name:
                self.store.apply(
                    _("Rename group"), lambda p: groups.rename_group(p, group.id, text)
                )
            return
        if node is None or text == node.id or not self.name_trouble.isHidden():
            return
        # Update the selection before other views look up the old name.
        self._selection = (text,)
        self._key = None if self._key is None else (text, self._key[1])
        by_enter = self.name.hasFocus()
        self.store.apply(_("Rename layer"), lambda p: edits.rename_node(p, node.id, text))
        self.renamed.emit(node.id, text)
        # The page was hidden meanwhile; else Enter would press the button that has the focus now.
        if by_enter:
            self.name.setFocus()

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.graph is not new.graph or old.name != new.name:
            self._show()
        elif self.node is None:
            self.summary.refresh()
