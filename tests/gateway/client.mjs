// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// The MCP client of the official TypeScript SDK: node client.mjs PACKAGE SERVER_URL REDIRECT_URI ARGUMENTS [HEADERS [TOKEN]]
// HEADERS, JSON, go with each request to the server; TOKEN is an access token from before. With NEGOTIATE in the
// environment, it first asks for the newest revision of MCP.
// Each line on stdout is JSON: {authorize: URL}, after which it reads the query of the redirect from stdin; in the end
// {tools, answer} or {error}.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [entry, url, redirectUri, toolArguments, headers, token] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await import(pathToFileURL(entry).href);
const say = (message) => console.log(JSON.stringify(message));
const kept = token ? { tokens: { access_token: token, token_type: "Bearer" } } : {};

const provider = {
  redirectUrl: redirectUri,
  clientMetadata: {
    client_name: "MCP test client",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  discoveryState: () => kept.discovery,
  saveDiscoveryState: (state) => void (kept.discovery = state),
  redirectToAuthorization: (target) => say({ authorize: target.href }),
};

const visit = async (mayLogIn = true) => {
  const requestInit = { headers: JSON.parse(headers ?? "{}") };
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider, requestInit });
  const options = process.env.NEGOTIATE ? { versionNegotiation: { mode: "auto" } } : {};
  const client = new Client({ name: "test", version: "1.0.0" }, options);
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    const result = await client.callTool({ name: "hello", arguments: JSON.parse(toolArguments) });
    say({ tools: tools.map((tool) => tool.name), answer: result.content.map((part) => part.text).join("") });
    await client.close();
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || !mayLogIn) throw error;
    const lines = createInterface({ input: process.stdin });
    const { value } = await lines[Symbol.asyncIterator]().next();
    lines.close();
    await transport.finishAuth(new URLSearchParams(value));
    await visit(false);
  }
};

try {
  await visit();
} catch (error) {
  say({ error: `${error.name}: ${error.message}` });
}
process.exit(0);
