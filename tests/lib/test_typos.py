"""Slips in addresses: what is asked about, what never is, and that nothing else of an address changes."""

import string

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from opm.lib import typos
from opm.lib.typos import COMMON, LONGEST, OTHERS, meant

OWN = ("northmere.example",)
REACHED = [domain for domain in COMMON if len(domain.partition(".")[0]) >= typos.SHORTEST_NAME]
mailboxes = st.text(string.ascii_letters + string.digits + ".+-_'", min_size=1, max_size=40)
letters = st.sampled_from(string.ascii_lowercase)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmsil.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmail,com", "gmail.com"),
        ("gmail, com", "gmail.com"),
        ("gmail..com", "gmail.com"),
        ("gmail.com.", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail com", "gmail.com"),
        ("gmail", "gmail.com"),
        ("GMIAL.COM", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmial.co.uk", "hotmail.co.uk"),
        ("hotmail.couk", "hotmail.co.uk"),
        ("hotmail.co.ku", "hotmail.co.uk"),
        ("yaho.co.uk", "yahoo.co.uk"),
        ("yahooo.com", "yahoo.com"),
        ("outlok.com", "outlook.com"),
        ("outloook.con", "outlook.com"),
        ("iclould.com", "icloud.com"),
        ("btinernet.com", "btinternet.com"),
        ("sky.con", "sky.com"),
        ("northmere.exmaple", "northmere.example"),
        ("northmere,example", "northmere.example"),
        ("a-school.org.ku", "a-school.org.uk"),
        ("council.govuk", "council.gov.uk"),
        ("somebody,example", "somebody.example"),
    ],
)
def test_a_slip_is_asked_about(typed, right):
    assert meant(f"Ada.Holt+x@{typed}", OWN) == f"Ada.Holt+x@{right}"


@pytest.mark.parametrize(
    "domain",
    [
        *COMMON, *sorted(OTHERS), *OWN, "example.org", "gmx.at", "gmx.de", "web.de", "love.com", "ski.com",
        "hotmail.be", "yahoo.ie", "yahoo.ca", "outlook.de", "mail.ru", "nhs.uk", "mg.ail", "x.y", "bücher.example",
        "hotmail.fr", "gmailers.com", "my-gmail.com", "com", "", ".", ",", "@", "localhost",
    ],
)  # fmt: skip
def test_what_is_no_slip_is_not_asked_about(domain):
    assert meant(f"ada@{domain}", OWN) is None
    assert meant(f"ada@{domain.upper()}", OWN) is None


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "@gmial.com", "ada", "gmial.com", "ada@x@gmial.com", "ada@gmial.com, bea@gmial.com",
        "ada@gmial.com;bea", "ada holt@gmial.com", "ada,holt@gmial.com", "a" * LONGEST + "@gmial.com",
        "ada@" + "gmial.com" * 30_000, "ada@" + "." * 100_000, "ada@" + ",;" * 50_000,
    ],
    ids=lambda address: address[:20],
)  # fmt: skip
def test_what_is_not_one_address_is_not_asked_about(address):
    assert meant(address, OWN) is None


@settings(deadline=None)
@given(
    mailbox=mailboxes, domain=st.sampled_from(REACHED), at=st.integers(0, 20), letter=letters, slip=st.integers(0, 3)
)
def test_every_single_slip_in_a_common_domain_is_found(mailbox, domain, at, letter, slip):
    at %= len(domain) - 1
    slipped = domain[:at] + {
        0: domain[at + 1 :],
        1: letter + domain[at:],
        2: letter + domain[at + 1 :],
        3: domain[at + 1] + domain[at] + domain[at + 2 :],
    }[slip]  # fmt: skip
    assume(slipped not in {*COMMON, *OTHERS} and not slipped.startswith("."))
    found = meant(f"{mailbox}@{slipped}")
    assert found, slipped
    assert found.startswith(f"{mailbox}@")
    assert found.partition("@")[2] in COMMON


@settings(deadline=None)
@given(st.text(max_size=300))
@example("ada@gmail.con.con")
@example("ada@İ.con")
@example("ada@\ud800.con")
def test_whatever_is_typed_there_is_at_most_one_question_and_its_answer_raises_no_other(typed):
    found = meant(typed, OWN)
    if found:
        assert found != typed
        assert found.count("@") == 1
        assert meant(found, OWN) is None


@settings(deadline=None)
@given(mailboxes, st.from_regex(r"[a-z]{1,12}(\.[a-z]{2,6}){1,2}", fullmatch=True))
def test_only_the_lists_and_the_sites_own_domain_are_ever_named(mailbox, domain):
    found = meant(f"{mailbox}@{domain}", OWN)
    if found:
        named = found.partition("@")[2]
        assert named in {*COMMON, *OWN} or named.endswith(tuple(typos.ENDINGS))
