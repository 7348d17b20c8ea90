# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Edit the helper module with what it has the gateway run, and the call of it in the runtime module. Pure."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from dataclasses import replace

from .._errors import ProjectError
from . import typescript
from .adoption import adopt_plugin, release_plugin
from .choice import Choice, Wanted
from .configuration import NEW_RUNTIME, PLUGIN, REGISTER, runtime_module
from .draft import Draft
from .ledger import address, read_code, unify_line_ends, write_helper
from .list_policy import CODE as LIST_CODE
from .list_policy import is_list_policy
from .project import HELPER, POLICIES, ROUTES, RUNTIME
from .scope_policy import CODE, cut_code, is_scope_policy
from .typescript_lexer import SourceError

_NO_CODE = "export {};\n"


def add_plugin(draft: Draft, chosen: Choice, wanted: Wanted) -> Draft:
    """With the plugin registered. One that the runtime module registers itself stays, with corrected options."""
    if RUNTIME not in draft.files:
        draft = draft.put(RUNTIME, NEW_RUNTIME).note(RUNTIME, (), ("call",), ("import",))
    source = draft.files[RUNTIME]
    with _explain():
        if typescript.calls(source, PLUGIN) and not typescript.calls(source, REGISTER):
            draft = adopt_plugin(draft, chosen, wanted)
            # Without a helper module nothing has been added that could be noted.
            return _put_helper(draft, "") if draft.ledger.added else draft
        if typescript.mentions(source, PLUGIN):
            raise ProjectError(
                f"uses {PLUGIN} itself, which {HELPER} is to do",
                where=RUNTIME,
                remedy=f"Remove what it does with {PLUGIN}, and the import.",
            )
        source, added = typescript.add_call(source, "runtimeInit", REGISTER, "./mcp-oauth")
    draft = draft.put(RUNTIME, source)
    if added:
        draft = draft.note(RUNTIME, *((part,) for part in added))
    code = runtime_module(REGISTER, chosen.config["plugin_options"], chosen.environment)
    return _put_helper(replace(draft, ledger=draft.ledger.note(draft.policy_name)), code)


def source_of_options(draft: Draft) -> str:
    """The code that decides which options the plugin has, in a project with a helper module."""
    return _plugin_code(draft) or draft.files.get(RUNTIME, "")


def remove_plugin(draft: Draft) -> Draft:
    """Without what was added to register the plugin, and without the ledger, where no other MCP server needs them."""
    if HELPER not in draft.files:
        return draft
    others = draft.ledger.others(draft.policy_name)
    if others:
        # Another MCP server of the project still needs the plugin, and takes over what was added for both.
        shared = [one for one in draft.ledger.of(draft.policy_name) if one in draft.files or _is_shared(one)]
        ledger = draft.ledger.drop(draft.policy_name).note(others[0], *shared)
        return _put_helper(replace(draft, ledger=ledger), _plugin_code(draft))
    draft = draft.delete(HELPER)
    if RUNTIME not in draft.files:
        return draft
    with _explain():
        draft = release_plugin(draft)
    source = draft.files[RUNTIME]
    if draft.has_added(RUNTIME) and unify_line_ends(source) == NEW_RUNTIME:
        return draft.delete(RUNTIME)
    with _explain():
        added = [part for part in ("call", "import") if draft.has_added(RUNTIME, (part,))]
        return draft.put(RUNTIME, typescript.remove_call(source, REGISTER, added))


def _is_shared(one: str) -> bool:
    """Whether an address is one under which several MCP servers may have members, or that of a part of the runtime."""
    lists = (address(POLICIES, ("policies",)), address(ROUTES, ("paths",)))
    inner = ("/x-zuplo-route/policies", "/x-zuplo-route/policies/inbound")
    return one in lists or one.endswith(inner) or one.startswith(f"{RUNTIME}#")


def _plugin_code(draft: Draft) -> str:
    """What the helper module has to register the plugin; empty where the runtime module does that."""
    code = cut_code(read_code(draft.files[HELPER]))
    return "" if code == _NO_CODE else code


def _put_helper(draft: Draft, plugin: str) -> Draft:
    """With the code that registers the plugin, and that of the policies about scopes, where there are any."""
    policies = draft.project.policies
    lists = any(map(is_list_policy, policies))
    guards = CODE if lists or any(map(is_scope_policy, policies)) else ""
    parts = [plugin, guards, LIST_CODE if lists else ""]
    text = write_helper(draft.ledger, "\n".join(filter(None, parts)) or _NO_CODE)
    return draft if unify_line_ends(draft.files.get(HELPER, "")) == text else draft.put(HELPER, text)


@contextmanager
def _explain() -> t.Iterator[None]:
    """Say of which file the TypeScript cannot be edited."""
    try:
        yield
    except SourceError as error:
        raise ProjectError(
            f"cannot be edited safely: {error}", where=RUNTIME, remedy="Correct the file, then run again."
        ) from None
