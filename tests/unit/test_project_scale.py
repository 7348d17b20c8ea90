# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Twice the routes are twice the work, not four times: counted in calls, not seconds."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo import json_text
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.edit import absent, present
from ansible_collections.mcp_ops.oauth.plugins.module_utils._zuplo.installation import read_installation
from tests.unit.zuplo_project import NAME, STRINGS, policy, routes, tool, wanted

MOST = 2.2


class Work:
    """Calls of functions, and how often a text was decoded as a whole."""

    def __init__(self, act: t.Callable[[], t.Any]) -> None:
        self.calls, self.loads = 0, 0
        real = json_text.load

        def load(text: str) -> t.Any:
            self.loads += 1
            return real(text)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_text, "load", load)
            sys.setprofile(self._count)
            try:
                self.found = act()
            finally:
                sys.setprofile(None)

    def _count(self, _frame: object, event: str, _value: object) -> None:
        self.calls += event in ("call", "c_call")


def project(count: int, indent: int | None, guarded: bool) -> dict[str, str]:
    inbound = {"inbound": ["theirs"]} if guarded else None
    paths = {f"tool-{number}": {"get": tool(inbound, id=f"tool-{number}")} for number in range(count)}
    theirs = policy("theirs") if guarded else {"name": "theirs", "handler": {"export": "ApiKeyInboundPolicy"}}
    policies = [theirs, *({"name": f"other-{number}"} for number in range(count))]
    return {
        "config/policies.json": json.dumps({"policies": policies}),
        "config/routes.oas.json": json.dumps(json.loads(routes(**paths)), indent=indent),
    }


@pytest.mark.parametrize("scoped", [False, True])
@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
def test_work_grows_with_the_number_of_routes(indent: int | None, guarded: bool, scoped: bool) -> None:
    works: dict[str, list[Work]] = {"present": [], "again": [], "read": [], "absent": []}
    for count in (100, 200):
        files = project(count, indent, guarded)
        tools = [
            {"file": "config/routes.oas.json", "id": f"tool-{number}", "scope": f"scope:{number}" if scoped else None}
            for number in range(count)
        ]
        options = wanted(operations=tools, attach=True)
        works["present"].append(Work(lambda: present(files, options).files))  # noqa: B023
        written = works["present"][-1].found
        works["again"].append(Work(lambda: present(written, options).files))  # noqa: B023
        works["read"].append(Work(lambda: read_installation(written, STRINGS.audience)))  # noqa: B023
        works["absent"].append(Work(lambda: absent(written, NAME).files))  # noqa: B023
        assert works["again"][-1].found == written
        assert works["absent"][-1].found == files
    for name, (once, twice) in works.items():
        assert twice.calls < MOST * once.calls, name
        assert twice.loads == once.loads, name
