// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// What a client of the official TypeScript SDK does, in Node.js and in a page. CLIENT_ID is the URL of its metadata
// document, the id of an application, or empty: then it registers itself.

const isDocument = (clientId) => clientId.startsWith("https://");

// What a client keeps at first; provider() adds to it.
export const atFirst = (clientId) => (clientId && !isDocument(clientId) ? { client: { client_id: clientId } } : {});

export const provider = (kept, redirectUri, clientId, open) => ({
  redirectUrl: redirectUri,
  clientMetadataUrl: isDocument(clientId) ? clientId : undefined,
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
  redirectToAuthorization: (target) => open(target.href),
});

// {tools, answer, revision}
export const visit = async (client, toolArguments) => {
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: "hello", arguments: toolArguments });
  return {
    tools: tools.map((tool) => tool.name),
    answer: result.content.map((part) => part.text).join(""),
    revision: client.getNegotiatedProtocolVersion(),
  };
};
