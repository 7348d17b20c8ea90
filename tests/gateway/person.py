# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A browser with a person before it, for clients that open one.

`python -m tests.gateway.person CA REFUSAL REDIRECT_URI URL` logs in at URL, consents, and follows the
redirect back to the client. Where nobody can log in, the file REFUSAL gets what the page says.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import httpx2

from tests.mcp.client import LoginRefused, Person


async def browse(ca_path: str, refusal: Path, redirect_uri: str, url: str) -> None:
    person = Person(ssl.create_default_context(cafile=ca_path), redirect_uri=redirect_uri)
    try:
        await person.open(url)
    except LoginRefused as error:
        if not person.target:
            # Whole or not at all: the one who waits for it may look at any time.
            part = refusal.with_suffix(".part")
            part.write_text(str(error), encoding="utf-8")
            part.replace(refusal)
            return
    # A client may open the browser first and listen then, as people take longer than this.
    async with httpx2.AsyncClient(trust_env=False, transport=httpx2.AsyncHTTPTransport(retries=8)) as browser:
        await browser.get(person.target)


if __name__ == "__main__":
    asyncio.run(browse(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
