# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The HTML that a person sees: log in, consent, error, and the form that takes an answer to an application.

The templates escape everything that they are given.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
}

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    undefined=StrictUndefined,
)
# A script without a character that would be escaped: its hash is that of the text in the page.
_SUBMIT = "document.forms[0].submit()"
_SUBMIT_HASH = base64.b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()


def _page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), status, HEADERS)


def login(
    domain: str, *, tenant: str, client: str, transaction: str, email: str = "", wrong: bool = False
) -> HTMLResponse:
    """The login form; once more with status 400 after a wrong email address or password."""
    return _page(
        "login.html",
        400 if wrong else 200,
        domain=domain,
        tenant=tenant,
        client=client,
        transaction=transaction,
        email=email,
        wrong=wrong,
    )


def consent(
    domain: str, *, user: str, client: str, api: str, scopes: Iterable[tuple[str, str]], transaction: str
) -> HTMLResponse:
    """`scopes`: (value, description)."""
    return _page(
        "consent.html",
        domain=domain,
        user=user,
        client=client,
        api=api,
        scopes=list(scopes),
        transaction=transaction,
    )


def error(domain: str, status: int, code: str, description: str) -> HTMLResponse:
    return _page("error.html", status, domain=domain, code=code, description=description)


def form_post(domain: str, uri: str, answer: Mapping[str, str]) -> HTMLResponse:
    """Submits itself (OAuth 2.0 Form Post Response Mode); the button is for browsers without scripts."""
    page = _page("form_post.html", domain=domain, uri=uri, answer=answer, submit=_SUBMIT)
    page.headers["content-security-policy"] = f"{POLICY}; script-src 'sha256-{_SUBMIT_HASH}'"
    return page
