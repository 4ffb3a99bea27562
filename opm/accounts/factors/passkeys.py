"""What is asked of a browser that has a passkey, and whether what it answers was signed by that key (WebAuthn).

Name and origin of the site come from its settings, never from what a request says of itself. Browsers know no passkeys
for bare numbers, so on loopback the site is “localhost” to them.
"""

import base64
import json
from urllib.parse import urlsplit

from flask import current_app, request
from sqlalchemy import select

from opm import settings
from opm.accounts.factors.models import LASTS, Passkey, Step, StepRefused
from opm.accounts.models import Person
from opm.config import is_loopback
from opm.extensions import db, insert
from opm.lib import clock, tokens

LARGEST_ANSWER = 20_000  # characters; a browser sends about a thousand
LONGEST_ID = 1400  # base64url of 1,023 bytes, which the standard allows
TRANSPORTS = {"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"}
ALGORITHMS = (-8, -7, -257)  # EdDSA, ES256, RS256: what keys can do


def site_name() -> str:
    """The name that passkeys are tied to (“RP ID”)."""
    base = urlsplit(current_app.config["BASE_URL"])
    return "localhost" if current_app.config["IS_LOOPBACK"] else base.hostname


def origin() -> str:
    """Where a page must stand on which a passkey is used."""
    base = urlsplit(current_app.config["BASE_URL"])
    port = f":{base.port}" if base.port and base.port != {"http": 80, "https": 443}[base.scheme] else ""
    return f"{base.scheme}://{site_name()}{port}"


def are_possible() -> bool:
    """Whether browsers allow passkeys for this site: it has a name, and is reached over https or on this machine."""
    name = site_name()
    is_number = ":" in name or name.replace(".", "").isdigit()
    return name == "localhost" or (origin().startswith("https:") and not is_number)


def are_possible_here() -> bool:
    """Whether this page was asked for under the name that passkeys are tied to. Only for what the page says."""
    asked = urlsplit(f"//{request.host}").hostname
    return are_possible() and (asked == site_name() or not is_loopback(asked))


def to_sign(step: Step) -> dict:
    """What a browser is asked to let a passkey sign: of this person's, or, where nobody is known yet, whichever."""
    own = Passkey.of(step.person) if step.person else []
    return {
        "challenge": _text(step.challenge),
        "rpId": site_name(),
        "timeout": _milliseconds(step),
        "userVerification": "preferred" if step.person else "required",
        "allowCredentials": [_named(passkey) for passkey in own],
    }


def to_make(step: Step) -> dict:
    """What a browser is asked to make a passkey for."""
    return {
        "challenge": _text(step.challenge),
        "rp": {"id": site_name(), "name": settings.current().site_name},
        "user": {"id": _handle(step.person), "name": step.person.email, "displayName": step.person.name},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "timeout": _milliseconds(step),
        "attestation": "none",
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
        "excludeCredentials": [_named(passkey) for passkey in Passkey.of(step.person)],
    }


def signed(step: Step, answer: str) -> Passkey:
    """The passkey that signed what this step asked for; its count moves on. Raises StepRefused."""
    said = _read(answer)
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential_id == said["id"]).with_for_update())
    if passkey is None or (step.person and passkey.person_id != step.person_id) or not passkey.person.is_staff:
        raise StepRefused
    handle = said["response"].get("userHandle")
    if handle and handle != _handle(passkey.person):
        raise StepRefused
    passkey.sign_count, passkey.used_at = _checked_signature(step, said, passkey), clock.now()
    return passkey


def made(step: Step, answer: str) -> Passkey | None:
    """The passkey that was made for this step, as a row; None if it has one already. Raises StepRefused."""
    said, new = _read(answer), _checked_making(step, _read(answer))
    transports = said["response"].get("transports")
    values = {
        "person_id": step.person_id,
        "credential_id": _text(new.credential_id),
        "public_key": _text(new.credential_public_key),
        "sign_count": new.sign_count,
        "transports": sorted(TRANSPORTS.intersection(transports)) if _is_list_of_words(transports) else [],
        "name": step.name,
        "added_at": clock.now(),
    }
    if len(values["credential_id"]) > LONGEST_ID:
        raise StepRefused
    if db.session.scalar(select(Passkey.id).where(Passkey.credential_id == values["credential_id"])):
        return None
    statement = insert(Passkey).values(values).on_conflict_do_nothing().returning(Passkey.id)
    id = db.session.scalar(statement)
    return id and db.session.get(Passkey, id)


def _checked_signature(step: Step, said: dict, passkey: Passkey) -> int:
    """The key's count after it. Raises StepRefused."""
    import webauthn  # 30 MB, and half a second: only where somebody has a passkey
    from webauthn.helpers import base64url_to_bytes

    try:
        return webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=step.challenge,
            expected_rp_id=site_name(),
            expected_origin=origin(),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=step.person is None,
        ).new_sign_count
    except Exception:  # whatever it stumbles over in what anybody can send
        raise StepRefused


def _checked_making(step: Step, said: dict):
    import webauthn

    try:
        return webauthn.verify_registration_response(
            credential=said,
            expected_challenge=step.challenge,
            expected_rp_id=site_name(),
            expected_origin=origin(),
        )
    except Exception:
        raise StepRefused


def _read(answer: str) -> dict:
    """The browser's answer, as far as we look into it ourselves. Raises StepRefused."""
    try:
        said = json.loads(answer) if len(answer) <= LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        raise StepRefused
    if not isinstance(said, dict) or not isinstance(said.get("response"), dict) or not _is_id(said.get("id")):
        raise StepRefused
    return said


def _is_id(id) -> bool:
    return isinstance(id, str) and len(id) <= LONGEST_ID and id.replace("-", "").replace("_", "").isalnum()


def _is_list_of_words(transports) -> bool:
    return isinstance(transports, list) and all(isinstance(each, str) for each in transports)


def _named(passkey: Passkey) -> dict:
    return {"type": "public-key", "id": passkey.credential_id, "transports": passkey.transports}


def _handle(person: Person) -> str:
    """By which a passkey knows whose it is. It says nothing about them."""
    return _text(bytes.fromhex(tokens.fingerprint("passkey owner", str(person.id))))


def _milliseconds(step: Step) -> int:
    return int(LASTS[step.purpose].total_seconds() * 1000)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
