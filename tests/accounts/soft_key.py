"""A passkey in a few lines: what a browser would send, signed for real, and wrong wherever a test wants it wrong."""

import base64
import hashlib
import json
import struct

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SoftKey:
    """One key pair. `answers` to what a page asks for, given its options."""

    def __init__(self, id=b"a key of sixteen", site="localhost", origin="http://localhost:8000"):
        self.id, self.site, self.origin, self.count = id, site, origin, 0
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.handle = None

    def makes(self, options, **otherwise) -> str:
        """What navigator.credentials.create gives."""
        self.handle = options["user"]["id"]
        public = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}
        attested = b"\0" * 16 + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(PRESENT | VERIFIED | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, otherwise)
        return self._answer({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def signs(self, options, flags=PRESENT | VERIFIED, count=None, handle=None, **otherwise) -> str:
        """What navigator.credentials.get gives."""
        self.count = self.count + 1 if count is None else count
        data, client = self._data(flags), self._client("webauthn.get", options, otherwise)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        return self._answer(response | {"userHandle": handle or self.handle})

    def _data(self, flags) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind, options, otherwise) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | otherwise).encode()

    def _answer(self, response) -> str:
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response})
