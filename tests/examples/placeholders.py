# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What stands in documents in place of what each reader has: tenants, credentials, MCP servers, folders."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from tests.integration.harness import Tenant

# What names each of the two tenants.
DOMAINS = ("tenant.eu.auth0.com", "staging.eu.auth0.com")
STAGES = ("production", "staging")
SERVER = re.compile(r"mcp_server_url[\"']?\s*[:=]\s*[\"']?(https://[\w.-]+/[\w./-]*[\w-])")
CREDENTIAL = re.compile(r"(client_id|client_secret|access_token)([\"']?\s*[:=]\s*[\"']?)\.\.\.", re.IGNORECASE)
FOLDER = "/srv/"


def mcp_servers(text: str) -> set[str]:
    """The URLs of the MCP servers that a text names."""
    return set(SERVER.findall(text))


@dataclass(frozen=True)
class Placeholders:
    """`tenants` are the two of `DOMAINS`, `servers` has for each URL of an MCP server that of a real one.

    Folders below /srv are below `folder`.
    """

    tenants: tuple[Tenant, ...]
    servers: Mapping[str, str]
    folder: str = ""

    def fill(self, text: str) -> str:
        """Credentials are those of the tenant that was named last."""
        tenant, lines = self.tenants[0], []
        for line in text.split("\n"):
            for domain, stage, named in zip(DOMAINS, STAGES, self.tenants, strict=True):
                tenant = named if domain in line or stage in line.lower() else tenant
                line = line.replace(domain, named.domain)
            lines.append(CREDENTIAL.sub(partial(_credential, tenant), line))
        text = "\n".join(lines).replace(FOLDER, f"{self.folder}{FOLDER}")
        for old, new in self._servers():
            text = re.sub(rf"{re.escape(old)}(?![\w-])", new, text)
        return text

    def _servers(self) -> t.Iterator[tuple[str, str]]:
        """Whole URLs first, then origins, each of the server with the shortest URL there, then hosts alone."""
        pairs = sorted(self.servers.items(), key=lambda pair: (len(pair[0]), pair))
        yield from reversed(pairs)
        yield from ((old[: -len(_path(old))], new[: -len(_path(new))]) for old, new in pairs)
        yield from ((urlsplit(old).netloc, urlsplit(new).netloc) for old, new in pairs)


def _path(url: str) -> str:
    return urlsplit(url).path


def _credential(tenant: Tenant, found: re.Match[str]) -> str:
    name = found[1].lower()
    return f"{found[1]}{found[2]}{tenant.token() if name == 'access_token' else getattr(tenant, name)}"
