"""How pictures stand in a page: at the width that a screen needs, with their size, and whose they are under them."""

import html
import re
from collections.abc import Mapping

from opm.lib.i18n import gettext as _
from opm.lib.markdown import plain, render
from opm.posts.pictures import media
from opm.posts.pictures.models import Picture

# They read HTML that is clean, where a quote ends an attribute and nothing else does.
WITHIN = r'(?:[^>"]|"[^"]*")*'
IMAGE = re.compile(rf"<img\b({WITHIN})>")
ALONE = re.compile(rf"<p>\s*((?:<a\b{WITHIN}>)?)\s*(<img\b{WITHIN}>)\s*((?:</a>)?)\s*</p>")
FIGURE = re.compile(r"<figure>((?:(?!</?figure>).)*)</figure>", re.S)
VALUE = re.compile(r'([a-z]+)="([^"]*)"')
# What a picture fills: the column of text, or a narrow screen. A rem here is not the page's.
SIZES = "(min-width:46em)665px,100vw"


class Illustrated:
    """A text that may show pictures. Its HTML is made on saving, and again when one of its pictures has changed."""

    def make_html(self) -> None:
        """Makes it from the text, and notes which pictures it shows."""
        clean = render(self.text, self.format)
        found = Picture.by_addresses(_sources(clean), held=True)
        self.html, self.pictures = _illustrated(clean, found), list(dict.fromkeys(found.values()))


def with_pictures(clean_html: str) -> str:
    """The HTML with its pictures as readers get them. Takes HTML that `opm.lib.markdown` has cleaned."""
    return _illustrated(clean_html, Picture.by_addresses(_sources(clean_html)))


def _sources(clean_html: str) -> set[str]:
    return {html.unescape(_values(image[1])["src"]) for image in IMAGE.finditer(clean_html)}


def _illustrated(clean_html: str, found: Mapping[str, Picture]) -> str:
    first = IMAGE.search(clean_html)
    if not first:
        return clean_html
    page = _Page(found, opening=first[0] if plain(clean_html[: first.start()]) == "" else None)
    clean_html = ALONE.sub(page.alone, clean_html)
    clean_html = FIGURE.sub(page.figure, clean_html)
    return IMAGE.sub(page.inline, clean_html).replace(DONE, "img")


DONE = "\0img"  # a picture that stands as it should; no clean HTML has a NUL


class _Page:
    """A page whose pictures are being put in. The one that it opens with comes at once, the others when come near."""

    def __init__(self, found: Mapping[str, Picture], opening: str | None):
        self.found, self.opening = found, opening

    def alone(self, paragraph: re.Match) -> str:
        """A picture that is all of its paragraph becomes a figure where there is something to say under it."""
        picture = self._picture(paragraph[2])
        if picture is None or not _whose(picture):
            return paragraph[0]
        shown = paragraph[1] + self._image(paragraph[2]) + paragraph[3]
        return f"<figure>{shown}<figcaption>{_whose(picture)}</figcaption></figure>"

    def figure(self, figure: re.Match) -> str:
        """One that has a caption gets it there."""
        images = IMAGE.findall(figure[1])
        picture = self._picture(f"<img{images[0]}>") if len(images) == 1 else None
        if picture is None or not _whose(picture):
            return figure[0]
        inner = IMAGE.sub(lambda image: self._image(image[0]), figure[1])
        if "</figcaption>" in inner:
            return f"<figure>{inner.replace('</figcaption>', f'<br>{_whose(picture)}</figcaption>', 1)}</figure>"
        return f"<figure>{inner}<figcaption>{_whose(picture)}</figcaption></figure>"

    def inline(self, image: re.Match) -> str:
        """Any other: among words, in a list, in a table. What is said of it is no link, as it may stand in one."""
        picture = self._picture(image[0])
        said = f" <small>{_whose(picture, is_linked=False)}</small>" if picture and _whose(picture) else ""
        return self._image(image[0]) + said

    def _picture(self, image: str) -> Picture | None:
        return self.found.get(html.unescape(_values(image)["src"]))

    def _image(self, image: str) -> str:
        picture, values = self._picture(image), _values(image)
        for name in ("width", "height"):
            values.pop(name, None)
        if picture:
            values |= {"src": picture.address, "width": picture.width, "height": picture.height}
            values["alt"] = values["alt"] or html.escape("" if picture.is_decorative else picture.alt)
        if image == self.opening:
            self.opening = None
        else:
            values["loading"] = "lazy"
        return _in_sizes(picture, values) if picture and picture.renditions else _tag(values)


def _in_sizes(picture: Picture, values: dict) -> str:
    """With a choice of widths for browsers, and of AVIF for those that know it."""
    others = picture.of_kind("jpg") or picture.of_kind("png")
    if not others or media.width_of(others[-1]) < picture.width:
        others = [*others, picture.name]
    if len(others) > 1:
        values |= {"srcset": _srcset(others, picture), "sizes": SIZES}
    image, avif = _tag(values), picture.of_kind("avif")
    if not avif:
        return image
    return f'<picture><source type="image/avif" srcset="{_srcset(avif, picture)}" sizes="{SIZES}">{image}</picture>'


def _srcset(names: list[str], picture: Picture) -> str:
    return ",".join(
        f"{media.ADDRESS}{name} {picture.width if name == picture.name else media.width_of(name)}w" for name in names
    )


def _tag(values: dict) -> str:
    return f"<{DONE} " + " ".join(f'{name}="{value}"' for name, value in values.items()) + ">"


def _values(image: str) -> dict[str, str]:
    return {"src": "", "alt": ""} | dict(VALUE.findall(image))


def _whose(picture: Picture, is_linked: bool = True) -> str:
    """Who made it, and what others may do with it."""
    credit, licence = html.escape(picture.credit), html.escape(picture.licence)
    if licence and picture.licence_address and is_linked:
        licence = f'<a href="{html.escape(picture.licence_address)}" rel="license">{licence}</a>'
    if credit and licence:
        return _("Picture: %(credit)s, %(licence)s", credit=credit, licence=licence)
    return _("Picture: %(credit)s", credit=credit) if credit else licence
