# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one family of errors that a user reads. Anything else that is raised is a bug and keeps its traceback.

OpsError
├─ InputError            an option has a value that can never work
├─ PlanError             what is wanted cannot be written as things are; nothing was sent
├─ ProjectError          the files of a Zuplo project cannot be read, edited or written
└─ Auth0Error            a request to a tenant failed, or would fail
   ├─ CredentialsError   Auth0 issued no token
   ├─ ScopeError         the token lacks a scope that the planned requests need; nothing was sent
   ├─ UnreachableError   no usable answer came from the domain
   ├─ ApiError           the Management API refused a request
   └─ ListingError       the Management API cuts a listing off

No error holds a token, a secret, a request body, a header, or the text of a foreign exception.
"""

from __future__ import annotations

import re
import typing as t

# Characters of somebody else's text that are shown at most.
SHOWN = 500
# And of one part of an error, which may list the names of objects.
LONGEST = 2000
# Control characters and escapes, line and paragraph ends, what changes the direction of text, halves of characters.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
_E = t.TypeVar("_E", bound="OpsError")


def clean(text: t.Any, limit: int = SHOWN) -> str:
    """Somebody else's text on one line, fit for a terminal and not too long; empty where it is no text."""
    if not isinstance(text, str):
        return ""
    # Cut first: it may have megabytes.
    short = _UNSAFE.sub(" ", text[: limit + 1]).strip()
    return f"{short[: limit - 1]}…" if len(text) > limit else short


class OpsError(Exception):
    """`what` was wrong, `where` (an option, a file, a request; it begins the sentence), and `remedy`, what to do."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = (clean(text, LONGEST) for text in (what, where, remedy))
        super().__init__(self.what)

    def __str__(self) -> str:
        sentence = f"{self.where} {self.what}".strip().rstrip(".") + "."
        return f"{sentence} {self.remedy}".strip()

    def with_remedy(self: _E, remedy: str) -> _E:
        """The same error with one more thing to do."""
        self.remedy = clean(f"{self.remedy} {remedy}", LONGEST)
        return self


class InputError(OpsError):
    """An option has a value that can never work. `where` is the option."""


class PlanError(OpsError):
    """What is wanted cannot be written as things are; nothing was sent."""


class ProjectError(OpsError):
    """The files of a Zuplo project cannot be read, edited or written. `where` is the file."""


class Auth0Error(OpsError):
    """A request to a tenant failed, or would fail.

    `status` and `code` are Auth0's HTTP status and `errorCode` (`error` on the token endpoint), `message` is Auth0's
    own text, `request` is the method and path; each is None where there was no answer or no request.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        remedy: str = "",
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
        request: str | None = None,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status, self.code, self.message, self.request = status, code, message, request

    @property
    def failure(self) -> dict[str, t.Any]:
        """What a module returns as `failure`."""
        return {"status": self.status, "code": self.code, "message": self.message, "request": self.request}


class CredentialsError(Auth0Error):
    """Auth0 issued no token."""


class ScopeError(Auth0Error):
    """The token lacks a scope that the planned requests need; nothing was sent."""

    def __init__(self, missing: t.Iterable[str], purpose: str) -> None:
        """`purpose` goes on after the scopes: `which is needed to …`."""
        self.missing = list(missing)
        scopes, them = ("scope", "it") if len(self.missing) == 1 else ("scopes", "them")
        super().__init__(
            f"The token lacks the {scopes} {', '.join(self.missing)}, {purpose}",
            remedy=f"Grant {them} to the application in Auth0 (Dashboard: Applications, APIs, Auth0 Management API).",
        )


class UnreachableError(Auth0Error):
    """No usable answer came from the domain."""


class ApiError(Auth0Error):
    """The Management API refused a request."""


class ListingError(Auth0Error):
    """The Management API cuts a listing off, so that it cannot be read as a whole."""
