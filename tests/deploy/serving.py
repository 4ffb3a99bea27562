"""The server alone, as a service manager starts it."""

import subprocess
import sys

from tests.running import ROOT, Site


class Served(Site):
    """A site by `flask serve`, without demo and worker."""

    def start(self) -> "Served":
        """Starts it and returns at once."""
        with self.log_file.open("a") as log:
            command = [sys.executable, "-m", "flask", "serve"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        return self
