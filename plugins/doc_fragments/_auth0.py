# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How a module connects to a tenant."""

    DOCUMENTATION = r"""
options:
  domain:
    description:
      - The tenant's host name, with a port if it is not 443, such as V(tenant.eu.auth0.com).
      - The canonical domain or a custom domain, without scheme, path or trailing slash.
      - Read from the environment variable E(AUTH0_DOMAIN) if not set.
    type: str
    required: true
  auth_client_id:
    description:
      - The client ID of a machine-to-machine application that may call the Auth0 Management API.
      - Read from the environment variable E(AUTH0_CLIENT_ID) if not set.
    type: str
  auth_client_secret:
    description:
      - The client secret of that application. Ignored if O(auth_client_assertion_signing_key) is set.
      - Read from the environment variable E(AUTH0_CLIENT_SECRET) if not set.
    type: str
  auth_client_assertion_signing_key:
    description:
      - An RSA private key in PEM form, for an application that authenticates with a signed assertion
        (C(private_key_jwt)) instead of a secret.
      - Needs the Python library C(PyJWT) with C(cryptography).
      - Read from the environment variable E(AUTH0_CLIENT_ASSERTION_SIGNING_KEY) if not set.
    type: str
  auth_client_assertion_signing_alg:
    description:
      - The algorithm that signs the assertion.
      - Read from the environment variable E(AUTH0_CLIENT_ASSERTION_SIGNING_ALG) if not set.
    type: str
    choices: [RS256, RS384, PS256]
    default: RS256
  auth_access_token:
    description:
      - A Management API access token, such as M(mcp_ops.oauth.auth0_access_token) returns. Once Auth0 no longer accepts
        it, a new one is requested with the application's credentials, if they are set.
      - Read from the environment variables E(AUTH0_ACCESS_TOKEN) or E(AUTH0_API_TOKEN) if not set.
    type: str
  auth_audience:
    description:
      - The identifier of the Management API, for which tokens are requested.
      - Defaults to V(https://<domain>/api/v2/). Where O(domain) is a custom domain, set it to that of the canonical
        domain.
      - Read from the environment variable E(AUTH0_AUDIENCE) if not set.
    type: str
  ca_path:
    description:
      - A PEM file with the certificate authorities to trust instead of the default ones.
      - Read from the environment variable E(AUTH0_CA_PATH) if not set.
    type: path
  validate_certs:
    description:
      - Whether the server's certificate is validated. Turn it off only against a test server.
      - Read from the environment variable E(AUTH0_VALIDATE_CERTS) if not set.
    type: bool
    default: true
  timeout:
    description:
      - The longest time in seconds that one request may take, from the connection to the last byte of the answer.
      - Read from the environment variable E(AUTH0_TIMEOUT) if not set.
    type: float
    default: 30
  retry_timeout:
    description:
      - The longest time in seconds that all requests of one task together may lose to rate limits (status 429) and
        outages (status 500, 502, 503, 504, connections without an answer) before the task fails. V(0) does not retry.
      - Tries are at least one second apart. A task that had to wait for long says so in a warning.
      - Read from the environment variable E(AUTH0_RETRY_TIMEOUT) if not set.
    type: float
    default: 60
attributes:
  action_group:
    description: Use C(group/mcp_ops.oauth.auth0) in C(module_defaults) to set the connection options for all modules.
    support: full
    membership:
      - mcp_ops.oauth.auth0
requirements:
  - requests
notes:
  - Where a task does not set one of these options, a variable does, which is named like the environment variable in
    lower case, such as C(auth0_domain), C(auth0_client_id), C(auth0_client_secret), C(auth0_audience) or
    C(auth0_ca_path). So each host of an inventory can be a tenant. The environment comes last. Credentials in the
    environment are ignored where a task or a variable has a client secret or a key.
  - O(auth_client_id), O(auth_client_secret), O(auth_access_token) and O(auth_audience) consist of printable ASCII
    characters without white space. Anything else in them, such as a line break at the end, is an error before a request
    is sent.
  - Proxies are taken from the environment, as the Python library C(requests) reads them (E(HTTPS_PROXY), E(NO_PROXY)).
"""
