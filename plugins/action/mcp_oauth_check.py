# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import typing as t

from ..plugin_utils._action import InProcessAction, preload
from ..plugin_utils._table import show

preload(__name__)


class ActionModule(InProcessAction):
    """Shows the report to a person as well: as a part of the result, it would be JSON."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> t.Any:
        result = super().run(tmp, task_vars)
        if not self._task.no_log:
            show([*result.get("report", ()), result.get("summary", "")])
        return result
