# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every option of every module, at every depth, with values that nobody means."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, example, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.mcp_ops.oauth.plugins.module_utils._module import TENANT_OPTIONS
from tests.faults import verdict
from tests.faults.job import URL, argument_spec
from tests.faults.matrix import secrets
from tests.faults.verdict import Verdicts
from tests.faults.world import SHORT, Object, World
from tests.integration.harness import DATABASE, ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
# Of an API that is there.
OTHER = "https://other.example.com/mcp"
# What the task before has told, which is told again.
TOLD = ("login_error",)
# What a message may name in place of the option: the refused request, the credentials, the findings, the step's module.
INSTEAD = ("/api/v2/", "oauth/token", "status", "credentials", "checks failed", "auth0_role: ")
# What each needs besides the option in question. Others need nothing.
BASES: dict[str, Object] = {
    "auth0_cimd_client": {"external_client_id": "<client>"},
    "auth0_client": {"name": "Odd", "app_type": "spa"},
    "auth0_client_grant": {
        "audience": OTHER,
        "default_for": "third_party_clients",
        "subject_type": "user",
        "scope": [],
    },
    "auth0_client_grant_info": {"audience": OTHER},
    "auth0_connection": {
        "name": "odd",
        "strategy": "oidc",
        "options": {"client_id": "x", "client_secret": "hush-hush"},
    },
    "auth0_connection_domain": {"name": DATABASE},
    "auth0_resource_server": {"identifier": "https://odd.example.com/mcp", "name": "Odd"},
    "auth0_role": {"name": "Odd"},
    "auth0_role_members": {"name": "Odd", "members": [{"user_id": "auth0|odd"}]},
    "auth0_role_members_info": {"name": "Odd"},
    "auth0_tenant_flags": {"flags": {"enable_client_connections": True}},
    "auth0_tenant_settings": {"friendly_name": "Odd"},
    "mcp_oauth_check": {"mcp_server_url": "https://127.0.0.1:1/mcp", "fail_on_findings": False},
    "mcp_preflight": {"steps": [{"module": "auth0_role", "options": {"name": "Odd"}}]},
    "zuplo_mcp_oauth": {
        "mcp_server_url": URL,
        "operations": [{"id": "hello"}],
        "project_dir": "<project>",
    },
}
# The metadata document of a client.
DOCUMENT = "/documents/odd.json"
CLIENT = {
    "client_name": "Odd",
    "redirect_uris": ["https://client.example.com/callback"],
    "grant_types": ["authorization_code"],
    "token_endpoint_auth_method": "none",
}
DEPTH = 100


def _deep(value: t.Any, wrap: t.Callable[[t.Any], t.Any]) -> t.Any:
    for _turn in range(DEPTH):
        value = wrap(value)
    return value


ODD: tuple[t.Any, ...] = (
    *("", " ", "\n", "x" * 100_000, "ä€😀", "\x00", "a\x00b", "a\nb", "\x1b[31mred", "\u202edrow", "'\"\\`$"),
    *(".", "..", "../..", "%2e%2e", "a/../b", "/", "//", "?a=b", "#a", "a b", "null", "-1", "1e400", "NaN", "{{ 7 }}"),
    *("https://", "http://[", "https://a:b@c", "https://x:99999", "javascript:x", "<b>", "con_.", "urn:x", "*"),
    *(-1, 0, 1, 2**31, 2**63, 2**70, -(2**70), 0.5, 1e300, float("nan"), float("inf"), -float("inf"), True, False),
    *([], [[]], [None], [""], ["a", "a"], [{}], {}, {"": ""}, {"a": None}, {"a": {"b": []}}, ["x"] * 2000),
    *({str(n): n for n in range(500)}, _deep([], lambda value: [value]), _deep({}, lambda value: {"a": value})),
)
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
# Of the options that say where to connect, only what leads nowhere else.
NOWHERE = st.sampled_from([value for value in ODD if not isinstance(value, (bool, float))])

Path = tuple[str, ...]
"""Names of options, from the outermost to the one in question."""


@dataclass(frozen=True)
class Option:
    """One option of one module; `values` is how many it gets."""

    module: str
    path: Path
    values: int

    def __str__(self) -> str:
        return f"{self.module}: {'.'.join(self.path)}"

    def judge(self, world: World) -> Verdicts:
        world.restore(world.seeded)
        world.waits = SHORT
        url = f"https://{world.tenant.domain}{DOCUMENT}"
        world.tenant.call("PUT", f"/_emulator{DOCUMENT}", {**CLIENT, "client_id": url})
        found: list[tuple[str, str]] = []
        values = NOWHERE if self.path[0] in TENANT_OPTIONS else st.sampled_from(ODD) | WILD

        @seed(0)
        @settings(
            max_examples=self.values,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(values, st.booleans())
        @example(None, False)
        def check(value: t.Any, check_mode: bool) -> None:
            about = f"{value!r:.80}{' in check mode' if check_mode else ''}"
            found.extend((kind, f"{what} (for {about})") for kind, what in self._judge(world, value, check_mode))

        check()
        yield from found

    def _judge(self, world: World, value: t.Any, check_mode: bool) -> Verdicts:
        world.tenant.call("DELETE", "/_emulator/requests")
        base = BASES.get(self.module, {})
        own = {"<project>": str(world.project), "<client>": f"https://{world.tenant.domain}{DOCUMENT}"}
        base = {name: own.get(one, one) if isinstance(one, str) else one for name, one in base.items()}
        ended = world.module(self.module, _with(base, self.path, value), check=check_mode)
        yield from verdict.explained(ended, [self.path[0], self.path[-1], repr(value)[:40], *INSTEAD])
        if not self.path[0].startswith("include_"):
            yield from verdict.leaked(ended.output, secrets(world), str(ended.result.get("access_token", "")))
        for request in world.requests():
            if strays(request["method"], request["path"]):
                yield "unexplained", f"sent {request['method']} {request['path']}"


def strays(method: str, path: str) -> bool:
    """Whether a request goes to another place than one object, or one collection."""
    if not path.startswith("/api/v2"):
        return False
    parts = path.removeprefix("/api/v2").split("/")[1:]
    return not all(parts) or not parts or (method == "DELETE" and len(parts) < 2)


def _with(base: Object, path: Path, value: t.Any) -> Object:
    """The options with one of them replaced, in each member where it is one of a list."""
    name, *rest = path
    if not rest:
        return {**base, name: value}
    inner = base.get(name)
    if isinstance(inner, list):
        return {**base, name: [_with(one, tuple(rest), value) for one in inner]}
    return {**base, name: _with(inner if isinstance(inner, dict) else {}, tuple(rest), value)}


def paths(spec: Mapping[str, t.Any]) -> Iterator[Path]:
    for name, one in spec.items():
        yield (name,)
        yield from ((name, *inner) for inner in paths(one.get("options") or {}))


def trials(values: int) -> Iterator[Option]:
    """The options that all modules of a tenant share are tried with one of them."""
    for module in MODULES:
        for path in paths(argument_spec(module)):
            if path[0] in TOLD:
                continue
            if path[0] not in TENANT_OPTIONS or module in ("auth0_role", "mcp_oauth_check"):
                yield Option(module, path, values)
