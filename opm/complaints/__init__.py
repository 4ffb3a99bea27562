"""Complaints about how personal data is handled: a form, a register, and a clock."""
