"""How well colours can be told apart, as WCAG 2.2 counts it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

import colorsys
import re

TEXT = 4.5
HEX = re.compile(r"#[0-9a-f]{6}")
STEPS = 200


def ratio(one: str, other: str) -> float:
    """From 1, the same, to 21, black on white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def least(colour: str, grounds: tuple[str, ...]) -> float:
    """Against the ground on which it is hardest to see."""
    return min(ratio(colour, ground) for ground in grounds)


def nearest(colour: str, grounds: tuple[str, ...], wanted: float = TEXT) -> str:
    """The colour of the same hue, made darker or lighter until it can be read on all of these."""
    hue, light, much = colorsys.rgb_to_hls(*_parts(colour))
    towards = 0 if _luminance(grounds[0]) > 0.18 else 1
    for step in range(STEPS + 1):
        red, green, blue = colorsys.hls_to_rgb(hue, light + (towards - light) * step / STEPS, much)
        tried = "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))
        if least(tried, grounds) >= wanted:
            return tried
    raise ValueError(grounds)


def _parts(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
