# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The emulator answers recorded exchanges with the same status, keys and values as Auth0 did.

What differs is in the table KNOWN, with the reason; anything else fails, and so does an entry that nothing needs.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.tenant import Keys
from tests.contract.recorded import FOLDER, IDS, read, read_all, scenarios
from tests.contract.replay import Known, Recordings, Replay

TF = "tf.*"
CLI = "deploycli.*"
CLIENT = r"(POST|GET|PATCH) /clients(/\w+)?"
CONNECTION = r"(POST|GET|PATCH) /connections(/con_\w+)?"
SETTINGS = "PATCH /tenants/settings"

KNOWN = (
    Known(
        "attack protection is outside the emulator, whatever the plan",
        "tf.TestAccAttackProtectionBotDetectionInsufficientEntitlement",
        r"(GET|PATCH) /attack-protection/.*",
        "~(message|errorCode)",
    ),
    # What the recorders did
    Known(
        "the recorder passed client answers through a struct that lacks these",
        TF,
        CLIENT,
        r"\+(clients\[\]\.)?(tenant|global|callback_url_template|cross_origin_auth|encrypted"
        r"|signing_keys\[\]\.(subject|pkcs7|key))",
    ),
    Known(
        "in no answer of this recording, though strict clients have them: the struct may have lacked them then",
        "tf.TestAccClientCIMD",
        r"(GET|PATCH) /clients/\w+",
        r"\+(redirection_policy|third_party_security_mode)",
    ),
    Known("the same struct adds these to client lists", TF, "GET /clients", "-(length|next)"),
    Known(
        "the secret was taken out of two answers",
        "tf.TestAccDataSourceClientGrantOrganizations",
        r"GET /clients/\w+",
        r"\+client_secret",
    ),
    # What belongs to the recorded tenant or moment
    Known("name of the tenant", CLI, "(POST|GET) /clients", r"~(clients\[\]\.)?tenant"),
    Known("the subject of a signing key is the tenant's", CLI, CLIENT, r"~(clients\[\]\.)?signing_keys\[\]\.subject"),
    Known("moment of deletion", "*", r"DELETE /connections/\w+", "~deleted_at"),
    Known(
        "details of the tenant's login pages, in PATCH answers only",
        "*",
        SETTINGS,
        r"-universal_login\.(identifier_first|webauthn_platform_first_factor)"
        r"|[+~]universal_login\.is_custom_(theme|template)_set",
    ),
    Known(
        "the recorded tenant made third-party clients permissive unless told otherwise",
        "tf.TestAccDataClients",
        CLIENT,
        r"(\+|~)(clients\[\]\.)?(jwt_configuration\..*|redirection_policy|third_party_security_mode)",
    ),
    # What is newer than the recording
    Known(
        "recorded before subject types were in resource servers",
        "tf.TestAccDataSourceResourceServer",
        r"(POST|GET|PATCH) /resource-servers.*",
        r"\+subject_type_authorization",
    ),
    Known(
        "recorded before cross-origin authentication was in clients",
        "tf.TestAcc[AD]*",
        CLIENT,
        r"\+cross_origin_authentication",
    ),
    Known(
        "recorded before connections had purposes",
        TF,
        CONNECTION,
        r"\+(authentication|connected_accounts)",
    ),
    Known("recorded before August 2026", TF, CONNECTION, r"[+-](connections\[\]\.)?options\.password(_options|Policy)"),
    Known(
        "recorded before sign-up had a behaviour of its own",
        TF,
        CONNECTION,
        r"\+(connections\[\]\.)?options\.authentication_methods\.password\.signup_behavior",
    ),
    Known(
        "one-time passwords, shown in March 2026 only",
        "tf.TestAccConnection",
        CONNECTION,
        r"-options\.authentication_methods\.(email|phone)_otp",
    ),
    Known(
        "recorded before 24 July 2026, when single reads lost the enabled clients",
        TF,
        r"(GET|PATCH) /connections/\w+",
        "-enabled_clients",
    ),
)


RECORDINGS = Recordings(FOLDER, KNOWN)


@pytest.mark.parametrize("scenario", scenarios())
def test_answers_are_those_of_the_recording(scenario: str, keys: Keys) -> None:
    assert RECORDINGS.unexpected(scenario, keys) == []


def test_every_known_difference_is_needed(keys: Keys) -> None:
    assert RECORDINGS.needless(keys) == []


def test_recordings_cover_every_resource() -> None:
    assert {exchange.kind for exchange in read_all()} >= {*IDS, "tenants"} - {"roles", "users"}


def test_a_wrong_answer_is_noticed(keys: Keys) -> None:
    """The comparison itself: a recording with one key, one value and one status changed."""
    first, second, third, *rest = read("tf.TestAccResourceServer")
    first.answer["is_system"] = False
    second.answer["token_lifetime"] = 1
    found = [
        found for _number, _exchange, found in Replay([first, second, replace(third, status=201), *rest], keys).run()
    ]
    assert found[0] == ["-is_system"]
    assert found[1] == ["~token_lifetime"]
    assert found[2][0].startswith("status 200")
