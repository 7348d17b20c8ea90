# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Correct a plugin that the runtime module registers itself, as the gateway vendor's guide has it, in its place. Pure.

What is replaced is noted in the ledger, with the text that was there. The functions raise SourceError for a module that
cannot be read.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import ProjectError
from . import typescript
from .choice import Choice, Wanted
from .configuration import MODULE, PLUGIN, SCOPES
from .draft import Draft
from .json_text import Path
from .ledger import address
from .project import RUNTIME
from .typescript_lexer import Code, SourceError, lex
from .typescript_names import is_imported, uses, uses_beyond_imports
from .typescript_object import Argument, Value, begin_with, find_argument, find_import

_SERVERS, _NAME, _ENVIRONMENT = "authorizationServers", "resourceName", "environment"
_IMPORT: Path = ("import", _ENVIRONMENT)
_OF_VARIABLE = re.compile(r"`https://\$\{environment\.(\w+)\}(/?)`")


def adopt_plugin(draft: Draft, chosen: Choice, wanted: Wanted) -> Draft:
    """With the issuer that is wanted, and the name of the resource if the user has named one.

    What the gateway computes when it runs stays: `mcp_oauth_check` says so. Raises ProjectError for an issuer that
    cannot work and cannot be corrected.
    """
    argument = find_argument(draft.files[RUNTIME], PLUGIN, MODULE)
    if argument is None:
        _check_server(draft.files[RUNTIME], wanted)
        _check_name(draft.files[RUNTIME], wanted)
        return draft
    draft = _correct_server(draft, argument, chosen, wanted)
    draft = _correct_name(draft, wanted.resource_name) if wanted.resource_name else draft
    return _add_scopes(draft, wanted.scopes_supported)


def release_plugin(draft: Draft) -> Draft:
    """With what was there before `adopt_plugin`, where there still is what that wrote."""
    paths: tuple[Path, ...] = ((SCOPES,), (_NAME,), (_SERVERS, 0), (_SERVERS,))  # what was done last comes first
    for path in paths:
        if (argument := find_argument(draft.files[RUNTIME], PLUGIN, MODULE)) is not None:
            draft = _restore(draft, argument, path)
    code = lex(draft.files[RUNTIME])
    opening = find_import(code, MODULE)
    if opening is None or uses_beyond_imports(code, _ENVIRONMENT):
        return draft
    return _cut(draft, code, opening, _IMPORT)


# -- the authorization server -----------------------------------------------------------------------------------------


def _correct_server(draft: Draft, argument: Argument, chosen: Choice, wanted: Wanted) -> Draft:
    items, whole = argument.items(_SERVERS), argument.value(_SERVERS)
    if (items is None and whole) or (items and items[1:]):
        _check_server(argument.code.source, wanted)
        return draft
    found = items[0] if items else None
    text = _choose_server(found, chosen, wanted)
    if found and found.text == text:
        return draft
    if found:
        draft = _replace(draft, found, text, (_SERVERS, 0))
    elif whole:
        draft = _replace(draft, whole, f"[{text}]", (_SERVERS,))
    else:
        draft = _insert(draft, argument.code, argument.opening, f"{_SERVERS}: [{text}]", (_SERVERS,))
    return _import_environment(draft) if "${" in text else draft


def _choose_server(found: Value | None, chosen: Choice, wanted: Wanted) -> str:
    """The code of what is there, where that is right or computed, else of the issuer."""
    issuer, variable = wanted.strings.issuer, wanted.environment.issuer_domain
    if found is None:
        return _of_variable(variable) if variable else typescript.encode(issuer)
    of_variable = _OF_VARIABLE.fullmatch(found.bare)
    if not found.is_text and not of_variable:
        return found.text
    if of_variable and not variable and of_variable[1] == chosen.environment.issuer_domain:
        # The policy has that variable as its domain, so the issuer needs the slash.
        variable = of_variable[1]
    if variable:
        return found.text if found.bare == _of_variable(variable) else _of_variable(variable)
    if of_variable or typescript.decode(found.text) in (issuer, None):
        return found.text
    return typescript.encode(issuer, found.text)


def _of_variable(name: str) -> str:
    return f"`https://${{{_ENVIRONMENT}.{name}}}/`"


def _import_environment(draft: Draft) -> Draft:
    """With the import that a variable needs. Raises SourceError where it cannot be added."""
    code = lex(draft.files[RUNTIME])
    used = [index for index in uses(code, _ENVIRONMENT) if not code.match(index - 1, ".")]
    if is_imported(code, used[0], _ENVIRONMENT, MODULE):
        return draft
    opening = find_import(code, MODULE)
    if opening is None or used[1:]:
        raise SourceError(f"it does not import {_ENVIRONMENT} from {MODULE}, which issuer_domain_env needs")
    return _insert(draft, code, opening, _ENVIRONMENT, _IMPORT)


# -- the name, and what cannot be corrected ---------------------------------------------------------------------------


def _correct_name(draft: Draft, name: str) -> Draft:
    argument = find_argument(draft.files[RUNTIME], PLUGIN, MODULE)
    if argument is None:
        return draft
    found = argument.value(_NAME)
    if found is None:
        member = f"{_NAME}: {typescript.encode(name)}"
        return _insert(draft, argument.code, argument.opening, member, (_NAME,))
    if not found.is_text or typescript.decode(found.text) == name:
        return draft
    return _replace(draft, found, typescript.encode(name, found.text), (_NAME,))


def _add_scopes(draft: Draft, scopes: t.Sequence[str]) -> Draft:
    """With these scopes beside any that are there. A list that is computed stays."""
    argument = find_argument(draft.files[RUNTIME], PLUGIN, MODULE) if scopes else None
    if argument is None:
        return draft
    found, items = argument.value(SCOPES), argument.items(SCOPES)
    if found is None:
        member = f"{SCOPES}: [{', '.join(map(typescript.encode, scopes))}]"
        return _insert(draft, argument.code, argument.opening, member, (SCOPES,))
    if items is None:
        return draft
    there = {typescript.decode(item.text) for item in items}
    missing = [typescript.encode(scope) for scope in scopes if scope not in there]
    text = f"[{', '.join([*(item.text for item in items), *missing])}]"
    return _replace(draft, found, text, (SCOPES,)) if missing else draft


def _check_server(source: str, wanted: Wanted) -> None:
    """Of a plugin that is not corrected. What cannot be read is left to `mcp_oauth_check`."""
    found = typescript.first_text(source, _SERVERS)
    if found is not None and "${" not in found and found != wanted.strings.issuer:
        raise _refuse(
            f"the authorization server {found!r} instead of {wanted.strings.issuer!r}", f'{_SERVERS}: ["..."]'
        )


def _check_name(source: str, wanted: Wanted) -> None:
    found = typescript.text_of(source, _NAME)
    if wanted.resource_name and found is not None and found != wanted.resource_name:
        raise _refuse(f"the {_NAME} {found!r} instead of {wanted.resource_name!r}", f'{_NAME}: "..."')


def _refuse(what: str, form: str) -> ProjectError:
    return ProjectError(
        f"registers {PLUGIN} with {what}, in a form that cannot be edited safely",
        where=RUNTIME,
        remedy=f"Correct it there, or write it once as new {PLUGIN}({{ {form} }}), or remove what the file does with "
        f"{PLUGIN}: zuplo_mcp_oauth then registers it.",
    )


# -- in the text, and out again ---------------------------------------------------------------------------------------


def _replace(draft: Draft, found: Value, text: str, path: Path) -> Draft:
    source = found.replace(draft.files[RUNTIME], text)
    return draft.put(RUNTIME, source).note_replaced(RUNTIME, path, found.text, text)


def _insert(draft: Draft, code: Code, opening: int, member: str, path: Path) -> Draft:
    at, text = begin_with(code, opening, member)
    source = code.source[:at] + text + code.source[at:]
    return draft.put(RUNTIME, source).note_replaced(RUNTIME, path, None, text)


def _restore(draft: Draft, argument: Argument, path: Path) -> Draft:
    place, key = address(RUNTIME, path), str(path[0])
    former = draft.ledger.replaced.get(place, (None,))[0]
    if former is None:
        return _cut(draft, argument.code, argument.opening, path)
    items = argument.items(key) or []
    found = argument.value(key) if path[1:] == () else items[0] if len(items) == 1 else None
    if found is None or not draft.ledger.has_written(place, found.text):
        return draft
    return draft.put(RUNTIME, found.replace(argument.code.source, former))


def _cut(draft: Draft, code: Code, opening: int, path: Path) -> Draft:
    """Without what `_insert` put into these braces."""
    source, at = code.source, code.tokens[opening].end
    for text in draft.ledger.written(address(RUNTIME, path)):
        for form in (text, text.replace("\n", "\r\n")):
            if source.startswith(form, at):
                return draft.put(RUNTIME, source[:at] + source[at + len(form) :])
    return draft
