# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The table of all operations has what the published API description and the official SDK have, and the emulator's own
operations ask for the scopes that stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import auth0.management

from emulator.management import OPERATIONS
from emulator.operations import SCOPES, name

SDK = Path(auth0.management.__path__[0])

# Where the emulator asks for other scopes than the description, and why.
DEVIATIONS = {
    **dict.fromkeys(("GET /users/{}", "PATCH /users/{}", "DELETE /users/{}"), "nobody's own profile can be asked for"),
}

# Scopes that this SDK does not know: two are only in the description, one is only in the SDK for Node.js.
ELSEWHERE = {"read:federated_connections_tokens", "delete:federated_connections_tokens", "read:organization_templates"}


def test_scopes_are_those_of_the_published_description(description: Any) -> None:
    published = {
        name(method.upper(), path): next(
            tuple(entry["oAuth2ClientCredentials"]) for entry in operation["security"] if "bearerAuth" not in entry
        )
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }
    assert len(published) > 20
    assert {operation: SCOPES[operation] for operation in published} == published


def test_implemented_operations_ask_for_these_scopes() -> None:
    own = {name(operation.method, operation.path): operation.scopes for operation in OPERATIONS}
    assert {operation for operation, scopes in own.items() if scopes != SCOPES[operation]} == set(DEVIATIONS)


def test_every_operation_of_the_official_sdk_is_in_the_table() -> None:
    sources = [file.read_text(encoding="utf-8") for file in SDK.rglob("raw_client.py")]
    call = re.compile(r'httpx_client\.\w+\(\s*f?"(.+?)",\s*method="(\w+)"')
    calls = [found for source in sources for found in call.findall(source)]
    # Each operation is there twice, for synchronous and asynchronous use; none may be overlooked.
    assert len(calls) == sum(source.count("httpx_client.") for source in sources) > 900
    assert {name(method, f"/{path}") for path, method in calls} - SCOPES.keys() == set()


def test_every_scope_has_a_name_that_the_official_sdk_knows() -> None:
    known = set(re.findall(r'"(\w+:\w+)"', (SDK / "types" / "oauth_scope.py").read_text(encoding="utf-8")))
    assert {scope for scopes in SCOPES.values() for scope in scopes} - known == ELSEWHERE
