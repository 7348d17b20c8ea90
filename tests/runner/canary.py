# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A client secret that is found wherever it, or a part of it, is printed, in whatever form."""

from __future__ import annotations

import base64
import re
import typing as t

# Printable ASCII, as Auth0 takes it. Each word between the symbols is a marker of its own, so that it is found in
# URL-encoded, JSON-escaped and quoted text too.
SECRET = "cnryone\"cnrytwo\\cnrythree/cnryfour+cnryfive&cnrysix~~~~~cnryseven'cnryeight<cnrynine=cnryten"


def _in_base64(secret: str) -> t.Iterator[str]:
    """What the secret looks like inside a longer text in base64, at each of the three alignments, without the ends."""
    for before in range(3):
        text = base64.b64encode(b"x" * before + secret.encode()).decode()
        yield text[4 : len(text) // 4 * 4 - 4]


# Words of the secret; the secret in base64, also as URLs have it; a token.
LEAK = re.compile(
    "|".join(
        [
            r"cnry\w+",
            *(re.escape(form) for plain in _in_base64(SECRET) for form in (plain, plain.translate({43: "-", 47: "_"}))),
            r"eyJ[\w-]{16,}",
        ]
    )
)


def leaks(text: str) -> list[str]:
    """The words and forms of the secret, and the tokens, that a text holds."""
    return sorted(set(LEAK.findall(text)))
