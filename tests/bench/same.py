"""The least that can answer with the same bytes as the site: what the page cache is measured against."""

import os
import pickle
from pathlib import Path

HEADERS, BODY = pickle.loads(Path(os.environ["BENCH_ANSWER"]).read_bytes())


def app(environ, start_response):
    """One answer to everything."""
    start_response("200 OK", list(HEADERS))
    return [BODY]
