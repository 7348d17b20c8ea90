# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can happen to one request, or to all from one on: each kind is a fault as the emulator takes it."""

from __future__ import annotations

import gzip
import json
import typing as t

Object = dict[str, t.Any]
# So many that no run gets past them.
ON = 10_000
SECRET = "<client secret>"


def http(status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> str:
    """The bytes of an answer as the emulator takes them."""
    lines = [f"HTTP/1.1 {status} Faulty", f"content-length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]) + body.decode("latin-1")


def document(value: t.Any) -> Object:
    return {"raw": http(200, json.dumps(value).encode(), content_type="application/json")}


def error(status: int, message: t.Any, code: t.Any = None, **headers: str) -> Object:
    """As Auth0 tells one."""
    body = {"statusCode": status, "error": "Error", "message": message, "errorCode": code}
    return {"status": status, "body": body, "headers": headers}


HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Sorry</h1></body></html>"
# 300 kB that become 320 MB.
BOMB = b"".join([gzip.compress(b'{"a": "'), gzip.compress(b" " * 16_000_000) * 20, gzip.compress(b'"}')])
DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
JSON = "application/json"
HEAD = f"HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\n"
ENDLESS = {"body": f"{HEAD}content-length: 100000\r\n\r\n{{", "head": f"{HEAD}x-slow: "}
NULLS = dict.fromkeys(("id", "name", "identifier", "scopes", "flags", "options", "access_token", "audience"))
SHAPES: dict[str, t.Any] = {
    "null": None,
    "text": "text",
    "number": 1,
    "list": [],
    "object": {},
    "nulls": NULLS,
    "list-of-nulls": [None],
    "list-of-lists": [[[]]],
    "list-of-null-names": [NULLS],
    "page-of-nulls": {name: [NULLS] for name in ("resource_servers", "connections", "client_grants")} | {"next": None},
    "page-of-text": {"resource_servers": "x", "connections": "x", "client_grants": "x", "total": "x", "next": []},
    "objects-for-texts": {name: {"a": []} for name in NULLS},
}

KINDS: dict[str, Object] = {
    "429": error(429, "Global limit has been reached", "too_many_requests"),
    "429 Retry-After 0": error(429, "Global limit has been reached", "too_many_requests", **{"Retry-After": "0"}),
    "429 Retry-After 3600": error(429, "Global limit has been reached", **{"Retry-After": "3600"}),
    "429 on": {**error(429, "Global limit has been reached"), "times": ON},
    "429 Retry-After 0 on": {**error(429, "Global limit has been reached", **{"Retry-After": "0"}), "times": ON},
    "nothing remaining on": {
        **error(503, "Try later", **{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}),
        "times": ON,
    },
    **{str(status): error(status, "Server error") for status in (400, 401, 403, 404, 409, 500, 501, 502, 503, 504)},
    **{f"{status} acted": {**error(status, "Server error"), "after": True} for status in (500, 502, 504)},
    **{f"{status} on": {**error(status, "Server error"), "times": ON} for status in (500, 503)},
    "expired token": {**error(401, "Expired token received for JSON Web Token validation"), "path": "/api/v2/*"},
    "expired token on": {
        **error(401, "Expired token received for JSON Web Token validation"),
        "path": "/api/v2/*",
        "times": ON,
    },
    "reset": {"reset": True},
    "reset acted": {"reset_after": True},
    "reset on": {"reset": True, "times": ON},
    "stalled": {"repeat": ""},
    "stalled acted": {"repeat": "", "after": True},
    "stalled on": {"repeat": "", "times": ON},
    "late": {"delay": 1.5},
    **{f"dripping {part}": {"raw": raw, "repeat": "a", "pause": 0.2} for part, raw in ENDLESS.items()},
    **{
        f"dripping {part} acted": {"raw": raw, "repeat": "a", "pause": 0.2, "after": True}
        for part, raw in ENDLESS.items()
    },
    "dripping body on": {"raw": ENDLESS["body"], "repeat": "a", "pause": 0.2, "times": ON},
    "endless 100 Continue": {"raw": "", "repeat": "HTTP/1.1 100 Continue\r\n\r\n", "pause": 0.05},
    "truncated": {"raw": http(200, b'{"id": ', length=1000, content_type=JSON)},
    "truncated acted": {"raw": http(200, b'{"id": ', length=1000, content_type=JSON), "after": True},
    "invalid JSON": {"broken_json": True},
    "invalid JSON acted": {"broken_json": True, "after": True},
    "no UTF-8": {"raw": http(200, b'{"id": "\xff\xfe"}', content_type=JSON)},
    "empty body": {"raw": http(200, content_type=JSON)},
    "no HTTP": {"raw": "SSH-2.0-OpenSSH_9.2\r\n"},
    "HTML": {"raw": http(200, HTML, content_type="text/html")},
    "HTML 503": {"raw": http(503, HTML, content_type="text/html")},
    "gzip bomb": {"raw": http(200, BOMB, content_type=JSON, content_encoding="gzip")},
    "gzip bomb 400": {"raw": http(400, BOMB, content_type=JSON, content_encoding="gzip")},
    "no gzip": {"raw": http(200, b"{}", content_type=JSON, content_encoding="gzip")},
    "deep": {"raw": http(200, DEEP, content_type=JSON)},
    "deep 400": {"raw": http(400, DEEP, content_type=JSON)},
    "redirect": {"raw": http(302, location="https://127.0.0.1:1/")},
    "redirect on": {"raw": http(307, location="/elsewhere"), "times": ON},
    "204": {"raw": "HTTP/1.1 204 No Content\r\n\r\n"},
    "echo": error(400, f"Bad request: client_secret={SECRET}", SECRET),
    "control characters": error(400, "\x1b[2J\x1b]0;title\x07\r\n\u202edrow\x00", "a\x1b[31m"),
    "loud": error(400, "loud " * 100_000, "code" * 1000),
    "message is a list": error(400, [{"a": []}], {"a": 1}),
    "token denied": {
        "status": 403,
        "body": {"error": "access_denied", "error_description": ["x"]},
        "path": "/oauth/token",
    },
    "token denied oddly": {"status": 401, "body": {"error": {"a": 1}, "error_description": None}},
    **{f"shape: {name}": document(value) for name, value in SHAPES.items()},
    **{f"shape acted: {name}": {**document(SHAPES[name]), "after": True} for name in ("null", "list", "nulls")},
}


def fault(kind: str, secret: str) -> Object:
    """As the control API takes it."""
    spec = json.loads(json.dumps(KINDS[kind]).replace(SECRET, secret))
    return {"method": "*", "path": "*", **spec}
