"""Where a request comes from: whose page sent it, and which network.

Public forms carry no token, since their pages are the same bytes for everyone. What defends them is that a
browser says whose page sent a form. One that says nothing (a text browser) carries no authority either.
Source: OWASP CSRF prevention cheat sheet, "Fetch metadata" with "verifying origin" as fallback.
"""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from flask import abort, current_app, request

from opm.config import LOOPBACK_NAMES
from opm.extensions import SAFE_METHODS
from opm.lib import tokens

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 300  # a name has at most 253
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForeignOrigin(Exception):
    """Another site's page sent this."""


def from_anywhere(view):
    """What this view does rests on the token in its address alone: servers of others may ask for it, and their pages.

    Nobody else's authority comes with such a request, since readers have no cookie.
    """
    view.is_from_anywhere = True
    return view


def check() -> None:
    """Aborts with 400 for a host that is not ours, and with 415 for what is sent and is no form.

    Raises ForeignOrigin for an unsafe request that another site's page sent. Flask's own TRUSTED_HOSTS knows neither
    IPv6 addresses nor that case does not count.
    """
    if not is_our_host(request.host, current_app.config):
        abort(400)
    if request.method in SAFE_METHODS or _is_from_anywhere():
        return
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise ForeignOrigin
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in our_origins():
        raise ForeignOrigin
    if (request.mimetype and request.mimetype not in FORMS) or "Content-Encoding" in request.headers:
        abort(415)


def _is_from_anywhere() -> bool:
    view = current_app.view_functions.get(request.endpoint)
    return getattr(view, "is_from_anywhere", False)


def is_known_to_be_ours() -> bool:
    """Whether the browser says that a page of ours sent this; `check` lets one pass that says nothing."""
    said = (request.headers.get("Origin") or request.headers.get("Referer", "")).lower()
    is_ours = any(f"{said}/".startswith(f"{origin}/") for origin in our_origins())
    return is_ours or request.headers.get("Sec-Fetch-Site") == "same-origin"


def our_origins() -> frozenset[str]:
    """The base URL as browsers write it, without its scheme's own port; on loopback also its other names."""
    return _origins(current_app.config["BASE_URL"], current_app.config["IS_LOOPBACK"])


def our_hosts() -> frozenset[str]:
    """The host names that requests may ask for, whatever the port."""
    return _hosts(current_app.config["BASE_URL"], current_app.config["IS_LOOPBACK"])


def is_our_host(host: str | None, config) -> bool:
    """Whether a Host header names this site, whatever the port. Quick, and asked before there is an app context."""
    return bool(host) and _is_named(host[:LONGEST_HOST], config["BASE_URL"], config["IS_LOOPBACK"])


@lru_cache(64)
def _is_named(host: str, base_url: str, is_loopback: bool) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in _hosts(base_url, is_loopback)
    except ValueError:
        return False


@lru_cache(8)
def _hosts(base_url: str, is_loopback: bool) -> frozenset[str]:
    return frozenset(urlsplit(origin).hostname for origin in _origins(base_url, is_loopback))


@lru_cache(8)
def _origins(base_url: str, is_loopback: bool) -> frozenset[str]:
    base = urlsplit(base_url)
    host = f"[{base.hostname}]" if ":" in base.hostname else base.hostname
    port = "" if base.port in (None, DEFAULT_PORTS[base.scheme]) else f":{base.port}"
    names = {host, *LOOPBACK_NAMES} if is_loopback else {host}
    return frozenset(f"{base.scheme}://{name}{port}" for name in names)


def network() -> str:
    """A keyed hash of the network (/24, /48) that the request comes from. The address itself is kept nowhere."""
    return tokens.fingerprint("network", network_of(request.remote_addr or ""))


def network_of(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one; of anything else a word of its own."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))
