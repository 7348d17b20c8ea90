# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""As test_recordings, for the exchanges about roles, which are in a folder of their own."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.form import Form
from ansible_collections.mcp_ops.oauth.plugins.module_utils._auth0.kinds import role_members
from emulator.tenant import Keys
from tests.contract.recorded import ROLES, read, read_all, scenarios
from tests.contract.replay import Known, Recordings, Replay

# TestAccRole and TestAccRoleTypeAndOwnerIDAreCreateOnly are the newer ones.
TF = "tf.*"

KNOWN = (
    Known("moments are those of the replay", TF, r"(POST|GET) /users.*", r"~(created|updated)_at"),
    Known(
        "what is made from the email address differs, as the address is redacted",
        TF,
        r"(POST|GET) /(users.*|roles/\w+/users)",
        r"~(users\[\]\.)?(nickname|picture)",
    ),
    Known("recorded before roles had types", TF, r"(POST|GET) /(roles|users)(/.+)?", r"\+(roles\[\]\.)?type"),
    Known(
        "recorded before subject types were in resource servers",
        TF,
        r"(POST|GET|PATCH) /resource-servers.*",
        r"\+subject_type_authorization",
    ),
)
RECORDINGS = Recordings(ROLES, KNOWN)


@pytest.mark.parametrize("scenario", scenarios(ROLES))
def test_answers_are_those_of_the_recording(scenario: str, keys: Keys) -> None:
    assert RECORDINGS.unexpected(scenario, keys) == []


def test_every_known_difference_is_needed(keys: Keys) -> None:
    assert RECORDINGS.needless(keys) == []


def test_recordings_cover_every_operation() -> None:
    seen = {
        (exchange.method, len(exchange.parts), exchange.parts[-1] == "permissions")
        for exchange in read_all(ROLES)
        if exchange.kind == "roles"
    }
    one, permissions = ("GET", "PATCH", "DELETE"), ("GET", "POST", "DELETE")
    assert seen >= {
        *((method, 1, False) for method in ("GET", "POST")),
        *((method, 2, False) for method in one),
        *((method, 3, True) for method in permissions),
    }


def test_the_users_of_a_role_have_the_form_that_is_expected() -> None:
    answers = [
        exchange.answer
        for exchange in read("tf.TestAccDataSourceRole", ROLES)
        if re.fullmatch(r"/roles/\w+/users", exchange.path)
    ]
    assert answers
    for answer in answers:
        assert Form(lists={"users": role_members.USER}).find_fault(answer) == ""
        assert len(answer["users"]) == 2


def test_wrong_permissions_are_noticed(keys: Keys) -> None:
    """The comparison itself: a recorded list of permissions with one name changed and one entry more."""
    exchanges = read("tf.TestAccRolePermission", ROLES)
    lists = [
        (number, exchange.answer["permissions"])
        for number, exchange in enumerate(exchanges)
        if exchange.method == "GET" and exchange.parts[-1] == "permissions"
    ]
    (first, one), (second, two) = lists[0], lists[-1]
    one[0]["permission_name"] = "do:other"
    two.append({"permission_name": "do:other"})
    found = {number: found for number, _exchange, found in Replay(exchanges, keys).run()}
    assert found[first] == ["~permissions[].permission_name"]
    assert found[second] == ["#permissions"]
