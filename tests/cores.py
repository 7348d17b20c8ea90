# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The versions of ansible-core on which the collection is tested, each with a Python that its controller runs on."""

from __future__ import annotations

# The newest of Python 3.10 to 3.13 that each runs on. All that `requires_ansible` in meta/runtime.yml takes is here:
# what is supported upstream in November 2026 (2.20 to 2.22), what Debian 13 has (2.19), what Automation Platform
# has (2.16), and what is between.
PYTHONS = {
    "2.16": "3.10",
    "2.17": "3.10",
    "2.18": "3.11",
    "2.19": "3.11",
    "2.20": "3.12",
    "2.21": "3.13",
    "2.22": "3.13",
}
OLDEST, *_, NEWEST = PYTHONS
