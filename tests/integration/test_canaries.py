# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A canary in every place where a module may get a secret, in every kind of value, for every way a task may end.

None of it is ever on screen, in the log file, in the system's log, or in what callbacks such as ansible-runner's get.
Each word of a canary is a marker of its own, so a part that comes out in any form of printing is found.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import re
import typing as t
import urllib.parse
from pathlib import Path

import pytest

from tests.integration.harness import DATABASE, ROOT, Play, Run, Tenant

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
NUMBER = "735190426"
LEAK = re.compile(rf"cnry\w+|{NUMBER}\d*")

URL = "https://mcp.example.com/mcp"
# What each module needs besides its secrets.
NEEDS: dict[str, dict[str, t.Any]] = {
    "auth0_access_token": {},
    "auth0_cimd_client": {"external_client_id": "https://localhost/client.json"},
    "auth0_client": {"name": "Canary"},
    "auth0_client_grant": {"audience": "x", "subject_type": "user", "scope": [], "default_for": "third_party_clients"},
    "auth0_client_grant_info": {},
    "auth0_client_info": {},
    "auth0_connection": {"name": "staff", "strategy": "oidc"},
    "auth0_connection_domain": {"name": DATABASE},
    "auth0_connection_info": {},
    "auth0_resource_server": {"identifier": URL, "signing_alg": "HS256"},
    "auth0_resource_server_info": {},
    "auth0_role": {"name": "Canary"},
    "auth0_role_info": {},
    "auth0_role_members": {"name": "Canary", "members": []},
    "auth0_role_members_info": {"name": "Canary"},
    "auth0_tenant_flags": {"flags": {"enable_client_connections": True}},
    "auth0_tenant_info": {},
    "auth0_tenant_settings": {"resource_parameter_profile": "compatibility"},
    "mcp_oauth_check": {"mcp_server_url": "http://127.0.0.1:1/mcp"},
    "mcp_preflight": {
        "steps": [
            {
                "module": "auth0_connection",
                "options": {"name": "staff", "strategy": "oidc", "options": {"client_secret": "cnryinone'cnryintwo"}},
            },
            {
                "module": "auth0_resource_server",
                "options": {"identifier": URL, "signing_alg": "HS256", "signing_secret": "cnrystepone-cnrysteptwo"},
            },
        ]
    },
    "zuplo_mcp_oauth": {"project_dir": "/nowhere", "issuer_domain": "a.example", "mcp_server_url": URL},
}
# Names that a secret may have inside an object whose fields Ansible does not know.
NAMES = ("client_secret", "configuration", "credentials", "password", "headers", "token", "signingKey", "sasKey")


@pytest.fixture
def way(each_way: str) -> str:
    """In each of the two, other code hides the secrets."""
    return each_way


def texts(seed: str) -> dict[str, t.Any]:
    """Kinds of value, of which each word is a marker."""
    one, two = f"cnry{seed}one", f"cnry{seed}two"
    key = "\n".join(f"{seed}key{line}{'Ab1/+' * 9}".replace("key", "cnrykey") for line in range(4))
    return {
        "plain": f"{one}{two}",
        "line end": f"{one}{two}\n",
        "windows line end": f"{one}{two}\r\n",
        "quotes": f"{one}'\"{two}",
        "one quote": f"{one}'{two}",
        "backslash": f"{one}\\{two}\\n",
        "unicode": f"{one}é€😀{two}",
        "tab": f"{one}\t{two}",
        "symbols": f"{one}&<>%/ +?{two}",
        "lines": f"{one}-first-line\n{two}-second-line",
        "key": f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n",
        "whole number": int(NUMBER),
        "number": float(f"{NUMBER}.5"),
        "number as text": f"{NUMBER}7",
        "list": [f"{one}{two}", {"inner": f"{two}{one}"}, int(f"{NUMBER}8")],
        "object": {"inner": f"{one}{two}", "deeper": {"number": int(f"{NUMBER}9")}},
    }


# What the settings of a request take.
WORDS = ("plain", "quotes", "one quote", "backslash", "number as text")


def module(name: str) -> t.Any:
    return importlib.import_module(f"ansible_collections.mcp_ops.oauth.plugins.modules.{name}").MODULE


def test_the_token_of_a_user_is_a_secret() -> None:
    assert ("user_token",) in secret_options(module("mcp_oauth_check").argument_spec)


def secret_options(spec: t.Mapping[str, t.Any], path: tuple[str, ...] = ()) -> t.Iterator[tuple[str, ...]]:
    for name, option in spec.items():
        if option.get("no_log"):
            yield (*path, name)
        if "options" in option and option["type"] == "dict":
            yield from secret_options(option["options"], (*path, name))


def free_objects(name: str) -> dict[str, list[str]]:
    """Option -> the names below it that are secret."""
    spec, hides = module(name).argument_spec, module(name).hides
    free = [option for option, about in spec.items() if about.get("type") == "dict" and "options" not in about]
    found = {option: [one for one in NAMES if hides(f"{option}.{one}")] for option in free}
    return {option: names for option, names in found.items() if names}


def put(arguments: dict[str, t.Any], path: tuple[str, ...], value: t.Any) -> None:
    *above, last = path
    functools.reduce(lambda inner, name: inner.setdefault(name, {}), above, arguments)[last] = value


def get(arguments: dict[str, t.Any], path: tuple[str, ...]) -> t.Any:
    found: t.Any = arguments
    for name in path:
        found = (found or {}).get(name)
    return found


def arguments_with_canaries(name: str, number: int, only: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """The module's arguments, each secret another kind of value; objects hold them all."""
    arguments: dict[str, t.Any] = json.loads(json.dumps(NEEDS[name]))
    kinds = [kind for kind in texts("") if not only or kind in only]
    for place, path in enumerate(secret_options(module(name).argument_spec)):
        values = texts(f"{number}x{place}x")
        words = WORDS if path[0].startswith("auth_") and only else kinds
        put(arguments, path, values[words[(number + place) % len(words)]])
    for option, names in free_objects(name).items():
        arguments[option] = {
            one: texts(f"{number}x{option}x{one}x") if one in ("configuration", "headers", "credentials") else value
            for one, value in zip(names, texts(f"{number}x{option}x").values(), strict=False)
        }
    return arguments


Change = t.Callable[[str, int, str], dict[str, t.Any]]


def accepted(name: str, number: int, token: str) -> dict[str, t.Any]:
    """Where Auth0 takes any object: in an add-on without fields of its own, and as a setting of type text."""
    arguments = {**arguments_with_canaries(name, number, WORDS), "auth_access_token": token}
    if "addons" in arguments:
        arguments["addons"] = {"box": arguments["addons"]}
    if "options" in arguments:
        settings = arguments["options"]["configuration"]
        arguments["options"]["configuration"] = {key: one for key, one in settings.items() if isinstance(one, str)}
    return arguments


def any_value(name: str, number: int, token: str) -> dict[str, t.Any]:
    return arguments_with_canaries(name, number)


def as_text(name: str, number: int, token: str) -> dict[str, t.Any]:
    """Objects as one text, which cannot be read."""
    return {
        **arguments_with_canaries(name, number),
        **dict.fromkeys(free_objects(name), f"cnry{number}text: cnry{number}other"),
    }


def unknown_option(name: str, number: int, token: str) -> dict[str, t.Any]:
    return {
        **arguments_with_canaries(name, number),
        "auth_client_secrt": list(texts(f"{number}u").values())[number % 16],
    }


def wrong_type(name: str, number: int, token: str) -> dict[str, t.Any]:
    spec = module(name).argument_spec
    option = next((one for one, about in spec.items() if about.get("type") in ("float", "bool")), "unknown")
    return {**arguments_with_canaries(name, number), option: f"cnry{number}wrongtype"}


def nothing_there(name: str, number: int, token: str) -> dict[str, t.Any]:
    return {**accepted(name, number, token), "domain": "localhost:1", "retry_timeout": 0}


def no_login(name: str, number: int, token: str) -> dict[str, t.Any]:
    unused = dict.fromkeys(("auth_access_token", "auth_client_assertion_signing_key"), "")
    return {**arguments_with_canaries(name, number, WORDS), **unused, "auth_client_id": "someone"}


def no_token(name: str, number: int, token: str) -> dict[str, t.Any]:
    arguments = arguments_with_canaries(name, number, WORDS)
    return {**arguments, "auth_client_secret": "", "auth_client_assertion_signing_key": ""}


# How a task ends -> (its arguments, whether the server quotes all canaries).
ENDS: dict[str, tuple[Change, bool]] = {
    "accepted": (accepted, False),
    "any value": (any_value, False),
    "objects as text": (as_text, False),
    "unknown option": (unknown_option, False),
    "wrong type": (wrong_type, False),
    "refused by Auth0": (accepted, True),
    "no login": (no_login, True),
    "wrong token": (no_token, True),
    "nothing there": (nothing_there, False),
}


def quoted(value: t.Any) -> t.Iterator[str]:
    """Ways in which a server may quote a value, in one message each."""
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from quoted(one)
    text = value if isinstance(value, str) else json.dumps(value)
    yield from (text, json.dumps(value), json.dumps(value, ensure_ascii=False), repr(value), ascii(value))
    if isinstance(value, str):
        yield from (urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value), str(value.encode()))
        yield from value.split("\n")


def secrets_of(name: str, arguments: dict[str, t.Any]) -> list[t.Any]:
    paths = [*secret_options(module(name).argument_spec), *((option,) for option in free_objects(name))]
    found = [get(arguments, path) for path in paths]
    return [value for value in found if LEAK.search(json.dumps(value))]


SYSLOG = """
import os, syslog

def record(*arguments):
    with open(os.environ["CANARY_SYSLOG"], "a", encoding="utf-8", errors="replace") as file:
        file.write(repr(arguments) + "\\n" + str(arguments[-1]) + "\\n")

syslog.syslog = record
"""


@pytest.fixture
def watched(play: Play, tmp_path: Path) -> t.Callable[..., tuple[Run, dict[str, str]]]:
    """A run at the highest verbosity, and all that it leaves behind: place -> text."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SYSLOG)
    log, system = tmp_path / "ansible.log", tmp_path / "system.log"
    system.touch()

    def run(tasks: list[t.Any], **variables: t.Any) -> tuple[Run, dict[str, str]]:
        paths = [str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
        env: dict[str, str | None] = {
            "ANSIBLE_LOG_PATH": str(log),
            "CANARY_SYSLOG": str(system),
            "PYTHONPATH": os.pathsep.join(paths),
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
        }
        # Not on the command line, which Ansible shows at this verbosity.
        (tmp_path / "variables.json").write_text(json.dumps(variables))
        done = play(tasks, "-vvvv", "--diff", "-e", f"@{tmp_path / 'variables.json'}", env=env)
        steps = "\n".join(json.dumps([step.name, step.result]) for step in done.steps)
        return done, {"screen": done.output, "log": log.read_text(), "syslog": system.read_text(), "callbacks": steps}

    return run


def leaks(left: dict[str, str]) -> dict[str, list[str]]:
    """Place -> what leaked there, with what stands around it."""
    found = {
        place: [text[max(0, one.start() - 90) : one.end() + 30] for one in LEAK.finditer(text)][:3]
        for place, text in left.items()
    }
    return {place: texts for place, texts in found.items() if texts}


@pytest.mark.parametrize("end", ENDS)
def test_no_canary_gets_out(watched: t.Any, tenant: Tenant, way: str, end: str) -> None:
    make, quotes = ENDS[end]
    tenant.api("POST", "clients", {"name": "Canary", "app_type": "non_interactive"})
    token, tasks, variables = tenant.token(), [], {}
    # A process for each of all modules would take long, and no code of its own is in most of them.
    chosen = [name for name in MODULES if way == "controller" or free_objects(name) or name.endswith("token")]
    if quotes:
        # One answer is prepared for each task, in their order: for those that begin with a read, or a login.
        chosen = [name for name in chosen if name.startswith("auth0_") and "cimd" not in name]
        chosen = [name for name in chosen if end == "no login" or name != "auth0_access_token"]
    for number, name in enumerate(chosen):
        arguments = make(name, number, token)
        known = module(name).argument_spec
        misspelt = ("auth_client_secrt", "unknown")
        arguments = {key: value for key, value in arguments.items() if key in known or key in misspelt}
        variables[f"arguments_{number}"] = arguments
        tasks.append(
            {
                "name": f"{number} {name}",
                f"mcp_ops.oauth.{name}": {key: f"{{{{ arguments_{number}.{key} }}}}" for key in arguments},
                "check_mode": number % 3 == 1,
                "ignore_errors": True,
            }
        )
        if quotes:
            message = "; ".join(text for secret in secrets_of(name, arguments) for text in quoted(secret))
            body = {"statusCode": 400, "error": message, "message": message, "error_description": message}
            path = "/oauth/token" if end == "no login" else "/api/v2/*"
            status = 401 if end != "refused by Auth0" else 400
            tenant.fault("POST" if end == "no login" else "GET", path, status=status, body=body)
    run, left = watched(tasks, **variables)
    assert len(run.steps) == len(tasks), run.output[-2000:]
    assert leaks(left) == {}
    succeeded = {step.name.split()[1] for step in run.steps if step.status == "ok"}
    if end == "accepted":
        assert {"auth0_client", "auth0_connection", "auth0_access_token"} <= succeeded, run.output
        assert "Invoked with" in left["syslog"]
        assert "(secret)" in left["syslog"]
    elif end in ("unknown option", "wrong type"):
        assert succeeded == set()
    elif quotes:
        assert [step.name for step in run.steps if "(secret)" not in step.result.get("msg", "")] == []
