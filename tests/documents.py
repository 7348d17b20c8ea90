# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The documents that are made from what the collection knows: `python -m tests.documents` writes them anew."""

from __future__ import annotations

import typing as t
from pathlib import Path

from plugins.module_utils._clients.catalog import CATALOG, SEEN, McpClient
from tests.conformance import SUITE, VERDICTS, ZUPLO, Verdict

ROOT = Path(__file__).resolve().parents[1]
CLIENTS_HEAD = f"""\
# MCP clients

What the MCP clients that people use need of an Auth0 tenant, and how the MCP server is added in each. Name yours in the
variable `mcp_clients`, and one run does what they need, and no more:

```yaml
mcp_clients:
  - claude_code                # its metadata document is registered
  - cursor                     # registers itself (DCR)
  - vscode: by_hand            # an application is registered, whose client ID you give to VS Code
  - codex: https://chatgpt.com/oauth/codex/abc/client.json   # another document than the one below
  - mcp_remote: {{callbacks: ["http://localhost:4000/oauth/callback"]}}   # by hand, with redirect URIs of yours
```

A client with a **metadata document** (CIMD) uses it wherever the tenant says that it supports them, and is refused
there unless the document is registered. Where the tenant does not say so, most clients **register themselves** (DCR).
So the role lets the tenant say it only once a document is registered; and where the tenant says it already, the run
warns of those whom that locks out. For any other client, list its document in `mcp_cimd_clients`, or register an
application with `mcp_ops.oauth.auth0_client`.

In the lines below, `<name>` is a name of your choice and `<url>` is the `mcp_server_url`. All of it was read on
{SEEN}, in the sources that are named; clients with the word run were run as well, against a local authorization
server. None was run against Auth0 itself.

| client | `mcp_clients` | metadata document | registers itself |
|---|---|---|---|
"""
# Of the lines to type or to write in a client.
STEPS = "these are steps in the MCP client itself"


def clients_page() -> str:
    """docs/clients.md."""
    rows = [
        f"| {_link(one)} | `{one.name}` | {'yes' if one.document else 'no'} | {_dcr(one)} |" for one in CATALOG.values()
    ]
    return CLIENTS_HEAD + "\n".join(rows) + "\n" + "".join(map(_section, CATALOG.values()))


def _link(client: McpClient) -> str:
    kept = (letter for letter in client.title.lower() if letter.isalnum() or letter in " -")
    return f"[{client.title}](#{''.join(kept).replace(' ', '-')})"


def _dcr(client: McpClient) -> str:
    if client.self_registering:
        return f"{client.self_registering} always"
    return "yes" if client.dcr else "not established"


def _section(client: McpClient) -> str:
    facts = []
    if client.document:
        facts.append(f"Metadata document: `{client.document}`")
    if client.own_documents:
        facts.append(f"Where the tenant does not advertise `iss`: `{client.own_documents}`")
    if client.needs_iss:
        facts.append("Demands the response parameter `iss`, which the role enables")
    facts.append(f"By hand: {client.by_hand.rstrip('.')}")
    facts.append(f"Redirect URIs by hand: {', '.join(f'`{url}`' for url in client.callbacks)}")
    facts += [note.rstrip(".") for note in client.notes]
    facts.append(f"Sources: {'; '.join(client.sources)}")
    lines = "\n".join(client.add)
    steps = f"<!-- not run: {STEPS} -->\n```text\n{lines}\n```\n\n"
    return f"\n## {client.title}\n\n{steps}" + "".join(f"- {_escape(fact)}.\n" for fact in facts)


def _escape(text: str) -> str:
    """Angle brackets outside of code, as Markdown would take them for HTML."""
    parts = text.split("`")
    return "`".join(part.replace("<", "\\<") if number % 2 == 0 else part for number, part in enumerate(parts))


CONFORMANCE_HEAD = f"""\
# Conformance

What the suite of the MCP project, `@modelcontextprotocol/conformance` {SUITE}, says of the gateway `zuplo` {ZUPLO}
with a project that one playbook run has set up. The suite cannot log in, so it is given an access token for the MCP
server. `tests/gateway/test_conformance.py` runs it and compares each scenario with this page.

The suite has no scenario for how a server protects itself with OAuth; that is what `mcp_oauth_check` is for. What it
finds here are properties of the gateway, which no setting of the collection changes.

The gateway speaks MCP 2025-11-25 and older revisions. Clients that ask for 2026-07-28 first, such as the Python SDK and
FastMCP, fall back to 2025-11-25; one that insists on 2026-07-28 fails (`tests/gateway/test_revisions.py`).
"""


def conformance_page() -> str:
    """docs/conformance.md."""
    return CONFORMANCE_HEAD + "".join(_revision(revision, verdict) for revision, verdict in VERDICTS.items())


def _revision(revision: str, verdict: Verdict) -> str:
    failing = sum(len(reason.scenarios) for reason in verdict.failing)
    counts = f"Passing: {len(verdict.passing)}. Failing: {failing}. Only warnings: {len(verdict.open)}."
    rows = [(f"passes{verdict.remark}", verdict.passing), ("warns", verdict.open)]
    rows += [(f"fails. {reason.text}", reason.scenarios) for reason in verdict.failing]
    table = "".join(f"| {text} | {', '.join(f'`{one}`' for one in names)} |\n" for text, names in rows if names)
    return f"\n## MCP {revision}\n\n{counts}\n\n| result | scenarios |\n|---|---|\n{table}"


PAGES: dict[str, t.Callable[[], str]] = {"docs/clients.md": clients_page, "docs/conformance.md": conformance_page}


def main() -> None:
    for path, page in PAGES.items():
        (ROOT / path).write_text(page())


if __name__ == "__main__":
    main()
