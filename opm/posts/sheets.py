"""What can be written on at the desk, each as far as keeping what is typed has to know it."""

from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import exists, select

from opm import settings
from opm.accounts.choices import Choice
from opm.accounts.models import Person
from opm.extensions import db
from opm.lib.forms import one_line, several_lines
from opm.posts.drafts import Draft, PageDraft
from opm.posts.forms import as_sent
from opm.posts.models import Post
from opm.posts.pages import StandingPage
from opm.posts.writing import Words


@dataclass(frozen=True)
class Sheet:
    """One thing to write on, as it is saved: what its editor sends while nobody has typed anything, field by field."""

    drafts: type[Draft] | type[PageDraft]
    key: dict[str, object]  # which of these are of it
    shown: dict[str, str]
    revision: int
    saved_by: Person | None = None
    also: dict[str, object] = field(default_factory=dict)  # what else a row says
    is_shared: bool = True  # or does each who opens it write a thing of their own?

    @property
    def is_page(self) -> bool:
        """Whether it is a page rather than a post."""
        return self.drafts is PageDraft


def of_post(post: Post) -> Sheet:
    """A post."""
    words = Words(one_line(post.title), several_lines(post.summary), as_sent(post.text))
    return Sheet(Draft, {"post_id": post.id}, asdict(words), post.revision, post.changed_by)


def of_page(page: StandingPage | None) -> Sheet:
    """A standing page; None is one that is not begun yet."""
    if page is None:
        return Sheet(PageDraft, {"room": "new"}, {"title": "", "slug": "", "text": ""}, 0, is_shared=False)
    words = {"title": one_line(page.title), "slug": page.slug, "text": several_lines(page.text)}
    return Sheet(PageDraft, {"room": f"{page.id}"}, words, page.revision, page.changed_by, {"page_id": page.id})


def of_new_page(typed: dict[str, str], by: Person) -> Sheet:
    """One that is not begun yet; or is, with these very words: what came late after they were saved is nothing new."""
    same = StandingPage.title == typed["title"], StandingPage.text == typed["text"], StandingPage.revision == 1
    is_begun = db.session.scalar(select(exists().where(*same, StandingPage.changed_by_id == by.id)))
    return replace(of_page(None), shown=typed) if is_begun else of_page(None)


def about_the_site() -> Sheet:
    """The words at the head of the page about the site."""
    last = Choice.latest("about")
    words = {"text": several_lines(settings.current().about)}
    return Sheet(PageDraft, {"room": "about"}, words, last.number if last else 0, last.by if last else None)
