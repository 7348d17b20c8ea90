// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// The MCP client of the official TypeScript SDK in a page. It is opened with ?config={url, redirectUri, clientId,
// toolArguments}, leaves for the login, and comes back at redirectUri. The element `output` gets {tools, answer, revision}
// or {error}.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { atFirst, provider, visit } from "./visit.mjs";

const query = new URLSearchParams(location.search);
const isBack = !query.has("config");
if (!isBack) sessionStorage.config = query.get("config");
const { url, redirectUri, clientId, toolArguments } = JSON.parse(sessionStorage.config);
const kept = isBack ? JSON.parse(sessionStorage.kept) : atFirst(clientId);
const show = (message) => void (document.querySelector("output").textContent = JSON.stringify(message));
const leave = (target) => {
  sessionStorage.kept = JSON.stringify(kept);
  location.assign(target);
};
const authProvider = provider(kept, redirectUri, clientId, leave);
const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider });

try {
  if (isBack) await transport().finishAuth(query);
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(transport());
  show(await visit(client, toolArguments));
} catch (error) {
  if (isBack || !(error instanceof UnauthorizedError)) show({ error: `${error.name}: ${error.message}` });
}
