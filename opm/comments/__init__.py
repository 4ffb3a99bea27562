"""Threads under anything that has an address, and a comment's life from the form to its number."""
