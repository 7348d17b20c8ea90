# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""MCP clients: what the tenant is given for those that are chosen lets them in, or names who stays out."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.filter.mcp_client_needs import mcp_client_needs
from ansible_collections.mcp_ops.oauth.plugins.module_utils._check import clients
from ansible_collections.mcp_ops.oauth.plugins.module_utils._clients.catalog import CATALOG, McpClient
from ansible_collections.mcp_ops.oauth.plugins.module_utils._clients.choice import (
    ADVERTISED,
    ISS,
    ON_THE_FLY,
    Choice,
    Registration,
    choose,
    depends_on_applications,
    everyone,
    needs,
    refused,
)
from ansible_collections.mcp_ops.oauth.plugins.module_utils._errors import InputError
from ansible_collections.mcp_ops.oauth.plugins.module_utils._urls import check_client_id_url
from tests.documents import PAGES, ROOT

OWN = "https://agent.example.com/client.json"
# The forms of an entry, for a client.
FORMS: dict[str, t.Callable[[str], t.Any]] = {
    "name": lambda name: name,
    "document": lambda name: {name: OWN},
    "dcr": lambda name: {name: "dcr"},
    "by hand": lambda name: {name: "by_hand"},
    "callbacks": lambda name: {name: {"callbacks": ["http://127.0.0.1:4000/callback"]}},
}
SELF_REGISTERING = sorted(name for name, client in CATALOG.items() if client.dcr)


def documents_of(client: McpClient) -> list[str]:
    """Its own, and one of those of a connector."""
    return [url for url in (client.document, client.own_documents.replace("<id>", "abc")) if url]


@st.composite
def lists_of_entries(draw: st.DrawFn) -> list[t.Any]:
    """Entries of different clients, each in a form that it can have."""
    names = draw(st.lists(st.sampled_from(sorted(CATALOG)), unique=True, min_size=1))
    forms = st.sampled_from(sorted(FORMS))
    return [FORMS[form](name) for name in names if (form := draw(forms)) != "dcr" or CATALOG[name].dcr]


def carried_out(needed: dict[str, t.Any], *, iss: bool = True, on_the_fly: bool = False) -> Registration:
    """What a tenant that had nothing is after the role has done what is needed."""
    settings: dict[str, t.Any] = {
        "flags": {"enable_dynamic_client_registration": "dcr" in needed["registration"]},
        ADVERTISED: "cimd" in needed["registration"],
        ON_THE_FLY: on_the_fly,
        ISS: iss,
    }
    documents = [{"external_client_id": url, "external_metadata_type": "cimd"} for url in needed["documents"]]
    return Registration.of(settings, [*documents, *needed["applications"]])


def gets_in(choice: Choice, tenant: Registration) -> bool:
    """What a client meets, told anew: it turns to its document where it may, and else registers itself."""
    client = choice.client
    if client.needs_iss and not tenant.iss:
        return False
    if choice.callbacks:
        return bool(set(choice.callbacks) <= tenant.callbacks)
    own = {choice.document} - {"", client.document}
    fixed = {client.document} - {""}
    has_own = {url for url in tenant.documents if client.owns(url)}
    mine = own or (fixed if tenant.iss or not client.own_documents else has_own)
    if not tenant.advertised or not (own or fixed or client.own_documents):
        return bool(client.dcr and tenant.dcr)
    by_document = tenant.on_the_fly or bool(mine & tenant.documents)
    return bool(by_document and (not client.self_registering or tenant.dcr))


@given(lists_of_entries(), st.booleans())
def test_who_is_chosen_gets_in_or_is_named(entries: list[t.Any], on_the_fly: bool) -> None:
    choices = choose(entries)
    tenant = carried_out(needs(choices, on_the_fly=on_the_fly), on_the_fly=on_the_fly)
    out = {choice.client.title for choice in choices if not gets_in(choice, tenant)}
    assert {one.title for one in refused(choices, tenant)} == out
    # Only clients that were to register themselves can be shut out, and only by the documents of others.
    ways = {choice.client.title: choice for choice in choices}
    assert all(ways[title].way == "dcr" and ways[title].prefers_documents for title in out)
    assert not out or tenant.advertised
    assert all(one.remedy and one.reason for one in refused(choices, tenant))


@given(
    lists_of_entries(),
    st.builds(
        Registration,
        dcr=st.booleans(),
        advertised=st.booleans(),
        on_the_fly=st.booleans(),
        iss=st.booleans(),
        documents=st.frozensets(
            st.sampled_from([OWN, *(url for client in CATALOG.values() for url in documents_of(client))]), max_size=4
        ),
        callbacks=st.frozensets(st.sampled_from([url for one in CATALOG.values() for url in one.callbacks])),
    ),
)
@example(
    [{"chatgpt": "dcr"}], Registration(True, True, iss=False, documents=frozenset(documents_of(CATALOG["chatgpt"])[1:]))
)
@example(
    [{"codex": "dcr"}], Registration(True, True, iss=False, documents=frozenset(documents_of(CATALOG["codex"])[:1]))
)
def test_any_tenant_is_judged_as_clients_meet_it(entries: list[t.Any], tenant: Registration) -> None:
    choices = choose(entries)
    out = {choice.client.title for choice in choices if not gets_in(choice, tenant)}
    assert {one.title for one in refused(choices, tenant)} == out
    found = clients.clients(choices, tenant)
    assert (found.status, all(title in found.seen for title in out)) == ("fail" if out else "pass", True)
    if not depends_on_applications(choices, tenant):
        bare = Registration(tenant.dcr, tenant.advertised, tenant.on_the_fly, tenant.iss)
        assert refused(choices, bare) == refused(choices, tenant)


def test_nobody_chosen_means_who_registers_itself_and_no_documents() -> None:
    assert needs([]) == {"registration": [], "documents": [], "applications": [], "lines": []}
    advertised = Registration(dcr=True, advertised=True)
    found = clients.clients([], advertised)
    assert found.status == "warn"
    shut_out = {one.client.title for one in everyone() if one.client.dcr and one.prefers_documents}
    assert {"Claude Code", "VS Code", "Codex", "opencode", "GitHub Copilot CLI"} <= shut_out
    assert {title for title in shut_out if title in found.seen} == shut_out
    assert "Cursor" not in found.seen
    for tenant in (Registration(True, False), Registration(True, True, on_the_fly=True)):
        assert clients.clients([], tenant).status == "pass"


@pytest.mark.parametrize("client", CATALOG.values(), ids=list(CATALOG))
def test_an_entry_of_the_catalog_is_whole(client: McpClient) -> None:
    assert CATALOG[client.name] is client
    assert client.dcr or client.document
    for url in documents_of(client):
        check_client_id_url(url)
        assert not client.own_documents or client.owns(url) == (url != client.document)
    assert all(url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")) for url in client.callbacks)
    assert client.callbacks
    assert client.sources
    assert client.app_type in ("native", "regular_web")
    assert "<client_id>" in client.by_hand or "client ID" in client.by_hand.replace("Client ID", "client ID")
    assert any("<url>" in line for line in client.add)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("claude-code", "Did you mean claude_code?"),
        ("my_agent", "For another client, use mcp_cimd_clients, or auth0_client."),
        (7, "has an entry that is no name"),
        ({"claude": "dcr", "cursor": "dcr"}, "has an entry that is no name"),
        ({"goose": "dcr"}, "goose does not register itself"),
        ({"cursor": "documents"}, "cursor has a value of an unknown form"),
        ({"cursor": {"callbacks": []}}, "cursor has a value of an unknown form"),
        ({"chatgpt": "http://chatgpt.com/a.json"}, "mcp_clients: chatgpt 'http://chatgpt.com/a.json' has no https"),
    ],
)
def test_an_entry_that_stands_for_nothing_is_refused(entry: t.Any, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        choose([entry])
    assert message in str(refusal.value)
    with pytest.raises(Exception, match=r"mcp_clients") as filtered:
        mcp_client_needs([entry])
    assert message in str(filtered.value)


def test_a_client_is_named_once_but_for_its_documents() -> None:
    with pytest.raises(InputError, match="names cursor more than once"):
        choose(["cursor", "cursor"])
    other = "https://chatgpt.com/oauth/two/client.json"
    both = choose([{"chatgpt": OWN}, {"chatgpt": other}])
    assert needs(both)["documents"] == [OWN, other]


@pytest.mark.parametrize("path", PAGES)
def test_the_documents_are_those_that_are_made(path: str) -> None:
    assert (ROOT / path).read_text() == PAGES[path](), "python -m tests.documents"
