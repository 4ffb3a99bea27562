"""Moderating from one's own mailbox: who is mailed when, the link in the mail, and the page behind it."""
