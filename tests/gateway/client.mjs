// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// The MCP client of the official TypeScript SDK in Node.js:
// node client.mjs PACKAGE SERVER_URL REDIRECT_URI ARGUMENTS CLIENT_ID NEGOTIATION, the last as the SDK's option
// versionNegotiation. Each line on stdout is JSON: {authorize: URL}, after which it reads the query of the redirect from
// stdin; in the end {tools, answer, revision} or {error}.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { atFirst, provider, visit } from "./visit.mjs";

const [entry, url, redirectUri, toolArguments, clientId, negotiation] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await import(pathToFileURL(entry).href);
const say = (message) => console.log(JSON.stringify(message));
const kept = atFirst(clientId);
const authProvider = provider(kept, redirectUri, clientId, (authorize) => say({ authorize }));

const connect = async () => {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
  const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: JSON.parse(negotiation) });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || kept.tokens) throw error;
    const lines = createInterface({ input: process.stdin });
    const { value } = await lines[Symbol.asyncIterator]().next();
    lines.close();
    await transport.finishAuth(new URLSearchParams(value));
    return connect();
  }
  return client;
};

try {
  const client = await connect();
  say(await visit(client, JSON.parse(toolArguments)));
  await client.close();
} catch (error) {
  say({ error: `${error.name}: ${error.message}` });
}
process.exit(0);
