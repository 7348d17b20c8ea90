# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import copy
from typing import Any

import pytest

API = {"identifier": "https://api.example/mcp"}


def test_log_has_every_request_in_order_with_raw_path_and_body(api: Any) -> None:
    api.call("POST", "/resource-servers", API)
    api.call("GET", "/resource-servers/https:%2F%2Fapi.example%2Fmcp")
    api.call("GET", "/connections", strategy=["auth0", "oidc"], take="1")
    first, second, third = api.log
    assert first == {
        "method": "POST",
        "path": "/api/v2/resource-servers",
        "query": {},
        "status": 201,
        "authorization": api.tenant.state["client_id"],
        "body": API,
    }
    assert second["path"] == "/api/v2/resource-servers/https:%2F%2Fapi.example%2Fmcp"
    assert third["query"] == {"strategy": ["auth0", "oidc"], "take": "1"}


def test_log_has_token_requests_and_refusals(api: Any) -> None:
    del api.headers["authorization"]
    api.token(client_secret="wrong")
    api.call("GET", "/clients")
    token, refused = api.log
    assert (token["status"], token["body"]["client_secret"], token["authorization"]) == (401, "wrong", None)
    assert (refused["status"], refused["authorization"]) == (400, None)


def test_control_requests_are_not_logged_and_the_log_can_be_cleared(api: Any) -> None:
    api.call("GET", "/clients")
    assert len(api.log) == 1
    assert api.delete("/_emulator/requests").status_code == 204
    assert api.log == []


def test_state_goes_out_and_comes_back(api: Any) -> None:
    before = api.get("/_emulator/state").json()
    api.expect(201, "POST", "/resource-servers", API)
    after = api.get("/_emulator/state").json()
    assert len(after["resource_servers"]) == len(before["resource_servers"]) + 1
    assert api.put("/_emulator/state", json=before).status_code == 204
    assert len(api.expect(200, "GET", "/resource-servers")) == 1


def test_state_put_keeps_domain_and_keys(api: Any) -> None:
    changed = {**copy.deepcopy(api.tenant.state), "domain": "elsewhere.example", "keys": {}}
    api.put("/_emulator/state", json=changed)
    assert api.get("/_emulator/state").json()["domain"] == "tenant.example"
    api.expect(200, "GET", "/clients")


@pytest.mark.parametrize("state", [[], {}, {"settings": {}}])
def test_state_of_another_shape_is_refused(api: Any, state: Any) -> None:
    assert api.put("/_emulator/state", json=state).status_code == 400
    api.expect(200, "GET", "/clients")


def test_reset_brings_a_new_tenant_with_the_same_identity(api: Any) -> None:
    before = copy.deepcopy(api.tenant.state)
    api.expect(201, "POST", "/resource-servers", API)
    api.expect(200, "PATCH", "/tenants/settings", {"friendly_name": "changed"})
    api.post("/_emulator/faults", json={"method": "GET", "path": "/api/v2/clients", "status": 500})
    assert api.post("/_emulator/reset").status_code == 204
    assert api.log == []
    assert api.get("/_emulator/faults").json() == []
    assert len(api.expect(200, "GET", "/resource-servers")) == 1
    assert "friendly_name" not in api.expect(200, "GET", "/tenants/settings")
    assert {key: api.tenant.state[key] for key in ("client_id", "client_secret", "keys")} == {
        key: before[key] for key in ("client_id", "client_secret", "keys")
    }


def test_expired_tokens_answer_401_and_new_ones_do_not(api: Any) -> None:
    old = api.token().json()["access_token"]
    assert api.post("/_emulator/expire-tokens").status_code == 204
    new = api.token().json()["access_token"]
    answers = [api.get("/api/v2/clients", headers={"authorization": f"Bearer {token}"}) for token in (old, new)]
    assert answers[0].json() == {
        "statusCode": 401,
        "error": "Unauthorized",
        "message": "Expired token received for JSON Web Token validation",
        "attributes": {"error": "Expired token received for JSON Web Token validation"},
    }
    assert answers[1].status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "GET", "path": "/x"},
        {"method": "GET", "path": "/x", "status": 500, "unknown": 1},
        {"method": "FETCH", "path": "/x", "status": 500},
        {"method": "GET", "path": "/x", "status": 500, "times": 0},
        {"path": "/x", "status": 500},
    ],
)
def test_faults_of_another_shape_are_refused(api: Any, fault: dict[str, Any]) -> None:
    assert api.post("/_emulator/faults", json=fault).status_code == 400
    assert api.get("/_emulator/faults").json() == []


def test_unknown_control_path_is_404(api: Any) -> None:
    assert api.get("/_emulator/nothing").status_code == 404
