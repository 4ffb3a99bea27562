"""What people hold that opens something: links, codes, and hashes that only this site can make.

A token is an HMAC, keyed by the site's secret, over a purpose, a subject (a row's id or a random handle) and a
nonce kept in that row. Nothing in the database opens anything; a new nonce closes every token made with the old
one; a token for one purpose never opens another.
"""

import base64
import hashlib
import hmac
import secrets

from flask import current_app

SEAL_BYTES = 16
LONGEST_TOKEN = 100


def new_nonce() -> str:
    """22 random characters that are safe in an address."""
    return secrets.token_urlsafe(16)


def seal(purpose: str, subject, nonce: str = "") -> str:
    """The token for this subject and purpose, as it stands in a link: `subject.seal`."""
    return f"{subject}.{_text(_mac('token', purpose, subject, nonce)[:SEAL_BYTES])}"


def subject_of(token: str) -> str:
    """Whom a token claims to be about; believe it only once `opens` has said yes. Empty if it is no token."""
    subject, dot, _ = token.rpartition(".")
    return subject if dot and len(token) <= LONGEST_TOKEN and subject.isascii() else ""


def id_of(token: str) -> int:
    """The row's number that a token claims to be about, or 0, which no row has."""
    subject = subject_of(token)
    return int(subject) if subject.isdigit() and len(subject) < 19 else 0


def opens(token: str, purpose: str, subject, nonce: str = "") -> bool:
    """Whether the token was made for exactly this purpose, subject and nonce."""
    return hmac.compare_digest(token.encode(), seal(purpose, subject, nonce).encode())


def digits(purpose: str, subject, nonce: str) -> str:
    """Six digits for somebody to type."""
    return f"{int.from_bytes(_mac('digits', purpose, subject, nonce)) % 1_000_000:06d}"


def letters(purpose: str, subject, nonce: str) -> str:
    """Eight characters of base32 for somebody to type."""
    return base64.b32encode(_mac("letters", purpose, subject, nonce)[:5]).decode()


def key(purpose: str, subject, nonce: str) -> bytes:
    """32 bytes that a machine works with: the key of an authenticator app, the challenge for a passkey."""
    return _mac("key", purpose, subject, nonce)


def same(typed: str, expected: str) -> bool:
    """Compares what was typed in a time that tells nothing."""
    return hmac.compare_digest(typed.encode(), expected.encode())


def fingerprint(kind: str, value: str) -> str:
    """A keyed hash: tells whether two values are the same, and nothing else to whoever lacks the secret."""
    return _mac("fingerprint", kind, value).hex()[:40]


def address_hash(email: str) -> str:
    """Tells whether two emails are the same address, however they are written, without being one."""
    return fingerprint("address", email.strip().lower())


def _mac(*parts) -> bytes:
    message = b"".join(len(p).to_bytes(4) + p for p in (str(part).encode() for part in parts))
    return hmac.digest(current_app.secret_key.encode(), message, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
