# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The Management API of one tenant: paths, paging, errors. Knows nothing of Ansible, check mode or plans."""

from __future__ import annotations

import re
import time
import typing as t
from urllib.parse import quote

from .._errors import ApiError, InputError, ListingError, UnreachableError
from .._types import Object
from .form import ANY, Form, is_count
from .login import Token, log_in
from .settings import Settings
from .transport import OUTAGES, Answer, CarriedOut, Transport
from .waiting import Waiting

PER_PAGE = 100
# Pages of one listing at most, 100,000 objects: a server can say for ever that there are more.
MOST_PAGES = 1000

Need = t.Union[str, tuple[str, ...]]
"""A scope, or several of which one is enough."""


class ManagementApi:
    """One session with one tenant. `secrets` are the tokens it was issued, for the caller to keep out of sight."""

    def __init__(
        self,
        settings: Settings,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.secrets: set[str] = set()
        self._waiting = Waiting(settings.retry_timeout, sleep=sleep, clock=clock)
        self._transport = Transport(settings, self._waiting)
        self._token = self._given_token()

    def close(self) -> None:
        self._transport.close()

    def begin(self) -> None:
        """Another task begins, which has its own `retry_timeout`."""
        self._waiting.begin()

    @property
    def warnings(self) -> list[str]:
        """How long this task had to wait, where a user will have noticed."""
        return self._waiting.tell()

    # -- requests -------------------------------------------------------------------------------------------------

    # Each answer is checked here, once, against what is known of such an object (`form`): UnreachableError.

    def get(self, path: str, form: Form = ANY, **params: t.Any) -> Object | None:
        """Read one object; None when the API answers 404."""
        try:
            return self._checked(form, "GET", path, self._request("GET", path, params=params))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def texts(self, path: str) -> list[str]:
        """Read what is nothing but a list of texts."""
        answer = self._request("GET", path)
        if not isinstance(answer, list) or not all(isinstance(one, str) for one in answer):
            raise self._malformed("GET", path, "the answer is no list of texts")
        return answer

    def array(self, path: str, form: Form = ANY, **params: t.Any) -> list[Object]:
        """Read what is nothing but a list of objects."""
        answer = {"answer": self._request("GET", path, params=params)}
        return t.cast("list[Object]", self._checked(Form(lists={"answer": form}), "GET", path, answer)["answer"])

    def listing(
        self, path: str, key: str, form: Form = ANY, *, checkpoint: bool, **params: t.Any
    ) -> t.Iterator[Object]:
        """Yield every object of a listing, whose page answers hold the objects under `key`."""
        for page, _left in self.pages(path, key, form, checkpoint=checkpoint, **params):
            yield from page

    def pages(
        self, path: str, key: str, form: Form = ANY, *, checkpoint: bool, **params: t.Any
    ) -> t.Iterator[tuple[list[Object], int]]:
        """Yield the pages of a listing, one request each, with how many objects there are at least beyond it.

        `checkpoint` says which of Auth0's two ways of paging the path has. Offset paging serves about 1,000 objects and
        no more (docs: Management API); ListingError where that is not all of them.
        """
        whole = Form(lists={key: form})
        turn = self._checkpoint_page if checkpoint else self._offset_page
        params.update({"take": PER_PAGE} if checkpoint else {"per_page": PER_PAGE, "include_totals": "true", "page": 0})
        count = 0
        for _page in range(MOST_PAGES):
            try:
                answer = self._checked(whole, "GET", path, self._request("GET", path, params=params))
            except ApiError as error:
                if error.status == 400 and count and not checkpoint:
                    raise _cut_off(path, count, None) from None
                raise
            page: list[Object] = answer[key]
            count, left = turn(path, params, answer, len(page), count)
            yield page, left
            if not left:
                return
        raise _cut_off(path, count, None)

    def _checkpoint_page(self, path: str, params: Object, answer: Object, size: int, count: int) -> tuple[int, int]:
        """How many objects there were until now, and are at least to come; `params` then ask for the next page."""
        following = answer.get("next")
        if following and (not isinstance(following, str) or following == params.get("from")):
            raise self._malformed("GET", path, "next names no further page")
        params["from"] = following
        return count + size, int(bool(following))

    def _offset_page(self, path: str, params: Object, answer: Object, size: int, count: int) -> tuple[int, int]:
        start, total = answer.get("start"), answer.get("total")
        if not is_count(start) or not is_count(total):
            raise self._malformed("GET", path, "start and total are not both numbers")
        # The server may cap the page size, so the answer's own figures count.
        count = start + size
        if count < total and not size:
            raise _cut_off(path, count, total)
        params["page"] += 1
        return count, max(0, total - count)

    def create(self, path: str, body: Object, form: Form = ANY, *, settle: t.Callable[[], Object | None]) -> Object:
        """Create an object. `settle` reads it: it decides whether a request without a usable answer was carried out."""
        try:
            return self._checked(form, "POST", path, self._request("POST", path, body=body, settle=settle))
        except CarriedOut as settled:
            return settled.found
        except UnreachableError as error:
            # Auth0 accepted it, and said so in a way that tells nothing of the object.
            if error.status is None or (found := settle()) is None:
                raise
            return found

    def update(self, path: str, body: Object, form: Form = ANY) -> Object:
        return self._checked(form, "PATCH", path, self._request("PATCH", path, body=body))

    def update_members(self, path: str, members: list[Object]) -> None:
        """A PATCH of a set, whose answer tells nothing."""
        self._request("PATCH", path, body=members)

    def post(self, path: str, body: Object, form: Form = ANY) -> Object:
        """A POST that may be sent again: it creates nothing twice. An answer may be empty."""
        return self._checked(form, "POST", path, self._request("POST", path, body=body) or {})

    def delete(self, path: str, body: Object | None = None, *, timeout: float = 0.0) -> None:
        """Delete an object, or the members that `body` names; what is gone already is fine.

        Where the deletion goes on after the answer (202), ask again until it has ended (204), for `timeout` seconds at
        most; 0 does not ask.
        """
        clock, sleep = self._waiting.clock, self._waiting.sleep
        deadline, wait = clock() + timeout, 0.5
        while self._deletes(path, body) and timeout:
            if clock() + wait > deadline:
                raise ApiError(
                    f"Auth0 has accepted to delete it, and has not finished within {timeout:g} s",
                    remedy="Until then its name cannot be used again.",
                    request=f"DELETE /api/v2/{path}",
                )
            sleep(wait)
            wait = min(5.0, wait * 2)

    def _deletes(self, path: str, body: Object | None) -> bool:
        """Send a deletion; whether it goes on. Only such an answer has a body."""
        try:
            return self._request("DELETE", path, body=body) is not None
        except ApiError as error:
            if error.status != 404:
                raise
            return False

    # -- the token ------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token in use, obtained when first needed."""
        if self._token is None:
            self._token = self._request_token(self.settings.management_audience)
        return self._token

    def missing_scopes(self, needed: t.Iterable[Need]) -> list[str]:
        """Those of the needed scopes that the token is known to lack; empty when the token does not tell its scopes.

        Of several of which one is enough, the first is told.
        """
        scopes = self.token.scopes
        if scopes is None:
            return []
        choices = [(one,) if isinstance(one, str) else one for one in needed]
        return sorted({choice[0] for choice in choices if scopes.isdisjoint(choice)})

    def token_for(self, audience: str) -> Token:
        """A token of the application for another API; CredentialsError, with Auth0's status, where there is none."""
        if audience == self.settings.management_audience or audience.endswith("/api/v2/"):
            raise InputError(
                f"{audience!r} is the Management API, whose tokens are for the tenant alone",
                remedy="Name another API.",
            )
        return self._request_token(audience)

    def _request_token(self, audience: str) -> Token:
        token = log_in(self._transport, self.settings, audience)
        self.secrets.add(token.value)
        return token

    def _given_token(self) -> Token | None:
        """The access token of the settings, unless it has expired and a login can replace it."""
        token = Token.read(self.settings.auth_access_token) if self.settings.auth_access_token else None
        return None if token and token.expires_in == 0 and self.settings.can_log_in else token

    # -- one request ----------------------------------------------------------------------------------------------

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Object | None = None,
        body: t.Any = None,
        settle: t.Callable[[], t.Any] | None = None,
    ) -> t.Any:
        """The parsed answer of a request; None where the answer is empty (204)."""
        path = f"/api/v2/{path}"
        content = {"params": params, "json": body}

        def send() -> Answer:
            return self._transport.send(method, path, lambda: content, token=self.token.value, settle=settle)

        answer = send()
        if answer.status == 401 and self.settings.can_log_in:
            self._token = None
            answer = send()
        if answer.status not in (200, 201, 202, 204):
            raise self._refused(answer, method, path)
        if answer.data is None and answer.status != 204:
            raise self._unusable(method, path, answer.problem or "with something other than JSON", answer.status)
        return answer.data

    def _refused(self, answer: Answer, method: str, path: str) -> ApiError:
        code, message = answer.text("errorCode"), answer.text("message")
        remedy = _remedy(answer, code, message or "")
        if answer.status == 401:
            remedy = f"{remedy} {self.settings.origins('auth_access_token', 'domain')}".strip()
        return ApiError(
            f"failed with status {answer.status}" + (f": {message}" if message else ""),
            where=f"{method} {path}",
            remedy=remedy,
            status=answer.status,
            code=code,
            message=message,
            request=f"{method} {path}",
        )

    def _checked(self, form: Form, method: str, path: str, answer: t.Any) -> Object:
        if fault := form.find_fault(answer):
            raise self._malformed(method, path, fault)
        return t.cast("Object", answer)

    def _malformed(self, method: str, path: str, fault: str) -> UnreachableError:
        return self._unusable(method, f"/api/v2/{path}", f"with something other than expected: {fault}", 200)

    def _unusable(self, method: str, path: str, how: str, status: int) -> UnreachableError:
        return UnreachableError(
            f"{self.settings.domain} answered {method} {path} {how}",
            remedy="Check that domain is an Auth0 tenant and that no proxy answers in its place. "
            + self.settings.origins("domain"),
            status=status,
            request=f"{method} {path}",
        )


def encode(key: str) -> str:
    """A key as one path segment: an identifier that is a URL has slashes of its own.

    InputError for what no URL can hold as a segment: HTTP libraries take dots, however they are encoded, for a way up.
    """
    try:
        segment = quote(key, safe="")
    except UnicodeEncodeError:
        segment = ""
    if segment in ("", ".", ".."):
        raise InputError(f"{key!r} cannot be part of a URL, so Auth0 has no object of that id, identifier or name")
    return segment


def _cut_off(path: str, count: int, total: int | None) -> ListingError:
    return ListingError(
        f"Auth0 lists only {count} of {total or 'all'} objects of /api/v2/{path}, so the rest cannot be read this way",
        remedy="Name the one that is needed.",
        request=f"GET /api/v2/{path}",
    )


def _remedy(answer: Answer, code: str | None, message: str) -> str:
    """What to do about it. A 403 is about a scope or about the plan, and its code does not always tell which."""
    if answer.status == 401:
        return "The token is not accepted: it has expired, or is of another tenant or another of its domains."
    if answer.status == 403:
        scopes = re.search(r"expected any of: *([\w:, ]+)", message)
        if scopes:
            return f"Grant the application one of these Management API scopes: {scopes.group(1).strip()}."
        if code == "insufficient_entitlement" or "upgrade" in message:
            return "The tenant's Auth0 plan does not include this."
        if "limit of entities" in message or "can only create" in message:
            return "The tenant's Auth0 plan allows no more objects of this kind."
    if answer.status == 429:
        return f"The rate limit did not clear, {answer.gave_up}."
    if answer.status in OUTAGES:
        return f"Auth0 is not available, {answer.gave_up}."
    if 300 <= answer.status < 400:
        return "Auth0 does not redirect: check domain."
    if answer.status >= 500 or not message:
        return "Run it again; if that does not help, see https://status.auth0.com."
    return "Correct what Auth0 names, and run it again."
