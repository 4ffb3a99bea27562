"""How a post will look with these words, in the public layout, before readers see it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from opm.posts.around import Around, around_draft
from opm.posts.models import Post, Series, html_of


@dataclass
class Preview:
    """Stands in templates where a post does: the same post with a title and a text that need not be saved."""

    post: Post
    title: str
    text: str

    @cached_property
    def html(self) -> str:
        """The text as readers would see it; of a saved one what was made of it then."""
        return self.post.html if self.text == self.post.text else html_of(self.text, self.post.format)

    @property
    def published_at(self) -> datetime | None:
        """When it went public or will, if somebody has said so."""
        return self.post.published_at or self.post.publish_at

    @property
    def series(self) -> Series | None:
        """The series that it is a part of."""
        return self.post.series

    @cached_property
    def around(self) -> Around:
        """What stands around it."""
        return around_draft(self.post)


def as_saved(post: Post) -> Preview:
    """The post as it is now."""
    return Preview(post, post.title, post.text)
