# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replays recorded exchanges against an in-process emulator and tells where the answers differ in shape.

A scenario runs in order. Ids made by the server are mapped from recorded to emulated; objects that the scenario never
created are put into the tenant just before the exchange that shows them first.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.testclient import TestClient

from emulator import tokens
from emulator.app import create_app
from emulator.connection_options import strategy
from emulator.fetch import Unavailable
from emulator.management.operation import PREFIX
from emulator.management.tenant_settings import PATCH_ONLY_FLAGS, PATCH_ONLY_UNIVERSAL_LOGIN
from emulator.tenant import MANAGEMENT_SCOPES, Keys, Tenant
from tests.contract.recorded import IDS, Exchange, Object, read, scenarios

_REDACTED = re.compile("REDACTED")

# What in a certificate's PEM is not its base64.
_BASE64 = re.compile(r"-----[A-Z ]+-----|\s")
SAML_METADATA = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><IDPSSODescriptor>
<KeyDescriptor><X509Certificate xmlns="http://www.w3.org/2000/09/xmldsig#">{key}</X509Certificate></KeyDescriptor>
<SingleSignOnService Binding="{bindingMethod}" Location="{signInEndpoint}"/>
<SingleLogoutService Binding="{bindingMethod}" Location="{signOutEndpoint}"/>
</IDPSSODescriptor></EntityDescriptor>"""

_UNSUPPORTED = re.compile(r"Ignoring unsupported properties: (.*?)\. ")


def differences(recorded: Any, emulated: Any, path: str = "") -> Iterator[str]:
    """`-path` is in the recording only, `+path` in the emulator's answer only, `~path` has another value."""
    if isinstance(recorded, dict) and isinstance(emulated, dict):
        for key in [*recorded, *(key for key in emulated if key not in recorded)]:
            inner = f"{path}.{key}" if path else key
            if key not in emulated:
                yield f"-{inner}"
            elif key not in recorded:
                yield f"+{inner}"
            else:
                yield from differences(recorded[key], emulated[key], inner)
    elif isinstance(recorded, list) and isinstance(emulated, list):
        if any(isinstance(item, dict) for item in [*recorded, *emulated]):
            if len(recorded) != len(emulated):
                yield f"#{path}"
            for old, new in zip(recorded, emulated, strict=False):
                yield from differences(old, new, f"{path}[]")
    elif recorded != emulated and not _REDACTED.search(str(recorded)):
        yield f"~{path}"


class Clock:
    """Each exchange happens a minute after the last one, as deletions need time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Replay:
    def __init__(self, exchanges: Sequence[Exchange], keys: Keys) -> None:
        self._clock = Clock()
        self._tenant = Tenant.create("tenant.example", clock=self._clock, keys=keys)
        self._exchanges = exchanges
        self._ids: dict[str, str] = {}
        self._full: dict[str, Object] = {}
        for entry in self._exchanges:
            for kind, thing in _show(entry):
                if "fields" not in entry.query and entry.parts[2:] != ["clients"] and len(thing) > 1:
                    self._full.setdefault(str(thing[IDS[kind]]), thing)
        self._made = {entry.made for entry in self._exchanges}
        self._documents = {url: document for entry in self._exchanges for url, document in _documents(entry)}
        self._tenant.fetch = self._fetch
        self._seen: set[str] = set()
        self._empty()

    def _fetch(self, url: str) -> bytes:
        if url not in self._documents:
            raise Unavailable("it is not in the recording")
        return self._documents[url]

    def _empty(self) -> None:
        """Lists are compared with a whole recorded tenant, so nothing of the new tenant's own may be in them."""
        api = self._tenant.resource_server(self._tenant.management_audience)
        assert api is not None
        self._token = tokens.issue(self._tenant, "replay", {**api, "token_lifetime": 10**9}, list(MANAGEMENT_SCOPES))[
            "access_token"
        ]
        state = self._tenant.state
        for collection in ("resource_servers", "connections", "clients", "client_grants", "users"):
            state[collection] = {}
        state["settings"] = {"flags": {"enable_client_connections": False}}
        # The recorded tenants are old enough for both, and none of them enables connections for new clients.
        state["permissive_allowed"] = True

    def _seed(self, entry: Exchange) -> None:
        for kind, thing in _show(entry):
            name = str(thing[IDS[kind]])
            if name in self._made or name in self._seen:
                continue
            self._seen.add(name)
            seed = _complete(kind, {**thing, **self._full.get(name, thing)})
            if entry.query.get("is_global") == "true":
                seed["global"] = True
            self._tenant.objects(kind.replace("-", "_"))[name] = seed
        if entry.made is not None and entry.kind == "users":
            # Recorded tenants have it, and nothing is told of its rules for passwords.
            database = {"name": entry.sent["connection"], "options": {"requires_username": "username" in entry.sent}}
            self._tenant.objects("connections")["con_users"] = _complete("connections", {"id": "con_users", **database})
        if entry.parts[2:] == ["credentials"] and isinstance(entry.answer, list):
            kept = self._tenant.objects("credentials").setdefault(self._mapped(entry.parts[1]), {})
            kept.update({item["id"]: item for item in entry.answer if item["id"] not in self._made})
        if entry.parts[2:] == ["organizations"]:
            for item in entry.answer["organizations"]:
                hidden = {"members": {}, "connections": [], "client_grants": [self._mapped(entry.parts[1])]}
                self._tenant.objects("organizations")[item["id"]] = {**item, **hidden}
        if entry.kind == "tenants" and "tenants" not in self._seen:
            self._seen.add("tenants")
            self._tenant.state["settings"] = _settings(entry)

    def _mapped(self, value: str) -> str:
        for recorded, emulated in self._ids.items():
            value = value.replace(recorded, emulated)
        return value

    def _translated(self, value: Any) -> Any:
        return json.loads(self._mapped(json.dumps(value)))

    def run(self) -> Iterator[tuple[int, Exchange, list[str]]]:
        with TestClient(create_app(self._tenant), base_url="https://tenant.example") as client:
            client.headers["authorization"] = f"Bearer {self._token}"
            for number, entry in enumerate(self._exchanges):
                self._clock.now += 60
                self._seed(entry)
                sent = json.loads(self._mapped(json.dumps(entry.sent)))
                if entry.made is not None and entry.kind == "users":
                    # Redacted addresses are all the same.
                    sent["email"] = f"{number}-{sent['email']}"
                answer = client.request(
                    entry.method,
                    f"{PREFIX}{self._mapped(entry.path)}",
                    params={key: self._mapped(str(value)) for key, value in entry.query.items()} or None,
                    json=sent,
                )
                body: Any = answer.json() if answer.content else None
                found = [] if answer.status_code == entry.status else [f"status {answer.status_code}: {answer.text}"]
                if not found:
                    if entry.made is not None:
                        key = "id" if entry.parts[2:] == ["credentials"] else IDS[entry.kind]
                        # The part of a user's id behind the provider stands alone, too, and the | is encoded in paths.
                        old, new = (str(name).rpartition("|")[2] for name in (entry.made, body[key]))
                        self._ids[old] = new
                    found = self._compare(entry, body)
                yield number, entry, found

    def _compare(self, entry: Exchange, body: Any) -> list[str]:
        recorded, emulated = self._translated(entry.answer), body
        if entry.method == "GET" and len(entry.parts) == 1 and entry.status < 400:
            collection = entry.kind.replace("-", "_")
            assert isinstance(emulated, dict)
            old = {self._mapped(item[IDS[entry.kind]]): item for item in recorded.pop(collection)}
            new = {item[IDS[entry.kind]]: item for item in emulated.pop(collection)}
            found = [f"-item {name}" for name in old if name not in new]
            found += [f"+item {name}" for name in new if name not in old]
            for name in old.keys() & new.keys():
                found += differences(self._translated(old[name]), new[name], f"{collection}[]")
            return sorted({*found, *differences(recorded, emulated)})
        if entry.method == "GET" and entry.parts[2:] == ["clients"]:
            # The order of enabled clients is not that in which they were added.
            for envelope in (recorded, emulated):
                envelope["clients"].sort(key=lambda item: item["client_id"])
        return sorted(set(differences(recorded, emulated)))


def _show(entry: Exchange) -> Iterator[tuple[str, Object]]:
    """Objects that an exchange shows to have existed before it."""
    if entry.kind not in IDS or entry.status >= 400 or entry.parts[-1] in ("preview", "register"):
        return
    key, body = IDS[entry.kind], entry.answer
    if isinstance(body, dict) and key in body and entry.method != "POST":
        yield entry.kind, body
    if isinstance(body, dict) and len(entry.parts) == 1:
        for item in body.get(entry.kind.replace("-", "_"), []):
            yield entry.kind, item
    if entry.parts[2:] == ["clients"]:
        named = body["clients"] if isinstance(body, dict) else entry.sent
        for item in named:
            yield "clients", item
    if entry.method == "DELETE" and len(entry.parts) == 2:
        yield entry.kind, {key: unquote(entry.parts[1])}


def _documents(entry: Exchange) -> Iterator[tuple[str, bytes]]:
    """The documents behind a recorded answer: (URL, what the answer tells of its content)."""
    if entry.parts[:2] == ["clients", "cimd"] and entry.status == 200:
        yield _client_document(entry)
    if entry.kind == "connections" and entry.sent and "strategy" in (entry.answer or {}):
        options = entry.answer["options"]
        url = strategy(entry.answer["strategy"]).source({**options, "oidc_metadata": None})
        if url is not None and "oidc_metadata" in options:
            yield url, json.dumps(options["oidc_metadata"]).encode()
        if url is not None and "bindingMethod" in options:
            yield url, SAML_METADATA.format(**options, key=_BASE64.sub("", options["cert"])).encode()


def _client_document(entry: Exchange) -> tuple[str, bytes]:
    mapped = entry.answer["mapped_fields"]
    names = {"external_client_id": "client_id", "name": "client_name", "callbacks": "redirect_uris"}
    document = {names.get(key, key): value for key, value in mapped.items() if key != "app_type"}
    document["application_type"] = {"native": "native", "regular_web": "web"}[mapped["app_type"]]
    ignored = _UNSUPPORTED.match(" ".join(entry.answer["validation"]["warnings"]))
    document.update(dict.fromkeys(ignored.group(1).split(", ") if ignored else [], "ignored"))
    return mapped["external_client_id"], json.dumps(document).encode()


def _complete(kind: str, thing: Object) -> Object:
    """A recorded answer as a stored object: keys that the emulator needs, and that old or narrowed answers lack."""
    needed: dict[str, Object] = {
        "clients": {"is_first_party": True, "client_secret": "REDACTED"},
        "connections": {"name": str(thing.get("id")), "options": {}, "strategy": "auth0", "enabled_clients": []},
        "client-grants": {"audience": "", "subject_type": "client"},
        "resource-servers": {},
        "roles": {"name": str(thing.get("id")), "permissions": []},
        "users": {"password": "REDACTED"},
    }
    return {**copy.deepcopy(thing), **{key: value for key, value in needed[kind].items() if key not in thing}}


def _settings(entry: Exchange) -> Object:
    """Settings from their first answer; what only PATCH answers carry is taken out again."""
    settings: Object = copy.deepcopy(entry.answer)
    for name in PATCH_ONLY_FLAGS:
        settings["flags"].pop(name, None)
    for name in (*PATCH_ONLY_UNIVERSAL_LOGIN, "identifier_first", "webauthn_platform_first_factor"):
        settings.get("universal_login", {}).pop(name, None)
    settings.setdefault("sandbox_versions_available", ["22", "18", "16", "12"])
    return settings


@dataclass(frozen=True)
class Known:
    """Differences that are right as they are. `scenario` is a shell pattern, `exchange` and `difference` are regular
    expressions that must match as a whole."""

    reason: str
    scenario: str
    exchange: str
    difference: str

    def covers(self, scenario: str, exchange: str, difference: str) -> bool:
        return (
            fnmatchcase(scenario, self.scenario)
            and re.fullmatch(self.exchange, exchange) is not None
            and re.fullmatch(self.difference, difference) is not None
        )


@cache
def _replayed(folder: Path, scenario: str, keys: Keys) -> list[tuple[int, str, str]]:
    replay = Replay(read(scenario, folder), keys)
    return [(number, str(exchange), difference) for number, exchange, found in replay.run() for difference in found]


@dataclass(frozen=True)
class Recordings:
    """A folder of recordings with the differences that are right as they are. A scenario is replayed once."""

    folder: Path
    known: Sequence[Known]

    def unexpected(self, scenario: str, keys: Keys) -> list[str]:
        return [
            f"{number} {exchange}: {difference}"
            for number, exchange, difference in _replayed(self.folder, scenario, keys)
            if not any(known.covers(scenario, exchange, difference) for known in self.known)
        ]

    def needless(self, keys: Keys) -> list[str]:
        """Reasons of the known differences that no exchange shows."""
        needed = {
            known
            for scenario in scenarios(self.folder)
            for _number, exchange, difference in _replayed(self.folder, scenario, keys)
            for known in self.known
            if known.covers(scenario, exchange, difference)
        }
        return [known.reason for known in self.known if known not in needed]
