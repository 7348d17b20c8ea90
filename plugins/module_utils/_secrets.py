# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keep secrets out of what is printed: by their place among arguments, and by every form of their value. Pure."""

from __future__ import annotations

import base64
import functools
import html
import json
import typing as t
import urllib.parse

from ._types import Object

HIDDEN = "(secret)"
SHORTEST = 6
"""Characters of the shortest value that is masked wherever it occurs: `1` or `true` would censor half of any output."""
SHORTEST_LINE = 12
"""The same of one line of a value of several lines, such as a PEM key."""

SECRET_NAMES = (
    r"(configuration|headers|custom_?headers|signing_?key|decryption_?key|credentials?)(\.|$)"
    r"|(([\w-]*_)?pass(wd|phrase|code)?|[\w-]*(secret|secret_?value|password|passphrase|token|key)s?)$"
)
"""Of fields that only somebody else's documentation knows: names of secrets, and of objects that hold nothing else."""

Hides = t.Callable[[str], bool]
"""Whether a dotted path is secret. The members of a list add nothing to it."""

# How JSON and YAML give a number that Ansible takes for one of these types.
_NUMBERS = ("int", "float")


def secrets_at(hides: Hides, value: t.Any, path: str = "") -> t.Iterator[str]:
    """The texts, and numbers as texts, whose own path is secret."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets_at(hides, inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from secrets_at(hides, member, path)
    elif hides(path):
        yield from texts_in(value)


def texts_in(value: t.Any) -> t.Iterator[str]:
    """All texts and numbers in a value, as texts; of an object its values only."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for member in value:
            yield from texts_in(member)
    elif not isinstance(value, bool) and value not in (None, ""):
        yield str(value)


@functools.lru_cache(maxsize=64)  # each item of a loop has the same secrets
def forms_of(secret: str) -> frozenset[str]:
    """Every way in which a value may be printed: whole or one of its lines; as it is, or escaped for JSON, Python, URL
    or HTML, or in base64. Empty for what is too short to be masked wherever it occurs.
    """
    whole = secret.strip()
    if len(whole) < SHORTEST:
        return frozenset()
    lines = {line.strip() for line in whole.splitlines()}
    parts = {whole, *(line for line in lines if len(line) >= SHORTEST_LINE)}
    # A file with Windows line ends is often printed with others.
    parts |= {whole.replace("\r\n", "\n"), whole.replace("\r\n", "\n").replace("\n", "\r\n")}
    forms = {form for part in parts for form in _escaped(part)}
    # What a server quotes may be JSON in JSON.
    forms |= {again for form in forms for again in _as_json(form)}
    data = whole.encode(errors="surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(data).decode().rstrip("="))
    return frozenset(forms)


def _escaped(text: str) -> t.Iterator[str]:
    yield text
    yield from _as_json(text)
    data = text.encode(errors="surrogatepass")
    for show in (repr, ascii):
        yield show(text)[1:-1]
        # As a part of a text with both kinds of quotes.
        yield show(f"{text}'\"")[1:-4]
    yield repr(data)[2:-1]
    for safe in ("", "/"):
        quoted = urllib.parse.quote(data, safe=safe)
        yield quoted
        yield _in_lower_case(quoted)
        yield urllib.parse.quote_plus(data, safe=safe)
    yield html.escape(text, quote=False)
    yield html.escape(text)
    yield html.escape(text).replace("&#x27;", "&#39;")


def _as_json(text: str) -> tuple[str, str]:
    return json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]


def _in_lower_case(quoted: str) -> str:
    first, *rest = quoted.split("%")
    return "%".join([first, *(f"{part[:2].lower()}{part[2:]}" for part in rest)])


class Mask:
    """Replaces each form of secrets, wherever it occurs. `shown` are values that are returned on purpose."""

    def __init__(self, secrets: t.Iterable[str], *, shown: t.Collection[str] = ()) -> None:
        forms = {form for secret in secrets for form in forms_of(secret)}
        self.forms = frozenset(form for form in forms if not any(form in value for value in shown))

    def text(self, text: str) -> str:
        """The text without secrets, and without the beginning of one at which the text was cut off (`…`)."""
        if "…" not in text and not any(form in text for form in self.forms):
            return text
        spans = [(start, start + len(form)) for form in self.forms for start in _find(text, form)]
        spans += [(end - length, end) for end in _find(text, "…") if (length := self._begun(text[:end]))]
        parts, position = [], 0
        # Overlapping secrets are hidden as one, so that none of them leaves a part.
        for start, end in _merge(spans):
            parts += [text[position:start], HIDDEN]
            position = end
        return "".join([*parts, text[position:]])

    def value(self, value: t.Any) -> t.Any:
        """A value of JSON likewise, at any depth, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(member) for member in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            texts = {str(value), *([str(int(value))] if isinstance(value, float) and value.is_integer() else [])}
            return HIDDEN if texts & self.forms else value
        return value

    def _begun(self, text: str) -> int:
        """How many characters at the end of a text are the beginning of a secret; 0 for too few to tell."""
        lengths = (
            length
            for form in self.forms
            for length in range(min(len(form) - 1, len(text)), SHORTEST - 1, -1)
            if text.endswith(form[:length])
        )
        return max(lengths, default=0)


def _find(text: str, part: str) -> t.Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _merge(spans: t.Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def inspect(spec: t.Mapping[str, t.Any], hides: Hides, arguments: Object, path: str = "") -> tuple[Object, set[str]]:
    """(a module's arguments as a log may show them, the secrets among them), whether they are valid or not.

    `spec` is an argument spec. Hidden is what it calls `no_log`, what it does not know, what `hides` says of the fields
    of a free-form object, and a text in place of anything but a text: nobody can tell what it holds.
    """
    shown: Object = {}
    secrets: set[str] = set()
    for name, value in arguments.items():
        here = f"{path}.{name}" if path else str(name)
        shown[name], found = _inspect_option(spec.get(name), hides, value, here)
        secrets |= found
    return shown, secrets


def _inspect_option(
    option: t.Mapping[str, t.Any] | None, hides: Hides, value: t.Any, path: str
) -> tuple[t.Any, set[str]]:
    if value is None:
        return None, set()
    if option is None or option.get("no_log") or _has_wrong_type(option, value):
        return HIDDEN, {*texts_in(value), *([str(value), json.dumps(value)] if isinstance(value, (dict, list)) else [])}
    if "options" not in option:
        return _without(hides, value, path), set(secrets_at(hides, value, path))
    if isinstance(value, dict):
        return inspect(option["options"], hides, value, path)
    members = [_inspect_option({**option, "type": "dict"}, hides, one, path) for one in value]
    return [shown for shown, _found in members], {secret for _shown, found in members for secret in found}


def _has_wrong_type(option: t.Mapping[str, t.Any], value: t.Any) -> bool:
    kind = option.get("type", "str")
    if kind == "dict":
        return not isinstance(value, dict)
    if kind == "list":
        return not isinstance(value, (list, tuple)) and option.get("elements") == "dict"
    if isinstance(value, str):
        # What is shorter may as well be a slip of the pen, of which the message should say what it is.
        return kind not in ("str", "path") and len(value.strip()) >= SHORTEST_LINE and not _is_number(kind, value)
    return isinstance(value, (dict, list))


def _is_number(kind: str, value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return kind in _NUMBERS


def _without(hides: Hides, value: t.Any, path: str) -> t.Any:
    if hides(path):
        return HIDDEN
    if isinstance(value, dict):
        return {key: _without(hides, inner, f"{path}.{key}") for key, inner in value.items()}
    return [_without(hides, one, path) for one in value] if isinstance(value, (list, tuple)) else value
