# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gets a small document over TLS, as a tenant does it with the metadata documents of clients."""

from __future__ import annotations

import ssl
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

LIMIT = 5 * 1024


class Unavailable(Exception):
    """Its text says why there is no document."""


def fetch(url: str, ca: str, seconds: float = 5.0) -> bytes:
    """At most LIMIT bytes from an https URL. Follows no redirect; trusts the system's CAs and `ca`, a PEM text.

    Blocks, for `seconds` at the most between two pieces of the answer. Raises Unavailable.
    """
    parts = urlsplit(url)
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=ca)
    connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds, context=context)
    try:
        connection.request("GET", parts.path, headers={"accept": "application/json"})
        response = connection.getresponse()
        content = response.read(LIMIT + 1)
    except (OSError, HTTPException) as error:
        raise Unavailable(str(error) or type(error).__name__) from None
    finally:
        connection.close()
    if response.status != 200:
        raise Unavailable(f"the answer has status {response.status}")
    if len(content) > LIMIT:
        raise Unavailable(f"it is larger than {LIMIT} bytes")
    return content
