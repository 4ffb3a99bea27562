"""Mails that strangers cause, by typing an address: how often they may, and how soon each leaves."""

from opm import settings
from opm.lib import clock, throttle
from opm.lib.throttle import Allowance
from opm.lib.tokens import address_hash
from opm.outbox import posting
from opm.outbox.models import Email


def spend(what: str, email: str, network: str, also: tuple[str, ...] = ()) -> dict[str, int]:
    """Counts one use, such as of "reports": of its own limits, and of those on all mails that strangers cause.

    `also` names further limits on an address. Returns the counts, for `post`. Raises TooMany.
    """
    site, address = settings.current(), address_hash(email)
    by_address = (f"{what}_per_address", *also, "strangers_mails_per_address")
    uses: dict[Allowance, str] = {site.allowance(name): address for name in by_address}
    return throttle.spend(uses | {_pace(): "", site.allowance(f"{what}_per_network"): network})


def post(kind: str, recipient: str, about_id: int, nonce: str, counts: dict[str, int]) -> Email:
    """Writes down that this email is to go: at once, or later where strangers cause very many. The caller commits."""
    due_at = clock.now() + _pace().delay(counts.get(_pace().what, 0))
    return posting.post(kind, recipient, about_id, nonce=nonce, due_at=due_at)


def _pace() -> Allowance:
    return settings.current().allowance("strangers_mails_on_site")
