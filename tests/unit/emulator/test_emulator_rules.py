# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.login import begin, code, first_party, redeem, register, set_up

PATH = "/rules"
SCRIPT = "function (user, context, callback) { callback(null, user, context); }"


def _made(api: Any, **body: Any) -> Any:
    return api.expect(201, "POST", PATH, {"name": "one", "script": SCRIPT, **body})


def test_a_rule_from_create_to_delete(api: Any) -> None:
    made = _made(api)
    path = f"{PATH}/{made['id']}"
    assert made["id"].startswith("rul_")
    assert made == {
        "id": made["id"],
        "enabled": True,
        "script": SCRIPT,
        "name": "one",
        "order": 1,
        "stage": "login_success",
    }
    assert api.expect(200, "GET", path) == made
    assert api.expect(200, "GET", path, fields="name") == {"name": "one"}
    changed = api.expect(200, "PATCH", path, {"enabled": False, "order": 3})
    assert changed == {**made, "enabled": False, "order": 3}
    for _turn in range(2):
        assert api.expect(204, "DELETE", path) is None
    assert api.expect(404, "GET", path)["errorCode"] == "inexistent_rule"
    api.expect(404, "PATCH", path, {"enabled": True})


def test_lists_are_in_the_order_of_the_rules(api: Any) -> None:
    first = _made(api, name="first", order=5)
    second = _made(api, name="second")
    third = _made(api, name="third", order=2, enabled=False)
    assert second["order"] == 6
    assert api.expect(200, "GET", PATH) == [third, first, second]
    assert api.expect(200, "GET", PATH, enabled="true") == [first, second]
    assert api.expect(200, "GET", PATH, enabled="false", fields="name") == [{"name": "third"}]
    page = api.expect(200, "GET", PATH, include_totals="true", page="1", per_page="2")
    assert page == {"rules": [second], "start": 2, "limit": 2, "total": 3}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "one"}, 409),
        ({"order": 1}, 409),
        ({"name": "-"}, 400),
        ({"script": ""}, 400),
        ({"order": -1}, 400),
        ({"stage": "login_failure"}, 400),
    ],
    ids=str,
)
def test_rules_that_are_refused(api: Any, body: Any, status: int) -> None:
    _made(api)
    api.expect(status, "POST", PATH, {"name": "two", "script": SCRIPT, **body})
    other = _made(api, name="other")["id"]
    api.expect(status, "PATCH", f"{PATH}/{other}", body)


@pytest.mark.parametrize("body", [{"name": "one"}, {"script": SCRIPT}, {}])
def test_what_a_rule_needs(api: Any, body: Any) -> None:
    api.expect(400, "POST", PATH, body)


def test_strict_clients_cannot_log_in_while_a_rule_is_enabled(api: Any) -> None:
    set_up(api)
    strict, own = register(api), first_party(api)
    rule = f"{PATH}/{_made(api, enabled=False)['id']}"
    _made(api, name="two", enabled=False)

    def statuses() -> tuple[int, int]:
        return begin(api, strict).status_code, begin(api, own).status_code

    assert statuses() == (200, 200)
    api.expect(200, "PATCH", rule, {"enabled": True})
    assert statuses() == (400, 200)
    assert "Rules are not supported" in begin(api, strict).text
    assert redeem(api, own, code(api, own)).status_code == 200
    api.expect(204, "DELETE", rule)
    assert statuses() == (200, 200)


def test_permissive_clients_may_log_in_in_spite_of_rules(api: Any) -> None:
    set_up(api)
    api.tenant.state["permissive_allowed"] = True
    api.expect(200, "PATCH", "/tenants/settings", {"dynamic_client_registration_security_mode": "permissive"})
    client = register(api)
    _made(api)
    assert begin(api, client).status_code == 200
