"""Emails waiting to leave. A mail is a row first, written with what caused it, and rendered when it is sent."""
