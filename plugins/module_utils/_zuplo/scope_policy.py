# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policy that demands a scope of the access token: its code in the helper module, and its entry as data. Pure.

The gateway's own policies do not suffice (read in the runtime of the `zuplo` package, version 7.6.4).
`JWTScopeValidationInboundPolicy` knows only the claim `scope`, and fails on one that is no text. Its refusal has the
status 401 and no challenge, so that an MCP client takes the token for a bad one. `RequireUserClaimsInboundPolicy`
compares whole claims and items of lists, so that it cannot find a word in the claim `scope`; its refusal, 403, has no
challenge and does not say what is missing.
"""

from __future__ import annotations

import re

from .._types import SCOPE, Object
from .json_text import value_at

EXPORT = "requireScope"
MODULE = "$import(./modules/mcp-oauth)"
_MARK = "// Who may call a tool.\n"
CODE = (
    _MARK
    + """\
import { HttpProblems, ZuploContext, ZuploRequest } from "@zuplo/runtime";

/** What the token of a caller permits. */
function grantedScopes(request: ZuploRequest): unknown[] {
  const claims: { permissions?: unknown; scope?: unknown } = request.user?.data ?? {};
  return [
    ...(Array.isArray(claims.permissions) ? claims.permissions : []),
    ...(typeof claims.scope === "string" ? claims.scope.split(" ") : []),
  ];
}

/**
 * Refuses a caller whose access token has the scope neither in its claim `permissions` nor in its claim `scope`. The
 * policy that checks the token comes before it. The challenge is that of RFC 6750, section 3, and of MCP's
 * authorization specification 2025-11-25.
 */
export async function requireScope(
  request: ZuploRequest,
  context: ZuploContext,
  options?: { scope?: unknown; mcpPath?: unknown },
): Promise<ZuploRequest | Response> {
  const given = options?.mcpPath;
  // The gateway does not serve the metadata of an MCP server at / with a slash at the end.
  const path = typeof given === "string" && given !== "/" ? given : "";
  const origin = new URL(request.url).origin;
  const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource${path}"`;
  if (!request.user) {
    return HttpProblems.unauthorized(
      request,
      context,
      { detail: "Bearer token required" },
      { "WWW-Authenticate": `Bearer ${metadata}` },
    );
  }
  const required = options?.scope;
  const isScope = typeof required === "string" && /^[!#-\\[\\]-~]+$/.test(required);
  if (isScope && grantedScopes(request).includes(required)) return request;
  const detail = isScope
    ? `You may not use this tool. It requires the permission ${required}, which your login does not have. ` +
      "Ask the operator of this MCP server for it, then log in again."
    : "Nobody may use this tool: its policy at the gateway names no scope. Tell the operator of this MCP server.";
  const scope = isScope ? `scope="${required}", ` : "";
  return HttpProblems.forbidden(
    request,
    context,
    { detail },
    { "WWW-Authenticate": `Bearer error="insufficient_scope", ${scope}${metadata}` },
  );
}
"""
)


def scope_policy(name: str, scope: str, mcp_path: str) -> Object:
    """The entry in `policies` of config/policies.json; `mcp_path` is the path of the MCP server."""
    return {
        "name": name,
        "policyType": "custom-code-inbound",
        "handler": {"export": EXPORT, "module": MODULE, "options": {"scope": scope, "mcpPath": mcp_path}},
    }


def is_scope_policy(policy: Object) -> bool:
    """Whether the handler of a policy is the function."""
    handler = policy.get("handler")
    return (value_at(handler, "export"), value_at(handler, "module")) == (EXPORT, MODULE)


def scope_of(policy: Object) -> str | None:
    """The scope that such a policy demands; None where it lets nobody pass."""
    scope = value_at(policy, "handler", "options", "scope")
    return scope if isinstance(scope, str) and SCOPE.fullmatch(scope) else None


def path_of(policy: Object) -> str | None:
    """The path of the MCP server whose metadata such a policy names."""
    path = value_at(policy, "handler", "options", "mcpPath")
    return path if isinstance(path, str) else None


def first_name(policy_name: str, scope: str) -> str:
    """The name of a new policy, where no other has it."""
    slug = re.sub(r"[^0-9a-z]+", "-", scope.lower()).strip("-")
    return f"{policy_name}-scope-{slug}".rstrip("-")


def cut_code(code: str) -> str:
    """The code of a helper module without that of the function."""
    before, mark, _own = code.partition(_MARK)
    return before.removesuffix("\n") if mark else code
