"""Every mail as programs for mail show it: with its style sheet, with what stands inline alone, and with neither."""

import re

from tests.e2e.looking import WIDER, faults
from tests.e2e.tab import on_sqlite

pytestmark = on_sqlite


def test_nothing_is_wrong_with_any_mail(every_mail, tab):
    for mail in every_mail():
        tab.page.set_content(mail.html)
        found = faults(tab.page)
        assert not found, "\n".join([mail.subject, *found])


def test_a_mail_without_its_styles_still_fits_a_phone_and_has_its_button(every_mail, tab):
    tab.page.set_viewport_size({"width": 320, "height": 640})
    for mail in every_mail():
        inline = re.sub(r"<style>.*?</style>", "", mail.html, flags=re.S)
        for html in (inline, re.sub(r' style="[^"]*"', "", inline)):
            tab.page.set_content(html)
            assert tab.page.evaluate(WIDER) == []
        assert tab.page.get_by_role("link").count() >= 2
