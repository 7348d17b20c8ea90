# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is secret among arguments, and that no form of printing it gets past the mask."""

from __future__ import annotations

import base64
import html
import json
import re
import typing as t
import urllib.parse

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._secrets import (
    HIDDEN,
    SECRET_NAMES,
    Mask,
    inspect,
    secrets_at,
)

KEY = "-----BEGIN KEY-----\nmarkerMIIEvQIBADAN\nmarkerBgkqhkiG9w0B\n-----END KEY-----\n"
SECRETS = [
    "marker-plain",
    "marker'quote'marker",
    'marker"quote"marker',
    "marker'both\"marker",
    "marker\\back\\marker",
    "markeré€😀marker",
    "marker\ttab\x00marker",
    "marker&<>%/ +?marker",
    "marker-line-one\nmarker-line-two",
    "marker-line-one\r\nmarker-line-two",
    "marker-line-end\n",
    " marker-spaces ",
    KEY,
]
PRINTED: dict[str, t.Callable[[str], str]] = {
    "as it is": str,
    "stripped": str.strip,
    "json": json.dumps,
    "json with unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps({"a": json.dumps({"b": text})}),
    "repr": repr,
    "ascii": ascii,
    "repr in a list": lambda text: repr([text, "it's", 'a "word"']),
    "repr in a text": lambda text: repr(f'it\'s {text}, a "word"'),
    "bytes": lambda text: repr(text.encode()),
    "url": lambda text: urllib.parse.quote(text, safe=""),
    "url with slashes": urllib.parse.quote,
    "form": urllib.parse.quote_plus,
    "html": html.escape,
    "html text": lambda text: html.escape(text, quote=False),
    "base64": lambda text: base64.b64encode(text.strip().encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.strip().encode()).decode(),
    "line by line": lambda text: " | ".join(text.splitlines()),
    "unix lines": lambda text: text.replace("\r\n", "\n"),
    "indented": lambda text: "\n".join(f"    {line}" for line in text.splitlines()),
    "twice": lambda text: text * 2,
    "cut off": lambda text: f"{text.strip()[:9]}… and more",
}


@pytest.mark.parametrize("form", PRINTED)
@pytest.mark.parametrize("secret", SECRETS, ids=ascii)
def test_every_form_is_masked(secret: str, form: str) -> None:
    printed = PRINTED[form](secret)
    found = Mask([secret]).text(f"before {printed} after")
    encoded = base64.b64encode(secret.strip().encode()).decode()[:12]
    assert "marker" not in found
    assert encoded not in found
    assert HIDDEN in found
    assert found.startswith("before ")
    assert found.endswith(" after")


def test_escapes_of_urls_in_lower_case() -> None:
    assert Mask(["marker/+?marker"]).text("marker%2f%2b%3fmarker") == HIDDEN


@pytest.mark.parametrize("short", ["", " ", "1", "true", "false", "12345", "\n\n", "a\nb"])
def test_what_is_too_short_censors_nothing(short: str) -> None:
    text = f"changed: true, 1 of 12345{short}"
    assert Mask([short]).text(text) == text


def test_numbers_are_masked_as_numbers_and_in_texts() -> None:
    mask = Mask(["123456", "7654321.5"])
    given = {"a": 123456, "b": [123456.0, 7654321.5], "c": 1234567, "d": "is 123456", "e": True, "f": None}
    masked = {"a": HIDDEN, "b": [HIDDEN, HIDDEN], "c": 1234567, "d": f"is {HIDDEN}", "e": True, "f": None}
    assert mask.value(given) == masked


def test_keys_are_masked() -> None:
    assert Mask(["marker"]).value({"marker": {"marker": 1}}) == {HIDDEN: {HIDDEN: 1}}


def test_secrets_that_overlap_leave_no_part() -> None:
    assert Mask(["abcdefgh", "efghijkl", "bcdefg"]).text("-abcdefghijkl-") == f"-{HIDDEN}-"
    assert Mask(["abcabc"]).text("abcabcabc") == HIDDEN


def test_what_is_returned_on_purpose_is_not_masked() -> None:
    mask = Mask(["marker-one", "marker-two"], shown=["marker-one"])
    assert mask.text("marker-one marker-two") == f"marker-one {HIDDEN}"


def test_secrets_at_a_path_are_texts_and_numbers() -> None:
    value = {"a": {"secret": [1234567, "x", True, None, ""]}, "b": "y", "list": [{"secret": 1.5}]}
    assert list(secrets_at(lambda path: path.endswith("secret"), value)) == ["1234567", "x", "1.5"]


@pytest.mark.parametrize(
    ("names", "secret"),
    [
        (
            "client_secret app_secret secret clientSecret client_secret_value password smtp_password pass smtp_pass",
            True,
        ),
        (
            "passwd passphrase passcode token access-token twilio_token tokens api_key apiKey x-api-key private_key",
            True,
        ),
        ("key sasKey signing_key signingKey.cert decryptionKey.key configuration.x headers.a customHeaders.a", True),
        ("credentials.user deep.er.secret", True),
        ("client_id token_endpoint passwordPolicy password_policy password_options bypass compass signing_alg", False),
        ("secret_base64_encoded scope keychain token_endpoint_auth_method discovery_url", False),
    ],
)
def test_names_of_secrets(names: str, secret: bool) -> None:
    for name in names.split():
        assert bool(re.search(rf"(?i)^options\.(.*\.)?({SECRET_NAMES})", f"options.{name}")) is secret, name


SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "token": {"type": "str", "no_log": True},
    "timeout": {"type": "float"},
    "free": {"type": "dict"},
    "texts": {"type": "list", "elements": "str"},
    "nested": {"type": "dict", "options": {"pem": {"type": "str", "no_log": True}, "size": {"type": "int"}}},
    "many": {"type": "list", "elements": "dict", "options": {"pem": {"type": "str", "no_log": True}}},
}


@pytest.mark.parametrize(
    ("arguments", "shown", "secrets"),
    [
        ({"name": "a", "texts": ["b"], "timeout": 3.0}, {"name": "a", "texts": ["b"], "timeout": 3.0}, set()),
        ({"token": "marker"}, {"token": HIDDEN}, {"marker"}),
        ({"token": None, "free": None}, {"token": None, "free": None}, set()),
        ({"token": 1234567}, {"token": HIDDEN}, {"1234567"}),
        ({"token": ["marker"]}, {"token": HIDDEN}, {"marker", "['marker']", '["marker"]'}),
        ({"unknown": "marker"}, {"unknown": HIDDEN}, {"marker"}),
        ({"timeout": "30"}, {"timeout": "30"}, set()),
        ({"timeout": "3O"}, {"timeout": "3O"}, set()),
        ({"timeout": "marker-marker"}, {"timeout": HIDDEN}, {"marker-marker"}),
        ({"name": {"a": "marker"}}, {"name": HIDDEN}, {"marker", "{'a': 'marker'}", '{"a": "marker"}'}),
        (
            {"free": {"secret": 1234567, "a": [{"secret": "x"}]}},
            {"free": {"secret": HIDDEN, "a": [{"secret": HIDDEN}]}},
            {"1234567", "x"},
        ),
        ({"free": "secret=marker"}, {"free": HIDDEN}, {"secret=marker"}),
        ({"nested": {"pem": "marker", "size": 1}}, {"nested": {"pem": HIDDEN, "size": 1}}, {"marker"}),
        ({"nested": "marker"}, {"nested": HIDDEN}, {"marker"}),
        ({"many": [{"pem": "marker"}, "marker-two"]}, {"many": [{"pem": HIDDEN}, HIDDEN]}, {"marker", "marker-two"}),
        ({"many": "marker"}, {"many": HIDDEN}, {"marker"}),
    ],
)
def test_arguments_are_shown_without_secrets(arguments: t.Any, shown: t.Any, secrets: set[str]) -> None:
    assert inspect(SPEC, lambda path: path.endswith(".secret"), arguments) == (shown, secrets)
