# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the MCP project's conformance suite says of the gateway, for each revision of MCP.

`tests/gateway/test_conformance.py` holds it against the suite; `python -m tests.documents` writes docs/conformance.md.
"""

from __future__ import annotations

from dataclasses import dataclass

SUITE, ZUPLO = "0.2.0-alpha.12", "7.6.4"


@dataclass(frozen=True)
class Reason:
    """Why scenarios fail; `pattern` is that of the suite's own message for each of them."""

    text: str
    pattern: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """Of the server scenarios that a revision requires. `open`: the suite only warns. `remark`: on those that pass."""

    passing: tuple[str, ...]
    failing: tuple[Reason, ...]
    open: tuple[str, ...] = ()
    remark: str = ""


VERDICTS = {
    "2025-11-25": Verdict(
        passing=(
            "server-initialize",
            "ping",
            "tools-list",
            "tools-call-simple-text",
            "tools-call-error",
            "resources-list",
            "resources-read-text",
            "prompts-list",
            "prompts-get-simple",
            "prompts-get-with-args",
            "prompts-get-embedded-resource",
            "prompts-get-with-image",
        ),
        failing=(
            Reason(
                "The gateway has no such method: log levels, completions and subscriptions.",
                "Method not found",
                (
                    "logging-set-level",
                    "tools-call-with-logging",
                    "completion-complete",
                    "resources-subscribe",
                    "resources-unsubscribe",
                ),
            ),
            Reason(
                "The project of the test lacks the tool or the resource, which are those of a reference server: tools "
                "that answer with more than text, or ask the client something, and resources that are not text.",
                "not found",
                (
                    "tools-call-image",
                    "tools-call-audio",
                    "tools-call-embedded-resource",
                    "tools-call-mixed-content",
                    "tools-call-with-progress",
                    "tools-call-sampling",
                    "tools-call-elicitation",
                    "elicitation-sep1034-defaults",
                    "elicitation-sep1330-enums",
                    "resources-read-binary",
                    "resources-templates-read",
                ),
            ),
            Reason(
                "The gateway answers whatever host or origin a request names. MCP demands the check of servers that "
                "run on the user's own machine; here, nobody gets in without a token.",
                "Expected HTTP 4xx for invalid Host/Origin headers, got 200",
                ("dns-rebinding-protection",),
            ),
        ),
        open=("server-sse-multiple-streams",),
    ),
    "2026-07-28": Verdict(
        passing=("input-required-result-validate-input",),
        remark=". It expects a refusal, and everything is refused",
        failing=(
            Reason(
                "The gateway does not speak this revision. It answers each request with the status 400 and "
                "`Unsupported protocol version: 2026-07-28`, and clients fall back to 2025-11-25.",
                "",
                (
                    "server-stateless",
                    "completion-complete",
                    "tools-list",
                    "tools-call-simple-text",
                    "tools-call-image",
                    "tools-call-audio",
                    "tools-call-embedded-resource",
                    "tools-call-mixed-content",
                    "tools-call-error",
                    "tools-call-with-progress",
                    "server-sse-multiple-streams",
                    "resources-list",
                    "resources-read-text",
                    "resources-read-binary",
                    "resources-templates-read",
                    "sep-2164-resource-not-found",
                    "prompts-list",
                    "prompts-get-simple",
                    "prompts-get-with-args",
                    "prompts-get-embedded-resource",
                    "prompts-get-with-image",
                    "dns-rebinding-protection",
                    "caching",
                    "input-required-result-basic-elicitation",
                    "input-required-result-basic-sampling",
                    "input-required-result-basic-list-roots",
                    "input-required-result-request-state",
                    "input-required-result-multiple-input-requests",
                    "input-required-result-multi-round",
                    "input-required-result-missing-input-response",
                    "input-required-result-non-tool-request",
                    "input-required-result-result-type",
                    "input-required-result-unsupported-methods",
                    "input-required-result-tampered-state",
                    "input-required-result-capability-check",
                    "input-required-result-ignore-extra-params",
                ),
            ),
        ),
    ),
}
