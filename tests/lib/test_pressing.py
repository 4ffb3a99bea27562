"""The thread that makes bodies as small as they get."""

import threading

from opm.lib import pressing
from opm.lib.pressing import Presser


def test_it_does_one_after_the_other_and_takes_no_more_than_fit(monkeypatch):
    monkeypatch.setattr(pressing, "QUEUE_LENGTH", 2)
    begun, go_on, done = threading.Event(), threading.Event(), []

    def press(key):
        begun.set()
        go_on.wait(10)
        done.append(key)

    presser = Presser(press)
    assert presser.soon(1)
    begun.wait(10)
    assert presser.soon(2)
    assert presser.soon(3)
    assert not presser.soon(4)
    go_on.set()
    presser.join()
    assert done == [1, 2, 3]
    assert presser.soon(5)
    presser.join()
    assert done == [1, 2, 3, 5]
