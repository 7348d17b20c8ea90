// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// The MCP client of the official TypeScript SDK in Node.js: node client.mjs PACKAGE OPTIONS, these as JSON:
// {url, redirectUri, clientId, toolArguments, mode, headers, token}. `mode` is the SDK's, of how it agrees on a revision of
// MCP; `headers` go with each request to the server; `token`, if not null, is an access token from before.
// Each line on stdout is JSON: {authorize: URL}, after which it reads the query of the redirect from stdin; in the end
// {tools, answer, revision} or {error}.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { atFirst, provider, visit } from "./visit.mjs";

const [entry, given] = process.argv.slice(2);
const { url, redirectUri, clientId, toolArguments, mode, headers, token } = JSON.parse(given);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await import(pathToFileURL(entry).href);
const say = (message) => console.log(JSON.stringify(message));
const kept = atFirst(clientId);
if (token) kept.tokens = { access_token: token, token_type: "Bearer" };
const authProvider = provider(kept, redirectUri, clientId, (authorize) => say({ authorize }));

const connect = async (mayLogIn = true) => {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider, requestInit: { headers } });
  const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
  try {
    await client.connect(transport);
    say(await visit(client, toolArguments));
    await client.close();
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || !mayLogIn) throw error;
    const lines = createInterface({ input: process.stdin });
    const { value } = await lines[Symbol.asyncIterator]().next();
    lines.close();
    await transport.finishAuth(new URLSearchParams(value));
    await connect(false);
  }
};

try {
  await connect();
} catch (error) {
  say({ error: `${error.name}: ${error.message}` });
}
process.exit(0);
