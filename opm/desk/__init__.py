"""The maintainers' side: everything under /desk/."""
