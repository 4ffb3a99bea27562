"""What a picture costs: to look into it when it comes, and to make its sizes; and the memory that this takes."""

import resource
import time
from io import BytesIO

from PIL import Image, ImageFilter

from opm.posts.pictures import decoding
from tests.bench.table import LOOKING, MAKING, Figure, Goal

A_PHONES = 4000, 3000


def looking_into_pictures() -> dict[Goal, Figure]:
    """A phone's picture on its way in, and then its sizes, each in the decoder's own process."""
    photo = _photo()
    begun = time.monotonic()
    anew = decoding.anew(photo)
    looked, memory_kb = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    begun = time.monotonic()
    made = decoding.renditions(anew.content)
    sizes = ", ".join(f"{width} {ending} {len(content) / 1024:.0f} KB" for width, ending, content in made)
    return {
        LOOKING: Figure(looked, f"{len(photo) / 1e6:.1f} MB in; at most {memory_kb / 1024:.0f} MB of memory"),
        MAKING: Figure(time.monotonic() - begun, sizes),
    }


def _photo() -> bytes:
    """Soft shapes with a little grain, as a camera sees them."""
    shapes = Image.effect_noise((80, 60), 90).resize(A_PHONES, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(A_PHONES, 8).filter(ImageFilter.GaussianBlur(1))
    out = BytesIO()
    Image.merge("RGB", (shapes, Image.blend(shapes, grain, 0.3), grain)).save(out, "JPEG", quality=90)
    return out.getvalue()
