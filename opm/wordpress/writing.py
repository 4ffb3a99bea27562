"""What is written in posts and pages, as it is stored here."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import undefer

from opm.extensions import db
from opm.lib import clock
from opm.lib.markdown import Format
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.wordpress.addresses import OldAddresses
from opm.wordpress.conversations import in_utc
from opm.wordpress.reader import Item
from opm.wordpress.summary import Summary
from opm.wordpress.text import paragraphs
from opm.wordpress.uploads import Uploads

BATCH = 20


class Writing:
    """Writes the text of each thing, and once more where it links to what came after it in the file."""

    def __init__(self, addresses: OldAddresses, uploads: Uploads, told: Summary):
        self.addresses = addresses
        self.uploads = uploads
        self.told = told
        self.unfinished: dict[type, list[str]] = defaultdict(list)  # the numbers of those that do

    def write(self, thing: Post | StandingPage, item: Item) -> None:
        """Sets its text, with the links to the old site that are known by now leading here."""
        text = paragraphs(item.content, self.uploads.galleries_in(item.id))
        text = self.uploads.named(self.addresses.whole(text, item))
        text, others = self.addresses.led_home(text)
        thing.write(text, Format.HTML)
        thing.changed_at = last_changed(item)
        self.told.pictures += text.count("<img ")
        if others:
            self.unfinished[type(thing)].append(item.id)

    def finish(self) -> None:
        """When all addresses are known and all is stored: leads the other links home, and counts those that remain."""
        for kind, numbers in self.unfinished.items():
            for begin in range(0, len(numbers), BATCH):
                self._finish(kind, numbers[begin : begin + BATCH])

    def _finish(self, kind: type, numbers: list[str]):
        those = select(kind).where(kind.source == self.told.source, kind.source_id.in_(numbers))
        for thing in db.session.scalars(those.options(undefer(kind.text))):
            text, others = self.addresses.led_home(thing.text)
            self.told.led_nowhere += others
            if text != thing.text:
                changed_at = thing.changed_at
                thing.write(text, Format.HTML)
                thing.changed_at = changed_at
        db.session.flush()


def last_changed(item: Item) -> datetime:
    """When it was written or changed last, as far as the file says."""
    moments = [in_utc(at) for at in (item.changed_at, item.at) if at]
    return min([*(moments and [max(moments)]), clock.now()])
