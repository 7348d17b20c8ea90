# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The HTML that a person sees: log in, consent, error, and the form that takes an answer to an application.

Everything from outside is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from string import Template

from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
}

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f3f4f6; color: #1f2937;
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100vw); box-sizing: border-box; padding: 2rem; background: #fff; border-radius: 8px;
  box-shadow: 0 2px 12px #0002; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; }
label { display: block; margin-bottom: 1rem; }
input { width: 100%; box-sizing: border-box; padding: .6rem; font: inherit; border: 1px solid #6b7280;
  border-radius: 4px; }
button { padding: .6rem 1.2rem; font: inherit; border: 1px solid #3730a3; border-radius: 4px; background: #fff;
  color: #3730a3; }
button.main { background: #3730a3; color: #fff; }
[role=alert] { color: #b91c1c; }
footer { margin-top: 2rem; font-size: .8rem; color: #4b5563; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
$content
<footer>Emulated tenant $domain</footer>
</main>
</body>
</html>
""")

_LOGIN = Template("""\
<p>Log in to $tenant to continue to <strong>$client</strong>.</p>
$problem<form method="post" action="/u/login">
<input type="hidden" name="transaction" value="$transaction">
<label>Email address <input type="email" name="email" value="$email" autocomplete="username" required autofocus></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required></label>
<button class="main">Continue</button>
</form>
""")

_CONSENT = Template("""\
<p>Hi $user,</p>
<p><strong>$client</strong> is requesting access to <strong>$api</strong>.</p>
$scopes
<form method="post" action="/u/consent">
<input type="hidden" name="transaction" value="$transaction">
<button class="main" name="action" value="accept">Accept</button>
<button name="action" value="decline">Decline</button>
</form>
""")

_SUBMIT = "document.forms[0].submit()"
_SUBMIT_HASH = base64.b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()
_FORM_POST = Template(f"""\
<form method="post" action="$uri">
$fields<button class="main">Continue</button>
</form>
<script>{_SUBMIT}</script>
""")


def _page(domain: str, title: str, content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.substitute(title=title, content=content, domain=escape(domain)), status, HEADERS)


def _escaped(**texts: str) -> dict[str, str]:
    return {name: escape(text) for name, text in texts.items()}


def login(
    domain: str, *, tenant: str, client: str, transaction: str, email: str = "", wrong: bool = False
) -> HTMLResponse:
    """The login form; once more with status 400 after a wrong email address or password."""
    problem = '<p role="alert">Wrong email or password</p>\n' if wrong else ""
    texts = _escaped(tenant=tenant, client=client, transaction=transaction, email=email)
    content = _LOGIN.substitute(texts, problem=problem)
    return _page(domain, "Welcome", content, 400 if wrong else 200)


def consent(
    domain: str, *, user: str, client: str, api: str, scopes: Iterable[tuple[str, str]], transaction: str
) -> HTMLResponse:
    """`scopes`: (value, description)."""
    rows = "".join(
        f"<li><code>{escape(value)}</code>{escape(f': {description}' if description else '')}</li>\n"
        for value, description in scopes
    )
    listed = f"<p>It would be allowed to use:</p>\n<ul>\n{rows}</ul>" if rows else "<p>It asks for no scopes.</p>"
    texts = _escaped(user=user, client=client, api=api, transaction=transaction)
    content = _CONSENT.substitute(texts, scopes=listed)
    return _page(domain, "Authorize App", content)


def error(domain: str, status: int, code: str, description: str) -> HTMLResponse:
    content = f'<p role="alert"><code>{escape(code)}</code>: {escape(description)}</p>\n'
    return _page(domain, "Something went wrong", content, status)


def form_post(domain: str, uri: str, answer: Mapping[str, str]) -> HTMLResponse:
    """Submits itself (OAuth 2.0 Form Post Response Mode); the button is for browsers without scripts."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n' for name, value in answer.items()
    )
    page = _page(domain, "Back to the application", _FORM_POST.substitute(uri=escape(uri), fields=fields))
    page.headers["content-security-policy"] = f"{POLICY}; script-src 'sha256-{_SUBMIT_HASH}'"
    return page
