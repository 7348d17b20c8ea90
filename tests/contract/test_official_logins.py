# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""OAuth and OpenID clients for Python, unmodified, against a running emulator over TLS: Authlib and auth0-python.

`tests/gateway/test_official_clients.py` has openid-client do the same.
"""

from __future__ import annotations

import secrets
import time
import typing as t
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from auth0.authentication import GetToken, RevokeToken, Users
from auth0.authentication.base import AuthenticationBase
from auth0.authentication.exceptions import Auth0Error
from auth0.authentication.token_verifier import AsymmetricSignatureVerifier, TokenVerifier
from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OpenIDMixin
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc7591 import ClientMetadataClaims
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.contract.logins import API, LOGINS, UNKNOWN, Known, Login, Row, Visits, rows, wanted
from tests.contract.sdk import Object, Outcome, differences
from tests.contract.sdk_stories import client_key
from tests.integration.harness import Tenant
from tests.mcp.client import REDIRECT_URI


def _done(step: str, known: Known, adapter: object, refusal: type[Exception]) -> Outcome:
    """What the adapter's method for the step gives, or how it failed."""
    method = getattr(adapter, step.lower().replace(" ", "_"))
    try:
        return Outcome(method(known))
    except refusal as error:
        code = getattr(error, "error_code", None) or getattr(error, "error", None)
        return Outcome({"error": code}, error=f"{type(error).__name__}: {error}")
    except Exception as error:
        return Outcome(error=f"{type(error).__name__}: {error}")


class App(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
    """What Authlib's integrations into web frameworks are made of, without a framework."""

    client_cls = OAuth2Session


class Authlib:
    own = frozenset(step for login in LOGINS for step in login.steps)

    def __init__(self, ca_path: str) -> None:
        """It trusts what this process trusts."""

    def __call__(self, step: str, known: Known) -> Outcome:
        return _done(step, known, self, OAuthError)

    def close(self) -> None:
        pass

    def _session(self, known: Known) -> t.Any:
        method = known.login.method
        keyed = method == "private_key_jwt"
        session = OAuth2Session(
            known.client_id,
            client_key()["private"] if keyed else known.client_secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            token_endpoint=f"{known.issuer}oauth/token",
        )
        if keyed:
            # Auth0 takes assertions for the issuer and for five minutes at most; Authlib would make them for the token
            # endpoint and for an hour.
            claims = {"aud": known.issuer, "exp": int(time.time()) + 60}
            session.register_client_auth_method(PrivateKeyJWT(claims=claims))
        return session

    def discovery(self, known: Known) -> Object:
        self._app = App(None, server_metadata_url=f"{known.issuer}.well-known/openid-configuration")
        metadata = self._app.load_server_metadata()
        OpenIDProviderMetadata(metadata).validate()
        return dict(metadata)

    def registration(self, known: Known) -> Object:
        """Authlib has no client for it, but a model of the answer."""
        with OAuth2Session() as session:
            url = self._app.server_metadata["registration_endpoint"]
            answer = session.post(url, json=known.login.registration, withhold_token=True)
        answer.raise_for_status()
        made = dict(answer.json())
        ClientMetadataClaims(dict(made), {}).validate()
        return made

    def authorization(self, known: Known) -> Object:
        self._app.client_id = known.client_id
        self._app.client_secret = known.client_secret
        self._app.client_kwargs = {
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": known.login.method,
        }
        self._begun = self._app.create_authorization_url(REDIRECT_URI, **known.parameters)
        return dict(self._begun)

    def tokens(self, known: Known) -> Object:
        token = self._app.fetch_access_token(
            REDIRECT_URI,
            authorization_response=known.redirect,
            state=self._begun["state"],
            code_verifier=self._begun["code_verifier"],
            resource=API,
        )
        return self._with_claims(token, self._begun.get("nonce"))

    def _with_claims(self, token: Object, nonce: str | None) -> Object:
        claims = self._app.parse_id_token(token, nonce)
        return {**token, **({"claims": dict(claims)} if claims else {})}

    def userinfo(self, known: Known) -> Object:
        return dict(self._app.userinfo(token=known.tokens))

    def refresh(self, known: Known) -> Object:
        with self._session(known) as session:
            return self._with_claims(session.refresh_token(refresh_token=known.tokens["refresh_token"]), None)

    def revocation(self, known: Known) -> None:
        with self._session(known) as session:
            url = self._app.server_metadata["revocation_endpoint"]
            session.revoke_token(url, known.tokens["refresh_token"], "refresh_token").raise_for_status()

    def refresh_once_revoked(self, known: Known) -> Object:
        return self.refresh(known)

    def machine_token(self, known: Known, audience: str = API) -> Object:
        with self._session(known) as session:
            return dict(session.fetch_token(grant_type="client_credentials", audience=audience))

    def machine_token_of_an_unknown_api(self, known: Known) -> Object:
        return self.machine_token(known, UNKNOWN)


class Auth0Python:
    """It has no discovery, registration or authorization request, and knows no `resource`."""

    own = frozenset(step for login in LOGINS for step in login.steps) - {"discovery", "registration", "authorization"}

    def __init__(self, ca_path: str) -> None:
        """It trusts what this process trusts."""

    def __call__(self, step: str, known: Known) -> Outcome:
        return _done(step, known, self, Auth0Error)

    def close(self) -> None:
        pass

    def _make(self, kind: type[AuthenticationBase], known: Known) -> t.Any:
        keyed = known.login.method == "private_key_jwt"
        return kind(
            urlsplit(known.issuer).netloc,
            known.client_id,
            client_secret=None if known.login.method == "none" else known.client_secret,
            client_assertion_signing_key=client_key()["private"] if keyed else None,
        )

    def discovery(self, known: Known) -> Object:
        return dict(requests.get(f"{known.issuer}.well-known/openid-configuration", timeout=10).json())

    def registration(self, known: Known) -> Object:
        return dict(requests.post(f"{known.issuer}oidc/register", json=known.login.registration, timeout=10).json())

    def authorization(self, known: Known) -> Object:
        self._verifier, self._nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(8)
        query = {
            "client_id": known.client_id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "code_challenge": create_s256_code_challenge(self._verifier),
            "code_challenge_method": "S256",
            "nonce": self._nonce,
            **known.parameters,
        }
        return {"url": f"{known.issuer}authorize?{urlencode(query)}"}

    def tokens(self, known: Known) -> Object:
        (code,) = parse_qs(urlsplit(known.redirect).query)["code"]
        maker = self._make(GetToken, known)
        if known.login.method == "none":
            answer = maker.authorization_code_pkce(self._verifier, code, REDIRECT_URI)
        else:
            # The SDK has either a secret or a verifier; where both are needed, its `authenticated_post` is left.
            form = {"client_id": known.client_id, "grant_type": "authorization_code", "code": code}
            form |= {"redirect_uri": REDIRECT_URI, "code_verifier": self._verifier}
            answer = maker.authenticated_post(f"{known.issuer}oauth/token", data=form)
        return self._with_claims(answer, known, self._nonce)

    def _with_claims(self, answer: Object, known: Known, nonce: str | None) -> Object:
        if "id_token" not in answer:
            return answer
        verifier = AsymmetricSignatureVerifier(f"{known.issuer}.well-known/jwks.json")
        claims = TokenVerifier(verifier, known.issuer, known.client_id).verify(answer["id_token"], nonce=nonce)
        return {**answer, "claims": claims}

    def userinfo(self, known: Known) -> Object:
        return dict(Users(urlsplit(known.issuer).netloc).userinfo(known.tokens["access_token"]))

    def refresh(self, known: Known) -> Object:
        answer = self._make(GetToken, known).refresh_token(known.tokens["refresh_token"])
        return self._with_claims(dict(answer), known, None)

    def revocation(self, known: Known) -> t.Any:
        return self._make(RevokeToken, known).revoke_refresh_token(known.tokens["refresh_token"]) or None

    def refresh_once_revoked(self, known: Known) -> Object:
        return self.refresh(known)

    def machine_token(self, known: Known, audience: str = API) -> Object:
        return dict(self._make(GetToken, known).client_credentials(audience))

    def machine_token_of_an_unknown_api(self, known: Known) -> Object:
        return self.machine_token(known, UNKNOWN)


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.name)
def test_no_step_takes_any_answer(login: Login) -> None:
    known = Known("https://tenant.example/", login, "id", tokens={"access_token": "a", "refresh_token": "b"})
    for step in login.steps:
        assert list(differences(wanted(step, known), {})), step


@pytest.fixture(scope="module")
def visits(emulator: Tenant, trust: None) -> Visits:
    return Visits(emulator)


@pytest.mark.parametrize("row", rows(Authlib, Auth0Python), ids=str)
def test_logins(visits: Visits, row: Row) -> None:
    visits.check(row)
