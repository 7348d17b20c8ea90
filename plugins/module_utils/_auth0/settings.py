# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How to reach a tenant and with which credentials, checked before anything is sent."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .. import _http, _urls
from .._errors import InputError

# Values of one line that Auth0 hands out: printable ASCII without white space. A header takes nothing else either.
_ONE_WORD = ("auth_client_id", "auth_client_secret", "auth_access_token", "auth_audience")


@dataclass(frozen=True)
class Settings:
    """How to reach a tenant and log in. Empty strings count as not given; times are in seconds.

    `sources` tells of an option the environment variable from which it was read, for messages alone. Raises InputError
    for values that cannot work. Its text never holds a secret.
    """

    domain: str
    auth_client_id: str | None = None
    auth_client_secret: str | None = field(default=None, repr=False)
    auth_client_assertion_signing_key: str | None = field(default=None, repr=False)
    auth_client_assertion_signing_alg: str = "RS256"
    auth_access_token: str | None = field(default=None, repr=False)
    auth_audience: str | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 30.0
    retry_timeout: float = 60.0
    sources: t.Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        try:
            self._check()
        except InputError as error:
            raise error.with_remedy(self.origins(error.where)) from None

    def origins(self, *options: str) -> str:
        """A sentence about those of the options that came from the environment; empty where none did."""
        read = [f"{name} ({self.sources[name]})" for name in options if name in self.sources]
        return f"Read from the environment: {', '.join(read)}." if read else ""

    def _check(self) -> None:
        _urls.check_domain(self.domain)
        for option in _ONE_WORD:
            check_one_word(option, getattr(self, option))
        if not has_credentials(vars(self)):
            raise InputError(
                "No credentials for the tenant",
                remedy="Set auth_access_token, or auth_client_id with auth_client_secret or "
                "auth_client_assertion_signing_key. The environment variables are AUTH0_ACCESS_TOKEN, AUTH0_CLIENT_ID, "
                "AUTH0_CLIENT_SECRET and AUTH0_CLIENT_ASSERTION_SIGNING_KEY.",
            )
        _http.check_seconds("timeout", self.timeout)
        _http.check_seconds("retry_timeout", self.retry_timeout, zero=True)
        _http.check_ca_path(self.ca_path, self.validate_certs)

    @property
    def can_log_in(self) -> bool:
        return can_log_in(vars(self))

    @property
    def management_audience(self) -> str:
        return self.auth_audience or f"https://{self.domain}/api/v2/"


def can_log_in(settings: t.Mapping[str, t.Any]) -> bool:
    key = settings["auth_client_secret"] or settings["auth_client_assertion_signing_key"]
    return bool(settings["auth_client_id"] and key)


def has_credentials(settings: t.Mapping[str, t.Any]) -> bool:
    return bool(settings["auth_access_token"]) or can_log_in(settings)


def check_one_word(option: str, value: str | None) -> None:
    """Raise InputError for a value that no HTTP header takes."""
    found = _http.NOT_IN_A_WORD.search(value or "")
    if found:
        kind = "white space" if found.group().isspace() else "a character that no HTTP header takes"
        raise InputError(
            f"has {kind} at position {found.start() + 1} of {len(value or '')}",
            where=option,
            remedy="Give it exactly as Auth0 shows it. A value that was read from a file often ends with a line break.",
        )
