"""A shared cache in front of a running site: nginx, as somebody else has set it up."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import missing
from tests.pages.wire import Answer, ask
from tests.running import Site, bare_environment, eventually, free_port

CONFIG = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxied;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    proxy_cache_path {folder}/kept keys_zone=pages:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{site};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_cache pages;
            add_header X-Kept $upstream_cache_status always;
            {rules}
        }}
    }}
}}
"""


class Nginx:
    """It keeps what the site's headers let it keep, but for what its own rules say otherwise."""

    def __init__(self, site: Site, folder: Path, rules: str = ""):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") or missing("nginx")
        self.port = free_port()
        folder.mkdir()
        config = folder / "nginx.conf"
        user = "" if os.geteuid() else "user root;"  # else its workers could not enter the folder
        config.write_text(CONFIG.format(folder=folder, port=self.port, site=site.port, rules=rules, user=user))
        command = [program, "-p", folder, "-e", folder / "errors", "-c", config]
        self.process = subprocess.Popen(command, env=bare_environment())
        try:
            eventually(self.answers, "nginx", within=5)
        except AssertionError:
            self.stop()
            raise

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> Answer:
        """What it answers with."""
        return ask(self.port, path, **headers)

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(10)
