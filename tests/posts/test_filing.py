"""What posts are filed under is made, named, merged and taken away; and a post is filed."""

import pytest
from sqlalchemy import func, select

from opm.accounts.models import Person
from opm.extensions import db
from opm.lib import moved, publicity
from opm.posts import filing
from opm.posts.filed import Author, Category, Filed, Series, Tag
from opm.posts.models import Post, State
from tests import cast
from tests.posts.test_publishing import at_once

KINDS = list(filing.ROWS)
SCRIPTS = ["日本", "עברית", "<script>alert(1)</script>", "  ", "☃", "Page", "feed"]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__.lower())
def kind(request) -> type[Filed]:
    return request.param


def post_under(thing: Filed, slug: str, position: int | None = None) -> Post:
    """A published post that is filed under this and nothing else."""
    post = cast.a_post(slug, slug.capitalize())
    post.authors, post.categories, post.tags = [], [], []
    if isinstance(thing, Series):
        post.series, post.series_position = thing, position
    else:
        {Author: post.authors, Category: post.categories, Tag: post.tags}[type(thing)].append(thing)
    db.session.flush()
    return post


def things_of(post: Post, kind: type[Filed]) -> list[str]:
    db.session.flush()
    db.session.expire(post)
    if kind is Series:
        return [post.series.name] if post.series else []
    return [thing.name for thing in {Author: post.authors, Category: post.categories, Tag: post.tags}[kind]]


# Made


def test_a_new_one_gets_a_free_address_that_its_name_makes(inside, kind):
    with inside():
        assert filing.create(kind, "High streets, low rents").slug == "high-streets-low-rents"
        assert filing.create(kind, "High streets & low rents").slug == "high-streets-low-rents-2"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_name_in_any_script_makes_an_address(inside, kind, name, reader):
    with inside():
        thing = filing.create(kind, name)
        assert thing.slug.isascii()
        assert thing.slug not in ("", "page", "feed")
        post_under(thing, "p", 1)
    assert reader.get(thing.address).status == 200


def test_a_name_that_is_there_is_refused_but_for_authors(inside, kind):
    with inside():
        first = filing.create(kind, "Floods")
        if kind is Author:
            assert filing.create(kind, "floods").slug == "floods-2"
            return
        with pytest.raises(filing.NameTaken) as taken:
            filing.create(kind, "FLOODS")
        assert taken.value.thing is first


@pytest.mark.parametrize(("slug", "free"), [("floods", "floods-2"), ("page", "page-2"), ("feed", "feed-2")])
def test_a_slug_that_is_taken_is_refused_with_a_free_one(inside, kind, slug, free):
    with inside():
        filing.create(kind, "Floods")
        with pytest.raises(filing.SlugTaken) as taken:
            filing.create(kind, "Water", slug=slug)
        assert taken.value.free == free


def test_what_takes_an_old_address_over_wins_over_the_redirect(inside, kind, reader):
    with inside():
        thing = filing.create(kind, "Floods")
        filing.rename(thing, "Water", "water")
        assert moved.leads_to(f"/{kind.__tablename__}/floods/")
        with pytest.raises(moved.LeadsOn):
            filing.create(kind, "Floods")
        post_under(filing.create(kind, "Floods", takes_over=True), "p", 1)
    answer = reader.get(f"/{kind.__tablename__}/floods/")
    assert answer.status == 200
    with inside(False):
        assert moved.leads_to(f"/{kind.__tablename__}/floods/") is None


def test_categories_come_after_those_that_are_there(inside):
    with inside():
        assert [filing.create(Category, name).position for name in ("B", "A", "C")] == [1, 2, 3]


# Named


def test_the_old_address_leads_to_the_new_one_with_its_pages_and_its_feed(inside, kind, reader):
    with inside():
        thing = filing.create(kind, "Floods")
        post_under(thing, "p", 1)
        filing.rename(thing, "High water", "high-water")
    old, new = f"/{kind.__tablename__}/floods/", f"/{kind.__tablename__}/high-water/"
    assert reader.get(new).text.count("High water")
    for tail in ("", "page/2/", "feed/"):
        answer = reader.get(old + tail)
        assert (answer.status, answer.location) == (301, new + tail)


def test_two_steps_lead_in_one_and_a_step_back_in_no_circle(inside, kind, reader):
    with inside():
        thing = filing.create(kind, "A")
        post_under(thing, "p", 1)
        for slug in ("b", "c"):
            filing.rename(thing, slug.upper(), slug)
    path = f"/{kind.__tablename__}/"
    assert {reader.get(f"{path}{slug}/").location for slug in "ab"} == {f"{path}c/"}
    with inside():
        filing.rename(db.session.get_one(kind, thing.id), "A", "a")
    assert reader.get(f"{path}a/").status == 200
    assert {reader.get(f"{path}{slug}/").location for slug in "bc"} == {f"{path}a/"}


def test_another_name_alone_moves_nothing(inside, kind):
    with inside():
        thing = filing.create(kind, "Floods")
        filing.rename(thing, "FLOODS", "floods")
        assert thing.name == "FLOODS"
        assert db.session.scalar(select(func.count()).select_from(moved.Moved)) == 0


def test_another_ones_name_and_address_are_refused(inside, kind):
    with inside():
        filing.create(kind, "Floods")
        thing = filing.create(kind, "Water")
        with pytest.raises(filing.SlugTaken):
            filing.rename(thing, "Water", "floods")
        if kind is not Author:
            with pytest.raises(filing.NameTaken):
                filing.rename(thing, "floods", "water")
        assert (thing.name, thing.slug) == ("Water", "water")


@pytest.mark.parametrize("change", ["rename", "describe", "merge", "remove"])
def test_what_the_public_sees_is_made_anew(inside, kind, change):
    with inside():
        thing, other = filing.create(kind, "Floods"), filing.create(kind, "Water")
        before = publicity.version()
        given = {"rename": ("A", "a"), "describe": ("About.",), "merge": (other,), "remove": ()}[change]
        getattr(filing, change)(thing, *given)
        assert publicity.version() == before + 1


# Merged


def test_posts_move_each_once_and_the_old_address_leads_on(inside, kind, reader):
    with inside():
        thing, into = filing.create(kind, "Flooding"), filing.create(kind, "Floods")
        one, two = post_under(thing, "one", 1), post_under(into, "two", 1)
        both = post_under(into, "both", 2)
        if kind is not Series:
            {Author: both.authors, Category: both.categories, Tag: both.tags}[kind].append(thing)
        filing.merge(thing, into)
        assert [things_of(post, kind) for post in (one, two, both)] == [["Floods"]] * 3
        assert db.session.get(kind, thing.id) is None
    answer = reader.get(f"/{kind.__tablename__}/flooding/page/2/")
    assert answer.location == f"/{kind.__tablename__}/floods/page/2/"
    assert {h2.get_text() for h2 in reader.get(into.address).page.select("article h2")} == {"One", "Two", "Both"}


def test_nothing_is_merged_with_itself(inside, kind):
    with inside():
        thing = filing.create(kind, "Floods")
        with pytest.raises(filing.IntoItself):
            filing.merge(thing, thing)


@pytest.mark.parametrize(("before", "after"), [("arc", "cr"), ("rca", "rc"), ("ca", "c"), ("a", "c")])
def test_of_two_bylines_the_first_place_is_kept(inside, before, after):
    with inside():
        authors = {letter: filing.create(Author, letter) for letter in "arc"}
        post = cast.a_post()
        post.authors = [authors[letter] for letter in before]
        db.session.flush()
        filing.merge(authors["a"], authors["c"])
        assert things_of(post, Author) == list(after)


def test_an_account_goes_with_its_byline_unless_the_other_has_one(inside):
    with inside():
        ines, rosa = cast.ines(), cast.rosa()
        one, two = filing.create(Author, "I. Calder", person_id=ines.id), filing.create(Author, "Ines Calder")
        filing.merge(one, two)
        assert two.person_id == ines.id
        three = filing.create(Author, "Rosa", person_id=rosa.id)
        filing.merge(three, two)
        assert two.person_id == ines.id


def test_the_parts_of_a_merged_series_follow_those_of_the_other_with_their_gaps(inside):
    with inside():
        thing, into = filing.create(Series, "A"), filing.create(Series, "B")
        posts = [post_under(thing, "a1", 1), post_under(thing, "a3", 3), post_under(into, "b2", 2)]
        filing.merge(thing, into)
        for post in posts:
            db.session.expire(post)
        assert [post.series_position for post in posts] == [3, 5, 2]


# Taken away


def test_only_what_nothing_is_filed_under_is_taken_away(inside, kind):
    with inside():
        thing = filing.create(kind, "Floods")
        post = post_under(thing, "p", 1)
        post.state = State.DRAFT
        with pytest.raises(filing.InUse) as refused:
            filing.remove(thing)
        assert refused.value.count == 1
        db.session.delete(post)
        db.session.flush()
        filing.remove(thing)
        assert db.session.get(kind, thing.id) is None


# A post


def test_a_post_is_filed_under_these_and_nothing_else(inside):
    with inside():
        post = cast.a_filed_post()
        rosa, kit = filing.create(Author, "Rosa"), filing.create(Author, "Kit")
        streets = filing.create(Category, "Streets")
        filing.file(post, authors=[kit, rosa], categories=[streets], tags=["Mud", "water"])
        assert [things_of(post, kind) for kind in KINDS] == [["Kit", "Rosa"], ["Streets"], ["Mud", "Water"], []]
        assert post.series_position is None
        filing.file(post, authors=[rosa, kit], categories=[], tags=[])
        assert [things_of(post, kind) for kind in KINDS] == [["Rosa", "Kit"], [], [], []]


def test_a_part_comes_last_also_after_one_that_was_withdrawn(inside):
    with inside():
        first = cast.a_filed_post()
        second = cast.a_part_two(first)
        second.state = State.WITHDRAWN
        third = cast.a_post("third")
        filing.file(third, authors=[], categories=[], tags=[], series=first.series)
        assert third.series_position == 3
        with pytest.raises(filing.PlaceTaken) as taken:
            filing.file(third, authors=[], categories=[], tags=[], series=first.series, series_position=2)
        assert (taken.value.post, taken.value.free) == (second, 4)
        filing.file(third, authors=[], categories=[], tags=[], series=first.series, series_position=3)
        filing.file(third, authors=[], categories=[], tags=[], series=first.series, series_position=9)
        assert third.series_position == 9


def test_who_first_writes_gets_a_byline_and_keeps_it(inside):
    with inside():
        rosa = cast.rosa()
        author = filing.author_of(rosa)
        assert (author.name, author.slug, author.person) == ("Rosa Menk", "rosa-menk", rosa)
        author.name = "R. Menk"
        assert filing.author_of(rosa) is author


def test_a_byline_is_never_an_address_that_somebody_signs_in_with(inside):
    with inside():
        person = Person(name="kit@northmere.example", email="kit@northmere.example", roles=["author"])
        db.session.add(person)
        db.session.flush()
        author = filing.author_of(person)
        assert (author.name, author.slug) == ("Staff writer", "staff-writer")


def test_two_who_make_the_same_tag_at_once_have_one(app, inside):
    came = at_once(app, *[lambda: filing.tag_named("Sandbags").name] * 4)
    assert came == ["Sandbags"] * 4
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(Tag)) == 1


def test_who_begins_two_posts_at_once_gets_one_byline(app, inside):
    with inside():
        cast.rosa()
    at_once(app, *[lambda: filing.author_of(cast.rosa())] * 4)
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(Author)) == 1


def test_two_that_are_merged_into_each_other_at_once_leave_one(app, inside, kind):
    with inside():
        one, other = filing.create(kind, "One").id, filing.create(kind, "Other").id

    def merge(a, b):
        held = filing.held_both(kind, a, b)
        if None not in held:
            filing.merge(*held)

    came = at_once(app, lambda: merge(one, other), lambda: merge(other, one))
    assert came == [None, None]
    with inside(False):
        assert db.session.scalar(select(func.count()).select_from(kind)) == 1
