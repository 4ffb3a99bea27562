"""The decoder without a process of its own: what it answers, but none of what keeps it in."""

import json

from opm.posts.pictures import decoder


def run(order: dict, content: bytes) -> tuple[int, bytes]:
    """Its exit code and what it writes, as `opm.posts.pictures.decoding.run` gives them."""
    order = {name: value for name, value in order.items() if name != "seconds"}
    try:
        told, parts = decoder.answer(json.loads(json.dumps(order)), content)
    except decoder.Refusal as refusal:
        return refusal.args[0], b""
    except Exception:
        return decoder.NOT_A_PICTURE, b""
    return 0, json.dumps(told).encode() + b"\n" + b"".join(parts)
