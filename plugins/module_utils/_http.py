# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How this collection uses `requests`, towards a tenant and towards a gateway. Holds no token."""

from __future__ import annotations

import os
import re
import traceback
import typing as t
import warnings
from contextlib import contextmanager

from ._errors import InputError

try:
    import requests
    import urllib3

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

VERSION = "0.1.0"
USER_AGENT = f"mcp_ops.oauth/{VERSION}"


def new_session() -> requests.Session:
    """A session that follows no redirect."""
    session = requests.Session()
    # Else requests reads the whole body of a redirect and parses its Location, even of one that it does not follow.
    session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    session.headers["User-Agent"] = USER_AGENT
    return session


# A header takes more than printable ASCII, but no token or id has it.
NOT_IN_A_WORD = re.compile(r"[^\x21-\x7e]")


def check_seconds(option: str, value: float, *, zero: bool = False) -> None:
    """Raise InputError for a time that is negative, endless or no number; for 0 unless `zero`."""
    if not (0 < value < float("inf") or (zero and value == 0)):
        wanted = "0 or more" if zero else "more than 0"
        raise InputError(f"is {value:g} seconds", where=option, remedy=f"It must be {wanted}.")


def check_ca_path(ca_path: str | None, validate_certs: bool) -> None:
    if ca_path and validate_certs and not os.path.exists(ca_path):
        raise InputError(
            f"{ca_path!r} does not exist", where="ca_path", remedy="It must be a PEM file of trusted certificates."
        )


def verification(ca_path: str | None, validate_certs: bool) -> bool | str:
    """The keyword `verify`. Given with each request: requests lets REQUESTS_CA_BUNDLE override what a session says."""
    return validate_certs and (ca_path or True)


@contextmanager
def quiet_about_certificates() -> t.Iterator[None]:
    """validate_certs=false was the user's decision; urllib3 would repeat its warning for each request."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        yield


def bearer(token: str | None) -> t.Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Sets the token. Being given at all, it also keeps requests from sending a password out of ~/.netrc instead."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize


def causes(error: BaseException | None) -> t.Iterator[BaseException]:
    """An error and all that it wraps; urllib3 keeps a cause in `reason` or among the arguments."""
    seen: set[int] = set()
    queue: list[t.Any] = [error]
    while queue:
        link = queue.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            queue += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]


def is_caused_by(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(link, kinds) for link in causes(error))


def reason(error: BaseException | None) -> str:
    """The innermost cause in a few words of the operating system or of OpenSSL, never the text of an exception."""
    for link in reversed(list(causes(error))):
        text = getattr(link, "verify_message", None) or getattr(link, "strerror", None)
        if isinstance(link, OSError) and text:
            return str(text).rstrip(".")
    if error and is_caused_by(error, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
        return "it timed out"
    return "the connection was cut" if isinstance(error, requests.exceptions.ConnectionError) else type(error).__name__
