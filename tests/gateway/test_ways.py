# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One run of the playbook with `mcp_clients`, and the real clients that get in then, through the real gateway.

A client may be known by a metadata document that the run has registered, by `another document`, as an application that
the run has registered by hand, or it registers itself.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from functools import partial

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._clients.catalog import CATALOG
from ansible_collections.mcp_ops.oauth.plugins.module_utils._clients.choice import application_name
from tests.gateway.clients import CLIENTS, python
from tests.gateway.conftest import PLAYBOOK, Gateways, Site
from tests.gateway.gateway import Gateway, free_ports
from tests.gateway.project import create
from tests.gateway.seen import ClientFailed, Identity, Seen
from tests.gateway.test_kinds import replace_all
from tests.gateway.test_revisions import SPOKEN
from tests.mcp.test_login import publish

ITSELF, DOCUMENT, ANOTHER, BY_HAND = IDENTITIES = ("itself", "document", "another document", "by hand")
REGISTERED_ITSELF = re.compile(r"tpc_\w+")


@dataclass(frozen=True)
class Way:
    """`clients` is the variable `mcp_clients`; {document} and {redirect} stand for those of our clients.

    `accepted` are those that get in, each with what it is known as then: one of IDENTITIES.
    """

    clients: list[t.Any]
    accepted: dict[str, str]
    on_the_fly: bool = False


WAYS = {
    "document": Way([{"claude_code": "{document}"}], {DOCUMENT: DOCUMENT}),
    "document and itself": Way([{"claude_code": "{document}"}, "mcp_remote"], {DOCUMENT: DOCUMENT, ITSELF: ITSELF}),
    # Documents are not advertised then, so a client that has one registers itself.
    "itself": Way(["mcp_remote"], dict.fromkeys((ITSELF, DOCUMENT, ANOTHER), ITSELF)),
    "on the fly": Way([{"claude_code": "{document}"}], {DOCUMENT: DOCUMENT, ANOTHER: ANOTHER}, on_the_fly=True),
    "by hand": Way([{"mcp_remote": {"callbacks": ["{redirect}"]}}], {BY_HAND: BY_HAND}),
}
REFUSALS = {
    "registration": r"Registration failed: 403 .*Dynamic client registration is disabled",
    "login": r"^LoginRefused: Something went wrong .*Unknown client",
}


class Runs:
    """One run for each of the ways: a tenant each, and one project, whose MCP route is open to pages."""

    def __init__(self, site: Site, gateways: Gateways) -> None:
        self._site = site
        self._port = free_ports()
        self._redirect = Identity(port=self._port).redirect_uri
        self._states: dict[str, t.Any] = {}
        self._project = create(site.folder / "open-to-pages")
        self._gateways = gateways
        # Another project's, which the first run would check.
        gateways.close()
        self._edit = partial(replace_all, source=self._project)

    def enter(self, name: str) -> Gateway:
        """The tenant as the run of this way has left it, and the gateway."""
        tenant = self._site.tenant
        if name not in self._states:
            tenant.call("POST", "/_emulator/reset")
            self._publish()
            self._run(WAYS[name])
            self._states[name] = tenant.call("GET", "/_emulator/state")
        tenant.call("POST", "/_emulator/reset")
        tenant.call("PUT", "/_emulator/state", self._states[name])
        return self._gateways.open(self._edit)

    def _publish(self) -> None:
        self._documents = {
            DOCUMENT: publish(self._site.tenant, redirect_uris=[self._redirect]),
            ANOTHER: publish(self._site.tenant, "another", redirect_uris=[self._redirect]),
        }

    def _run(self, way: Way) -> None:
        clients = _fill(way.clients, document=self._documents[DOCUMENT], redirect=self._redirect)
        variables = {**self._site.variables, "mcp_zuplo_project_dir": str(self._project)}
        variables |= {"mcp_zuplo_cors_policy": "anything-goes", "mcp_clients": clients}
        run = self._site.play(PLAYBOOK, mcp_cimd_on_the_fly=way.on_the_fly, **variables)
        assert run.rc == 0, run.output

    def identity(self, name: str) -> Identity:
        if name == BY_HAND:
            name = application_name(CATALOG["mcp_remote"])
            listed = self._site.tenant.api("GET", "clients?is_global=false")
            registered = [one["client_id"] for one in listed if one["name"] == name]
            return Identity(registered[0] if registered else "not-registered", self._port)
        return Identity(self._documents.get(name, ""), self._port)

    def asked(self) -> list[str]:
        """The ids of the clients that have asked the tenant for a login."""
        log = self._site.tenant.call("GET", "/_emulator/requests")
        return list(dict.fromkeys(one["query"]["client_id"] for one in log if one["path"] == "/authorize"))


def _fill(value: t.Any, **strings: str) -> t.Any:
    """The value with its placeholders replaced, at every depth."""
    if isinstance(value, str):
        return value.format(**strings)
    if isinstance(value, dict):
        return {key: _fill(one, **strings) for key, one in value.items()}
    return [_fill(one, **strings) for one in value]


@pytest.fixture(scope="module")
def runs(site: Site, gateways: Gateways) -> Runs:
    return Runs(site, gateways)


def assert_in(runs: Runs, seen: Seen, known: Identity) -> None:
    """The client got the tool and its answer, and the tenant knew it as `known`."""
    assert seen.revision in ("", SPOKEN)
    assert (seen.tools, seen.answer) == (["hello"], '{"greeting":"Hello, MCP!"}')
    (asked,) = runs.asked()
    assert asked == known.client_id if known.client_id else REGISTERED_ITSELF.fullmatch(asked)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", IDENTITIES)
def test_who_gets_in_after_a_run(site: Site, runs: Runs, way: str, name: str) -> None:
    gateway, accepted = runs.enter(way), WAYS[way].accepted
    identity = runs.identity(name)
    if name in accepted:
        known = runs.identity(accepted[name])
        assert_in(runs, python(gateway.url, site.tenant.ca_path, identity), known)
    else:
        # Where documents are not advertised, a client that has one registers itself, or tries to.
        advertised = DOCUMENT in accepted
        registers = name == ITSELF or (name in (DOCUMENT, ANOTHER) and not advertised)
        with pytest.raises(ClientFailed, match=REFUSALS["registration" if registers else "login"]):
            python(gateway.url, site.tenant.ca_path, identity)


@pytest.mark.parametrize("client", [name for name in CLIENTS if name != "python"])
@pytest.mark.parametrize(("way", "name"), [("document", DOCUMENT), ("itself", ITSELF), ("by hand", BY_HAND)])
def test_other_clients_get_in(site: Site, runs: Runs, client: str, way: str, name: str) -> None:
    gateway, identity = runs.enter(way), runs.identity(name)
    assert_in(runs, CLIENTS[client](gateway.url, site.tenant.ca_path, identity), identity)


# What the login page says, or what a client says that has looked at the page itself.
UNKNOWN = dict.fromkeys(CLIENTS, REFUSALS["login"]) | {
    "fastmcp": "^RuntimeError: Client failed to connect: OAuth client not found"
}


@pytest.mark.parametrize("client", [name for name in CLIENTS if name != "python"])
def test_no_client_gets_in_with_a_document_that_is_not_registered(site: Site, runs: Runs, client: str) -> None:
    gateway, identity = runs.enter("document"), runs.identity(ANOTHER)
    with pytest.raises(ClientFailed, match=UNKNOWN[client]):
        CLIENTS[client](gateway.url, site.tenant.ca_path, identity)
    assert runs.asked() == [identity.client_id]
