"""Where each moderator turns the keys off, or gives acts other keys."""

from flask import Blueprint, g, render_template, request
from wtforms import BooleanField

from opm.accounts.abilities import Ability
from opm.accounts.access import requires
from opm.comments import keys
from opm.comments.keys import Act
from opm.extensions import db
from opm.lib.forms import DeskForm, Line
from opm.lib.i18n import gettext as _
from opm.lib.respond import see_other

bp = Blueprint("keys_desk", __name__, url_prefix="/comments/keys")


class KeysForm(DeskForm):
    """Whether keys do anything, and a field for each act: one character, which no other act has."""

    on = BooleanField()
    next = Line()
    previous = Line()
    approve = Line()
    reject = Line()
    spam = Line()
    undo = Line()
    open = Line()
    choose = Line()
    search = Line()
    help = Line()

    @property
    def keys(self) -> dict[Act, str | None]:
        """The key of each act; None where none was named."""
        return {act: keys.as_key(self[act.value].data) for act in Act}

    def validate(self, **more):
        """Each is a key, and no two are the same."""
        is_valid = super().validate(**more)
        for act, key in self.keys.items():
            others = [keys.IN_WORDS[other] for other in Act if other != act and key and self.keys[other] == key]
            if key is None:
                self[act.value].errors = [_("Write one character, such as %(key)s", key=keys.OURS[act])]
            elif others:
                self[act.value].errors = [_("“%(act)s” has this key, too", act=others[0])]
        return is_valid and not self.errors


@bp.get("/")
@requires(Ability.MODERATE)
def page():
    """This person's keys as they are."""
    chosen = {act.value: key for act, key in keys.of(g.person).items()}
    return _page(KeysForm(formdata=None, on=keys.are_on(g.person), **chosen))


@bp.post("/")
@requires(Ability.MODERATE)
def change():
    """Keeps them for this person, wherever they sign in; or brings back ours."""
    form = KeysForm()
    if "ours" in request.form:
        keys.choose(g.person, True, keys.OURS)
    elif form.validate():
        keys.choose(g.person, form.on.data, form.keys)
    else:
        return _page(form, 422)
    db.session.commit()
    return see_other("/desk/comments/")


def _page(form: KeysForm, status=200):
    return render_template("desk/comments/keys.html", form=form, words=keys.IN_WORDS), status
