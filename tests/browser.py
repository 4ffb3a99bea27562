"""A browser for tests, without scripts. It reads each page that it visits, as a careful person would.

`visit` opens a page, `press` fills the form that holds a button and sends it, `htmx_press` sends it as htmx would.
"""

from urllib.parse import urlencode, urlsplit

from bs4 import BeautifulSoup

FRAGMENT = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
FIELDS = {"input", "textarea", "select"}


class Browser:
    """Keeps cookies, follows redirects, and has one page open."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()
        self.page = None
        self.path = ""
        self.answer = None

    def visit(self, path, status=200, **kwargs):
        """Opens the page and reads it."""
        return self._read(self.client.get(path, follow_redirects=True, **kwargs), status)

    def press(self, button, status=200, **fields):
        """Fills in the form with this button, presses it, and reads where that leads."""
        action, data = self._filled(button, fields)
        headers = {"Origin": self.app.config["BASE_URL"], "Sec-Fetch-Site": "same-origin"}
        return self._read(self.client.post(action, data=data, headers=headers, follow_redirects=True), status)

    def press_get(self, button, status=200, **fields):
        """Fills in the form with this button, which only looks something up, and presses it."""
        action, data = self._filled(button, fields)
        return self.visit(f"{action}?{urlencode(data, doseq=True)}", status)

    def htmx_press(self, button, status=200, **fields):
        """The same as htmx does it: the answer is a fragment, and the page stays. Returns the fragment."""
        action, data = self._filled(button, fields)
        self.answer = self.client.post(action, data=data, headers=FRAGMENT)
        assert self.answer.status_code == status, f"{self.answer.status_code}: {self.answer.text[:500]}"
        fragment = BeautifulSoup(self.answer.text, "html.parser")
        assert fragment.html is None, "htmx was given a whole page"
        check_parts(fragment)
        return fragment

    def follow(self, words, status=200):
        """Follows the first link with these words."""
        link = next((a for a in self.page.find_all("a") if words in a.get_text()), None)
        assert link, f"no link “{words}” on {self.path}"
        return self.visit(link["href"], status)

    @property
    def text(self):
        """What the page says, on one line."""
        return " ".join(self.page.get_text(" ").split())

    @property
    def heading(self):
        """The page's one h1."""
        return " ".join(self.page.h1.get_text().split())

    def _filled(self, button, fields):
        form = self._form(button)
        data = {}
        for field in self._fields(form):
            if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
                continue
            data.setdefault(field["name"], []).append(self._value(field))
        pressed = self._button(form, button)
        if pressed.get("name"):
            data[pressed["name"]] = pressed.get("value", "")
        known = {field["name"] for field in [*form.select("[name]"), *self._fields(form)]}
        assert set(fields) <= known, f"the form has no {set(fields) - known}"
        return pressed.get("formaction") or form.get("action") or self.path, data | fields

    def _form(self, words):
        form = next((form for form in self.page.find_all("form") if self._button(form, words)), None)
        assert form, f"no button “{words}” on {self.path}: {self.text[:300]}"
        return form

    def _fields(self, form):
        """The fields in the form, and those elsewhere that name it as theirs."""
        kinds = ("input", "textarea", "select")
        elsewhere = self.page.find_all(kinds, attrs={"form": form["id"]}) if form.get("id") else []
        return [field for field in [*form.find_all(kinds), *elsewhere] if field.get("name")]

    @staticmethod
    def _value(field):
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.option
            return chosen.get("value", chosen.get_text())
        return field.get("value", "") if field.name == "input" else field.get_text().lstrip("\n")

    @staticmethod
    def _button(form, words):
        return next((b for b in form.find_all("button") if words in " ".join(b.get_text(" ").split())), None)

    def _read(self, answer, status):
        self.answer, self.path = answer, urlsplit(answer.request.url).path
        assert answer.status_code == status, f"{self.path} gave {answer.status_code}: {answer.text[:2000]}"
        self.page = BeautifulSoup(answer.text, "html.parser")
        check_page(self.page)
        return self.page


def check_page(page):
    """What holds for every page: a language, a title, one h1, one main, a working skip link."""
    assert page.html, "not a page"
    assert page.html.get("lang")
    assert page.title
    assert page.title.get_text().strip()
    tags = check_parts(page)
    assert len(_named(tags, "h1")) == 1, [h.get_text() for h in _named(tags, "h1")]
    assert len(_named(tags, "main")) == 1
    ids = {tag["id"] for tag in tags if "id" in tag.attrs}
    skip = page.body.find("a")
    assert skip["href"].removeprefix("#") in ids, "the skip link leads nowhere"
    for tag in tags:
        if "for" in tag.attrs:
            assert tag["for"] in ids, f"a label for nothing: {tag}"
        for id in f"{tag.get('aria-describedby', '')} {tag.get('aria-labelledby', '')}".split():
            assert id in ids, f"described by nothing: {id}"


def check_parts(page):
    """What holds for pages and fragments: unique ids, labels, nothing inline, plain paths beside quick ones.

    Returns the tags. They are gone through once: the suite reads tens of thousands of pages.
    """
    tags = page.find_all(True)
    ids = [tag["id"] for tag in tags if "id" in tag.attrs]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted(id for id in ids if ids.count(id) > 1)}"
    labelled = {tag["for"] for tag in _named(tags, "label") if "for" in tag.attrs}
    for tag in tags:
        if tag.name in FIELDS and tag.get("type") != "hidden":
            assert tag.get("id") in labelled or tag.find_parent("label"), f"a field without a label: {tag}"
        _check_quick_path(tag)
        for name in tag.attrs:
            assert name != "style", f"inline style: {tag}"
            assert not name.startswith("on"), f"inline script: {tag}"
            assert not name.startswith("hx-"), f"hx- without data-: {tag}"
        assert tag.contents != ["None"], f"nothing, said as “None”: {tag}"
    for script in _named(tags, "script"):
        assert script.get("src", "").startswith("/static/"), "a script inline or from elsewhere"
    assert not _named(tags, "style")
    text = page.get_text()
    for leak in ("{{", "}}", "{%", "Undefined", "&lt;p&gt;"):
        assert leak not in text, f"“{leak}” in the page"
    return tags


def _check_quick_path(tag):
    if "data-hx-get" in tag.attrs:
        assert tag.get("href") == tag["data-hx-get"] or tag.name == "form", f"a quick path without a plain one: {tag}"
    if "data-hx-post" in tag.attrs:
        form = tag.find_parent("form") if tag.name == "button" else tag
        assert tag.get("formaction" if tag.name == "button" else "action") == tag["data-hx-post"], tag
        assert form is None or form.get("method") == "post", tag


def _named(tags, name):
    return [tag for tag in tags if tag.name == name]
