"""Proving that a commenter is a real person: by code in the panel, by the button behind the mail's link.

What the panel says is the same whether the comment waits for its code or was confirmed long ago: it must not tell
whoever repeats somebody's words whose they are. Only who knows the code, or holds the link, sees the state.
"""

from opm import settings
from opm.comments.inbox import telling
from opm.comments.models import BlockedAddress, Comment, State, Thread, address_hash
from opm.comments.submission import ALREADY_MAIL, add, post_code, same
from opm.extensions import db
from opm.lib import publicity, throttle
from opm.lib.confirming import LinkEnded
from opm.outbox import posting, strangers


def by_code(comment: Comment, typed: str, network: str) -> bool:
    """Confirms it if the digits are right. The comment is held. The caller commits, refused or not.

    Returns whether this is what confirmed it: a code that comes later opens nothing.

    Raises WrongCode, CodeTooOld, TooMany; MovedOn if the comment was withdrawn.
    """
    throttle.spend({settings.current().allowance("codes_per_network"): network})
    comment.try_code(typed)
    return confirm(comment)


def confirm(comment: Comment) -> bool:
    """Confirms it; once is enough. By the site's policy it waits for a moderator or is public at once.

    Returns whether it was unconfirmed. The comment is held. The caller commits. Raises MovedOn if it was withdrawn.
    """
    if comment.is_confirmed:
        return False
    comment.confirm()
    policy = settings.current().policy_now
    if policy == "none" or (policy == "known" and Comment.is_trusted(comment.address_hash)):
        comment.publish(Thread.held(comment.thread_id))
        publicity.bump()
    else:
        telling.tell(comment)
    return True


def send_again(comment: Comment, network: str) -> None:
    """Mails the code once more: the same while it lives. Of a comment that needs none, its state. Raises TooMany."""
    _mail_again(comment, strangers.spend("confirmations", comment.email or "", network))


def change_address(comment: Comment, email: str, network: str) -> Comment:
    """The same words from another address. Returns the comment that the panel is about from now on. Raises TooMany.

    The words become a comment of the new address, under the panel's old one. The comment they leave goes if nobody
    has confirmed it, with its links; one that is confirmed is left alone. Answer and mail are the same either way:
    even the new comment's number tells nothing. Raises LinkEnded once its writer has edited it: whoever sent the
    former words, too, has this panel, and must not be mailed the new ones.
    """
    if comment.edited_at:
        raise LinkEnded
    counts = strangers.spend("confirmations", email, network)
    if twin := same(comment.thread_id, comment.parent_id, email, comment.text):
        _mail_again(twin, counts)
    return _hand_panel(comment, twin or add(_copy(comment, email), counts))


def not_me(comment: Comment, *, never_mail_again: bool) -> BlockedAddress | None:
    """Deletes a comment that its addressee did not write. The comment is held. Raises MovedOn once confirmed.

    If its address wishes never to be mailed again it is from now on among those; the row is returned.
    """
    comment.expect({State.UNCONFIRMED})
    db.session.delete(comment)
    return BlockedAddress.add(comment.address_hash) if never_mail_again else None


def _mail_again(comment: Comment, counts: dict[str, int]) -> None:
    if comment.state == State.UNCONFIRMED:
        comment.renew_old_code()
        post_code(comment, counts)
    elif comment.email:
        posting.post(ALREADY_MAIL, comment.email, comment.id, nonce=comment.receipt_nonce)


def _hand_panel(comment: Comment, to: Comment) -> Comment:
    """The panel's address leads to the other comment from now on; an unconfirmed one that it leaves goes."""
    if to is comment:
        return comment
    comment.hand_panel(to)
    if comment.state == State.UNCONFIRMED:
        db.session.delete(comment)
    return to


def _copy(comment: Comment, email: str) -> Comment:
    return Comment(
        thread=comment.thread,
        parent=comment.parent,
        text=comment.text,
        name=comment.panel_name,
        email=email,
        address_hash=address_hash(email),
        network=comment.network,
        flags=comment.flags,
        written_at=comment.panel_opened_at,  # when the words were last sent, as if they had been new then
        code_tries=comment.code_tries,
    )
