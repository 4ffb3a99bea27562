"""Keeping the site running: how it is, and what is wrong with it."""
