"""Long lists in pages, numbered from 1."""

from dataclasses import dataclass

from flask import abort

LARGEST_PAGE = 1_000_000


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number, and how many pages there are."""

    rows: list
    number: int
    last: int
    address: str  # of the first page

    def address_of(self, number: int) -> str:
        """The address of another page."""
        return page_address(self.address, number)


def page_address(address: str, number: int) -> str:
    """The address of a page of the list with this address; the first has the list's own."""
    return address if number == 1 else f"{address}page/{number}/"


def page_number(text: str | None) -> int:
    """The page that a query asks for; 1 if it asks for none. Aborts with 404 for what is no page's number."""
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and 1 <= int(text) <= LARGEST_PAGE):
        abort(404)
    return int(text)


def pages(total: int, on_a_page: int) -> int:
    """How many pages that makes; an empty list still has one."""
    return max(1, -(-total // on_a_page))
