# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The authorization endpoint: `GET /authorize`, a login page, a consent page, and a redirect with a code.

What goes wrong is told to the client in a redirect, or to the person on a page: while client and redirect_uri are not
known to belong together, and always for clients that are protected from open redirects, as strict ones are.
A login under way is `{client_id, redirect_uri, response_mode, state, nonce, audience, resource, scope, prompt,
organization, code_challenge, code_challenge_method, wants_auth_time, user_id?, session?}`; the pages carry its name in
a hidden field.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from . import access, consents, logins, pages, redirects
from .client_authentication import missing, parameters
from .errors import NO_STORE, ApiError, OAuthError
from .management import cimd
from .tenant import State, Tenant
from .user_grants import check_pkce_value

LOGIN_LIFETIME = CODE_LIFETIME = 600

# Not for strict clients, whatever their value.
STRICT_UNSUPPORTED = (
    "request",
    "request_uri",
    "claims",
    "id_token_hint",
    "screen_hint",
    "invitation",
    "login_ticket",
)


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_request", description)


async def _introduce(tenant: Tenant, name: str) -> None:
    """Registers a client that is known by its document alone, where the tenant lets clients do so."""
    settings = tenant.settings
    on = ("client_id_metadata_document_supported", "client_id_metadata_document_dynamic_registration_supported")
    if name.startswith("https://") and all(settings.get(key) for key in on) and not access.find_client(tenant, name):
        try:
            await cimd.put(tenant, name, "client")
        except ApiError as error:
            raise _invalid(error.message) from None


def _client(tenant: Tenant, query: Mapping[str, str]) -> State:
    """The client that asks, once redirect_uri is known to be its own."""
    client = access.find_client(tenant, query.get("client_id", ""))
    if client is None:
        raise _invalid(f"Unknown client: {query.get('client_id', '')}")
    uri = query.get("redirect_uri")
    if not uri:
        raise missing("redirect_uri")
    if not redirects.belongs_to(client, uri):
        raise OAuthError(
            403, "unauthorized_client", f"Callback URL mismatch. {uri} is not in the list of allowed callback URLs."
        )
    return client


def _check(client: State, query: Mapping[str, str]) -> None:
    unsupported = [name for name in STRICT_UNSUPPORTED if name in query]
    if access.is_strict(client) and unsupported:
        raise _invalid(f"Parameters not supported for third-party clients: {', '.join(unsupported)}")
    if "response_type" not in query:
        raise missing("response_type")
    if query["response_type"] != "code":
        raise OAuthError(400, "unsupported_response_type", f"Unsupported response type: {query['response_type']}")
    if query.get("response_mode", redirects.QUERY) not in redirects.RESPONSE_MODES:
        raise _invalid(f"Unsupported response mode: {query['response_mode']}")
    if "authorization_code" not in client.get("grant_types", []):
        raise OAuthError(403, "unauthorized_client", "Grant type 'authorization_code' not allowed for the client.")
    _check_challenge(client, query)
    if "none" in query.get("prompt", "").split():
        raise OAuthError(403, "login_required", "Login required")


def _check_challenge(client: State, query: Mapping[str, str]) -> None:
    if "code_challenge" in query:
        check_pkce_value("code_challenge", query["code_challenge"])
    elif access.is_strict(client) or access.is_public(client) or "code_challenge_method" in query:
        raise missing("code_challenge")
    if query.get("code_challenge_method", "plain") not in ("S256", "plain"):
        raise _invalid("Parameter code_challenge_method must be S256 or plain")


def _begin(tenant: Tenant, client: State, query: Mapping[str, str]) -> str:
    """The name of the login under way. Everything that can be refused before a login is refused here."""
    _check(client, query)
    audience = access.audience(tenant, query)
    access.api_for(tenant, client, audience)
    organization = logins.check(tenant, client, query)
    login = {
        "client_id": client["client_id"],
        "redirect_uri": query["redirect_uri"],
        "response_mode": query.get("response_mode", redirects.QUERY),
        "state": query.get("state"),
        "nonce": query.get("nonce"),
        "audience": audience,
        "resource": query.get("resource"),
        "scope": query.get("scope", "").split(),
        "organization": organization and organization["id"],
        "prompt": query.get("prompt", "").split(),
        "code_challenge": query.get("code_challenge", ""),
        "code_challenge_method": query.get("code_challenge_method", "plain"),
        # OpenID Connect Core, 3.1.2.1: who asks for max_age is told when the user logged in.
        "wants_auth_time": "max_age" in query,
    }
    return tenant.keep("logins", login, tenant.clock() + LOGIN_LIFETIME)


def _answer(tenant: Tenant, login: Mapping[str, Any], answer: Mapping[str, str | None]) -> Response:
    """`login` has at least redirect_uri. A response mode that there is not was refused: the refusal goes by query."""
    told = {**answer, "state": login.get("state")}
    if tenant.settings.get("authorization_response_iss_parameter_supported"):
        told["iss"] = tenant.issuer
    mode = login.get("response_mode", redirects.QUERY)
    if mode == redirects.FORM_POST:
        return pages.form_post(tenant.domain, login["redirect_uri"], redirects.given(told))
    return RedirectResponse(redirects.answer_at(login["redirect_uri"], told, mode), 302, NO_STORE)


def _refusal(tenant: Tenant, client: State, login: Mapping[str, Any], error: OAuthError) -> Response:
    logins.failed(tenant, client, error, login.get("user_id"))
    if client.get("redirection_policy") == "open_redirect_protection":
        return _page(tenant, error)
    return _answer(tenant, login, error.body())


def _page(tenant: Tenant, error: OAuthError) -> Response:
    return pages.error(tenant.domain, error.status, error.error, error.description)


def _login_page(tenant: Tenant, client: State, name: str, email: str = "", *, wrong: bool = False) -> Response:
    return pages.login(
        tenant.domain,
        tenant=tenant.settings.get("friendly_name") or tenant.domain,
        client=client["name"],
        transaction=name,
        email=email,
        wrong=wrong,
    )


def _agreed_scopes(tenant: Tenant, client: State, login: State) -> tuple[State | None, list[str]]:
    """(the API, None for userinfo; the scopes) that a code for this login stands for."""
    api = access.api_for(tenant, client, login["audience"])
    user = tenant.objects("users")[login["user_id"]]
    return api, access.scopes(tenant, client, api, user, login["scope"])


def _skips_consent(tenant: Tenant, client: State, api: State | None, login: State, scopes: list[str]) -> bool:
    """First-party clients need none for userinfo, nor where the API says so and the redirect URI can be verified.

    Others need none for what the user has agreed to before. `prompt=consent` asks in any case.
    """
    if "consent" in login["prompt"]:
        return False
    skips = api is None or api.get("skip_consent_for_verifiable_first_party_clients", False)
    trusted = skips and client["is_first_party"] and redirects.is_https(login["redirect_uri"])
    return trusted or consents.covers(tenant, login, scopes)


def _consent_page(tenant: Tenant, client: State, name: str, login: State) -> Response:
    api, scopes = _agreed_scopes(tenant, client, login)
    if _skips_consent(tenant, client, api, login, scopes):
        return _finish(tenant, client, name, login)
    described = {scope["value"]: scope.get("description", "") for scope in (api or {}).get("scopes", [])}
    return pages.consent(
        tenant.domain,
        user=tenant.objects("users")[login["user_id"]]["name"],
        client=client["name"],
        api="your profile" if api is None else str(api.get("name", api["identifier"])),
        scopes=[(scope, described.get(scope, "")) for scope in scopes],
        transaction=name,
    )


def _finish(tenant: Tenant, client: State, name: str, login: State) -> Response:
    """The code goes to the client, and the login is over."""
    _api, scopes = _agreed_scopes(tenant, client, login)
    del tenant.objects("logins")[name]
    code = tenant.keep("codes", {**login, "scope": scopes}, tenant.clock() + CODE_LIFETIME)
    logins.done(tenant, client, login, scopes)
    return _answer(tenant, login, {"code": code})


def _log_in(tenant: Tenant, client: State, name: str, login: State, form: Mapping[str, str]) -> Response:
    user = logins.attempt(tenant, client, login, form)
    if user is None:
        return _login_page(tenant, client, name, form.get("email", ""), wrong=True)
    login["user_id"] = user["user_id"]
    login["session"] = {"sid": secrets.token_urlsafe(24)}
    if login["wants_auth_time"]:
        login["session"]["auth_time"] = int(tenant.clock())
    return _consent_page(tenant, client, name, login)


def _consent(tenant: Tenant, client: State, name: str, login: State, form: Mapping[str, str]) -> Response:
    if login.get("user_id") not in tenant.objects("users"):
        return _login_page(tenant, client, name)
    if form.get("action") == "accept":
        consents.remember(tenant, login, _agreed_scopes(tenant, client, login)[1])
        return _finish(tenant, client, name, login)
    del tenant.objects("logins")[name]
    raise OAuthError(403, "access_denied", "User did not authorize the request")


Step = Callable[[Tenant, State, str, State, Mapping[str, str]], Response]


def routes(tenant: Tenant) -> list[Route]:
    async def authorize(request: Request) -> Response:
        # What is empty counts as absent (RFC 6749, 3.1).
        query = {key: value for key, value in request.query_params.items() if value}
        try:
            await _introduce(tenant, query.get("client_id", ""))
            client = _client(tenant, query)
        except OAuthError as error:
            logins.failed(tenant, access.find_client(tenant, query.get("client_id", "")), error)
            return _page(tenant, error)
        try:
            name = _begin(tenant, client, query)
        except OAuthError as error:
            return _refusal(tenant, client, query, error)
        tenant.save()
        return _login_page(tenant, client, name, query.get("login_hint", ""))

    def step(run: Step) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            form = parameters(request.headers.get("content-type", ""), await request.body())
            name = form.get("transaction", "")
            login = tenant.kept("logins", name)
            client = None if login is None else tenant.objects("clients").get(login["client_id"])
            if login is None or client is None:
                return _page(tenant, _invalid("This login is over. Start again from the application."))
            try:
                return run(tenant, client, name, login, form)
            except OAuthError as error:
                return _refusal(tenant, client, login, error)
            finally:
                tenant.save()

        return endpoint

    return [
        Route("/authorize", authorize),
        Route("/u/login", step(_log_in), methods=["POST"]),
        Route("/u/consent", step(_consent), methods=["POST"]),
    ]
