# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every MCP client of the tests is given, and what it tells."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from tests.gateway.gateway import free_ports

ARGUMENTS = {"body": {"name": "MCP"}}
CALLBACK = "/callback"
SECONDS = 30


@dataclass(frozen=True)
class Seen:
    """What a client got: the names of the tools, the text of the tool's answer, and the revision of MCP.

    `revision` is empty for a client that does not tell it.
    """

    tools: list[str]
    answer: str
    revision: str = ""

    @classmethod
    def of(cls, message: dict[str, t.Any]) -> Seen:
        """What a client in a process of its own has written. Raises ClientFailed for {error}."""
        if "error" in message:
            raise ClientFailed(message["error"])
        return cls(message["tools"], message["answer"], message["revision"])


class ClientFailed(Exception):
    """The text is the client's own: the name of its error and the message, or what the login page said."""


@dataclass(frozen=True)
class Identity:
    """How a client makes itself known, and where a login comes back to: a port of 127.0.0.1.

    `client_id` is the URL of its metadata document, the id of an application, or empty: then it registers itself.
    """

    client_id: str = ""
    port: int = field(default_factory=free_ports)

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self.port}{CALLBACK}"

    @property
    def document(self) -> str | None:
        return self.client_id if self.client_id.startswith("https://") else None

    @property
    def application(self) -> str | None:
        return None if self.document else self.client_id or None
