# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One MCP session with a token, in which tools are called: initialize, tools/list, tools/call (MCP 2025-11-25)."""

from __future__ import annotations

import typing as t

from .._types import Object
from .probe import INITIALIZE, Answer, Probe, is_word, make_message, session_of

# A server can say for ever that there are more.
_PAGES = 20


class Session:
    """`open` once, `close` at the end. Each answer has the message of JSON-RPC as its `data`."""

    def __init__(self, probe: Probe, url: str, token: str) -> None:
        self._probe, self._url, self._token = probe, url, token
        self._named: dict[str, str] = {}
        self._headers: dict[str, str] = {}
        self._number = int(INITIALIZE["id"])

    def open(self) -> Answer:
        """The answer is the first that is no success."""
        answer = self._probe.ask(self._url, self._token, INITIALIZE, {})
        self._named = session_of(answer)
        version = result_of(answer).get("protocolVersion")
        self._headers = {**self._named, **({"MCP-Protocol-Version": version} if is_word(version) else {})}
        if not is_result(answer):
            return answer
        told = self._probe.notify(self._url, self._token, make_message("notifications/initialized"), self._headers)
        return answer if 200 <= told.status < 300 else told

    def list_tools(self) -> tuple[Answer, list[str]]:
        """The last answer, and the names of the tools."""
        names: list[str] = []
        following: Object = {}
        for _page in range(_PAGES):
            answer = self._ask("tools/list", **following)
            listed, cursor = result_of(answer).get("tools"), result_of(answer).get("nextCursor")
            tools = [one.get("name") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            names += [one for one in tools if isinstance(one, str)]
            if not isinstance(cursor, str):
                break
            following = {"cursor": cursor}
        return answer, names

    def call(self, name: str, arguments: Object) -> Answer:
        return self._ask("tools/call", name=name, arguments=arguments)

    def close(self) -> None:
        self._probe.end(self._url, self._token, self._named)

    def _ask(self, method: str, **params: t.Any) -> Answer:
        self._number += 1
        return self._probe.ask(self._url, self._token, make_message(method, self._number, **params), self._headers)


def is_result(answer: Answer) -> bool:
    """Whether an answer tells a result, and no error."""
    return answer.document is not None and "result" in answer.document


def result_of(answer: Answer) -> Object:
    """The result that an answer tells; empty where it tells none."""
    result = (answer.document or {}).get("result")
    return result if isinstance(result, dict) else {}
