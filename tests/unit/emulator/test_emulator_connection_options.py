# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a connection's options are once they are stored, strategy by strategy: on create, on PATCH and in reads.

A row without a source in its name is of a recording of auth0/terraform-provider-auth0: TestAccConnection… .
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator.fetch import Unavailable
from tests.unit.emulator.conftest import DOMAIN

PATH = "/connections"
DISCOVERY = "https://idp.example/.well-known/openid-configuration"
METADATA = "https://idp.example/metadata.xml"
REDIRECT, POST = (f"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{way}" for way in ("Redirect", "POST"))


def _certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    parts = ((NameOID.COUNTRY_NAME, "AU"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "Keys"), (NameOID.COMMON_NAME, "idp"))
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=timezone.utc))
    return builder.not_valid_after(datetime(2036, 7, 20, 10, 42, 26, tzinfo=timezone.utc)).sign(key, hashes.SHA256())


CERTIFICATE = _certificate()
PEM = CERTIFICATE.public_bytes(serialization.Encoding.PEM).decode()
KEY = base64.b64encode(CERTIFICATE.public_bytes(serialization.Encoding.DER)).decode()
TOLD = {
    "cert": PEM,
    "expires": "2036-07-20T10:42:26.000Z",
    "subject": {"countryName": "AU", "organizationalUnitName": "Keys", "commonName": "idp"},
    "thumbprints": [CERTIFICATE.fingerprint(hashes.SHA1()).hex()],
}
DECRYPTION = {"algorithm_profile": "v2026-1", "algorithm_exceptions": []}
SAML_XML = f"""
    <?xml version="1.0"?>
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
      <md:IDPSSODescriptor>
        <md:KeyDescriptor use="encryption"><ds:X509Certificate>bm9uZQ==</ds:X509Certificate></md:KeyDescriptor>
        <md:KeyDescriptor use="signing"><ds:X509Certificate>
          {KEY[:50]}
          {KEY[50:]}
        </ds:X509Certificate></md:KeyDescriptor>
        <md:SingleLogoutService Binding="{REDIRECT}" Location="https://idp.example/out"/>
        <md:SingleSignOnService Binding="{POST}" Location="https://idp.example/post"/>
        <md:SingleSignOnService Binding="{REDIRECT}" Location="https://idp.example/in"/>
      </md:IDPSSODescriptor>
    </md:EntityDescriptor>"""
FROM_SAML_XML = {
    "signingCert": base64.b64encode(PEM.encode()).decode(),
    "signInEndpoint": "https://idp.example/in",
    "signOutEndpoint": "https://idp.example/out",
    "bindingMethod": REDIRECT,
    **TOLD,
}
FEDERATION_XML = """<?xml version="1.0" encoding="utf-8"?>
    <EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"
      xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706"
      xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
      <RoleDescriptor>
        KEYS
        <fed:PassiveRequestorEndpoint><wsa:EndpointReference>
          <wsa:Address>https://idp.example/wsfed</wsa:Address>
        </wsa:EndpointReference></fed:PassiveRequestorEndpoint>
      </RoleDescriptor>
    </EntityDescriptor>"""
WITHOUT_KEYS = FEDERATION_XML.replace("KEYS", "")
WITH_KEYS = FEDERATION_XML.replace(
    "KEYS", f"<KeyDescriptor><ds:X509Certificate>{KEY}</ds:X509Certificate></KeyDescriptor>"
)
PROVIDER = {
    "issuer": "https://idp.example",
    "authorization_endpoint": "https://idp.example/authorize",
    "token_endpoint": "https://idp.example/token",
    "userinfo_endpoint": "https://idp.example/userinfo",
    "jwks_uri": "https://idp.example/jwks",
    "request_parameter_supported": True,
}
PROVIDER_METADATA = {
    **PROVIDER,
    "claims_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "require_request_uri_registration": False,
}
ENDPOINTS = {name: url for name, url in PROVIDER.items() if isinstance(url, str)}
DOCUMENTS = {DISCOVERY: json.dumps(PROVIDER), METADATA: SAML_XML, f"{METADATA}?fed": WITHOUT_KEYS}


@dataclass(frozen=True)
class Row:
    """Options that are sent, and how those that are stored differ: what is `made` of them and what is `gone`."""

    name: str
    strategy: str
    sent: dict[str, Any]
    made: dict[str, Any] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def stored(self) -> dict[str, Any]:
        return {**{key: value for key, value in self.sent.items() if key not in self.gone}, **self.made}


def scope(name: str, strategy: str, sent: dict[str, Any], made: Any, **more: Any) -> Row:
    return Row(name, strategy, sent, {"scope": made, **more})


ON = dict.fromkeys
GITHUB = {
    "email": "user:email",
    "read_user": "read:user",
    "follow": "user:follow",
    "public_repo": "public_repo",
    "repo": "repo",
    "repo_deployment": "repo_deployment",
    "repo_status": "repo:status",
    "delete_repo": "delete_repo",
    "notifications": "notifications",
    "gist": "gist",
    "read_repo_hook": "read:repo_hook",
    "write_repo_hook": "write:repo_hook",
    "admin_repo_hook": "admin:repo_hook",
    "read_org": "read:org",
    "admin_org": "admin:org",
    "read_public_key": "read:public_key",
    "write_public_key": "write:public_key",
    "admin_public_key": "admin:public_key",
    "write_org": "write:org",
}
GMAIL, YOUTUBE = "https://mail.google.com/mail/feed/atom", "https://gdata.youtube.com"
NULL_URLS = {"authorizationURL": None, "tokenURL": None}
WAAD = {"client_id": "1", "domain": "a.onmicrosoft.com", "waad_protocol": "openid-connect", "useCommonEndpoint": False}
OIDC = {"client_id": "1", "type": "back_channel", "scope": "openid"}
OKTA_MADE = {"type": "back_channel", "attribute_map": {"mapping_mode": "basic_profile"}, "schema_version": "oidc-V4"}
OIDC_MADE = {"attribute_map": {"mapping_mode": "bind_all"}, "schema_version": "oidc-V4"}
NEW, OLD = {"connection_settings": {"pkce": "auto"}}, {"connection_settings": {"pkce": "disabled"}}

SOCIAL = (
    scope("SDK", "amazon", {"postal_code": True}, ["profile", "postal_code"], profile=True),
    scope("Apple", "apple", {"email": True, "name": True}, "name email"),
    scope("Apple less", "apple", {"name": False, "email": True}, "email"),
    scope(
        "Facebook",
        "facebook",
        {"email": True, "groups_access_member_info": True, "user_birthday": True, "public_profile": True},
        "email,groups_access_member_info,user_birthday,public_profile",
    ),
    scope("Facebook less", "facebook", {"email": True, "user_birthday": False}, "email"),
    scope("no scope", "facebook", {"email": True, "allow_context_profile_field": True}, "email"),
    scope("GitHub", "github", {**ON(GITHUB, True), "profile": True}, list(GITHUB.values())),
    scope("GitHub less", "github", {**ON(GITHUB, False), "email": True, "profile": True}, ["user:email"]),
    scope(
        "GoogleApps",
        "google-apps",
        {"domain": "example.com", "ext_groups": True, "non_persistent_attrs": None},
        ["email", "profile"],
        email=True,
        profile=True,
        handle_login_from_social=True,
    ),
    scope(
        "SDK: own scopes are not allowed",
        "google-apps",
        {"scope": ["a"]},
        ["email", "profile"],
        email=True,
        profile=True,
        handle_login_from_social=True,
    ),
    scope(
        "SDK: own scopes are allowed",
        "google-apps",
        {"scope": ["a"], "allow_setting_login_scopes": True, "handle_login_from_social": False},
        ["email", "profile", "a"],
        email=True,
        profile=True,
    ),
    scope(
        "GoogleOAuth2",
        "google-oauth2",
        {"email": True, "profile": True, "gmail": True, "youtube": True, "allowed_audiences": ["example.com"]},
        ["email", "profile", GMAIL, YOUTUBE],
    ),
    scope("profile is on", "google-oauth2", {"gmail": True}, ["profile", GMAIL], profile=True),
    scope(
        "freeform", "google-oauth2", {"freeform_scopes": ["a"], "scope": ["email", "b"], "profile": False}, ["a", "b"]
    ),
    scope(
        "odd", "google-oauth2", {"freeform_scopes": 1, "scope": [{}], "strategy_version": []}, ["profile"], profile=True
    ),
    Row(
        "Line",
        "line",
        {**NULL_URLS, "email": True, "scope": ["email", "openid", "profile"]},
        {"scope": ["openid", "email", "profile"], "profile": True},
        unread=tuple(NULL_URLS),
    ),
    Row(
        "Line less",
        "line",
        {**NULL_URLS, "email": False, "scope": ["openid", "profile"]},
        {"profile": True},
        unread=tuple(NULL_URLS),
    ),
    scope(
        "Linkedin",
        "linkedin",
        {"strategy_version": 2, "email": True, "profile": True, "basic_profile": True},
        ["r_emailaddress", "r_liteprofile", "r_basicprofile"],
    ),
    scope("SDK: version 1", "linkedin", {"strategy_version": 1, "full_profile": True}, ["r_fullprofile"]),
    scope("SDK: no version", "linkedin", {"email": True, "openid": True}, ["openid", "email"]),
    Row(
        "OAuth2",
        "oauth2",
        {"authorizationURL": "https://a.example", "scope": ["email", "openid"], "pkce_enabled": True},
    ),
    scope("SDK", "paypal", {"phone": True, "email": True}, ["openid", "email", "phone"]),
    scope("Salesforce", "salesforce-community", {"community_base_url": "https://a.example"}, []),
    Row("Twitter", "twitter", {**NULL_URLS, "set_user_root_attributes": "on_each_login"}, unread=tuple(NULL_URLS)),
    Row("Twitter scope", "twitter", {"scope": ["basic_profile"]}),
    scope(
        "Windowslive", "windowslive", {"graph_user": True, "signin": True}, ["https://graph.microsoft.com/User.Read"]
    ),
    scope("Windowslive less", "windowslive", {"graph_user": False, "signin": True}, []),
)
PASSWORDLESS = (
    Row("Email", "email", {"name": "Email", "totp": {"length": 4, "time_step": 360}, "authParams": {}}),
    Row("CustomSMS", "sms", {"messaging_service_sid": None, "provider": "sms_gateway", "disable_signup": False}),
)
ENTERPRISE = (
    Row("AD", "ad", {"ips": ["192.168.1.1"], "brute_force_protection": True, "strategy_version": 2}),
    Row("ADFS", "adfs", {"adfs_server": "https://idp.example/none", "signInEndpoint": "a"}, {"thumbprints": []}),
    Row(
        "ADFS update",
        "adfs",
        {"adfs_server": "", "fedMetadataXml": WITHOUT_KEYS, "thumbprints": []},
        {"signInEndpoint": "https://idp.example/wsfed"},
    ),
    Row(
        "certificates",
        "adfs",
        {"fedMetadataXml": WITH_KEYS, "signInEndpoint": "a"},
        {"thumbprints": TOLD["thumbprints"]},
    ),
    Row(
        "metadata of a server",
        "adfs",
        {"adfs_server": f"{METADATA}?fed"},
        {"signInEndpoint": "https://idp.example/wsfed", "thumbprints": []},
    ),
    Row(
        "PingFederate",
        "pingfederate",
        {"signingCert": PEM, "tenant_domain": "a", "expires": "x"},
        TOLD,
        ("signingCert",),
    ),
    Row("an unreadable certificate", "pingfederate", {"signingCert": "bm9uZQ=="}),
    Row(
        "AzureAD",
        "waad",
        {**WAAD, "user_id_attribute": "oid"},
        {"thumbprints": [], "app_domain": DOMAIN, "waad_common_endpoint": False, "userid_attribute": "oid"},
    ),
    Row(
        "AzureAD update",
        "waad",
        {**WAAD, "user_id_attribute": "sub", "thumbprints": ["a"], "app_domain": "b"},
        {"waad_common_endpoint": False, "userid_attribute": None},
    ),
    Row(
        "OptionsAttrUserName (in a list)",
        "waad",
        {**WAAD, "useCommonEndpoint": True},
        {"thumbprints": [], "app_domain": DOMAIN, "waad_common_endpoint": True, "userid_attribute": "sub"},
    ),
)
SAML = (
    Row("SAML", "samlp", {"metadataXml": SAML_XML, "entityId": "a"}, FROM_SAML_XML, ("metadataXml",)),
    Row("SAML update", "samlp", {"metadataUrl": METADATA, "thumbprints": ["old"]}, FROM_SAML_XML),
    Row("metadata that is not there", "samlp", {"metadataUrl": "https://idp.example/none"}),
    Row("metadata that is none", "samlp", {"metadataXml": "<a"}, gone=("metadataXml",)),
    Row("no text", "samlp", {"metadataXml": {}, "signingCert": 1}, gone=("metadataXml",)),
    Row(
        "what was sent stays",
        "samlp",
        {"metadataXml": SAML_XML, "signInEndpoint": "https://a"},
        {**FROM_SAML_XML, "signInEndpoint": "https://a"},
        ("metadataXml",),
    ),
    Row("OIDCMetadata", "samlp", {"signingCert": PEM, "oidc_metadata": {"issuer": "https://a"}}, TOLD),
    Row("a certificate in base64", "samlp", {"signingCert": base64.b64encode(PEM.encode()).decode()}, TOLD),
)
OPENID = (
    Row(
        "CrossAppAccessResourceApp",
        "oidc",
        {**OIDC, "discovery_url": DISCOVERY, **ON(("authorization_endpoint", "token_endpoint", "userinfo_endpoint"))},
        {**OIDC_MADE, **ENDPOINTS, "oidc_metadata": PROVIDER_METADATA},
    ),
    Row(
        "RotateDataKeys",
        "oidc",
        {**OIDC, "discovery_url": DISCOVERY, **ON(ENDPOINTS, "https://b.example")},
        {**OIDC_MADE, "oidc_metadata": PROVIDER_METADATA},
    ),
    Row("no discovery", "oidc", {**OIDC, "discovery_url": "https://b.example", "userinfo_endpoint": None}, OIDC_MADE),
    Row("not over TLS", "oidc", {**OIDC, "discovery_url": DISCOVERY.replace("https", "http")}, OIDC_MADE),
    Row("discovery of no text", "oidc", {**OIDC, "discovery_url": 1}, OIDC_MADE),
    Row("no JSON", "oidc", {**OIDC, "discovery_url": METADATA}, OIDC_MADE),
    Row(
        "SDK: metadata that was sent is not discovered",
        "oidc",
        {"discovery_url": DISCOVERY, "oidc_metadata": {"issuer": "https://a"}},
        {**OIDC_MADE, "issuer": "https://a"},
    ),
    Row(
        "OIDC",
        "oidc",
        {"connection_settings": {"pkce": "disabled"}, "attribute_map": {"mapping_mode": "use_map", "attributes": {}}},
        {"schema_version": "oidc-V4"},
    ),
    Row("SCIMConfiguration", "okta", {**ENDPOINTS, "userinfo_endpoint": None}, OKTA_MADE),
    Row(
        "Okta",
        "okta",
        {"domain": "idp.example", "token_endpoint": "https://b.example"},
        {**OKTA_MADE, **ENDPOINTS, "token_endpoint": "https://b.example", "oidc_metadata": PROVIDER_METADATA},
    ),
)


EMAIL = {"identifier": {"active": True}, "profile_required": True}
EMAIL_MADE = {"verification_method": "link", "unique": True}
USERNAME = {"identifier": {"active": True}, "signup": {"status": "required"}}
PASSWORD = {"enabled": True, "api_behavior": "required", "signup_behavior": "allow"}
PASSKEY = {"challenge_ui": "both", "progressive_enrollment_enabled": True, "local_enrollment_enabled": True}
COMPLEXITY = {
    "character_type_rule": "all",
    "identical_characters": "allow",
    "sequential_characters": "allow",
    "max_length_exceeded": "error",
    "min_length": 15,
    "character_types": [],
}
FIELDS = [
    *("name", "username", "nickname", "email", "phone_number"),
    *("user_metadata.name", "user_metadata.first", "user_metadata.last"),
]
PASSWORD_OPTIONS = {
    "complexity": COMPLEXITY,
    "profile_data": {"active": False, "blocked_fields": FIELDS},
    "history": {"active": False, "size": 3},
    "dictionary": {"active": False, "custom": [], "default": "en_100k"},
}
# AddEmailAttributeUnique
PUT_BACK = {
    "authentication_methods": {"password": PASSWORD, "passkey": {"enabled": False}},
    "passkey_options": PASSKEY,
    "brute_force_protection": True,
}
NEW_DATABASE = {
    **PUT_BACK,
    "mfa": {"active": True, "return_enroll_settings": True},
    "strategy_version": 2,
    "password_options": PASSWORD_OPTIONS,
}
DATABASE = (
    Row("AddEmailAttributeUnique", "auth0", {"brute_force_protection": True}),
    Row("Connection", "auth0", {"brute_force_protection": False, "mfa": {"active": False}, "import_mode": False}),
    Row(
        "PasswordAuthenticationBehaviors",
        "auth0",
        {
            "requires_username": False,
            "authentication_methods": {"password": {"enabled": True, "api_behavior": "optional"}},
            "attributes": {"email": EMAIL},
        },
        {
            "authentication_methods": {
                "password": {**PASSWORD, "api_behavior": "optional"},
                "passkey": {"enabled": False},
            },
            "attributes": {"email": {**EMAIL, **EMAIL_MADE}},
        },
    ),
    Row("OptionsAttrUserName", "auth0", {"attributes": {"username": USERNAME}, "precedence": ["username"] * 3}),
    Row(
        "OptionsAttrEmail",
        "auth0",
        {"attributes": {"email": {**EMAIL, "verification_method": "otp", "unique": True}}},
    ),
    Row(
        "passkeys",
        "auth0",
        {"passkey_options": {"challenge_ui": "button"}},
        {"passkey_options": {**PASSKEY, "challenge_ui": "button"}},
    ),
    Row(
        "PasswordOptions",
        "auth0",
        {"password_options": {"complexity": {"min_length": 12}, "history": {"active": True, "size": 5}}},
        {
            "password_options": {
                **PASSWORD_OPTIONS,
                "complexity": {**COMPLEXITY, "min_length": 12},
                "history": {"active": True, "size": 5},
            }
        },
    ),
)


@pytest.fixture
def idp(api: Any) -> Any:
    def fetch(url: str) -> bytes:
        if url not in DOCUMENTS:
            raise Unavailable("it is not there")
        return DOCUMENTS[url].encode()

    api.tenant.fetch = fetch
    return api


def rows(*tables: tuple[Row, ...]) -> pytest.MarkDecorator:
    listed = [row for table in tables for row in table]
    return pytest.mark.parametrize("row", listed, ids=[f"{row.strategy}-{row.name}" for row in listed])


def check(api: Any, row: Row, *, on_create: dict[str, Any], on_patch: dict[str, Any]) -> None:
    """The row on create, by PATCH of a connection that had no options, and in reads."""
    read = {key: value for key, value in row.stored.items() if key not in row.unread}
    made = api.expect(201, "POST", PATH, {"name": "a", "strategy": row.strategy, "options": row.sent})
    assert made["options"] == {**on_create, **row.stored}
    assert api.expect(200, "GET", f"{PATH}/{made['id']}")["options"] == {**on_create, **read}
    listed = api.expect(200, "GET", PATH, name="a")
    assert [connection["options"] for connection in listed] == [{**on_create, **read}]
    path = f"{PATH}/{api.expect(201, 'POST', PATH, {'name': 'b', 'strategy': row.strategy})['id']}"
    assert api.expect(200, "PATCH", path, {"options": row.sent})["options"] == {**on_patch, **row.stored}
    assert api.expect(200, "GET", path)["options"] == {**on_patch, **read}


@rows(SOCIAL, PASSWORDLESS, ENTERPRISE)
def test_options_are_made_on_every_write(idp: Any, row: Row) -> None:
    check(idp, row, on_create={}, on_patch={})


@rows(SAML)
def test_saml_options(idp: Any, row: Row) -> None:
    check(idp, row, on_create={"assertion_decryption_settings": DECRYPTION}, on_patch={})


@rows(OPENID)
def test_openid_options(idp: Any, row: Row) -> None:
    check(idp, row, on_create=NEW, on_patch=OLD)


@rows(DATABASE)
def test_database_options(idp: Any, row: Row) -> None:
    check(idp, row, on_create=NEW_DATABASE, on_patch=PUT_BACK)


def test_databases_do_not_share_what_is_made_for_one_of_them(idp: Any) -> None:
    one, other = (
        idp.expect(201, "POST", PATH, {"name": name, "strategy": "auth0", "options": {}})["id"] for name in "ab"
    )
    options = {"password_options": {"history": {"active": True}}}
    changed = idp.expect(200, "PATCH", f"{PATH}/{one}", {"options": options})["options"]["password_options"]
    assert changed == {**PASSWORD_OPTIONS, "history": {"active": True, "size": 3}}
    assert idp.expect(200, "GET", f"{PATH}/{other}")["options"]["password_options"] == PASSWORD_OPTIONS


# What a connection has besides options: TestAccConnectionAD, …ADFS, …GoogleApps, …CrossAppAccessResourceApp,
# …PingFederate, …OIDCMetadata, …AzureAD, and those of SOCIAL and PASSWORDLESS. Unknown: display_name of okta.
BUTTON = {"ad", "adfs", "google-apps", "oidc", "okta", "pingfederate", "samlp", "waad"}
TICKET = {"ad", "adfs", "google-apps", "pingfederate", "samlp", "waad"}
NAMED = {"oidc", "okta", "waad"}
HIDING = {"google-apps", "oidc", "samlp"}
STRATEGIES = sorted({*BUTTON, *(row.strategy for row in (*SOCIAL, *PASSWORDLESS, *DATABASE))})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_a_connection_has_besides_options(idp: Any, strategy: str) -> None:
    common = {"id", "options", "strategy", "name", "is_domain_connection", "authentication", "connected_accounts"}
    own = {
        *(["show_as_button"] if strategy in BUTTON else []),
        *(["provisioning_ticket_url"] if strategy in TICKET else []),
        *(["display_name"] if strategy in NAMED else []),
    }
    created = idp.expect(201, "POST", PATH, {"name": "a", "strategy": strategy})
    assert set(created) == common | own | {"realms", "enabled_clients"}
    assert (created["realms"], created["enabled_clients"], created.get("show_as_button", False)) == (["a"], [], False)
    assert created.get("display_name", "a") == "a"
    path = f"{PATH}/{created['id']}"
    single = common | own | {"realms"} | (set() if strategy in HIDING else {"enabled_clients"})
    assert set(idp.expect(200, "GET", path)) == single
    assert set(idp.expect(200, "PATCH", path, {"is_domain_connection": True})) == single
    assert [set(found) for found in idp.expect(200, "GET", PATH, name="a")] == [set(created)]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_display_name_that_is_left_out_goes_back_to_the_name(idp: Any, strategy: str) -> None:
    """The API's description tells it of all strategies."""
    path = f"{PATH}/{idp.expect(201, 'POST', PATH, {'name': 'a', 'strategy': strategy})['id']}"
    assert idp.expect(200, "PATCH", path, {"display_name": "A"})["display_name"] == "A"
    assert idp.expect(200, "PATCH", path, {"is_domain_connection": False})["display_name"] == "a"
