"""What every answer says to browsers about itself."""

from flask import Response, current_app, request

from opm.lib.journal import show_number

# Without blanks: it goes out with every page, and every byte counts.
POLICY = (
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';"
    "form-action 'self';base-uri 'none';frame-ancestors 'none'"
)
EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
}
# Where somebody is known, or something is decided. A public page is the same for everyone: who frames or opens it
# (which the policy above forbids to browsers of the last ten years) learns nothing, and its scripts are ours alone.
NOT_IN_PUBLIC = {
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TWO_YEARS = 2 * 365 * 24 * 60 * 60


def add(response: Response) -> Response:
    """After every request."""
    is_public = "public" in response.cache_control
    for name, value in (EVERYWHERE if is_public else EVERYWHERE | NOT_IN_PUBLIC).items():
        response.headers.setdefault(name, value)
    if not is_public:
        show_number(response)
    if current_app.config["BASE_URL"].startswith("https:"):
        response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}"
    if response.headers.get("Cache-Control") == "no-store" and request.method in ("GET", "HEAD"):
        response.headers.setdefault("X-Robots-Tag", "noindex")
    return response
