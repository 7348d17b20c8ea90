# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a module answers: results that cannot contradict themselves, errors of the family, and bugs without secrets."""

from __future__ import annotations

import functools
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils import _errors, _module, _options
from ansible_collections.mcp_ops.oauth.plugins.plugin_utils import _core

SECRET = "hush-hush-hush"
OPTIONS = {"name": {"type": "str"}, "password": {"type": "str", "no_log": True}}
CREDENTIALS = {"domain": "tenant.auth0.com", "auth_access_token": "t0ken-t0ken"}


def answer(module: _module.Module, **arguments: t.Any) -> dict[str, t.Any]:
    """What a run of the module answers, as a process would."""
    called = _core._call(functools.partial(_module.run, module), _core._encode(arguments))
    assert called["stdout"], called["stderr"]
    found: dict[str, t.Any] = json.loads(called["stdout"])
    return found


def failing(error: Exception) -> t.Callable[[t.Any], t.NoReturn]:
    def perform(task: t.Any) -> t.NoReturn:
        raise error

    return perform


@pytest.mark.parametrize("error", [ValueError, KeyError, OSError, json.JSONDecodeError, RuntimeError])
def test_a_bug_keeps_its_traceback_without_the_secrets(error: type[Exception]) -> None:
    bug = json.JSONDecodeError(SECRET, SECRET, 0) if error is json.JSONDecodeError else error(f"echo {SECRET}")
    found = answer(_module.Module(OPTIONS, failing(bug)), password=SECRET)
    assert found["failed"]
    assert found["msg"].startswith(f"{error.__name__} in mcp_ops.oauth: this is a bug")
    assert "raise error" in found["traceback"]
    # Since ansible-core 2.22, a process hands over what else the controller shall mask.
    assert SECRET not in json.dumps({**found, "_ansible_new_secrets": None})


@pytest.mark.parametrize(
    "secret", ["hush'\"\\hush-hush\né€", "hush-hush-hush-1\nhush-hush-hush-2\n", "hush&%/hush"], ids=ascii
)
@pytest.mark.parametrize("show", [str, repr, json.dumps, str.splitlines, urllib.parse.quote_plus])
@pytest.mark.parametrize("error", [ValueError, _errors.ProjectError])
def test_no_error_shows_a_secret_in_any_form(
    secret: str, show: t.Callable[[str], t.Any], error: type[Exception]
) -> None:
    found = answer(_module.Module(OPTIONS, failing(error(f"echo {show(secret)}"))), password=secret)
    assert "hush" not in json.dumps({**found, "_ansible_new_secrets": None})


def test_short_secrets_are_hidden_at_their_place_only() -> None:
    found = answer(_module.Module(OPTIONS, lambda task: _module.Result({"count": 1, "text": "1 of 1"})), password="1")
    assert (found["count"], found["text"]) == (1, "1 of 1")
    assert found.get("invocation", {"module_args": {"password": "(secret)"}})["module_args"]["password"] == "(secret)"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (_errors.InputError("is empty", where="name", remedy="Give it a value."), "name is empty. Give it a value."),
        (_errors.PlanError("It cannot be changed"), "It cannot be changed."),
        (_errors.ProjectError("is a directory", where="config/policies.json"), "config/policies.json is a directory."),
        (_errors.ScopeError(["a", "b"], "which is needed"), "The token lacks the scopes a, b, which is needed. Grant "),
    ],
)
def test_an_error_of_the_family_is_the_message(error: _errors.OpsError, text: str) -> None:
    found = answer(_module.Module(OPTIONS, failing(error)))
    assert found["failed"]
    assert found["msg"].startswith(text)
    assert "traceback" not in found
    assert ("failure" in found) == isinstance(error, _errors.Auth0Error)


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = _errors.ApiError("failed", where="GET /x", remedy="Grant it.", status=403, code="c", message="m")
    assert (error.what, error.where, error.remedy) == ("failed", "GET /x", "Grant it.")
    assert str(error) == "GET /x failed. Grant it."
    assert str(error.with_remedy("Run again.")) == "GET /x failed. Grant it. Run again."
    assert str(error.with_remedy("")) == "GET /x failed. Grant it. Run again."
    assert error.failure == {"status": 403, "code": "c", "message": "m", "request": None}


@pytest.mark.parametrize("name", ["changed", "diff", "failed", "msg", "warnings"])
def test_return_values_cannot_contradict_the_answer(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} cannot be a return value"):
        _module.Result({name: True})


def test_the_answer_holds_each_part_of_the_diff() -> None:
    parts = [_module.Diff("a", {"x": 1}, {}), _module.Diff("b", "old", "new")]
    one, two = (
        {"before_header": p.title, "after_header": p.title, "before": p.before, "after": p.after} for p in parts
    )
    assert _module.Result({"y": 1}, changed=True).answer(with_diff=True) == {"y": 1, "changed": True}
    assert _module.Result({}, diff=parts[:1]).answer(with_diff=True) == {"diff": one, "changed": False}
    assert _module.Result({}, diff=parts).answer(with_diff=True)["diff"] == [one, two]
    assert "diff" not in _module.Result({}, diff=parts).answer(with_diff=False)


@pytest.mark.parametrize(
    ("given", "there"),
    [({}, False), ({"domain": "tenant.auth0.com"}, False), ({"auth_access_token": "x"}, False), (CREDENTIALS, True)],
)
def test_a_guest_has_an_api_only_with_a_domain_and_credentials(
    given: dict[str, t.Any], there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTH0_DOMAIN", "AUTH0_ACCESS_TOKEN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)

    def perform(task: _module.GuestTask) -> _module.Result:
        return _module.Result({"there": task.api is not None, "options": sorted(task.options)})

    found = answer(_module.GuestModule(OPTIONS, perform), name="a", **given)
    assert found["there"] is there
    assert {"name", "timeout", *given} <= set(found["options"])


def test_a_token_that_no_header_takes_is_never_echoed() -> None:
    module = _module.TenantModule(OPTIONS, lambda task: _module.Result({}))
    found = answer(module, **{**CREDENTIALS, "auth_access_token": "t0ken-t0ken\n"})
    assert found["msg"].startswith("auth_access_token has white space at position 12 of 12.")
    assert "t0ken" not in json.dumps({**found, "invocation": None})


def test_what_the_user_left_out_is_not_there() -> None:
    spec: dict[str, t.Any] = {
        "a": {"type": "str"},
        "many": {"type": "list", "elements": "dict", "options": {"b": {}, "c": {}}},
        "free": {"type": "dict"},
    }
    given = {"a": None, "many": [{"b": 1, "c": None}], "free": {"d": None}, "other": 1}
    assert _options.select_fields(spec, given) == {"many": [{"b": 1}], "free": {"d": None}}


KEYS = ("auth_client_secret", "auth_client_assertion_signing_key", "auth_access_token")


@pytest.mark.parametrize("given", [(), *((key,) for key in KEYS), KEYS[::2]])
@pytest.mark.parametrize("environment", [(), *((key,) for key in KEYS), KEYS])
def test_credentials_of_the_task_win_over_others_in_the_environment(
    given: tuple[str, ...], environment: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in KEYS:
        monkeypatch.delenv(f"AUTH0_{key[5:].upper()}", raising=False)
    for key in environment:
        monkeypatch.setenv(f"AUTH0_{key[5:].upper()}", "environment")
    seen: dict[str, t.Any] = {}

    def perform(task: _module.TenantTask) -> _module.Result:
        seen.update({key: getattr(task.api.settings, key) for key in KEYS}, sources=task.api.settings.sources)
        return _module.Result({})

    shared = {"domain": "tenant.eu.auth0.com", "auth_client_id": "us"}
    found = answer(_module.TenantModule(OPTIONS, perform), **shared, **dict.fromkeys(given, "the-task"))
    if not given and not environment:
        assert found["msg"].startswith("No credentials for the tenant.")
        return
    assert "failed" not in found, found
    sources = seen.pop("sources")
    has_key = not {"auth_client_secret", "auth_client_assertion_signing_key"}.isdisjoint(given)
    assert seen == {
        key: "the-task" if key in given else "environment" if key in environment and not has_key else None
        for key in KEYS
    }
    assert {key for key in sources if key in KEYS} == set(environment) - set(given)


def test_a_message_names_the_variable_that_a_value_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH0_AUDIENCE", "two words")
    found = answer(_module.TenantModule(OPTIONS, lambda task: _module.Result({})), **CREDENTIALS)
    assert found["msg"].startswith("auth_audience has white space")
    assert "AUTH0_AUDIENCE" in found["msg"]
    given = answer(_module.TenantModule(OPTIONS, lambda task: _module.Result({})), **CREDENTIALS, auth_audience="a b")
    assert "AUTH0_AUDIENCE" not in given["msg"]
