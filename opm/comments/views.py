"""What commenters see: the form's answers, the confirm panel, the mail's pages, the receipt.

Each address answers with a page, or for htmx with the fragment that the page includes.
"""

import json

from flask import Blueprint, Response, abort, redirect, render_template, request
from markupsafe import Markup

from opm import settings
from opm.comments import confirmation, holdings, receipts, submission, thread_html, threads
from opm.comments.forms import AddressForm, CommentForm, EditForm, MailsForm, NotMeForm, PanelCodeForm
from opm.comments.models import BlockedAddress, Comment, MovedOn, ParentGone, SaidAlready, State, Thread
from opm.extensions import db, reading
from opm.lib import origin, tokens, typos
from opm.lib.caching import kept
from opm.lib.confirming import CodeRefused, LinkEnded
from opm.lib.i18n import gettext as _
from opm.lib.respond import page_or_fragment, see_other, wants_fragment

bp = Blueprint("comments", __name__)
bp.add_app_template_filter(thread_html.items, "thread_items")

BODY_LIMIT = 160 * 1024  # 10,000 characters of four bytes, each percent-encoded, and the rest of the form


# Writing


@bp.post("/<path:address>/comments/")
def submit(address):
    """Takes a comment; answers with the confirm panel."""
    form = CommentForm()
    is_sound = form.validate()
    with reading():  # the database's one lock for writing is taken only when all is known that can be refused
        settings.current()
        thread = Thread.at(f"/{address}/") or abort(404)
        try:
            parent = submission.answered(thread, form.parent_id)
        except ParentGone:
            return _form(thread, None, form, 409, parent_gone=True)
    if (request.content_length or 0) > BODY_LIMIT:
        return _form(thread, parent, form, 413, too_heavy=True)
    if not is_sound:
        return _form(thread, parent, form, 422)
    comment = submission.submit(thread, parent, **form.words(), network=origin.network())
    db.session.commit()
    return _panel(comment) if wants_fragment() else see_other(f"/comment/sent/{comment.panel_token}")


@bp.get("/<path:address>/comments/")
def thread(address):
    """Somebody reloads or shares the form's address: back to the thread."""
    return redirect(f"{(Thread.at(f'/{address}/') or abort(404)).address}#comments")


@bp.get("/comment/<id:id>/reply")
def reply(id):
    """The same form, under the comment that it answers."""
    parent = _published(id)
    submission.check_open(parent.thread, parent)
    return _form(parent.thread, parent, CommentForm(formdata=None))


@bp.get("/comment/<id:id>")
def comment(id):
    """The comment's own address, for ever: leads to it in its thread."""
    found = db.session.get(Comment, id)
    if found is None or found.number is None:
        abort(404)
    return redirect(threads.address_of(found) if found.thread.is_public else found.thread.address)


# Confirming


@bp.get("/comment/sent/<token>")
def panel(token):
    """The panel's own page, for browsers without scripts."""
    return _panel(_of_panel(token))


@bp.post("/comment/sent/<token>")
def use_code(token):
    """Confirms by the digits from the mail. A wrong try is counted before it is answered."""
    comment = _of_panel(token, held=True)
    form = PanelCodeForm()
    if not form.validate():
        return _panel(comment, status=422, code_error=form.code.errors[0])
    try:
        is_new = confirmation.by_code(comment, form.code.data, origin.network())
    except CodeRefused as refused:
        db.session.commit()
        return _panel(comment, status=422, code_error=refused.sentence)
    except MovedOn:
        is_new = False
    db.session.commit()
    return _confirmed(comment) if is_new else _panel(comment, is_over=True)


@bp.post("/comment/sent/<token>/again")
def send_again(token):
    """Mails the code once more."""
    comment = _of_panel(token, held=True)
    confirmation.send_again(comment, origin.network())
    db.session.commit()
    return _panel(comment, said=_("We sent it again. Look in your junk folder, too."))


@bp.post("/comment/sent/<token>/address")
def change_address(token):
    """Mails a code to another address instead."""
    comment = _of_panel(token, held=True)
    form = AddressForm()
    if not form.validate():
        return _panel(comment, status=422, address_form=form)
    comment = confirmation.change_address(comment, form.email.data, origin.network())
    db.session.commit()
    return _panel(comment, said=_("We sent a code to the new address."))


@bp.get("/comment/confirm/<token>")
def link(token):
    """The page behind the mail's link: the whole comment and one button. Opening it changes nothing."""
    return _link_page(_of_link(token))


@bp.post("/comment/confirm/<token>")
def use_link(token):
    """Confirms by the page's button. A repeat says how the comment stands."""
    comment = _of_link(token, held=True)
    try:
        confirmation.confirm(comment)
    except MovedOn:
        return _link_page(comment)
    db.session.commit()
    return _confirmed(comment)


@bp.get("/comment/not-me/<token>")
def not_me(token):
    """Asks whoever says "this was not me" to press a button."""
    return render_template("comments/not_me.html", comment=_of_link(token, kind="not me"), token=token)


@bp.post("/comment/not-me/<token>")
def use_not_me(token):
    """Deletes a comment that its addressee did not write."""
    comment = _of_link(token, held=True, kind="not me")
    form = NotMeForm()
    try:
        blocked = confirmation.not_me(comment, never_mail_again=form.never_again.data)
    except MovedOn:
        return render_template("comments/not_me.html", comment=comment, token=token), 409
    db.session.commit()
    return render_template("comments/not_me_done.html", blocked=blocked)


@bp.get("/comment/mail-again/<token>")
def ask_to_mail_again(token):
    """Asks who once said "never mail me again" whether they have changed their mind."""
    BlockedAddress.of_link(token)
    return render_template("comments/mail_again.html", token=token)


@bp.post("/comment/mail-again/<token>")
def mail_again(token):
    """Takes an address off the list of those that are never mailed."""
    db.session.delete(BlockedAddress.of_link(token))
    db.session.commit()
    return render_template("comments/mail_again.html", is_done=True)


# The receipt


@bp.get("/receipt/<token>/")
def receipt(token):
    """Where a comment stands, for who holds its private link."""
    return _receipt(of_receipt(token))


@bp.post("/receipt/<token>/")
def edit(token):
    """Saves other words. What can be saved no more is given back, beside what has become of the comment."""
    comment = of_receipt(token, held=True)
    form = EditForm()
    if not form.validate():
        return _receipt(comment, 422, form=form)
    try:
        receipts.edit(comment, **form.words())
    except MovedOn:
        return _receipt(comment, 409, form=form, has_moved_on=True)
    except SaidAlready:
        form.text.errors = [_("Another comment of yours says the same here. Withdraw one of them instead")]
        return _receipt(comment, 422, form=form)
    db.session.commit()
    if wants_fragment():
        return _receipt(comment, said=_("Your changes are saved."))
    return see_other(f"/receipt/{token}/")


@bp.post("/receipt/<token>/mails")
def mails(token):
    """Stops the mails about it, or asks for them again."""
    comment = of_receipt(token, held=True)
    receipts.set_mails(comment, wanted=MailsForm().outcome.data)
    db.session.commit()
    return see_other(f"/receipt/{token}/#mails")


@bp.post("/receipt/<token>/withdraw")
def withdraw(token):
    """Takes the comment back."""
    comment = of_receipt(token, held=True)
    try:
        receipts.withdraw(comment)
    except MovedOn:
        return _receipt(comment, 409)
    db.session.commit()
    return see_other(f"/receipt/{token}/")


@bp.get("/receipt/<token>/data.json")
def download(token):
    """All that is held about the comment, as a file."""
    comment = of_receipt(token)
    content = json.dumps(holdings.of(comment), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="comment-{comment.id}.json"'}
    return Response(content + "\n", mimetype="application/json", headers=headers)


@bp.get("/receipt/<token>/erase")
def ask_to_erase(token):
    """Says what erasing takes and what it leaves, and asks for a press of the button."""
    return render_template("comments/erase.html", comment=of_receipt(token))


@bp.post("/receipt/<token>/erase")
def erase(token):
    """Takes all that tells who wrote it. The receipt ends with it."""
    comment = of_receipt(token, held=True)
    receipts.erase(comment)
    db.session.commit()
    return render_template("comments/erased.html", comment=comment)


# Answers


def _form(thread, parent, form, status=200, **values):
    values |= {"thread": thread, "parent": parent, "form": form}
    return page_or_fragment("comments/write.html", "comments/_form.html", status, **values)


def _panel(comment, status=200, **values):
    values |= {"comment": comment, "meant": typos.meant(comment.email.lower(), settings.current().own_domains)}
    return page_or_fragment("comments/panel.html", "comments/_panel.html", status, **values)


def _confirmed(comment):
    if wants_fragment():
        return render_template("comments/_confirmed.html", comment=comment)
    return see_other(f"/receipt/{comment.receipt_token}/")


def _link_page(comment):
    status = 200 if comment.state != State.WITHDRAWN else 410
    return render_template("comments/confirm.html", comment=comment), status


def _receipt(comment, status=200, form=None, **values):
    stands = {"text": comment.text, "name": comment.name}
    values |= {"comment": comment, "receipts": receipts, "typed": form}
    values |= {"form": form or EditForm(formdata=None, data=stands)}
    return page_or_fragment("comments/receipt.html", "comments/_receipt.html", status, **values)


@bp.app_template_global()
@kept
def empty_fields() -> Markup:
    """What stands in the form under an open thread."""
    return Markup(render_template("comments/_fields.html", form=CommentForm(formdata=None)))


# Finding


def _published(id: int) -> Comment:
    found = db.session.get(Comment, id)
    if found is None or not found.is_published or not found.thread.is_public:
        abort(404)
    return found


def _of_panel(token: str, held: bool = False) -> Comment:
    return Comment.of_panel(token, settings.current().unconfirmed_for, held)


def _of_link(token: str, held: bool = False, kind: str = "link") -> Comment:
    return Comment.of_link(token, settings.current().unconfirmed_for, held, kind)


def of_receipt(token: str, held: bool = False) -> Comment:
    """The comment whose receipt this token opens, while its address is held. Raises LinkEnded."""
    id = tokens.id_of(token)
    found = Comment.held(id) if held else db.session.get(Comment, id)
    if found is None or not found.email or not tokens.opens(token, "comment receipt", id, found.receipt_nonce):
        raise LinkEnded
    return found
