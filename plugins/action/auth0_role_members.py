# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ..plugin_utils._action import InProcessAction, preload

preload(__name__)
ActionModule = InProcessAction
