"""The site. `flask` and the server look here."""

import os
import sys

from opm.config import ConfigError
from opm.factory import create_app

try:
    app = create_app(os.environ)
except ConfigError as error:
    sys.exit(f"The site cannot start. {error}")
