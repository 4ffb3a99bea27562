"""What the worker does with pictures: it makes them in the sizes that screens need, and then anew what shows them.

One step at a time, each by looking for what there is to do, so that it can be stopped at any moment; two workers at
once do the same, which does no harm.
"""

import logging
import time

from sqlalchemy import select, update

from opm.extensions import db, reading
from opm.lib import publicity
from opm.lib.moved import Moved
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.posts.pictures import decoding, library, media
from opm.posts.pictures.decoding import DecoderBusy, NotAPicture, TooManyPixels
from opm.posts.pictures.models import Picture, State

GROWN_UP_SECONDS = 60 * 60  # a younger file may belong to something that is not stored yet
SHOWN = ("name", "state", "alt", "is_decorative", "credit", "licence", "licence_address")
TEXTS = Post, StandingPage

log = logging.getLogger(__name__)
_no_pictures: set[str] = set()  # files that this worker has looked into


def go_on() -> bool:
    """Does the next thing that a picture waits for. Commits. Returns whether there may be more.

    Asking whether there is any is read-only, so that an idle worker is in nobody's way.
    """
    with reading():
        picture = db.session.scalar(Picture.to_do().limit(1))
    if picture is None:
        return False
    if picture.state == State.WAITING:
        _make(picture)
    else:
        _make_anew_what_shows(picture)
    return True


def tidy() -> bool:
    """Takes one file into the library that nobody has told it of (an older version of the site kept it, or somebody put
    it there), drops files that no picture has any more, and sees to it that those are made again that somebody took.
    Commits. Returns whether there may be more."""
    with reading():
        pictures = db.session.scalars(select(Picture)).all()
    known = {name for picture in pictures for name in picture.files}
    unknown = [name for name in _grown_up() if name not in known and name not in _no_pictures]
    media.drop(name for name in unknown if not media.is_whole(name) and not media.is_card(name))
    _make_again(pictures)
    for name in (name for name in unknown if media.is_whole(name)):
        _adopt(name)
        return True
    return False


def _make(picture: Picture) -> None:
    """Makes its renditions, and only then says so. One that fails is marked, and told of in the library."""
    name, content = picture.name, media.read(picture.name)
    try:
        state, names = State.READY, [_stored(name, *made) for made in decoding.renditions(content or b"")]
    except (NotAPicture, TooManyPixels):
        log.warning("picture %s: nothing could be made of it", picture.id)
        state, names = State.FAILED, []
    except DecoderBusy:
        return
    held = Picture.held(picture.id)
    if held and held.name == name and held.state == State.WAITING:  # otherwise it was replaced meanwhile
        held.state, held.renditions, held.is_stale = state, names, True
    db.session.commit()


def _stored(name: str, width: int, ending: str, content: bytes) -> str:
    rendition = media.made_of(name, width, ending)
    media.store(rendition, content)
    return rendition


def _make_anew_what_shows(picture: Picture) -> None:
    """Text by text, so that other writers need not wait for all; then the public sees them, if it may.

    A text's day of change stays as it was: its words have not changed.
    """
    with reading():
        is_public = library.is_on_about_page(picture)
        ids = [(model, id) for model in TEXTS for id in db.session.scalars(_ids(model, picture))]
    for model, id in ids:
        text = db.session.scalar(select(model).where(model.id == id).with_for_update(of=model))
        if text:
            text.make_html()
            is_public = is_public or text.state == "published"
        db.session.commit()
    as_seen = [getattr(Picture, column) == getattr(picture, column) for column in SHOWN]
    db.session.execute(update(Picture).where(Picture.id == picture.id, *as_seen).values(is_stale=False))
    if is_public:
        publicity.bump()
    db.session.commit()


def _ids(model, picture: Picture):
    return select(model.id).where(model.pictures.any(Picture.id == picture.id)).order_by(model.id)


def _grown_up() -> list[str]:
    """The names of files of ours that are not just being stored."""
    before = time.time() - GROWN_UP_SECONDS
    files = media.folder().glob("*") if media.folder().is_dir() else []
    return sorted(file.name for file in files if media.type_of(file.name) and file.stat().st_mtime < before)


def _make_again(pictures) -> None:
    """Those of which a file that was made is gone, while they are there themselves."""
    there = {file.name for file in media.folder().glob("*")} if media.folder().is_dir() else set()
    lacking = [picture.id for picture in pictures if picture.name in there and not there.issuperset(picture.renditions)]
    for id in lacking:
        picture = Picture.held(id)
        picture.state, picture.renditions, picture.is_stale = State.WAITING, [], True
    if lacking:
        db.session.commit()


def _adopt(name: str) -> None:
    """Makes it a picture, and notes what shows it. One that was replaced is dropped instead."""
    with reading():
        is_replaced = db.session.get(Moved, media.ADDRESS + name) is not None
    if is_replaced:
        media.drop([name])
        return
    try:
        looked_at = decoding.anew(media.read(name))
    except (NotAPicture, TooManyPixels):
        _no_pictures.add(name)
        return
    picture = Picture.of_file(name, looked_at)
    db.session.add(picture)
    db.session.flush()
    for model in TEXTS:
        for text in db.session.scalars(select(model).where(model.html.contains(picture.address, autoescape=True))):
            text.pictures.append(picture)
    db.session.commit()
    log.info("picture %s was found and taken into the library", picture.id)
