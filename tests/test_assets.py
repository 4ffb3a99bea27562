"""What is taken out of our style sheets and scripts before they are sent: nothing that means something."""

import errno
import os
import re
from pathlib import Path

import pytest

from opm.config import ConfigError
from opm.factory import create_app
from opm.lib.assets import minified

STATIC = Path(__file__).parent.parent / "static"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a { color: red; }\n\n/* Of links */\nb { margin: 0 auto }\n", "a{color:red}b{margin:0 auto}"),
        ("a , b > c { color: red }", "a,b>c{color:red}"),
        ("a :is(b, i):hover { top: 0 }", "a :is(b,i):hover{top:0}"),
        ("a { width: calc(1rem - (2px + 3px)) !important }", "a{width:calc(1rem - (2px + 3px)) !important}"),
        ("@media screen and (min-width: 46em) { a { top: 0 } }", "@media screen and (min-width:46em){a{top:0}}"),
        ('a::after { content: "  { /* kept */ ; : " }', 'a::after{content:"  { /* kept */ ; : "}'),
        ("a::after { content: ' > it' }", "a::after{content:' > it'}"),
        ("a { background: url(a , b.png) }", "a{background:url(a , b.png)}"),
        ("/* it's */ a { top: 0 } /* isn't it */", "a{top:0}"),
    ],
)
def test_a_style_sheet_loses_comments_and_blanks_that_separate_nothing(written, sent):
    assert minified("site.css", written) == sent
    assert minified("site.css", sent) == sent


def test_a_script_loses_indents_and_lines_that_are_all_comment():
    written = "// Why\nf(\n  'http://x' // here it stays\n  + \"  two\"\n)\n\n"
    assert minified("inline.js", written) == "f(\n'http://x' // here it stays\n+ \"  two\"\n)\n"


def test_what_somebody_else_made_is_left_as_it_is():
    for name in ("htmx-4.0.1.min.js", "htmx-LICENSE.txt"):
        assert minified(name, "// Theirs\n  a\n") == "// Theirs\n  a\n"


def test_our_style_sheets_keep_each_rule_and_declaration():
    for path in STATIC.glob("*.css"):
        written = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        sent = minified(path.name, path.read_text())
        assert re.sub(r"\s|;(?=\s*})", "", sent) == re.sub(r"\s|;(?=\s*})", "", written)
        assert "\n" not in sent


def test_our_scripts_have_no_text_over_several_lines_which_would_lose_its_indents():
    for name in ("inline.js", "loader.js"):
        assert "`" not in re.sub(r"^\s*//.*", "", (STATIC / name).read_text(), flags=re.MULTILINE)


def test_the_loader_has_at_most_400_bytes():
    assert (STATIC / "loader.js").stat().st_size <= 400


def test_on_a_full_disk_a_start_says_what_it_cannot_lay_out_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", _write_half)
    with pytest.raises(ConfigError, match=r"cannot be laid out .* No space left on device"):
        create_app({"OPM_INSTANCE": str(tmp_path)})
    assert [*(tmp_path / "static").iterdir()] == []


def _write_half(path, content):
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
