"""Small WordPress exports for our stories: of a parish blog that moves in."""

from xml.sax.saxutils import escape

ADDRESS = "https://old.northmere.example"
SOURCE = "old.northmere.example"
FRAME = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Northmere</title><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>{source}</wp:base_blog_url>
{parts}
</channel></rss>
"""
WHEN = "2020-03-01 09:00:00"


def export(*parts: str, source: str = ADDRESS) -> str:
    """A whole file of these parts."""
    return FRAME.format(source=source, parts="\n".join(parts))


def author(login="ines", name="Ines Calder", email="ines@old.northmere.example") -> str:
    """Who wrote there."""
    return _element(
        "wp:author", _values({"wp:author_login": login, "wp:author_email": email, "wp:author_display_name": name})
    )


def category(slug="rivers", name="Rivers", about="What floods, and when.", id=1, parent="") -> str:
    """A category in the head of the file."""
    values = {"wp:category_nicename": slug, "wp:cat_name": name, "wp:category_description": about, "wp:term_id": id}
    values["wp:category_parent"] = parent
    return _element("wp:category", _values(values))


def tag(slug="rota", name="Rota", id=1) -> str:
    """A tag in the head of the file."""
    return _element("wp:tag", _values({"wp:tag_slug": slug, "wp:tag_name": name, "wp:term_id": id}))


def post(id=1, *inside: str, content="The lane floods first.", at=WHEN, by="ines", **values) -> str:
    """A published post with what else stands inside it: comments and what it is filed under."""
    names = {
        "title": "Who fills the sandbags?",
        "dc:creator": by,
        "content:encoded": content,
        "excerpt:encoded": "",
        "wp:post_id": id,
        "wp:post_date": at,
        "wp:post_date_gmt": at,
        "wp:comment_status": "open",
        "wp:post_name": f"sandbags-{id}",
        "wp:status": "publish",
        "wp:post_type": "post",
        "wp:post_password": "",
    }
    given = {_full_name(name): value for name, value in values.items()}
    return _element("item", _values(names | given) + "".join(inside))


def page(id=1, *inside: str, **values) -> str:
    """A published page."""
    return post(id, *inside, **{"type": "page", "title": "How to reach us", "name": f"reach-us-{id}"} | values)


def upload(id=1, parent=0, name="lane.jpg", **values) -> str:
    """A picture that was uploaded there, perhaps to a post."""
    given = {"type": "attachment", "status": "inherit", "title": name.partition(".")[0], "name": f"upload-{id}"}
    given |= {"parent": parent, "attachment_url": f"{ADDRESS}/wp-content/uploads/{name}", "content": ""}
    return post(id, **given | values)


def filed(domain: str, slug: str, name: str) -> str:
    """What a post is filed under."""
    return f'<category domain="{domain}" nicename="{escape(slug)}">{escape(name)}</category>'


def comment(id=1, text="We carried them ourselves.", parent=0, at="2020-03-02 10:00:00", **values) -> str:
    """An approved comment by somebody with an address."""
    names = {
        "wp:comment_id": id,
        "wp:comment_author": "Jo Marsh",
        "wp:comment_author_email": "jo@example.org",
        "wp:comment_author_IP": "192.0.2.7",
        "wp:comment_date": at,
        "wp:comment_date_gmt": at,
        "wp:comment_content": text,
        "wp:comment_approved": "1",
        "wp:comment_type": "",
        "wp:comment_parent": parent,
    }
    return _element("wp:comment", _values(names | {f"wp:comment_{name}": value for name, value in values.items()}))


def _full_name(name: str) -> str:
    if name in ("title", "link", "guid"):
        return name
    special = {"excerpt": "excerpt:encoded"} | {
        key: f"wp:{key}" for key in ("comment_status", "status", "attachment_url")
    }
    return special.get(name, f"wp:post_{name}")


def _values(values: dict) -> str:
    return "".join(_element(name, escape(str(value))) for name, value in values.items())


def _element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"
