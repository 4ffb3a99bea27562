"""Reports go on the clocks that the privacy page states; what was answered and by whom stays."""

import pytest

from opm import settings, worker
from opm.extensions import db
from opm.reports import settling
from opm.reports.models import Outcome, Report, Settlement
from tests import cast


@pytest.fixture
def forget(inside):
    def forget():
        with inside():
            while worker.forget(worker.Clocks()):
                pass
        with inside(False):
            return [report.text for report in db.session.query(Report).order_by(Report.id)]

    return forget


@pytest.fixture
def one_of_each(inside, comment):
    with inside():
        here = db.session.merge(comment)
        cast.a_report(here, False, text="Unconfirmed.", network="n")
        cast.a_report(here, text="Open.", network="n")
        answered = [cast.a_report(here, text="Answered."), cast.a_notice(cast.POST, text="Notice.")]
        for report in answered:
            settling.settle([report], Outcome.LEFT_UP, cast.ines(), note="So it is.")
        undone = cast.a_report(here, text="Undone.")
        settling.undo(settling.settle([undone], Outcome.ACTED, cast.ines()), cast.ines())


def test_each_goes_when_its_time_is_over_and_not_before(one_of_each, forget, clock):
    everything = ["Unconfirmed.", "Open.", "Answered.", "Notice.", "Undone."]
    clock.forward(days=7)
    assert forget() == everything
    clock.forward(seconds=1)
    assert forget() == everything[1:]
    clock.forward(days=83)
    assert forget() == ["Open.", "Notice.", "Undone."]
    clock.forward(days=275)
    assert forget() == ["Open.", "Undone."]
    clock.forward(days=3_000)
    assert forget() == ["Open.", "Undone."], "what waits is never forgotten"


def test_who_answered_what_and_when_stays_without_who_had_asked(one_of_each, forget, clock, inside):
    clock.forward(days=90)
    forget()
    with inside(False):
        assert "So it is." in [each.note for each in db.session.query(Settlement)]
    clock.forward(days=310)
    forget()
    with inside(False):
        kept = [(each.outcome, each.by.name, each.note, each.report_count) for each in db.session.query(Settlement)]
    assert ("left up", "Ines Calder", "", 1) in kept
    assert len(kept) == 3


def test_the_clocks_are_the_sites(one_of_each, forget, clock, inside):
    with inside():
        settings.change(report_days=1, notice_days=2, unconfirmed_days=1)
    clock.forward(days=1, seconds=1)
    assert forget() == ["Open.", "Notice.", "Undone."]
    clock.forward(days=1)
    assert forget() == ["Open.", "Undone."]


def test_networks_go_with_those_of_comments(one_of_each, forget, clock, inside):
    clock.forward(days=30, seconds=1)
    forget()
    with inside(False):
        assert {report.network for report in db.session.query(Report)} == {""}


def test_the_pages_state_the_numbers_that_are_obeyed(browser, inside, comment):
    with inside():
        settings.change(report_days=12, notice_days=345, report_within_hours=6, legal_within_hours=36)
    browser.visit("/privacy/")
    assert "Until 12 days after we have answered it" in browser.text
    assert "Until 345 days after we have answered it" in browser.text
    browser.visit("/moderation/")
    assert "usually within 6 hours" in browser.text
    assert "within 36 hours" in browser.text
    browser.visit(f"/report/comment/{comment.id}")
    assert "usually within 6 hours" in browser.text
    assert "for 12 days after" in browser.text
    browser.visit("/report/legal/")
    assert "Within 36 hours" in browser.text
    assert "for 345 days after" in browser.text
