# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The state of one tenant: what a new one holds, ids, persistence.

State is one JSON object: `{domain, client_id, client_secret, keys, token_generation, used_assertions,
permissive_allowed, settings, prompts, mfa_policies, resource_servers, connections, clients, client_grants, roles,
organizations, rules, hooks, network_acls, credentials, deleting, users, documents, logins, codes, refresh_tokens,
opaque_tokens, grants, groups}`. Collections map id to object, in order of creation. Tenant logs are not part
of it: they are kept in memory.
"""

from __future__ import annotations

import copy
import json
import os
import secrets
import string
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import trustme
from joserfc.jwk import RSAKey

from . import connection_options, operations
from .connection_options import Write
from .fetch import fetch

State = dict[str, Any]
Clock = Callable[[], float]

_ALPHANUMERIC = string.ascii_letters + string.digits

CLIENT_NAME = "Emulator operator"
DATABASE = "Username-Password-Authentication"

# How many log events are kept: as many as a search can page through.
LOGS_KEPT = 1000


def _person(number: str, nickname: str, name: str) -> State:
    return {
        "created_at": "2026-01-01T00:00:00.000Z",
        "email": f"{nickname}@example.com",
        "email_verified": True,
        "identities": [{"connection": DATABASE, "user_id": number, "provider": "auth0", "isSocial": False}],
        "name": name,
        "nickname": nickname,
        "password": f"{nickname}-logs-in-locally",
        "picture": f"https://cdn.auth0.com/avatars/{nickname[:2]}.png",
        "updated_at": "2026-01-01T00:00:00.000Z",
        "user_id": f"auth0|{number}",
    }


# The people in the database connection. Nothing is behind these passwords, so the README tells them.
USERS = (
    _person("000000000000000000000001", "ada", "Ada Lovelace"),
    _person("000000000000000000000002", "grace", "Grace Hopper"),
)

# The Management API's scopes: those that its operations ask for, and others that a real tenant's has as well.
MANAGEMENT_SCOPES = (
    *dict.fromkeys(scope for scopes in operations.SCOPES.values() for scope in scopes),
    *(f"{action}:users_app_metadata" for action in ("read", "delete", "create")),
    *(f"{action}:user_custom_blocks" for action in ("read", "create", "delete")),
    *("delete:client_keys", "create:client_keys", "create:client_token_vault_privileged_access"),
    *("read:connections_options", "update:connections_options"),
    *("update:device_credentials", "create:device_credentials", "read:insights"),
)

# What the operations of this emulator ask for, but for what can only be read: auth0-deploy-cli writes what it has read.
OPERATOR_ENTITIES = (
    "actions",
    "client_grants",
    "clients",
    "client_keys",
    "client_credentials",
    "client_summary",
    "client_token_vault_privileged_access",
    "connections",
    "connections_options",
    "groups",
    "group_roles",
    "logs",
    "logs_users",
    "organizations",
    "organization_client_grants",
    "organization_connections",
    "organization_member_roles",
    "organization_members",
    "resource_servers",
    "roles",
    "role_members",
    "rules",
    "tenant_settings",
    "users",
)


def token(prefix: str, length: int, alphabet: str = _ALPHANUMERIC) -> str:
    return prefix + "".join(secrets.choice(alphabet) for _turn in range(length))


def hex_id() -> str:
    return secrets.token_hex(12)


@dataclass(frozen=True)
class Keys:
    """PEM texts: the CA that clients trust, and the key that signs tokens with its certificate."""

    ca_certificate: str
    ca_key: str
    signing_key: str
    signing_certificate: str

    @classmethod
    def create(cls, domain: str) -> Keys:
        ca = trustme.CA()
        leaf = ca.issue_cert(domain.partition(":")[0], key_type=trustme.KeyType.RSA)
        return cls(
            ca.cert_pem.bytes().decode(),
            ca.private_key_pem.bytes().decode(),
            leaf.private_key_pem.bytes().decode(),
            leaf.cert_chain_pems[0].bytes().decode(),
        )


def refresh_token(*, expiring: bool, rotating: bool = False, long: bool = False) -> State:
    """Expiring ones that do not rotate end by being idle only (TestAccClient_ThirdPartySecurityMode recording)."""
    return {
        "expiration_type": "expiring" if expiring else "non-expiring",
        "leeway": 0,
        "infinite_token_lifetime": not rotating,
        "infinite_idle_token_lifetime": not expiring,
        "token_lifetime": 31_557_600 if long else 2_592_000,
        "idle_token_lifetime": 2_592_000 if long else 1_296_000,
        "rotation_type": "rotating" if rotating else "non-rotating",
    }


def _new_settings() -> State:
    return {
        "enabled_locales": ["en"],
        "flags": {
            "allow_changing_enable_sso": False,
            "disable_impersonation": True,
            "enable_sso": True,
            "universal_login": True,
            "revoke_refresh_token_grant": False,
            "disable_clickjack_protection_headers": False,
        },
        "sandbox_version": "22",
        "oidc_logout": {"rp_logout_end_session_endpoint_discovery": True},
        "resource_parameter_profile": "audience",
        "phone_consolidated_experience": False,
        "sandbox_versions_available": ["22", "18"],
    }


def _management_api(domain: str) -> State:
    scopes = [
        {"description": f"{action.title()} {entity.replace('_', ' ').title()}", "value": f"{action}:{entity}"}
        for action, _colon, entity in (scope.partition(":") for scope in MANAGEMENT_SCOPES)
    ]
    return {
        "id": hex_id(),
        "name": "Auth0 Management API",
        "identifier": f"https://{domain}/api/v2/",
        "allow_offline_access": False,
        "skip_consent_for_verifiable_first_party_clients": False,
        "subject_type_authorization": {"client": {"policy": "require_client_grant"}, "user": {"policy": "allow_all"}},
        "token_lifetime": 86400,
        "token_lifetime_for_web": 7200,
        "signing_alg": "RS256",
        "scopes": scopes,
        "is_system": True,
    }


def _database_connection() -> State:
    return {
        "id": token("con_", 16),
        "options": connection_options.stored("auth0", {}, Write(new=True)),
        "strategy": "auth0",
        "name": DATABASE,
        "is_domain_connection": False,
        "authentication": {"active": True},
        "connected_accounts": {"active": False},
        "enabled_clients": [],
        "realms": [DATABASE],
    }


def _global_client(tenant: str) -> State:
    return {
        "tenant": tenant,
        "global": True,
        "callbacks": [],
        "is_first_party": True,
        "name": "All Applications",
        "refresh_token": refresh_token(expiring=False),
        "owners": [],
        "custom_login_page": "",
        "cross_origin_authentication": True,
        "client_id": token("", 32),
        "client_secret": token("", 64),
        "custom_login_page_on": False,
    }


def _operator(tenant: str, client_id: str, client_secret: str) -> State:
    return {
        "tenant": tenant,
        "global": False,
        "is_token_endpoint_ip_header_trusted": False,
        "name": CLIENT_NAME,
        "is_first_party": True,
        "oidc_conformant": True,
        "sso_disabled": False,
        "cross_origin_auth": False,
        "cross_origin_authentication": False,
        "refresh_token": refresh_token(expiring=False, long=True),
        "client_id": client_id,
        "callback_url_template": False,
        "client_secret": client_secret,
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": False},
        "token_endpoint_auth_method": "client_secret_post",
        "app_type": "non_interactive",
        "grant_types": ["client_credentials"],
        "custom_login_page_on": True,
    }


def _by(key: str, items: Iterable[State]) -> State:
    return {item[key]: item for item in items}


# What a new tenant has none of.
EMPTY = (
    *("roles", "organizations", "rules", "hooks", "network_acls", "documents", "logins", "codes", "refresh_tokens"),
    *("opaque_tokens", "grants", "groups"),
)

PROMPTS = "prompts"
MFA_POLICIES = "mfa_policies"


def _unused() -> State:
    """What nobody has put anything into. A file from before a kind was known lacks it."""
    prompts = {
        "universal_login_experience": "new",
        "identifier_first": True,
        "webauthn_platform_first_factor": False,
    }
    return {**{name: {} for name in EMPTY}, PROMPTS: prompts, MFA_POLICIES: []}


def new_state(domain: str, client_id: str, client_secret: str, keys: State) -> State:
    name = "emulator"
    grant = {
        "id": token("cgr_", 16),
        "client_id": client_id,
        "audience": f"https://{domain}/api/v2/",
        "scope": [scope for scope in MANAGEMENT_SCOPES if scope.partition(":")[2] in OPERATOR_ENTITIES],
        "subject_type": "client",
    }
    return {
        "domain": domain,
        "client_id": client_id,
        "client_secret": client_secret,
        "keys": keys,
        "token_generation": 0,
        "used_assertions": {},
        "permissive_allowed": False,
        "settings": _new_settings(),
        "resource_servers": _by("id", [_management_api(domain)]),
        "connections": _by("id", [_database_connection()]),
        "clients": _by("client_id", [_global_client(name), _operator(name, client_id, client_secret)]),
        "client_grants": _by("id", [grant]),
        "credentials": {},
        "deleting": {},
        "users": _by("user_id", copy.deepcopy(USERS)),
        **_unused(),
    }


@lru_cache(maxsize=8)
def _rsa_key(pem: str) -> RSAKey:
    """Kept, as reading a private key takes longer than the rest of a request."""
    key: RSAKey = RSAKey.import_key(pem)
    return key


class Tenant:
    """State with its clock and, where one is named, its file. `fetch` gets a document from its URL.

    A document that the state has under a whole URL stands in for the one at that URL.
    """

    def __init__(self, state: State, file: Path | None = None, clock: Clock = time.time) -> None:
        self.state = state
        self.clock = clock
        # Names of collections to the number of objects that the plan allows.
        self.limits: Mapping[str, int] = {}
        self.fetch: Callable[[str], bytes] = self._fetch
        self.logs: deque[State] = deque(maxlen=LOGS_KEPT)
        self._file = file

    @classmethod
    def create(
        cls, domain: str, file: Path | None = None, clock: Clock = time.time, keys: Keys | None = None
    ) -> Tenant:
        made = vars(keys or Keys.create(domain))
        return cls(new_state(domain, token("", 32), token("", 64), dict(made)), file, clock)

    @classmethod
    def load(cls, file: Path, domain: str | None = None, clock: Clock = time.time) -> Tenant:
        """With `domain`, the tenant moves there: its own URLs are rewritten."""
        stored = file.read_text(encoding="utf-8")
        old = json.loads(stored)["domain"]
        if domain is not None and domain != old:
            stored = stored.replace(f"https://{old}/", f"https://{domain}/")
        return cls({**_unused(), **json.loads(stored), "domain": domain or old}, file, clock)

    def _fetch(self, url: str) -> bytes:
        documents = self.state["documents"]
        return json.dumps(documents[url]).encode() if url in documents else fetch(url, self.keys.ca_certificate)

    @property
    def domain(self) -> str:
        return str(self.state["domain"])

    @property
    def issuer(self) -> str:
        return f"https://{self.domain}/"

    @property
    def management_audience(self) -> str:
        return f"https://{self.domain}/api/v2/"

    @property
    def keys(self) -> Keys:
        return Keys(**self.state["keys"])

    @property
    def signing_key(self) -> RSAKey:
        return _rsa_key(self.state["keys"]["signing_key"])

    def timestamp(self) -> str:
        """Now, as answers of the API have it."""
        now = datetime.fromtimestamp(self.clock(), timezone.utc)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def objects(self, collection: str) -> dict[str, State]:
        found: dict[str, State] = self.state[collection]
        return found

    @property
    def settings(self) -> State:
        settings: State = self.state["settings"]
        return settings

    def resource_server(self, identifier: str) -> State | None:
        found = (api for api in self.objects("resource_servers").values() if api["identifier"] == identifier)
        return next(found, None)

    def grant(self, client: State, audience: str, subject_type: str) -> State | None:
        """A grant of the client's own goes before the default one for third-party clients and does not add to it."""
        grants = [
            grant
            for grant in self.objects("client_grants").values()
            if grant["audience"] == audience and grant.get("subject_type", "client") == subject_type
        ]
        own = next((grant for grant in grants if grant.get("client_id") == client["client_id"]), None)
        if own is not None or client["is_first_party"]:
            return own
        return next((grant for grant in grants if grant.get("default_for") == "third_party_clients"), None)

    def keep(self, collection: str, item: State, until: float | None) -> str:
        """Stores an item until a moment (None: for good). The answer is its name, which cannot be guessed."""
        kept, now = self.objects(collection), self.clock()
        for stale in [name for name, other in kept.items() if other["until"] is not None and other["until"] <= now]:
            del kept[stale]
        name = secrets.token_urlsafe(32)
        kept[name] = {**item, "until": until}
        return name

    def kept(self, collection: str, name: str) -> State | None:
        found = self.objects(collection).get(name)
        return found if found is None or found["until"] is None or found["until"] > self.clock() else None

    def replace(self, state: State) -> None:
        """Takes over a whole state; domain and keys stay, as the running server is bound to them."""
        kept = {"domain": self.state["domain"], "keys": self.state["keys"]}
        self.state = {**copy.deepcopy(state), **kept}
        self.save()

    def reset(self) -> None:
        old = self.state
        self.state = new_state(old["domain"], old["client_id"], old["client_secret"], old["keys"])
        self.logs.clear()
        self.save()

    def save(self) -> None:
        if self._file is None:
            return
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self.state, file, indent=1)
            os.replace(name, self._file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
