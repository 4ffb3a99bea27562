"""What each page of the desk weighs on a first view: the page, its sheets, htmx and scripts, as they are served."""

import random
import re

import pytest

from tests import cast
from tests.e2e.tab import on_sqlite
from tests.test_bytes import sentence
from tests.test_house import addresses, routes  # noqa: F401

pytestmark = on_sqlite

MOST_BYTES = 30_000
BROTLI = {"Accept-Encoding": "br"}
FIRST_FETCHED = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


@pytest.fixture
def weigh(app, inside, browser):
    """`weigh(path)` gives the bytes of the page and of each file that it brings, by address; None if it is no page."""
    cast.signed_in(browser, inside)

    def fetch(path, **headers):
        with browser.client.get(path, headers=headers) as answer:
            return answer.mimetype, answer.data

    def weigh(path):
        kind, page = fetch(path)
        if kind != "text/html":
            return None
        files = {found.decode() for found in FIRST_FETCHED.findall(page)}
        return {each: len(fetch(each, **BROTLI)[1]) for each in (path, *sorted(files))}

    return weigh


def test_every_page_of_the_desk_is_light_on_a_first_view(app, addresses, weigh):  # noqa: F811
    weighed = {rule: weigh(addresses[rule]) for rule in routes(app, "GET") if rule.startswith("/desk/")}
    totals = {rule: sum(parts.values()) for rule, parts in weighed.items() if parts}
    for rule, total in sorted(totals.items(), key=lambda each: -each[1]):
        print(f"{total:6,}  {rule}")
    print("\n".join(f"{size:6,}  {name}" for name, size in weighed["/desk/"].items()))
    assert len(totals) > 5
    assert {rule: weighed[rule] for rule, total in totals.items() if total > MOST_BYTES} == {}


def test_the_editor_of_a_post_of_two_thousand_words_is_light_too(inside, weigh):
    chance = random.Random(30_000)
    with inside():
        text = "\n\n".join(sentence(chance, 50) for _ in range(40))
        post = cast.a_draft(text=text, by=cast.ines()).id
    weighed = weigh(f"/desk/posts/{post}")
    assert sum(weighed.values()) <= MOST_BYTES, weighed
