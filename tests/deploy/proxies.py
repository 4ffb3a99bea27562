"""nginx and Caddy as docs/deploy sets them up: the very files, with other ports, certificate and folders."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

from tests.conftest import missing
from tests.pages.wire import Answer
from tests.running import ROOT, bare_environment, eventually, free_port

NAME = "policy.example.org"
NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors warn;
events {{}}
http {{
    client_body_temp_path {folder}/bodies;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxied;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {ours}
}}
"""


class Proxy:
    """One in front of a site that listens on a port of this machine."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self.folder, self.port, self.plain_port, self.site_port = folder, free_port(), free_port(), free_port()
        self.certificate, self.key = _certificate(folder)
        self.process = None

    @property
    def base_url(self) -> str:
        """How the public reaches the site."""
        return f"https://{NAME}:{self.port}"

    def start(self) -> "Proxy":
        """Starts it, and waits until it takes connections."""
        with (self.folder / "said").open("w") as said:
            self.process = subprocess.Popen(
                self.command(), env=bare_environment(HOME=str(self.folder)), stdout=said, stderr=said
            )
        try:
            eventually(self.takes_connections, "the proxy", within=10)
        except AssertionError:
            self.stop()
            raise AssertionError((self.folder / "said").read_text())
        return self

    def takes_connections(self) -> bool:
        """Whether it is up."""
        try:
            self.line().close()
        except OSError:
            return False
        return True

    def line(self, network: str = "127.0.0", name: str = NAME) -> ssl.SSLSocket:
        """A connection through TLS from somebody in this network (/24). Raises OSError."""
        context = ssl.create_default_context(cafile=self.certificate)
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(f"{network}.1", 0))
        try:
            return context.wrap_socket(raw, server_hostname=name)
        except OSError:
            raw.close()
            raise

    def ask(self, path, method="GET", body: bytes = b"", network="127.0.0", host=None, **headers) -> Answer:
        """One request on a connection of its own. Underscores in names stand for hyphens."""
        connection = http.client.HTTPConnection(NAME, self.port)
        connection.sock = self.line(network)
        return _asked(connection, path, method, body, {"Host": host or f"{NAME}:{self.port}", **headers})

    def ask_plainly(self, path: str) -> Answer:
        """One without TLS."""
        return _asked(
            http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=10), path, "GET", b"", {"Host": NAME}
        )

    def logs(self) -> str:
        """All that it has written so far."""
        return "".join(file.read_text() for file in (self.folder / "said", self.folder / "errors") if file.exists())

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(20)


class Nginx(Proxy):
    """docs/deploy/nginx.conf, read where Debian's nginx.conf would read it."""

    def command(self):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") or missing("nginx")
        ours = (ROOT / "docs/deploy/nginx.conf").read_text()
        ours = re.sub(r"^ *listen \[::\].*\n", "", ours, flags=re.M)
        ours = _replaced(ours, "listen 80", f"listen 127.0.0.1:{self.plain_port}")
        ours = _replaced(ours, "listen 443", f"listen 127.0.0.1:{self.port}")
        ours = _replaced(ours, "127.0.0.1:8000", f"127.0.0.1:{self.site_port}")
        ours = _replaced(ours, f"/etc/letsencrypt/live/{NAME}/fullchain.pem", self.certificate)
        ours = _replaced(ours, f"/etc/letsencrypt/live/{NAME}/privkey.pem", self.key)
        ours = _replaced(ours, "/var/log/nginx/error.log", self.folder / "errors")
        user = "" if os.geteuid() else "user root;"  # else its workers could not enter the folder
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder, user=user, ours=ours))
        return [program, "-p", self.folder, "-e", self.folder / "errors", "-c", config]


class Caddy(Proxy):
    """docs/deploy/Caddyfile."""

    def command(self):
        program = shutil.which("caddy") or missing("caddy")
        ours = (ROOT / "docs/deploy/Caddyfile").read_text()
        ports = f"http_port {self.plain_port}\n\thttps_port {self.port}"
        ours = _replaced(ours, "\n{\n", f"\n{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\t{ports}\n")
        ours = _replaced(ours, f"{NAME} {{", f"{NAME} {{\n\ttls {self.certificate} {self.key}")
        ours = _replaced(ours, "127.0.0.1:8000", f"127.0.0.1:{self.site_port}")
        config = self.folder / "Caddyfile"
        config.write_text(ours)
        return [program, "run", "--adapter", "caddyfile", "--config", config]


def _replaced(text: str, old: str, new) -> str:
    assert old in text
    return text.replace(old, str(new))


def _certificate(folder: Path) -> tuple[Path, Path]:
    program = shutil.which("openssl") or missing("openssl")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for_name = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(
        [program, "req", "-x509", *curve, "-nodes", "-keyout", key, "-out", certificate, "-days", "2", *for_name],
        check=True,
        capture_output=True,
    )
    return certificate, key


def _asked(connection, path, method, body, headers) -> Answer:
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
