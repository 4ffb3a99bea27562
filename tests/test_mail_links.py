"""Links in mails open pages. Programs follow them before people do (scanners, previews): nothing may come of that."""

import re

from bs4 import BeautifulSoup

from tests import tables

METHODS = ("GET", "HEAD", "OPTIONS")


def links(mail) -> set[str]:
    """Where a mail leads: by its text, its HTML and its headers."""
    page = BeautifulSoup(mail.html, "html.parser")
    named = {value for tag in page.find_all(True) for value in (tag.get("href"), tag.get("src"), tag.get("action"))}
    headers = " ".join((mail.extra_headers or {}).values())
    return (named - {None}) | set(re.findall(r"https?://[^\s<>]+", f"{mail.body} {headers}"))


def test_no_link_of_any_mail_changes_anything_until_a_button_is_pressed(app, every_mail, clock):
    mails, asked = every_mail(), set()
    clock.forward(minutes=-11)  # to when the first were sent: a link to sign in lives for ten minutes
    before = tables.rows(app)
    for mail in mails:
        assert len(links(mail)) >= 2, mail.subject
        for link in sorted(links(mail) - asked):
            path = link.removeprefix(app.config["BASE_URL"])
            assert path.startswith("/"), f"{link} leads away"
            for method in METHODS:
                answer = app.test_client().open(path, method=method)
                assert answer.status_code < 500, f"{method} {path}: {answer.status}"
                if method == "GET":
                    assert answer.status_code in (200, 302, 303, 405), f"{path} leads nowhere: {answer.status}"
            asked.add(link)
        assert tables.rows(app) == before, f"a link in “{mail.subject}” has changed something"
    private = [link for link in asked if re.search(r"\.[\w-]{22}$", link)]
    assert len(private) >= 10, "what strangers get is behind links of their own"
