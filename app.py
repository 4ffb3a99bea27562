"""The site. `flask` and the server look here; `python app.py` serves it, with its worker beside it."""

import os
import sys

from opm.config import ConfigError
from opm.factory import create_app

try:
    app = create_app(os.environ)
except ConfigError as error:
    print(f"The site cannot start. {error}", file=sys.stderr)
    sys.exit(2 if sys.argv[1:2] == ["doctor"] else 1)  # what stops a site is what a doctor calls broken

if __name__ == "__main__":
    from opm import serving  # here, since the commands of `flask` have no use for a server

    sys.exit(serving.run(app))
