"""Addresses that programs ask on the team's behalf: monitors, load balancers."""

from flask import current_app, request


def for_machines(view):
    """The answer needs neither the database nor a name for the site: a monitor may ask by a number, at any time."""
    view.is_for_machines = True
    return view


def is_asking() -> bool:
    """Whether this request is for such an address."""
    return getattr(current_app.view_functions.get(request.endpoint), "is_for_machines", False)
