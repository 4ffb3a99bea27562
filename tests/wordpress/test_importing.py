"""A parish blog moves in from WordPress."""

import time
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from opm import settings
from opm.accounts.models import Person
from opm.comments.models import Comment, State, Thread
from opm.extensions import db
from opm.lib import publicity
from opm.outbox.models import Email
from opm.posts.models import Author, Category, Post, Tag
from opm.wordpress import importing, reader
from opm.wordpress.summary import Kind, Reason
from tests import cast
from tests.counting import counting
from tests.tables import rows
from tests.wordpress.files import ADDRESS, SOURCE, author, category, comment, export, filed, page, post, tag

WHOLE = export(
    author(),
    category(),
    category("roads", "Roads &amp; lanes", "", 2),
    tag(),
    post(
        1,
        filed("category", "rivers", "Rivers"),
        filed("category", "roads", "Roads &amp; lanes"),
        filed("post_tag", "rota", "Rota"),
        comment(11),
        comment(12, "So did we.", parent=11, at="2020-03-03 10:00:00", author="Ada"),
    ),
    post(2, title="What the council &amp; we decided", content="<!-- wp:paragraph --><p>All of it.</p>"),
)


def one_post():
    return db.session.scalars(select(Post).order_by(Post.id)).first()


def said():
    """The comments in order of their numbers."""
    return db.session.scalars(select(Comment).order_by(Comment.thread_id, Comment.number)).all()


def test_posts_come_with_what_they_are_filed_under(bring, inside):
    summary = bring(WHOLE)
    assert summary.brought == {"posts": 2, "comments": 2, "categories": 2, "tags": 1, "authors": 1}
    with inside(False):
        first, second = db.session.scalars(select(Post).order_by(Post.id))
        assert (first.title, first.address) == ("Who fills the sandbags?", "/2020/03/01/sandbags-1/")
        assert first.html == "<p>The lane floods first.</p>"
        assert first.summary == "The lane floods first."
        assert [who.name for who in first.authors] == ["Ines Calder"]
        assert [(each.slug, each.name) for each in first.categories] == [
            ("rivers", "Rivers"),
            ("roads", "Roads & lanes"),
        ]
        assert first.categories[0].description == "What floods, and when."
        assert [each.name for each in first.tags] == ["Rota"]
        assert (first.source, first.source_id) == (SOURCE, "1")
        assert second.title == "What the council & we decided"


def test_comments_come_with_threads_dates_and_numbers(bring, inside):
    bring(WHOLE)
    with inside(False):
        first, reply = said()
        assert (first.number, first.name, first.text) == (1, "Jo Marsh", "We carried them ourselves.")
        assert first.state == State.PUBLISHED
        assert first.written_at == first.published_at == datetime(2020, 3, 2, 10, tzinfo=UTC)
        assert (reply.number, reply.parent_id, reply.source_id) == (2, first.id, "12")
        thread = first.thread
        assert (thread.last_number, thread.published_count) == (2, 2)
        assert thread.active_at == datetime(2020, 3, 3, 10, tzinfo=UTC)
        assert thread.opened_at == datetime(2020, 3, 1, 9, tzinfo=UTC)


def test_a_reader_sees_the_post_as_any_other(bring, browser):
    bring(WHOLE)
    browser.visit("/2020/03/01/sandbags-1/")
    assert browser.heading == "Who fills the sandbags?"
    for words in ("By Ines Calder", "2 comments", "Jo Marsh", "We carried them ourselves.", "Roads & lanes"):
        assert words in browser.text
    browser.visit("/category/roads/")
    assert "Who fills the sandbags?" in browser.text


def test_nobody_is_mailed_trusted_or_given_an_account(app, bring, inside, mailbox):
    bring(WHOLE)
    assert mailbox.deliver() == []
    with inside(False):
        assert db.session.scalar(select(func.count(Email.id))) == 0
        assert db.session.scalar(select(func.count(Person.id))) == 0
        for comment in said():
            assert (comment.email, comment.address_hash, comment.sameness, comment.network) == (None, None, None, "")
            assert comment.staff_id is None
    stored = repr(rows(app))
    assert "jo@example.org" not in stored
    assert "ines@old.northmere.example" not in stored
    assert "192.0.2.7" not in stored


def test_the_same_file_again_changes_nothing_and_says_so(app, bring):
    bring(WHOLE)
    before = rows(app)
    summary = bring(WHOLE)
    assert rows(app) == before
    assert before["publicity"] == ["(1, 2)"]
    assert not summary.has_changed_anything
    assert summary.lines()[1].startswith("Nothing was changed")
    for line in ("2 posts: 2 here already", "2 comments: 2 here already", "1 author: 1 here already"):
        assert f"  {line}" in summary.lines()


def test_the_version_that_the_public_sees_grows_once(bring, inside):
    bring(WHOLE)
    with inside(False):
        assert publicity.version() == 2


def test_a_newer_file_adds_only_what_is_new(bring, inside):
    bring(WHOLE)
    newer = comment(13, "And next year?", parent=12, at="2020-04-01 10:00:00")
    summary = bring(export(author(), post(1, comment(11), comment(12), newer), post(3, comment(14))))
    assert summary.brought == {"posts": 1, "comments": 2}
    with inside(False):
        assert [(each.source_id, each.number) for each in said()] == [("11", 1), ("12", 2), ("13", 3), ("14", 1)]
        third = said()[2]
        assert third.parent.source_id == "12"
        assert (third.thread.last_number, third.thread.published_count) == (3, 3)
        assert third.thread.active_at == datetime(2020, 4, 1, 10, tzinfo=UTC)


def test_an_older_comment_that_comes_late_goes_on_after_what_people_wrote_here(bring, inside, clock):
    bring(export(post(1, comment(11))))
    with inside():
        thread = said()[0].thread
        cast.a_comment(thread, State.PUBLISHED, text="Written here.")
    bring(export(post(1, comment(11), comment(12, at="2020-03-02 11:00:00"))))
    with inside(False):
        assert [(each.number, each.source_id) for each in said()] == [(1, "11"), (2, None), (3, "12")]
        assert said()[0].thread.active_at == clock.at


def test_what_the_team_changed_since_stays_so(bring, inside):
    bring(WHOLE)
    with inside():
        one_post().title = "A better title"
        said()[0].move_to(State.REJECTED, said()[0].thread)
    bring(WHOLE)
    with inside(False):
        assert one_post().title == "A better title"
        assert said()[0].state == State.REJECTED


def test_two_sites_may_use_the_same_numbers(bring, inside):
    bring(WHOLE)
    summary = bring(WHOLE.replace(ADDRESS, "https://other.example"))
    assert summary.brought == {"posts": 2, "comments": 2}
    assert [renamed.address for renamed in summary.renamed] == [
        "/2020/03/01/sandbags-1-2/",
        "/2020/03/01/sandbags-2-2/",
    ]
    with inside(False):
        assert db.session.scalar(select(func.count(Post.id))) == 4
        assert db.session.scalar(select(func.count(Author.id))) == 1


def test_a_category_of_ours_with_that_slug_is_the_same(bring, inside):
    with inside():
        db.session.add(Category(slug="rivers", name="All about rivers", description="Ours", position=3))
    bring(WHOLE)
    with inside(False):
        ours, theirs = db.session.scalars(select(Category).order_by(Category.position))
        assert (ours.name, ours.description) == ("All about rivers", "Ours")
        assert (theirs.slug, theirs.position) == ("roads", 4)
        assert one_post().categories == [ours, theirs]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "draft"}, Reason.DRAFT),
        ({"status": "pending"}, Reason.IN_REVIEW),
        ({"status": "private"}, Reason.PRIVATE),
        ({"status": "future"}, Reason.FUTURE),
        ({"at": "2030-01-01 00:00:00"}, Reason.FUTURE),
        ({"status": "trash"}, Reason.TRASH),
        ({"status": "archived"}, Reason.OTHER_STATUS),
        ({"status": "draft", "password": "sesame"}, Reason.DRAFT),
        ({"password": "sesame"}, Reason.PASSWORD),
    ],
)
@pytest.mark.parametrize("kind", [Kind.POSTS, Kind.PAGES])
def test_what_is_not_public_is_left_out_with_its_reason(app, bring, kind, values, reason):
    before = rows(app)
    summary = bring(export(post(1, comment(11), **values | {"type": kind.removesuffix("s")})))
    assert summary.left_out[kind, reason] == 1
    assert summary.left_out[Kind.COMMENTS, Reason.ON_LEFT_OUT] == 1
    assert rows(app) == before
    assert summary.lines()[2].startswith(f"  1 {kind.removesuffix('s')}: 1 left out (1 ")


@pytest.mark.parametrize(
    ("type", "kind", "reason"),
    [
        ("attachment", Kind.UPLOADS, Reason.LONE_FILE),
        ("nav_menu_item", Kind.MENU_ITEMS, Reason.NO_PLACE),
        ("wp_block", Kind.OTHERS, Reason.NO_PLACE),
        ("", Kind.OTHERS, Reason.NO_PLACE),
    ],
)
def test_what_has_no_place_here_is_left_out(app, bring, type, kind, reason):
    before = rows(app)
    assert bring(export(post(1, comment(11), type=type))).left_out[kind, reason] == 1
    assert rows(app) == before


def test_a_post_without_a_date_is_left_out_and_a_page_needs_none(bring):
    none = "0000-00-00 00:00:00"
    summary = bring(export(post(1, at=none), page(2, at=none)))
    assert summary.left_out[Kind.POSTS, Reason.NO_DATE] == 1
    assert summary.brought[Kind.PAGES] == 1


def test_a_post_that_could_not_be_known_again_is_left_out(bring):
    assert bring(export(post("one"), post(0), post(""))).left_out[Kind.POSTS, Reason.NO_NUMBER] == 3


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"approved": "0"}, Reason.WAITING),
        ({"approved": "spam"}, Reason.SPAM),
        ({"approved": "trash"}, Reason.TRASH),
        ({"approved": "post-trashed"}, Reason.TRASH),
        ({"type": "pingback"}, Reason.PING),
        ({"type": "trackback"}, Reason.PING),
        ({"type": "order_note"}, Reason.BY_MACHINE),
        ({"id": "x"}, Reason.NO_NUMBER),
        ({"text": "<script>alert(1)</script>"}, Reason.NO_WORDS),
    ],
)
def test_a_comment_that_is_not_public_is_left_out_with_its_reason(bring, inside, values, reason):
    summary = bring(export(post(1, comment(11), comment(**{"id": 12} | values))))
    assert summary.left_out == {(Kind.COMMENTS, reason): 1}
    with inside(False):
        assert [each.source_id for each in said()] == ["11"]


def test_dates_are_utc_and_days_are_the_sites(bring, inside):
    bring(export(post(1, at="2020-06-30 23:30:00")))
    with inside(False):
        assert one_post().published_at == datetime(2020, 6, 30, 23, 30, tzinfo=UTC)
        assert one_post().published_on == date(2020, 7, 1)  # an hour ahead in summer


def test_without_a_date_in_utc_the_local_one_is_taken_in_the_sites_zone(bring, inside):
    none = "0000-00-00 00:00:00"
    local = {"date_gmt": none, "date": "2020-07-01 09:00:00"}
    bring(export(post(1, comment(11, date_gmt=none, date="2020-07-02 09:00:00"), comment(12, at=none), **local)))
    with inside(False):
        assert one_post().published_at == datetime(2020, 7, 1, 8, tzinfo=UTC)
        assert [each.written_at for each in said()] == [
            datetime(2020, 7, 1, 8, tzinfo=UTC),  # none at all: the post's
            datetime(2020, 7, 2, 8, tzinfo=UTC),
        ]


def test_two_posts_of_a_day_with_one_slug_get_two_addresses(bring, browser):
    summary = bring(export(*(post(number, name="rota", title=f"Rota {number}") for number in (1, 2, 3))))
    assert [(renamed.was, renamed.address) for renamed in summary.renamed] == [
        ("rota", "/2020/03/01/rota-2/"),
        ("rota", "/2020/03/01/rota-3/"),
    ]
    assert "  /2020/03/01/rota-2/ (was rota)" in summary.lines()
    browser.visit("/2020/03/01/rota-3/")
    assert browser.heading == "Rota 3"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("../../desk", "desk"),
        ("..%2F..%2Fdesk", "desk"),
        ("%00", "who-fills-the-sandbags"),
        ("?p=1#x", "p-1-x"),
        ("stra%C3%9Fe-am-fluss", "strae-am-fluss"),
        ("%E6%B2%B3", "who-fills-the-sandbags"),
        ("", "who-fills-the-sandbags"),
        ("a" * 120, "a" * 120),
        ("a" * 300, "a" * 80),
        ("<script>", "script"),
        ("a\u202eb", "ab"),
        ("a%1b%5b2J%0ab", "a-2j-b"),
    ],
)
def test_a_slug_can_only_name_a_post(bring, inside, name, slug):
    summary = bring(export(post(1, name=name)))
    with inside(False):
        assert one_post().slug == slug
    assert len(summary.renamed) == (name not in ("", slug))


def test_a_post_without_title_or_slug_has_an_address(bring, inside):
    bring(export(post(7, title="", name=""), post(8, title="河", name="%E6%B2%B3")))
    with inside(False):
        named = [(each.title, each.slug) for each in db.session.scalars(select(Post).order_by(Post.id))]
        assert named == [("Untitled", "post-7"), ("河", "post-8")]


def test_hostile_html_is_cleaned_before_it_is_stored(bring, inside, browser):
    text = '<script>alert(1)</script><img src=x onerror=alert(1)><p data-hx-get="/desk/">Words</p><svg onload=alert(1)>'
    values = {"title": text, "excerpt": text, "content": text}
    bring(export(author("ines", text), category(name=text, about=text), post(1, comment(11, "a" + text), **values)))
    browser.visit("/2020/03/01/sandbags-1/")  # reads it, and finds nothing inline
    assert browser.heading == "Words"
    with inside(False):
        stored = repr([[one_post().html, one_post().summary, one_post().title], [each.text for each in said()]])
        for piece in ("alert", "onerror", "data-hx", "svg"):
            assert piece not in stored


def test_a_reply_follows_what_it_answers_whatever_the_dates_say(bring, inside):
    early, late = "2020-03-02 10:00:00", "2020-03-09 10:00:00"
    bring(
        export(
            post(
                1,
                comment(13, "An answer, dated before.", parent=12, at=early),
                comment(12, "A remark.", at=late),
                comment(11, "In between.", at="2020-03-05 10:00:00"),
            )
        )
    )
    with inside(False):
        assert [each.source_id for each in said()] == ["11", "12", "13"]
        assert said()[2].parent is said()[1]
        assert said()[2].written_at == datetime(2020, 3, 2, 10, tzinfo=UTC)
        assert said()[0].thread.active_at == datetime(2020, 3, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "comments",
    [
        [comment(12, parent=99)],
        [comment(11, approved="0"), comment(12, parent=11)],
        [comment(12, parent=12)],
        [comment(11, type="pingback"), comment(12, parent=11)],
    ],
    ids=["missing", "pending", "itself", "ping"],
)
def test_a_reply_to_what_does_not_come_stands_by_itself(bring, inside, comments):
    summary = bring(export(post(1, *comments)))
    assert summary.lone_replies == 1
    assert "1 reply stands by itself, because what it answers was not brought in." in summary.lines()
    with inside(False):
        assert [(each.source_id, each.parent_id) for each in said()] == [("12", None)]


def test_a_long_chain_of_answers_takes_no_longer_than_its_length(bring, inside):
    began_at = time.process_time()
    bring(export(post(1, *(comment(number, parent=number - 1) for number in range(1, 3001)))))
    assert time.process_time() - began_at < 10
    with inside(False):
        assert [each.parent_id for each in said()][1:] == [each.id for each in said()][:-1]


def test_answers_in_a_circle_begin_with_the_earliest(bring, inside):
    circle = [
        comment(11, parent=12, at="2020-03-02 10:00:00"),
        comment(12, parent=13, at="2020-03-03 10:00:00"),
        comment(13, parent=11, at="2020-03-04 10:00:00"),
    ]
    summary = bring(export(post(1, *circle)))
    assert summary.lone_replies == 1
    with inside(False):
        assert [(each.source_id, each.number) for each in said()] == [("11", 1), ("13", 2), ("12", 3)]


def test_a_reply_to_a_comment_of_another_post_stands_by_itself(bring, inside):
    text = export(post(1, comment(11)), post(2, comment(12, parent=11)))
    assert bring(text).lone_replies == 1
    assert bring(text.replace("<wp:comment_id>12<", "<wp:comment_id>13<")).lone_replies == 1


def test_what_stands_twice_in_a_file_comes_once(bring):
    twice = [post(1, comment(11), comment(11)), post(1, comment(11), comment(12)), post(2, comment(12))]
    summary = bring(export(*twice))
    assert summary.brought == {"posts": 2, "comments": 2, "authors": 1}


def test_what_is_printed_cannot_command_a_terminal(bring):
    summary = bring(export(post(1, name="a%1b%5b2J%0ab\u202e")))
    assert "  /2020/03/01/a-2j-b/ (was a[2J b)" in summary.lines()


def test_a_comment_from_the_future_was_written_by_now(bring, inside, clock):
    bring(export(post(1, comment(11, at="2031-01-01 00:00:00"))))
    with inside(False):
        assert said()[0].written_at == said()[0].thread.active_at == clock.at


def test_long_names_stay_whole_and_none_is_anonymous(bring, inside):
    bring(
        export(post(1, comment(11, author="Jo " * 60), comment(12, author=" <b></b> "), comment(13, author="O&#039;B")))
    )
    with inside(False):
        assert [each.name for each in said()] == [("Jo " * 60).strip(), "Anonymous", "O'B"]


def test_a_closed_thread_is_closed_from_its_last_sign_of_life(bring, inside, browser):
    bring(export(post(1, comment(11), comment_status="closed", modified_gmt="2020-03-01 12:00:00"), post(2)))
    with inside(False):
        closed, open_ = db.session.scalars(select(Thread).order_by(Thread.id))
        assert closed.closed_at == datetime(2020, 3, 2, 10, tzinfo=UTC)
        assert open_.closed_at is None
    browser.visit("/2020/03/01/sandbags-1/")
    assert "Comments closed on 2 March 2020." in browser.text


def test_authors_are_bylines_and_their_addresses_are_not_names(bring, inside):
    head = [author("ines", "Ines Calder"), author("jo@example.org", "jo@example.org"), author("rosa", "Rosa Menk")]
    joint = filed("author", "cap-rosa", "rosa"), filed("author", "cap-ines", "ines")
    bring(export(*head, post(1, *joint), post(2, by="jo@example.org"), post(3, by="nobody-known"), post(4, by="")))
    with inside(False):
        bylines = [[who.name for who in each.authors] for each in db.session.scalars(select(Post).order_by(Post.id))]
        assert bylines == [["Rosa Menk", "Ines Calder"], ["Staff writer"], ["nobody-known"], []]
        assert {who.person_id for who in db.session.scalars(select(Author))} == {None}
        assert "jo" not in {who.slug for who in db.session.scalars(select(Author))}


def test_two_people_called_admin_stay_two(bring, inside):
    bring(export(author("admin", "Ines Calder"), post(1, by="admin")))
    bring(export(author("admin", "Rosa Menk"), post(1, by="admin"), source="https://other.example"))
    with inside(False):
        slugs = db.session.execute(select(Author.slug, Author.name).order_by(Author.id)).all()
        assert slugs == [("admin", "Ines Calder"), ("admin-2", "Rosa Menk")]


def test_slugs_in_other_alphabets_stay_apart(app, bring, inside):
    text = export(
        category("%e6%b2%b3", "河", id=4),
        category("%e8%b7%af", "路", id=5),
        category("%e6%b2%b3-news", "河 news", id=6),
        category("news", "News", id=7),
        tag("%e6%b2%b3", "河", id=8),
        post(1, filed("category", "%e8%b7%af", "路"), filed("category", "news", "News")),
    )
    bring(text)
    with inside(False):
        named = db.session.execute(select(Category.slug, Category.name).order_by(Category.position)).all()
        assert named == [("category-4", "河"), ("category-5", "路"), ("news", "河 news"), ("news-2", "News")]
        assert [each.name for each in one_post().categories] == ["路", "News"]
        assert db.session.scalars(select(Tag.slug)).all() == ["tag-8"]
    before = rows(app)
    bring(text)
    assert rows(app) == before


def test_a_category_that_only_posts_name_is_made(bring, inside):
    summary = bring(
        export(post(1, filed("category", "lanes", "Lanes"), filed("post_format", "x", "X"), "<category>X</category>"))
    )
    assert summary.brought == {"posts": 1, "categories": 1, "authors": 1}


def test_pictures_are_counted_since_they_stay_behind(bring):
    summary = bring(export(post(1, content='<img src="https://old.northmere.example/a.png" alt="The lane">')))
    assert summary.pictures == 1
    assert "1 picture was not copied: a link to it stands in its place." in summary.lines()


@pytest.mark.parametrize("at", ["wp:post_password", "</channel>", "wp:comment_content>We"])
def test_a_file_that_breaks_off_leaves_nothing_behind(app, file, inside, at):
    before = rows(app)
    with inside(), pytest.raises(reader.NotXml):
        importing.import_file(file(WHOLE[: WHOLE.rindex(at)]))
    assert rows(app) == before


def test_whatever_fails_on_the_way_leaves_nothing_behind(app, file, inside, monkeypatch):
    before = rows(app)
    monkeypatch.setattr(importing, "BATCH", 1)
    read = reader.items

    def items(path):
        yield from read(path)
        raise RuntimeError("the power went")

    monkeypatch.setattr(reader, "items", items)
    with inside():
        with pytest.raises(RuntimeError):
            importing.import_file(file(WHOLE))
        db.session.commit()  # even so
    assert rows(app) == before


def test_it_needs_few_statements_a_post(app, bring, inside):
    many = [
        post(number, comment(1000 + number), at=f"2020-03-{1 + number % 28:02} 09:00:00") for number in range(1, 201)
    ]
    with counting(app) as statements:
        bring(export(*many))
    assert len(statements) < 4.5 * len(many)  # one each to find its slug free and to store it, its thread, its comment
    with counting(app) as statements:
        bring(export(*many))
    assert len(statements) < 20


def test_the_day_follows_the_zone_of_the_site(bring, inside):
    with inside():
        settings.change(zone="Pacific/Auckland")
    bring(export(post(1, at="2020-03-01 20:00:00")))
    with inside(False):
        assert one_post().address == "/2020/03/02/sandbags-1/"


# The numbers of comments


def test_a_comment_keeps_its_number(bring, inside, browser):
    bring(export(post(1, comment(4711), comment(12, parent=4711))))
    with inside(False):
        assert [each.id for each in said()] == [4711, 12]
    browser.visit("/comment/4711")
    assert browser.path == "/2020/03/01/sandbags-1/"
    assert browser.page.find(id="comment-4711")


def test_comments_written_here_go_on_after_them(bring, inside):
    bring(export(post(1, comment(4711))))
    with inside():
        ours = cast.a_comment(cast.a_post().thread)
        assert ours.id > 4711
    bring(export(post(1, comment(4711), comment(4700))))
    with inside():
        assert said()[1].id == 4700
        assert cast.a_comment(said()[0].thread, email="ada@example.org").id > ours.id


def test_a_number_that_is_taken_is_not_given_twice(bring, inside):
    with inside():
        ours = cast.a_comment(cast.a_post().thread).id
    told = bring(export(post(1, comment(ours), comment(ours + 1), comment(ours + 2))))
    assert told.renumbered == 1
    assert any(line.startswith("1 comment has a new number") for line in told.lines())
    with inside(False):
        numbers = dict(db.session.execute(select(Comment.source_id, Comment.id)).all())
        assert numbers[None] == ours
        assert numbers[str(ours)] > ours + 2
        assert (numbers[str(ours + 1)], numbers[str(ours + 2)]) == (ours + 1, ours + 2)


def test_links_to_an_old_number_that_is_taken_land_on_the_posts_page(bring, inside, browser):
    with inside():
        ours = cast.a_comment(cast.a_post().thread).id
    bring(export(post(1, comment(ours, "We carried them."))))
    browser.visit("/2020/03/01/sandbags-1/")
    assert "We carried them." in browser.page.find(id=f"comment-{ours}").parent.get_text()


def test_a_number_that_another_comment_of_the_page_has_leads_to_that(bring, inside, browser):
    bring(export(post(1, comment(10**9 + 1, "Far."), comment(4711, "Near."))))
    with inside():
        near, far = sorted(said(), key=lambda each: each.id)
        near.source_id = None
        db.session.flush()
        far.source_id = "4711"  # near is from here, say, and far was brought later
    page = browser.visit("/2020/03/01/sandbags-1/")  # which finds no id twice
    assert "Near." in page.find(id="comment-4711").get_text()


@pytest.mark.parametrize("number", [10**9 + 1, 2**63, 10**19])
def test_no_file_can_use_up_the_numbers(bring, inside, number):
    with inside():
        before = cast.a_comment(cast.a_post().thread).id  # numbers go on from test to test
    told = bring(export(post(1, comment(number), comment(before + 7))))
    assert told.renumbered == 1
    with inside():
        assert max(each.id for each in said()) < before + 10
        assert cast.a_comment(said()[0].thread, email="ada@example.org").id < before + 20


def test_whoever_writes_meanwhile_gets_another_number(app, file, inside, monkeypatch):
    with inside():
        thread_id = cast.a_post().thread.id
        if db.engine.dialect.name == "sqlite":
            pytest.skip("on SQLite whoever writes waits for the import to end")
        taken = cast.a_comment(db.session.get(Thread, thread_id)).id
    read = reader.items

    def items(path):
        yield from read(path)
        with inside():
            assert cast.a_comment(db.session.get(Thread, thread_id), email="ada@example.org").id > taken + 2

    monkeypatch.setattr(reader, "items", items)
    with inside():
        importing.import_file(file(export(post(1, comment(taken + 1), comment(taken + 2)))))
    with inside(False):
        assert len(said()) == 4
