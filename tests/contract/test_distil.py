# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The distilled recordings are what the originals give, and nothing is left in them that belongs to somebody else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from emulator import saml
from emulator.tenant import Keys
from tests.contract.distil import MANY, ORIGINALS, distil, make, source
from tests.contract.recorded import FOLDER, ROLES, Exchange, Object, parse, text
from tests.contract.renaming import WORDS, Names, is_fact, texts
from tests.contract.replay import SAML_METADATA

WORD = re.compile(r"[A-Za-z0-9]{8,}")
COMMITTED = {path: path.read_text(encoding="utf-8") for folder in (FOLDER, ROLES) for path in folder.glob("*.json")}

# Words of standards, and what is made up in the same way by everybody.
STANDARD = ("CERTIFICATE", "localhost", "register", SAML_METADATA)


@pytest.fixture(scope="module")
def originals() -> Path:
    if not ORIGINALS.exists():
        pytest.skip(f"to compare, put the recordings that tests/contract/distil.py names at {ORIGINALS.resolve()}")
    return ORIGINALS


def strings(folder: Path) -> Iterator[str]:
    for file in folder.glob("recordings*/*.json"):
        for entry in json.loads(file.read_text(encoding="utf-8"))["exchanges"]:
            yield from texts([entry["request"]["path"].split("/"), entry["request"]["query"] or {}])
            yield from texts([entry["request"]["body"], entry["response"]["body"]])


def all_texts(exchange: Exchange) -> Iterator[str]:
    return texts([exchange.path, exchange.query, exchange.sent, exchange.answer])


def test_the_recordings_are_what_the_originals_give(originals: Path) -> None:
    assert {path: text(source(path.stem), exchanges) for path, exchanges in make(originals).items()} == COMMITTED


def test_nothing_of_the_originals_is_left(originals: Path) -> None:
    """No string, and no word of eight letters, but what is a fact about Auth0."""
    theirs = {string for string in strings(originals) if not is_fact(string)}
    known = {word for fact in (*WORDS, *STANDARD) for word in WORD.findall(fact)}
    words = {word for string in theirs for word in WORD.findall(string)} - known
    ours = {string for content in COMMITTED.values() for one in parse(content) for string in all_texts(one)}
    assert len(theirs) > 500
    assert sorted(theirs & ours) == []
    assert sorted(words & {word for string in ours for word in WORD.findall(string)}) == []


# -- what a stranger can test as well ---------------------------------------------------------------------------------

PERSON = "auth0|0123456789abcdef01234567"
API = "https://theirs.example.com/an/api"


def distilled(*exchanges: Exchange) -> list[Exchange]:
    """As it comes out of the file."""
    made = distil(list(exchanges))
    assert parse(text("", made)) == made
    return made


def test_equal_values_stay_equal_wherever_they_are() -> None:
    user = {"user_id": PERSON, "identities": [{"user_id": PERSON.removeprefix("auth0|"), "provider": "auth0"}]}
    named = {"value": "call:theirs", "description": "Their words"}
    first, second, third = distilled(
        Exchange("GET", f"/users/{quote(PERSON)}", 200, answer=user),
        Exchange("GET", f"/resource-servers/{quote(API, safe='')}", 200, answer={"identifier": API, "scopes": [named]}),
        Exchange("GET", "/client-grants", 200, {"audience": API}, answer={"scope": ["call:theirs", "read:clients"]}),
    )
    assert first.path == f"/users/{quote(first.answer['user_id'])}"
    assert first.answer["user_id"] == f"auth0|{first.answer['identities'][0]['user_id']}" != PERSON
    assert second.path == f"/resource-servers/{quote(second.answer['identifier'], safe=':')}"
    assert second.answer["identifier"] == third.query["audience"] != API
    assert third.answer["scope"] == [second.answer["scopes"][0]["value"], "read:clients"]
    assert "their" not in text("", [first, second, third]).lower()


def test_facts_numbers_and_names_of_fields_stay() -> None:
    sent = {"app_type": "spa", "jwt_configuration": {"lifetime_in_seconds": 36000}, "client_metadata": {"Theirs": "a"}}
    (one,) = distilled(Exchange("POST", "/clients", 403, {"page": "0"}, sent, {"errorCode": "insufficient_scope"}))
    assert (one.method, one.path, one.status, one.query) == ("POST", "/clients", 403, {"page": "0"})
    metadata = one.sent.pop("client_metadata")
    assert one.sent == {"app_type": "spa", "jwt_configuration": {"lifetime_in_seconds": 36000}}
    assert len(metadata) == 1
    assert "Theirs" not in metadata
    assert one.answer == {"errorCode": "insufficient_scope"}


@pytest.mark.parametrize(
    ("theirs", "form"),
    {
        "con_AbCdEfGhIjKlMnOp": r"con_\d{16}",
        "AbCdEfGhIjKlMnOpQrStUvWxYz012345": r"client\d{26}",
        "https://theirs.example.com/callback/": r"https://host-1\.example/path-1/",
        "https://theirs.example.com": r"https://host-1\.example",
        "https://theirs.example.com/.well-known/jwks.json": r"https://host-1\.example/\.well-known/jwks\.json",
        "https://theirs.eu.auth0.com/api/v2/": r"https://tenant-1\.eu\.auth0\.com/api/v2/",
        "http://localhost:3000": r"http://localhost:8001",
        "2024-05-06T07:08:09.123Z": r"2026-01-01T00:00:00\.000Z",
        "#ABCDEF": "#000001",
        "+4912345": r"\+1555\d{7}",
        "10.1.2.3": r"192\.0\.2\.1",
        "theirs.example.com": r"host-1\.example",
        "Their name": r"text-001",
    }.items(),
)
def test_a_value_keeps_its_form(theirs: str, form: str) -> None:
    assert re.fullmatch(form, Names([theirs])(theirs))


def test_texts_and_moments_keep_their_order() -> None:
    for theirs in (["b", "a", "c"], ["2025-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000Z"]):
        names = Names([theirs])
        assert sorted(theirs, key=names) == sorted(theirs)


def test_what_is_told_of_a_certificate_fits_the_own_one(keys: Keys) -> None:
    theirs = saml.certificate(keys.signing_certificate)
    encoded = base64.b64encode(keys.signing_certificate.encode()).decode()
    (one,) = distilled(
        Exchange("GET", "/connections/con_1", 200, answer={"options": {**theirs, "signingCert": encoded}})
    )
    made = dict(one.answer["options"])
    assert made["cert"] != keys.signing_certificate
    assert {**saml.certificate(made["cert"]), "signingCert": made["signingCert"]} == made
    assert base64.b64decode(made["signingCert"]).decode() == made["cert"]


def test_a_read_is_repeated_only_after_a_write_to_the_collection() -> None:
    read = Exchange("GET", "/clients", 200, answer={"clients": []})
    elsewhere, write = Exchange("DELETE", "/connections/con_1", 202), Exchange("PATCH", "/clients/1", 200)
    assert [one.method for one in distilled(read, elsewhere, read, write, read, read)] == [
        *("GET", "DELETE", "PATCH", "GET"),
    ]


def test_long_lists_are_cut_to_what_is_named_and_one_of_each_likeness() -> None:
    there: list[Object] = [{"id": f"con_{number}", "name": "a"} for number in range(MANY + 1)]
    there[7]["options"] = {}
    listed, _read = distilled(
        Exchange("GET", "/connections", 200, answer={"connections": there}),
        Exchange("GET", "/connections/con_5", 200, answer=there[5]),
    )
    assert [len(item) for item in listed.answer["connections"]] == [2, 2, 3]
    scopes = [f"read:{name}" for name in ("users", *map(str, range(MANY)))]
    (grant,) = distilled(Exchange("GET", "/client-grants/cgr_1", 200, answer={"scope": scopes}))
    assert grant.answer == {"scope": ["read:users"]}


def test_an_object_that_is_as_before_is_written_once() -> None:
    role = {"id": "rol_1", "name": "a", "type": "tenant"}
    changed = {**role, "name": "b"}
    exchanges = [Exchange("GET", "/roles", 200, answer=answer) for answer in (role, {"roles": [role]}, changed, role)]
    content = text("", exchanges)
    assert content.count('"type"') == 3
    assert parse(content) == exchanges
