"""Many people at once, each on a line of their own, with words that nobody else has."""

import contextlib
import http.client
import threading
import time
from urllib.parse import urlencode

from tests import cast

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TRY_AGAIN_AFTER_SECONDS = 0.1


class Line:
    """One person's connection to a site: kept open, and taken up again when it breaks."""

    def __init__(self, port: int, timeout: float = 10):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def get(self, path: str, **headers) -> int:
        """The status of the answer. Raises OSError or HTTPException if there is none."""
        return self._ask("GET", path, None, headers)

    def send(self, fields: dict, path: str = f"{cast.POST}comments/") -> int:
        """The status with which a form was answered. Raises OSError or HTTPException if it was not."""
        return self._ask("POST", path, urlencode(fields), FORM)

    def send_until_taken(self, fields: dict, patience_seconds: float = 30) -> list[int | str]:
        """Sends it again until the site says yes, as somebody would. Returns what became of each try, yes the last."""
        became, ends = [], time.monotonic() + patience_seconds
        while time.monotonic() < ends:
            try:
                became.append(self.send(fields))
            except (OSError, http.client.HTTPException) as error:
                became.append(type(error).__name__)
            if became[-1] == http.client.SEE_OTHER:
                return became
            time.sleep(TRY_AGAIN_AFTER_SECONDS)
        raise AssertionError(f"never taken: {became[-5:]}")

    def hang_up(self) -> None:
        """Closes it."""
        self.connection.close()

    def _ask(self, method, path, body, headers):
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            answer.read()
        except BaseException:
            self.connection.close()
            raise
        return answer.status


def words(number: int) -> dict:
    """A comment unlike any other."""
    return {"text": f"Thought {number} about the lane.", "name": "Jo Marsh", "email": f"reader{number}@example.org"}


def at_once(count: int, act) -> list:
    """`act(0)` to `act(count - 1)`, each by somebody of their own, all at the same time. Returns what they return."""
    results, failures = [None] * count, []
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait()
            results[number] = act(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


@contextlib.contextmanager
def many_lines(count: int, port: int):
    """So many open lines, closed at the end."""
    lines = [Line(port) for _ in range(count)]
    try:
        yield lines
    finally:
        for line in lines:
            line.hang_up()
