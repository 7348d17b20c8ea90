// Copyright: mcp_ops.oauth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// openid-client: node openid.mjs PACKAGE
// Each line on stdin is a step {step, known}; each on stdout what came of it: {value}, or {error, value?} with the body
// of an answer that is an error. `known` is Known in tests/contract/logins.py.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [entry] = process.argv.slice(2);
const client = await import(pathToFileURL(entry).href);
let config, begun;

const methods = {
  none: () => client.None(),
  client_secret_post: (known) => client.ClientSecretPost(known.client_secret),
  client_secret_basic: (known) => client.ClientSecretBasic(known.client_secret),
  private_key_jwt: async (known) => {
    const key = Buffer.from(known.private_key.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return client.PrivateKeyJwt(await crypto.subtle.importKey("pkcs8", key, algorithm, false, ["sign"]));
  },
};

const answered = (tokens) => ({ ...tokens, claims: tokens.claims() });

const machineToken = (known, audience) =>
  client.clientCredentialsGrant(config, { audience: audience ?? known.audience });

const steps = {
  async discovery(known) {
    // One that is to register itself is nobody yet.
    const authentication = known.client_id ? await methods[known.method](known) : client.None();
    config = await client.discovery(new URL(known.issuer), known.client_id || "nobody", {}, authentication);
    // Otherwise it would take an ID token from the token endpoint without a look at the signature.
    client.enableNonRepudiationChecks(config);
    return config.serverMetadata();
  },
  async registration(known) {
    config = await client.dynamicClientRegistration(new URL(known.issuer), known.registration);
    return config.clientMetadata();
  },
  async authorization(known) {
    const verifier = client.randomPKCECodeVerifier();
    begun = { pkceCodeVerifier: verifier, expectedState: client.randomState() };
    const parameters = {
      redirect_uri: known.redirect_uri,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state: begun.expectedState,
      ...known.parameters,
    };
    if (known.openid) parameters.nonce = begun.expectedNonce = client.randomNonce();
    return { url: client.buildAuthorizationUrl(config, parameters).href };
  },
  tokens: async (known) =>
    answered(await client.authorizationCodeGrant(config, new URL(known.redirect), begun, { resource: known.audience })),
  userinfo: (known) => client.fetchUserInfo(config, known.tokens.access_token, known.tokens.claims.sub),
  refresh: async (known) => answered(await client.refreshTokenGrant(config, known.tokens.refresh_token)),
  revocation: (known) => client.tokenRevocation(config, known.tokens.refresh_token),
  "refresh once revoked": (known) => steps.refresh(known),
  "machine token": async (known) => machineToken(known),
  "machine token of an unknown API": async (known) => machineToken(known, known.unknown),
};

// The error with what it is from, which says most.
const told = (error) =>
  error instanceof Error
    ? `${error.name}: ${error.message}${error.cause ? ` (${told(error.cause)})` : ""}`
    : JSON.stringify(error);

for await (const line of createInterface({ input: process.stdin })) {
  const { step, known } = JSON.parse(line);
  const said = await Promise.resolve(steps[step](known)).then(
    (value) => ({ value }),
    (error) => ({ error: told(error), value: error.cause }),
  );
  console.log(JSON.stringify(said));
}
