# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of our own for those in a recording: of the same form, equal where those are equal.

What is a fact about Auth0 stays: names of fields, enums and scopes, which the emulator has, and the words in FACTS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from emulator.operations import TABLE
from tests.contract.published import PUBLISHED
from tests.contract.replay import SAML_METADATA

# What Auth0 answers in words, word for word.
MESSAGES = frozenset(
    {
        "Bad Request",
        "Cannot set both options.attributes and options.requires_username",
        "Cannot set both options.attributes and options.validation",
        "Ignoring unsupported properties: client_uri. These properties are not validated or mapped to the Auth0 client "
        "configuration.",
        "Insufficient scope, expected any of: read:directory_provisionings",
        "Not Found",
        "Please upgrade your subscription to use bot detection",
        "The client does not exist",
        "The connection does not exist",
        "The resource server does not exist",
    }
)
# Words of Auth0, OAuth and SAML that are in no published body. What is hidden in a recording is REDACTED.
FACTS = MESSAGES | {
    *("REDACTED", "REDACTED@example.com", "true", "false"),
    *("Forbidden", "inexistent_client", "inexistent_connection", "inexistent_resource_server"),
    *("insufficient_entitlement", "insufficient_scope", "invalid_body"),
    *("authorization_code", "implicit", "openid", "profile", "email", "offline_access", "groups"),
    *("Username-Password-Authentication", "admin", "cimd", "deprecated", "sms_gateway", "when_risky"),
    *("auto", "bind_all", "disabled", "use_map", "oidc-V4", "back_channel", "front_channel", "Ed25519", "ES512"),
    *("user_metadata.first", "user_metadata.last", "user_metadata.name"),
    *("groups_access_member_info", "public_profile", "user_birthday"),
    *("bearer", "rsa-sha256", "sha256", "liquid", "md_with_macros", "@@password@@"),
    *(f"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{binding}" for binding in ("POST", "Redirect")),
}

_PATHS = frozenset(part for _method, path, _scopes in TABLE for part in path.split("/"))
_URL = re.compile(r"(https?)://([^/?#]+)(.*)")
_TENANT = re.compile(r"([\w-]+)((?:\.\w+)?\.auth0\.com)")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_PEM = re.compile(r"\s*-----BEGIN ([A-Z ]+)-----.*-----END [A-Z ]+-----\s*", re.DOTALL)
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def texts(value: t.Any) -> Iterator[str]:
    """All strings in a JSON value but the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def _published() -> Iterator[str]:
    """Names of fields and words of enums."""

    def walk(schema: t.Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from (word for word in schema.get("enum", []) if isinstance(word, str))
            yield from schema.get("properties", {})
        for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []:
            yield from walk(inner)

    return walk(json.loads(PUBLISHED.read_text(encoding="utf-8")))


WORDS = frozenset({*FACTS, *_published(), *(scope for _method, _path, scopes in TABLE for scope in scopes)})


def is_fact(value: str) -> bool:
    """A word that Auth0 or a standard gives, several of them, a variable of Auth0's, a short number."""
    return (
        value in WORDS
        or all(word in WORDS for word in re.split("[ ,]+", value))
        or re.fullmatch(r"\$\{context\.[\w.]+\}|\d{0,3}", value) is not None
    )


# -- certificates -----------------------------------------------------------------------------------------------------


def _certificate(pem: str) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(pem.partition(_BEGIN)[2].partition(_END)[0]))
    except ValueError:
        return None


def _expiry(certificate: x509.Certificate) -> str:
    return certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _told(pem: str, certificate: x509.Certificate) -> list[str]:
    """What answers tell of a certificate besides itself: the base64 of the PEM, and thumbprints: the SHA-1 of the
    certificate, and that of its key as RFC 7638 has it."""
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    numbers = key.public_numbers()
    parts = {
        name: base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")
        for name, number in (("e", numbers.e), ("n", numbers.n))
    }
    jwk = json.dumps({"e": parts["e"], "kty": "RSA", "n": parts["n"]}, separators=(",", ":")).encode()
    return [
        base64.b64encode(pem.encode()).decode(),
        hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).hexdigest(),
        base64.urlsafe_b64encode(hashlib.sha256(jwk).digest()).decode().rstrip("="),
    ]


def _own_certificate(subject: x509.Name, expiry: datetime, number: int) -> x509.Certificate:
    """The same one each time. Nobody has the private key."""
    bits = b"".join(hashlib.sha256(f"{number} {block}".encode()).digest() for block in range(8))
    modulus = int.from_bytes(bits, "big") | 1 | 1 << 2047
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Issuer")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(RSAPublicNumbers(65537, modulus).public_key())
        .serial_number(number)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=timezone.utc))
        .not_valid_after(expiry)
        .sign(Ed25519PrivateKey.from_private_bytes(bytes(32)), None)
    )


# -- names ------------------------------------------------------------------------------------------------------------


class Names:
    """Own values for the strings of one recording. Numbers count the different ones of a form."""

    def __init__(self, recording: Iterable[t.Any]) -> None:
        strings = list(dict.fromkeys(text for value in recording for text in texts(value)))
        self._counts = Counter[str]()
        self._own: dict[str, str] = {}
        certificates = {text: made for text in strings if (made := _certificate(_decoded(text)))}
        dates = {text for text in strings if _DATE.fullmatch(text)} | {_expiry(one) for one in certificates.values()}
        first = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._dates = {date: first + timedelta(days=day) for day, date in enumerate(sorted(dates))}
        for date, moment in self._dates.items():
            self._own[date] = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for tenant in (found[1] for text in strings for found in _TENANT.finditer(text)):
            self._own.setdefault(tenant, f"tenant-{self._number('tenant')}")
        for text, certificate in certificates.items():
            self._learn(_decoded(text), certificate)
        # Listings are in the order of names.
        for text in sorted(strings):
            self(text)

    def __call__(self, value: str) -> str:
        if value not in self._own:
            self._own[value] = value if is_fact(value) else self._make(value)
        return self._own[value]

    def value(self, value: t.Any) -> t.Any:
        """A JSON value with own strings. Keys are Auth0's, but for those in objects that hold what users like."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        made = {}
        for key, inner in value.items():
            free = key in OPEN and isinstance(inner, dict)
            made[key] = self.value({self(name): text for name, text in inner.items()} if free else inner)
        return made

    def path(self, path: str) -> str:
        return "/".join(part if part in _PATHS else self._segment(part) for part in path.split("/"))

    def _segment(self, part: str) -> str:
        """Encoded as often as it was."""
        plain = unquote(part)
        return self(part) if plain == part else quote(self._segment(plain), safe=":")

    def _number(self, form: str) -> int:
        self._counts[form] += 1
        return self._counts[form]

    def _learn(self, pem: str, certificate: x509.Certificate) -> None:
        if pem in self._own:
            return
        parts = []
        for part in certificate.subject:
            text = str(part.value)
            if part.oid == NameOID.COUNTRY_NAME and text not in self._own:
                self._own[text] = f"X{chr(64 + self._number('country'))}"
            parts.append(x509.NameAttribute(part.oid, self(text)))
        made = _own_certificate(x509.Name(parts), self._dates[_expiry(certificate)], self._number("certificate"))
        own = made.public_bytes(Encoding.PEM).decode().rstrip() + _end(pem)
        self._own[pem] = own
        self._own.update(zip(_told(pem, certificate), _told(own, made), strict=True))

    def _make(self, value: str) -> str:
        if found := _URL.fullmatch(value):
            return f"{found[1]}://{self._host(found[2])}{self._tail(found[3])}"
        if found := _PEM.fullmatch(value):
            return f"-----BEGIN {found[1]}-----\nkey {self._number('key')}\n-----END {found[1]}-----{_end(value)}"
        if value.startswith("auth0|"):
            return f"auth0|{self(value.removeprefix('auth0|'))}"
        if "EntityDescriptor" in value:
            return self._metadata(value)
        if _TENANT.search(value):
            return _TENANT.sub(lambda found: self(found[1]) + found[2], value)
        for form, make in FORMS.items():
            if found := re.fullmatch(form, value):
                return make(found, self._number(form))
        return f"text-{self._number('text'):03}"

    def _host(self, host: str) -> str:
        if re.fullmatch(r"localhost:\d+", host):
            return self._own.setdefault(host, f"localhost:{8000 + self._number('port')}")
        return self(host) if "." in host else self(f"{host}.")

    def _tail(self, tail: str) -> str:
        if tail in ("", "/", "/api/v2/") or tail.startswith("/.well-known/") or tail.endswith("/REDACTED"):
            return tail
        return f"/path-{self._number('path')}{'/' if tail.endswith('/') else ''}"

    def _metadata(self, value: str) -> str:
        """What a SAML provider says of itself, as far as the emulator reads it."""
        root = ElementTree.fromstring(value.strip())
        places = {place.tag.rpartition("}")[2]: place.attrib for place in root.iter() if "Location" in place.attrib}
        encoded = next(one.text or "" for one in root.iter() if one.tag.endswith("X509Certificate"))
        pem = "\n".join((_BEGIN, *encoded.split(), _END, ""))
        return value[: value.index("<md:")] + SAML_METADATA.format(
            bindingMethod=places["SingleSignOnService"]["Binding"],
            signInEndpoint=self(places["SingleSignOnService"]["Location"]),
            signOutEndpoint=self(places["SingleLogoutService"]["Location"]),
            key="".join(self(pem).split("-----")[2].split()),
        )


def _end(text: str) -> str:
    """The white space at the end."""
    return text[len(text.rstrip()) :]


def _decoded(text: str) -> str:
    """A PEM, also where it is encoded in base64 once more."""
    try:
        return text if _BEGIN in text else base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


Make = Callable[[re.Match[str], int], str]

FORMS: dict[str, Make] = {
    r"(con|cgr|rol|org|cred|tpc)_(\w+)": lambda found, number: f"{found[1]}_{number:0{len(found[2])}}",
    r"auth0\|[0-9a-f]{24}": lambda found, number: f"auth0|5eed1{number:019x}",
    r"[0-9a-f]{24}": lambda found, number: f"5eed{number:020x}",
    r"[A-Za-z0-9]{32}": lambda found, number: f"client{number:026}",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": lambda found, number: f"00000000-0000-4000-8000-{number:012}",
    r"#[0-9A-Fa-f]{6}": lambda found, number: f"#{number:06x}",
    r"\+\d+": lambda found, number: f"+1555{number:07}",
    r"\d+": lambda found, number: f"9{number:0{len(found[0]) - 1}}",
    r"(\d+\.){3}\d+": lambda found, number: f"192.0.2.{number}",
    r"[\w-]+(\.[\w-]*)+": lambda found, number: f"host-{number}.example",
    r"\w+:\w+": lambda found, number: f"do:thing-{number}",
    r"(?s)<.*>\s*": lambda found, number: f"<p>page {number}</p>",
}
# Objects whose keys are names that a user has chosen.
OPEN = frozenset({"authParams", "client_metadata", "configuration", "metadata"})
