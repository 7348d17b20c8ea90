# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The job that every contender does, and whether a tenant is as the job wants it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tests.integration.harness import DATABASE

Object = dict[str, t.Any]
FLAGS = {"enable_dynamic_client_registration": True}
URL = "https://mcp.example.com/mcp"


@dataclass(frozen=True)
class Job:
    """APIs, the flags of the tenant, and the database connection at domain level; `size` is the number of APIs."""

    size: int

    @property
    def apis(self) -> list[Object]:
        """With one API, exactly what the sample playbook makes of its URL. Names differ: the peer wants it so."""
        places = [(URL, "MCP server")]
        if self.size > 1:
            places = [(f"https://mcp-{n}.example.com/mcp", f"MCP server {n}") for n in range(self.size)]
        return [
            {
                "identifier": url,
                "name": name,
                "signing_alg": "RS256",
                "token_dialect": "rfc9068_profile",
                "allow_offline_access": True,
            }
            for url, name in places
        ]

    @property
    def description(self) -> Object:
        """For contenders that take it as data. `rehearse` is what the role does, which is for one API."""
        return {"apis": self.apis, "flags": FLAGS, "connection": DATABASE, "rehearse": self.size == 1}

    def missing(self, state: Object) -> list[str]:
        """What the state of a tenant lacks."""
        found = {api["identifier"]: api for api in state["resource_servers"].values()}
        lacks = [api["identifier"] for api in self.apis if not api.items() <= found.get(api["identifier"], {}).items()]
        flags = state["settings"]["flags"]
        lacks += [flag for flag, value in FLAGS.items() if flags.get(flag) is not value]
        databases = [connection for connection in state["connections"].values() if connection["name"] == DATABASE]
        return lacks + [DATABASE for database in databases if not database["is_domain_connection"]]


def others(number: int, like: Object) -> dict[str, Object]:
    """APIs that no job manages, by id, made after the example of one."""
    made = [{**like, "id": f"{n:024x}", "identifier": f"https://other-{n}.example.com"} for n in range(number)]
    return {api["id"]: api for api in made}
