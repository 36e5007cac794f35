"""The sign in the status bar that this window takes part in a class, and the question before."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.grading.submission import check_student_name
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.class_membership import ClassMembership
from netbuilder.ui.services.lesson_session import pupil
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

_SHARED: str = resource_json("texts.json")["class"]["shared"]


class JoinDialog(Dialog):
    """Says what is shared, and asks for a name or number."""

    def __init__(self, membership: ClassMembership, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._membership = membership
        self.setObjectName("join-class")
        self.setWindowTitle(_("Take part in the class"))
        self.setMinimumWidth(max(440, 48 * self.fontMetrics().averageCharWidth()))
        self.name = QLineEdit(pupil(), self)
        self.name.setPlaceholderText(_("your name or number"))
        self.name.setAccessibleName(_("Your name or number"))
        self.words = prepared(QLabel("", self), role="complaint", wordWrap=True)
        self.words.hide()
        form = QFormLayout()
        form.addRow(_("Name"), self.name)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.take_part = buttons.addButton(_("Take part"), QDialogButtonBox.ButtonRole.ActionRole)
        self.take_part.setDefault(True)
        self.take_part.clicked.connect(self._join)
        buttons.rejected.connect(self.reject)
        about = note_label(_(_SHARED), self, role="body")
        layout = vbox(about, form, self.words, STRETCH, plain_buttons(buttons), parent=self)
        # A wrapped label asks for the height of a narrow column until the dialog is shown.
        margins, width = layout.contentsMargins(), self.minimumWidth()
        about.setFixedHeight(about.heightForWidth(width - margins.left() - margins.right()))
        self.name.setFocus()

    def _join(self) -> None:
        try:
            name = check_student_name(self.name.text())
        except UserError as error:
            self.words.setText(str(error))
            self.words.show()
            return
        self._membership.join(name)
        self.accept()


class ClassSign(QToolButton):
    """Shows the class and what is shared with it; its menu leaves the class."""

    def __init__(self, membership: ClassMembership, banner: CardList, parent: QWidget) -> None:
        super().__init__(parent)
        self._membership = membership
        self._banner = banner
        self._card: RoleBox | None = None
        self.setObjectName("class-sign")
        self.setProperty("role", "quiet")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(_(_SHARED))
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addAction(_("Leave the class"), membership.leave)
        self.setMenu(menu)
        membership.changed.connect(self._follow)
        membership.offered.connect(self._offer)
        self._follow()

    def _offer(self, title: str) -> None:
        self._withdraw()
        self._card = RoleBox(
            "info",
            _("The class “{title}” has started", title=title),
            _(_SHARED),
            self._banner,
            buttons=((_("Take part…"), self._ask), (_("Not now"), self._membership.leave)),
        )
        self._banner.add(self._card, lasting=True)

    def _ask(self) -> None:
        JoinDialog(self._membership, self.window()).open()

    def _withdraw(self) -> None:
        if self._card is not None:
            self._banner.remove(self._card)
            self._card = None

    def _follow(self) -> None:
        membership = self._membership
        if membership.joined or not membership.title:
            self._withdraw()
        self.setVisible(membership.joined)
        self.setText(
            _("Shared with {title}", title=membership.title)
            if membership.writes
            else _("{title}: the shared folder cannot be written", title=membership.title)
        )
