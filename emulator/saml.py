# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What certificates and metadata of SAML and WS-Federation providers tell: nothing, where they cannot be read."""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from typing import Any
from xml.etree import ElementTree

from cryptography import x509
from cryptography.x509.oid import NameOID

Object = dict[str, Any]

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_CERTIFICATE = "{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
_PASSIVE = "{http://docs.oasis-open.org/wsfed/federation/200706}PassiveRequestorEndpoint"
_ADDRESS = "{http://www.w3.org/2005/08/addressing}Address"
_SUBJECT = {
    NameOID.COMMON_NAME: "commonName",
    NameOID.COUNTRY_NAME: "countryName",
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.LOCALITY_NAME: "localityName",
    NameOID.ORGANIZATION_NAME: "organizationName",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "organizationalUnitName",
    NameOID.STATE_OR_PROVINCE_NAME: "stateOrProvinceName",
}


def certificate(given: object) -> Object:
    """`{cert, expires, subject, thumbprints}` of a certificate in PEM, or in the base64 of PEM."""
    try:
        pem = str(given) if _BEGIN in str(given) else base64.b64decode(str(given), validate=True).decode()
        der = base64.b64decode(pem.partition(_BEGIN)[2].partition(_END)[0])
        found = x509.load_der_x509_certificate(der)
        return {
            "cert": pem,
            "expires": found.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "subject": {_SUBJECT.get(part.oid, part.oid.dotted_string): part.value for part in found.subject},
            "thumbprints": [_thumbprint(der)],
        }
    except (ValueError, x509.InvalidVersion):
        return {}


def _thumbprint(der: bytes) -> str:
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


def _root(document: object) -> ElementTree.Element:
    try:
        content = document if isinstance(document, bytes) else str(document).encode()
        return ElementTree.fromstring(content.strip())
    except (ElementTree.ParseError, ValueError, LookupError):
        return ElementTree.Element("nothing")


def _signing(root: ElementTree.Element) -> list[str]:
    """The signing certificates in base64, without line breaks."""
    keys = (key for key in root.iter(f"{_METADATA}KeyDescriptor") if key.get("use", "signing") == "signing")
    return [re.sub(r"\s", "", found.text or "") for key in keys for found in key.iter(_CERTIFICATE)]


def provider(document: object) -> Object:
    """`{signingCert, signInEndpoint, signOutEndpoint, bindingMethod}` of a SAML provider, as far as they are told.

    The certificate comes as PEM that is encoded in base64 once more (TestAccConnectionSAML recording).
    """
    root, made = _root(document), {}
    for encoded in _signing(root)[:1]:
        pem = "\n".join((_BEGIN, *textwrap.wrap(encoded, 64), _END, ""))
        made["signingCert"] = base64.b64encode(pem.encode()).decode()
    for service, name in (("SingleSignOnService", "signInEndpoint"), ("SingleLogoutService", "signOutEndpoint")):
        places = sorted(root.iter(f"{_METADATA}{service}"), key=lambda place: place.get("Binding") != REDIRECT)
        for place in places[:1]:
            made[name] = place.get("Location", "")
            if name == "signInEndpoint":
                made["bindingMethod"] = place.get("Binding", "")
    return made


def federation(document: object) -> Object:
    """`{signInEndpoint, thumbprints}` of a WS-Federation provider, as far as they are told."""
    root = _root(document)
    made: Object = {}
    for place in root.iter(_PASSIVE):
        made["signInEndpoint"] = place.findtext(f".//{_ADDRESS}", "").strip()
    pems = [f"{_BEGIN}{encoded}{_END}" for encoded in _signing(root)]
    if pems:
        made["thumbprints"] = [found for pem in pems for found in certificate(pem).get("thumbprints", [])]
    return made
