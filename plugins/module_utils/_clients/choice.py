# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""MCP clients that a user names: how each becomes known to Auth0, what the tenant needs, who is refused. Pure."""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass

from .._errors import InputError
from .._types import Object
from .._urls import check_client_id_url
from .catalog import CATALOG, McpClient

OPTION = "mcp_clients"
# The tenant's settings.
ADVERTISED = "client_id_metadata_document_supported"
ON_THE_FLY = "client_id_metadata_document_dynamic_registration_supported"
ISS = "authorization_response_iss_parameter_supported"
_FIELDS = ("client_id", "callbacks", "external_client_id", "external_metadata_type")
APPLICATION_QUERY = {"fields": ",".join(_FIELDS), "include_fields": "true", "is_global": "false"}
"""The listing of applications with what `Registration.of` reads."""
Way = t.Literal["document", "dcr", "by_hand"]
_FORMS = (
    "Write its name alone; or a mapping from the name to the https URL of its metadata document, to dcr, to by_hand, "
    "or to {callbacks: [its redirect URIs]}."
)


@dataclass(frozen=True)
class Choice:
    """One MCP client, and the way in which it becomes known.

    document: the client ID metadata document of this client itself, empty where it has none or registers itself.
    dcr: it registers itself (dynamic client registration).
    by_hand: an application with the `callbacks` is registered for it, whose client_id the user gives to the client.
    """

    client: McpClient
    way: Way
    document: str = ""
    callbacks: tuple[str, ...] = ()

    @property
    def prefers_documents(self) -> bool:
        """Whether it uses a document of its own wherever the tenant advertises that."""
        return self.way != "by_hand" and (bool(self.document) or self.client.prefers_documents)


@dataclass(frozen=True)
class Registration:
    """How applications become known to a tenant.

    dcr: dynamic client registration is enabled. advertised: the tenant says that it supports metadata documents.
    on_the_fly: it registers them by itself. iss: it sends the response parameter iss, and says so.
    documents: the URLs of those that are registered. callbacks: those of the applications registered by hand.
    """

    dcr: bool
    advertised: bool
    on_the_fly: bool = False
    iss: bool = True
    documents: frozenset[str] = frozenset()
    callbacks: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Object, applications: t.Iterable[Object] = ()) -> Registration:
        """Of a tenant's settings and applications, as the Management API tells them."""
        listed = list(applications)
        by_hand = [one for one in listed if not one.get("external_metadata_type")]
        return cls(
            dcr=bool((settings.get("flags") or {}).get("enable_dynamic_client_registration")),
            advertised=bool(settings.get(ADVERTISED)),
            on_the_fly=bool(settings.get(ON_THE_FLY)),
            iss=bool(settings.get(ISS)),
            documents=frozenset(one["external_client_id"] for one in listed if one.get("external_client_id")),
            callbacks=frozenset(url for one in by_hand for url in one.get("callbacks") or ()),
        )


@dataclass(frozen=True)
class Refusal:
    """Why an MCP client cannot become known, and what to do."""

    title: str
    reason: str
    remedy: str


def choose(entries: t.Sequence[t.Any]) -> list[Choice]:
    """The choices that the entries of `mcp_clients` stand for. Raises InputError for one that stands for none."""
    choices = [_choose(entry) for entry in entries]
    names = [choice.client.name for choice in choices]
    twice = next((one for one in choices if one.way != "document" and names.count(one.client.name) > 1), None)
    if twice:
        raise InputError(f"names {twice.client.name} more than once", where=OPTION, remedy="Name it once.")
    return choices


def everyone() -> list[Choice]:
    """All clients of the catalog, as they are without a choice."""
    return [_by_default(client) for client in CATALOG.values()]


def _choose(entry: t.Any) -> Choice:
    name, value = entry, None
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, value),) = entry.items()
    if not isinstance(name, str):
        raise InputError("has an entry that is no name", where=OPTION, remedy=_FORMS)
    client = CATALOG.get(name)
    if client is None:
        close = difflib.get_close_matches(name, CATALOG, 1)
        remedy = f"Did you mean {close[0]}? " if close else ""
        remedy += f"Known are {', '.join(CATALOG)}. For another client, use mcp_cimd_clients, or auth0_client."
        raise InputError(f"names an unknown MCP client, {name!r}", where=OPTION, remedy=remedy)
    if value is None:
        return _by_default(client)
    if value == "dcr":
        if not client.dcr:
            remedy = "It needs its metadata document: write its name alone."
            raise InputError(f"{client.title} does not register itself (dcr)", where=f"{OPTION}:", remedy=remedy)
        return Choice(client, "dcr")
    if value == "by_hand":
        return Choice(client, "by_hand", callbacks=client.callbacks)
    if isinstance(value, dict) and set(value) == {"callbacks"} and _is_texts(value["callbacks"]):
        return Choice(client, "by_hand", callbacks=tuple(value["callbacks"]))
    if isinstance(value, str) and "://" in value:
        check_client_id_url(value, f"{OPTION}: {name}")
        return Choice(client, "document", document=value)
    raise InputError(f"{name} has a value of an unknown form", where=f"{OPTION}:", remedy=_FORMS)


def _by_default(client: McpClient) -> Choice:
    if client.document:
        return Choice(client, "document", document=client.document)
    return Choice(client, "dcr")


def _is_texts(value: t.Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, str) for one in value)


def needs(choices: t.Iterable[Choice], *, on_the_fly: bool = False) -> Object:
    """What the tenant needs for these clients: {registration, documents, applications, lines}.

    registration: the ways to enable, of `dcr` and `cimd`. documents: URLs to register, none where Auth0 registers them
    on the fly. applications: {name, app_type, callbacks} of those to register by hand.
    lines: for a person, how each client becomes known.
    """
    chosen = list(choices)
    documented = [one for one in chosen if one.way == "document" or (on_the_fly and one.prefers_documents)]
    by_itself = [one for one in chosen if one.way == "dcr" and one not in documented]
    ways = {"dcr": bool(by_itself or any(map(_registers_anyway, documented))), "cimd": bool(documented)}
    return {
        "registration": [way for way, needed in ways.items() if needed],
        "documents": [] if on_the_fly else list(dict.fromkeys(one.document for one in documented)),
        "applications": [
            {
                "name": application_name(one.client),
                "app_type": one.client.app_type,
                "callbacks": list(one.callbacks),
            }
            for one in chosen
            if one.way == "by_hand"
        ],
        "lines": [f"{one.client.title}: {_tell(one, one in documented, on_the_fly)}" for one in chosen],
    }


def _tell(choice: Choice, documented: bool, on_the_fly: bool) -> str:
    if choice.way == "by_hand":
        return f"the application '{application_name(choice.client)}'"
    if documented:
        return "its metadata document" + (", which Auth0 registers at its first use" if on_the_fly else "")
    return "registers itself (DCR)"


def application_name(client: McpClient) -> str:
    """The name of the application that is registered by hand for a client."""
    return f"{client.title} (MCP)"


def depends_on_applications(choices: t.Iterable[Choice], registration: Registration) -> bool:
    """Whether the tenant's applications decide who gets in, so that they must be read."""
    documents = registration.advertised and not registration.on_the_fly
    return any(one.way == "by_hand" or (documents and one.prefers_documents) for one in choices)


def refused(choices: t.Iterable[Choice], registration: Registration) -> list[Refusal]:
    """The clients that cannot become known to the tenant."""
    found = ((choice, _refuse(choice, registration)) for choice in choices)
    return [Refusal(choice.client.title, *why) for choice, why in found if why]


def _registers_anyway(choice: Choice) -> bool:
    """Whether some of its versions register themselves where others use the document."""
    return choice.way != "by_hand" and bool(choice.client.self_registering)


def _refuse(choice: Choice, registration: Registration) -> tuple[str, str] | None:
    """The reason and the remedy; None where it gets in."""
    client, name = choice.client, choice.client.name
    if client.needs_iss and not registration.iss:
        return "it demands the response parameter iss", f"mcp_ops.oauth.auth0_tenant_settings: {ISS}: true"
    if choice.way == "by_hand":
        lacking = sorted(set(choice.callbacks) - registration.callbacks)
        return (f"no application has its redirect URI {lacking[0]}", f"{OPTION}: {name}: by_hand") if lacking else None
    if not registration.advertised or not choice.prefers_documents:
        if client.dcr and registration.dcr:
            return None
        if client.dcr:
            return "dynamic client registration is off", "mcp_client_registration: dcr"
        return "metadata documents are off, and it does not register itself", f"{OPTION}: {name}"
    if not registration.on_the_fly and (lacking_document := _lack_document(choice, registration)):
        return lacking_document
    if _registers_anyway(choice) and not registration.dcr:
        return f"{client.self_registering} registers itself, and that is off", "mcp_client_registration: dcr"
    return None


def _lack_document(choice: Choice, registration: Registration) -> tuple[str, str] | None:
    """The document is the one that the user names, or else follows from what the tenant advertises."""
    client = choice.client
    document = choice.document or client.document
    if document == client.document and client.own_documents and not registration.iss:
        if any(map(client.owns, registration.documents)):
            return None
        return (
            f"it has a metadata document of its own ({client.own_documents}), which is not registered",
            f"{OPTION}: {client.name}: the URL of its document",
        )
    if document in registration.documents:
        return None
    entry = client.name if document == client.document else f"{client.name}: {document}"
    return "its metadata document is not registered", f"{OPTION}: {entry}"
