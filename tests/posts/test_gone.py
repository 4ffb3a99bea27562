"""Pages that are not there: what was withdrawn says so and why; what never was shows what there is instead."""

import pytest

from opm.comments import moderation
from opm.comments.models import Act, Comment, MovedOn, Thread
from opm.comments.models import State as CommentState
from opm.extensions import db
from opm.posts import publishing
from opm.posts.models import Post, State
from tests import cast
from tests.counting import counting

REASON = "The figures in it were wrong; a new count is on its way."


@pytest.fixture
def withdrawn(inside):
    """A post with a comment that was public, and has been withdrawn. Gives the comment's id."""
    with inside():
        cast.a_post("the-new-count", "The new count", on=(2026, 10, 2))
        post = cast.a_post(category="rivers")
        comment = cast.a_comment(post.thread, CommentState.PUBLISHED, text="Where do these come from?")
    with inside():
        publishing.withdraw(db.session.get(Post, post.id), REASON)
    return comment.id


def test_a_withdrawn_post_is_gone_and_says_why(withdrawn, browser):
    browser.visit(cast.POST, status=410)
    assert browser.heading == "This post has been taken away"
    assert REASON in browser.text
    assert "The new count" in browser.text, "what there is instead"
    assert "knows the water" not in browser.text


def test_the_reader_who_had_it_hears_at_the_very_next_look(app, inside, stranger):
    with inside():
        post = cast.a_post()
    tag = stranger.get(cast.POST).headers["ETag"]
    assert stranger.get(cast.POST, headers={"If-None-Match": tag}).status == 304
    with app.app_context():  # not `inside`, which forgets the pages that were kept
        publishing.withdraw(db.session.get(Post, post.id), REASON)
        db.session.commit()
    answer = stranger.get(cast.POST, headers={"If-None-Match": tag})
    assert answer.status == 410
    assert "no-store" in answer.headers["Cache-Control"]


def test_no_list_knows_it_any_more(withdrawn, browser):
    for path in ("/", "/2026/", "/author/ines-calder/"):
        browser.visit(path)
        assert "Who fills the sandbags?" not in browser.text
        assert "The new count" in browser.text
    assert "Who fills the sandbags?" not in browser.visit("/category/rivers/").get_text()


def test_its_comments_went_with_it(withdrawn, stranger):
    assert stranger.get(f"/comment/{withdrawn}").location == cast.POST, "which says what became of it"
    assert stranger.get(f"/comment/{withdrawn}/reply").status == 404


def test_who_was_writing_there_keeps_the_words(withdrawn, stranger, inside):
    for htmx in (False, True):
        answer = stranger.send(text="I was just going to say.", htmx=htmx)
        assert answer.status == 404
        assert "I was just going to say." in answer.given_back()
    with inside(False):
        assert db.session.query(Thread).filter_by(is_public=False).count() == 1


def test_only_a_published_post_can_be_withdrawn(withdrawn, inside):
    with inside():
        post = db.session.scalar(db.select(Post).where(Post.state == State.WITHDRAWN))
        with pytest.raises(publishing.NotNow):
            publishing.withdraw(post, "Again.")
        assert post.withdrawn_because == REASON


def test_a_reason_is_shown_as_text(inside, stranger):
    with inside():
        publishing.withdraw(cast.a_post(), "<script>alert(1)</script>{{7*7}}")
    page = stranger.client.get(cast.POST).text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_without_a_reason_it_only_says_that_it_is_gone(inside, browser):
    with inside():
        publishing.withdraw(cast.a_post(), "")
    browser.visit(cast.POST, status=410)
    assert "It stood here once." in browser.text


def test_what_never_was_shows_the_latest_posts(inside, browser, app):
    with inside():
        for day in range(1, 9):
            cast.a_post(f"post-{day}", f"Post {day}", on=(2026, 10, day))
    with counting(app) as statements:
        page = browser.visit("/2026/10/01/no-such-post/", status=404)
    assert len(statements) <= 5, statements
    links = [a.get_text() for a in page.main.select("ul a")]
    assert links == ["Post 8", "Post 7", "Post 6", "Post 5", "Post 4"]


def test_where_something_was_sent_or_htmx_asks_there_is_no_list(inside, stranger):
    with inside():
        cast.a_post()
    assert "Latest posts" not in stranger.post("/nothing/", data={"text": "Words."}).text
    assert "Latest posts" not in stranger.get("/nothing/", htmx=True).text


def test_what_was_withdrawn_before_anybody_saw_it_leaves_no_trace(inside, stranger):
    with inside():
        publishing.withdraw(cast.a_post("coming", on=(2026, 12, 1)), REASON)
    answer = stranger.get("/2026/12/01/coming/")
    assert answer.status == 404
    assert REASON not in answer.text


def test_nothing_can_be_published_under_it_any_more(inside, mailbox, clock):
    with inside():
        post = cast.a_post()
        waiting, approved = (cast.a_comment(post.thread, text=text) for text in ("I wait.", "I am approved."))
        moderation.decide(Comment.held(approved.id), Act.APPROVE, cast.piotr(), revision=1)
    with inside():
        publishing.withdraw(db.session.get(Post, post.id), REASON)
    with inside(), pytest.raises(MovedOn):
        moderation.decide(Comment.held(waiting.id), Act.APPROVE, cast.piotr(), revision=1)
    clock.forward(minutes=11)
    assert mailbox.deliver() == [], "nobody is sent to a comment that nobody can read"


def test_the_receipt_of_a_comment_that_went_with_it_says_so(inside, withdrawn, browser):
    with inside(False):
        receipt = db.session.get(Comment, withdrawn).receipt_token
    browser.visit(f"/receipt/{receipt}/")
    assert browser.heading == "Your comment went with the post that it stood under"
    assert "The post was withdrawn, and its comments with it." in browser.text
