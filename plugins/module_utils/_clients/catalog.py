# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The MCP clients that people use: what each needs, how it is used, and where that is known from.

`python -m tests.documents` writes docs/clients.md from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SEEN = "2026-11-27"
"""When the sources were read, and the clients named with a version were run."""


@dataclass(frozen=True)
class McpClient:
    """One MCP client.

    dcr: whether it registers itself (RFC 7591) where the tenant does not advertise metadata documents.
    document: the URL of its client ID metadata document, which it prefers where they are advertised; empty without one.
    own_documents: those it uses instead where the tenant does not advertise the response parameter iss, one for each
    connector or server: their URL with <id> in place of what differs.
    self_registering: those of its versions that register themselves even where documents are advertised.
    needs_iss: whether it demands the response parameter iss (RFC 9207).
    callbacks: its redirect URIs for an application that is registered by hand, of this app_type.
    add: how a server is added in it, as lines to type or to write. by_hand: how it is given a client_id.
    notes: what else it needs, and known defects. sources: packages, addresses, and issues as repository#number.
    """

    name: str
    title: str
    dcr: bool
    callbacks: tuple[str, ...]
    add: tuple[str, ...]
    by_hand: str
    sources: tuple[str, ...]
    document: str = ""
    own_documents: str = ""
    self_registering: str = ""
    needs_iss: bool = False
    app_type: str = "native"
    notes: tuple[str, ...] = ()

    @property
    def prefers_documents(self) -> bool:
        return bool(self.document or self.own_documents)

    def owns(self, url: str) -> bool:
        """Whether the URL is that of one of its `own_documents`."""
        before, _mark, after = self.own_documents.partition("<id>")
        known = {client.document for client in _CLIENTS}
        return url not in known and bool(re.fullmatch(f"{re.escape(before)}[^/]+{re.escape(after)}", url))


_CLIENTS = (
    McpClient(
        name="claude_code",
        title="Claude Code",
        dcr=True,
        document="https://claude.ai/oauth/claude-code-client-metadata",
        callbacks=("http://localhost:3118/callback",),
        add=("claude mcp add --transport http <name> <url>", "claude mcp login <name>"),
        by_hand="claude mcp add --transport http --client-id <client_id> --callback-port 3118 <name> <url>",
        notes=(
            "It adds a slash to a URL without a path, so the MCP server needs one (anthropics/claude-code#52871).",
            "Its document names loopback redirect URIs without a port. Where a server compares the port, register it "
            "by hand with a fixed one (anthropics/claude-code#37767, #42301).",
            "In the desktop app it registers itself, since its redirect URI there is none of the document's.",
        ),
        sources=("@anthropic-ai/claude-code 2.1.332, run", "RevenueCat/ai-toolkit#58"),
    ),
    McpClient(
        name="claude",
        title="Claude (web, desktop, mobile)",
        dcr=True,
        document="https://claude.ai/oauth/mcp-oauth-client-metadata",
        callbacks=("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
        app_type="regular_web",
        add=("Customize > Connectors > Add custom connector: name and <url>, then Connect",),
        by_hand="In the dialog, Advanced settings: OAuth Client ID. It needs no secret.",
        notes=(
            "It calls from servers of its own, as the user agent Claude-User. Rules against bots stop it, without a "
            "trace at the gateway (anthropics/claude-ai-mcp#1061, #279).",
            "It uses its document only where the metadata of the tenant lists the authentication method none, as "
            "Auth0's does (home-assistant/core#179326).",
        ),
        sources=("anthropics/claude-ai-mcp#82, #96", "dropseed/plain#108", "brendanlong/lion-reader#1519"),
    ),
    McpClient(
        name="vscode",
        title="VS Code",
        dcr=True,
        document="https://vscode.dev/oauth/client-metadata.json",
        callbacks=("http://127.0.0.1:33418/", "https://vscode.dev/redirect"),
        add=('code --add-mcp \'{"name": "<name>", "type": "http", "url": "<url>"}\'',),
        by_hand='In mcp.json, beside the url: "oauth": {"clientId": "<client_id>"}',
        notes=(
            "A second window listens on another port, which is no registered redirect URI (microsoft/vscode#278512).",
            "A registration that it has stored for a server goes before its document.",
        ),
        sources=("microsoft/vscode#308648, #319440", "microsoft/vscode-docs#9798"),
    ),
    McpClient(
        name="copilot_cli",
        title="GitHub Copilot CLI",
        dcr=True,
        document="https://github.com/copilot/cli/client-metadata.json",
        callbacks=("http://127.0.0.1:33418/",),
        add=(
            "copilot mcp add --transport http <name> <url>",
            'then in ~/.copilot/mcp-config.json, beside the url: "auth": {"redirectPort": 33418}',
        ),
        by_hand='In ~/.copilot/mcp-config.json, beside the url: "oauthClientId": "<client_id>", "oauthPublicClient": '
        'true, "auth": {"redirectPort": 33418}',
        notes=(
            "Its document allows the port 33418 alone. Without redirectPort it takes a random one, and Auth0 answers "
            "Callback URL mismatch (github/copilot-cli#4793).",
        ),
        sources=("@github/copilot 1.0.102", "github/copilot-cli#4795"),
    ),
    McpClient(
        name="opencode",
        title="opencode",
        dcr=True,
        document="https://opencode.ai/oauth/opencode/client.json",
        self_registering="opencode 1",
        callbacks=("http://127.0.0.1:19876/mcp/oauth/callback", "http://127.0.0.1:19876/callback"),
        add=("opencode mcp add <name> --url <url>", "opencode mcp auth <name>"),
        by_hand='In opencode.json, below the server: "oauth": {"client_id": "<client_id>", "callback_port": 19876}; '
        'in version 1 "oauth": {"clientId": "<client_id>"}',
        notes=("Version 2 uses the document. Version 1 registers itself always.",),
        sources=("opencode-ai 1.18.33, run", "anomalyco/opencode#47743"),
    ),
    McpClient(
        name="goose",
        title="goose",
        dcr=False,
        document="https://goose-docs.ai/oauth/client-metadata.json",
        callbacks=("http://127.0.0.1:33420/oauth_callback",),
        add=("goose configure > Add Extension > Remote Extension (Streamable HTTP): name and <url>",),
        by_hand="In the extension's entry of ~/.config/goose/config.yaml: client_id: <client_id>; and set "
        "GOOSE_OAUTH_CALLBACK_PORT=33420",
        notes=(
            "Whether it registers itself where documents are not advertised is not established "
            "(aaif-goose/goose#9670).",
            "Its document has been seen without the grant refresh_token (aaif-goose/goose#8550).",
        ),
        sources=("aaif-goose/goose#9209, #9670",),
    ),
    McpClient(
        name="chatgpt",
        title="ChatGPT",
        dcr=True,
        document="https://chatgpt.com/oauth/client.json",
        own_documents="https://chatgpt.com/oauth/<id>/client.json",
        callbacks=("https://chatgpt.com/connector_platform_oauth_redirect",),
        app_type="regular_web",
        add=("Settings > Apps > Advanced settings: Developer mode on", "Settings > Apps > Create app: <url>, OAuth"),
        by_hand="In Create app, Authentication > Advanced settings: User-defined OAuth client, and the client ID. "
        "Compare the Callback URL there.",
        notes=(
            "Where the tenant does not advertise iss, each connector has a document of its own. Its URL is the "
            "client_id of the authorization request.",
            "It calls from servers of its own, as the user agent openai-mcp. Rules against bots stop it "
            "(formbricks/formbricks#8742).",
        ),
        sources=(
            "https://developers.openai.com/apps-sdk/build/auth",
            "stacklok/toolhive#6278",
            "operately/operately#5164",
        ),
    ),
    McpClient(
        name="codex",
        title="Codex",
        dcr=True,
        document="https://chatgpt.com/oauth/codex/client.json",
        own_documents="https://chatgpt.com/oauth/codex/<id>/client.json",
        callbacks=("http://127.0.0.1:33421/callback",),
        add=("codex mcp add <name> --url <url>", "codex mcp login <name>"),
        by_hand='In ~/.codex/config.toml, [mcp_servers.<name>.oauth]: client_id = "<client_id>", callback_port = '
        '33421, callback_url = "http://127.0.0.1:33421/callback"',
        notes=(
            "Where the tenant does not advertise iss, each MCP URL has a document of its own, which codex mcp login "
            "--no-browser <name> shows, and its redirect URI ends in the same id (openai/codex#30460).",
            "It asks for the scopes that it is told with --scopes (openai/codex#35253).",
        ),
        sources=("@openai/codex 0.171.0, run", "openai/codex#20237"),
    ),
    McpClient(
        name="cursor",
        title="Cursor",
        dcr=True,
        callbacks=("http://localhost:8787/callback", "https://www.cursor.com/agents/mcp/oauth/callback"),
        add=('In ~/.cursor/mcp.json: {"mcpServers": {"<name>": {"url": "<url>"}}}',),
        by_hand='In mcp.json, beside the url: "auth": {"CLIENT_ID": "<client_id>"}',
        notes=(
            "It registers three redirect URIs at once, one with the scheme cursor:. What Auth0 answers to that one "
            "is not established; where it is refused, so is the registration (erp-mafia/accounted#2225).",
        ),
        sources=("https://cursor.com/docs/mcp.md", "bytebase/bytebase#20510"),
    ),
    McpClient(
        name="gemini_cli",
        title="Gemini CLI",
        dcr=True,
        needs_iss=True,
        callbacks=("http://localhost:7777/oauth/callback",),
        add=("gemini mcp add --transport http <name> <url>", "/mcp auth <name>"),
        by_hand='In ~/.gemini/settings.json, beside the httpUrl: "oauth": {"enabled": true, "clientId": "<client_id>", '
        '"redirectUri": "http://localhost:7777/oauth/callback"}',
        notes=("It refuses a login whose response has no iss (google-gemini/gemini-cli#29117).",),
        sources=("@google/gemini-cli 0.61.0", "google-gemini/gemini-cli#25508"),
    ),
    McpClient(
        name="inspector",
        title="MCP Inspector",
        dcr=True,
        callbacks=(
            "http://127.0.0.1:6274/oauth/callback",
            "http://localhost:6274/oauth/callback",
            "http://127.0.0.1:6276/oauth/callback",
        ),
        add=("npx @modelcontextprotocol/inspector --cli --transport http --server-url <url> --method tools/list",),
        by_hand="With the option --client-id <client_id>, or in the OAuth settings of the server.",
        notes=("A document of your own may be given with --client-metadata-url; list it in mcp_cimd_clients.",),
        sources=("@modelcontextprotocol/inspector 2.12.0, run",),
    ),
    McpClient(
        name="mcp_remote",
        title="mcp-remote",
        dcr=True,
        callbacks=("http://localhost:9696/oauth/callback",),
        add=('{"mcpServers": {"<name>": {"command": "npx", "args": ["-y", "mcp-remote", "<url>"]}}}',),
        by_hand='The arguments "<url>", "9696", "--static-oauth-client-info", "{\\"client_id\\": \\"<client_id>\\"}"',
        notes=(
            "Where nobody tells the scopes, it registers with openid, email and profile (punkpeye/mcp-remote#204).",
            "A document of your own may be given with --client-metadata-url; list it in mcp_cimd_clients.",
        ),
        sources=("mcp-remote 0.15.1, run",),
    ),
)
CATALOG = {client.name: client for client in _CLIENTS}
