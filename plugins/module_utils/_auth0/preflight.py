# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tenant as it will be once the steps before have been carried out."""

from __future__ import annotations

import typing as t

from .._types import Object
from .api import ManagementApi
from .form import ANY, Form
from .kinds.role import ROLE
from .settings import Settings

# In the place of the id that Auth0 gives a role once a step creates it.
_NEW_ROLE = {"id": "rol_new"}


class PreflightApi(ManagementApi):
    """Reads each object once, as if the steps before had been carried out.

    `predicted` holds their objects by path, `roles` their roles by name; None is one that is deleted.
    """

    def __init__(self, settings: Settings, **clock: t.Any) -> None:
        super().__init__(settings, **clock)
        self.predicted: dict[str, Object | None] = {}
        self.roles: dict[str, Object | None] = {}
        self._read: dict[tuple[str, str], Object | None] = {}

    def get(self, path: str, form: Form = ANY, **params: t.Any) -> Object | None:
        if path in self.predicted:
            return self.predicted[path]
        key = path, str(sorted(params.items()))
        if key not in self._read:
            self._read[key] = super().get(path, form, **params)
        return self._read[key]

    def pages(
        self, path: str, key: str, form: Form = ANY, *, checkpoint: bool, **params: t.Any
    ) -> t.Iterator[tuple[list[Object], int]]:
        name = params.get("name_filter")
        if path == ROLE.path and name in self.roles:
            planned = self.roles[name]
            yield [planned] if planned else [], 0
        elif path.startswith(f"{ROLE.path_of(_NEW_ROLE)}/"):
            # Neither permissions nor users.
            yield [], 0
        else:
            for page, left in super().pages(path, key, form, checkpoint=checkpoint, **params):
                found = [self.predicted.get(ROLE.path_of(one), one) for one in page] if path == ROLE.path else page
                yield [one for one in found if one is not None], left

    def note_role(self, given: Object, planned: Object) -> None:
        """Let later steps find a role as a step leaves it.

        `given` are the options of the step, `planned` is empty where it deletes the role.
        """
        path = ROLE.path_of(given) if "id" in given else None
        found = self.get(path, ROLE.form) if path else None
        if path and found is None:
            # What a step cannot find is there for no other.
            return
        if planned:
            role = {**_NEW_ROLE, **planned}
            self.roles[role["name"]] = role
            if "id" in planned:
                self.predicted[ROLE.path_of(planned)] = role
        elif found:
            self.predicted[ROLE.path_of(found)] = self.roles[found["name"]] = None
        else:
            self.roles[given["name"]] = None
