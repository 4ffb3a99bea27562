"""Preview links to a draft, for readers without an account. Each is somebody's, ends by itself and can be ended."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, undefer, undefer_group

from opm.accounts import audit
from opm.accounts.audit import Did
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import clock, tokens
from opm.lib.columns import BigId, UtcDateTime
from opm.posts.models import Post

LASTS = timedelta(days=30)
LONGEST_NAME = 80
MOST_LINKS = 50  # of one post


class TooManyLinks(Exception):
    """A post has as many links as anybody can look after."""


class LinkRevoked(Exception):
    """Somebody ended this link: it does not come back."""


class PreviewLink(db.Model):
    """One link to one post, and for whom it was made. Opening it changes nothing."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), index=True)
    post: Mapped[Post] = relationship()
    name: Mapped[str]  # for whom it is
    nonce: Mapped[str] = mapped_column(default=tokens.new_nonce)
    made_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    made_by: Mapped[Person] = relationship(foreign_keys=[made_by_id])
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now() + LASTS)
    revoked_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    revoked_by: Mapped[Person | None] = relationship(foreign_keys=[revoked_by_id])
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def of(cls, post: Post) -> "list[PreviewLink]":
        """Those of this post, the newest first."""
        who = joinedload(cls.made_by), joinedload(cls.revoked_by)
        return list(db.session.scalars(select(cls).where(cls.post_id == post.id).options(*who).order_by(cls.id.desc())))

    @classmethod
    def held(cls, post: Post, id: int) -> "PreviewLink | None":
        """The one of this post with that number, locked until this transaction ends."""
        return db.session.scalar(select(cls).where(cls.id == id, cls.post_id == post.id).with_for_update())

    @classmethod
    def by_token(cls, token: str) -> "PreviewLink | None":
        """The one that this token was made for, be it ended, with its post."""
        post = joinedload(cls.post)
        words = post.options(undefer_group("desk"), undefer(Post.text), undefer(Post.html), joinedload(Post.series))
        found = db.session.scalar(select(cls).where(cls.id == tokens.id_of(token)).options(words))
        return found if found and tokens.opens(token, "preview", found.id, found.nonce) else None

    @property
    def address(self) -> str:
        """The path of its page."""
        return f"/preview/{tokens.seal('preview', self.id, self.nonce)}/"

    @property
    def is_live(self) -> bool:
        """Whether it shows the post. One that would last longer than links do is from a clock that was wrong."""
        return self.revoked_at is None and clock.now() < self.ends_at <= clock.now() + LASTS

    def renew(self) -> None:
        """It lasts as long again, from now. Raises LinkRevoked."""
        if self.revoked_at:
            raise LinkRevoked
        self.ends_at = clock.now() + LASTS

    def revoke(self, by: Person) -> None:
        """It shows nothing any more, for good. Doing so twice changes nothing."""
        if self.revoked_at is None:
            self.revoked_at, self.revoked_by = clock.now(), by


def make(post: Post, name: str, by: Person) -> PreviewLink:
    """A link for somebody. The post is held. Raises TooManyLinks. The caller commits."""
    if len(PreviewLink.of(post)) >= MOST_LINKS:
        raise TooManyLinks
    link = PreviewLink(post=post, name=name, made_by=by)
    db.session.add(link)
    audit.record(by, Did.MADE_LINK, "post", post.id, post.title)
    return link
