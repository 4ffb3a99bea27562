"""Requests as they go over the wire: nothing is followed, unpacked or added."""

import gzip
import http.client
from dataclasses import dataclass

import brotli

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, unpacked."""
        return UNPACK[self.headers["Content-Encoding"]](self.body).decode()

    @property
    def was_kept(self) -> bool:
        """Whether the cache in front of the site gave it without asking the site."""
        return self.headers["X-Kept"] == "HIT"


def ask(port: int, path: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
    """One request on a connection of its own. Underscores in names stand for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
