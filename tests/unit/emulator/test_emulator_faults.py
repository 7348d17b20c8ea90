# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

PATH = "/api/v2/resource-servers"
API = {"identifier": "https://api.example/mcp"}


def _tls(host: str, port: int, ca_path: str) -> ssl.SSLSocket:
    connection = socket.create_connection((host, port), timeout=10)
    return ssl.create_default_context(cafile=ca_path).wrap_socket(connection, server_hostname=host)


def _fault(api: Any, **fault: Any) -> None:
    answer = api.post("/_emulator/faults", json={"method": "GET", "path": PATH, **fault})
    assert answer.status_code == 204, answer.text


def test_status_with_body_and_headers_for_so_many_times(api: Any) -> None:
    body = {"statusCode": 429, "error": "Too Many Requests", "message": "slow down"}
    _fault(api, status=429, body=body, headers={"Retry-After": "3"}, times=2)
    answers = [api.get(PATH) for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].json() == body
    assert answers[0].headers["retry-after"] == "3"
    assert [entry["status"] for entry in api.log] == [429, 429, 200]


def test_status_without_body_is_an_empty_answer(api: Any) -> None:
    _fault(api, status=503)
    answer = api.get(PATH)
    assert (answer.status_code, answer.content) == (503, b"")


def test_a_status_fault_does_not_carry_out_the_request(api: Any) -> None:
    _fault(api, method="POST", status=502)
    api.post(PATH, json=API)
    assert len(api.get(PATH).json()) == 1


def test_faults_hold_for_their_method_and_path_only(api: Any) -> None:
    _fault(api, status=500)
    assert api.get("/api/v2/connections").status_code == 200
    assert api.get(f"{PATH}/unknown").status_code == 404
    assert api.post(PATH, json=API).status_code == 201
    assert api.get(PATH).status_code == 500


def test_faults_can_be_cleared(api: Any) -> None:
    _fault(api, status=500)
    assert len(api.get("/_emulator/faults").json()) == 1
    assert api.delete("/_emulator/faults").status_code == 204
    assert api.get(PATH).status_code == 200


def test_a_star_at_the_end_is_a_prefix(api: Any) -> None:
    _fault(api, path="/api/v2/*", status=500, times=2)
    assert [api.get(path).status_code for path in (PATH, "/api/v2/clients", PATH)] == [500, 500, 200]


def test_faults_follow_one_another(api: Any) -> None:
    _fault(api, status=500)
    _fault(api, status=503)
    assert [api.get(PATH).status_code for _turn in range(3)] == [500, 503, 200]


def test_a_fault_for_any_request_hits_once_so_many_are_past(api: Any) -> None:
    _fault(api, method="*", path="*", skip=2, status=500)
    answers = [api.get(PATH), api.post(PATH, json=API), api.get("/api/v2/connections"), api.get(PATH)]
    assert [answer.status_code for answer in answers] == [200, 201, 500, 200]


def test_skipped_requests_have_other_faults(api: Any) -> None:
    _fault(api, skip=1, status=500)
    _fault(api, status=503)
    assert [api.get(PATH).status_code for _turn in range(3)] == [503, 500, 200]


def test_a_status_after_the_request_was_carried_out(api: Any) -> None:
    _fault(api, method="POST", status=502, after=True)
    assert api.post(PATH, json=API).status_code == 502
    assert len(api.get(PATH).json()) == 2


def test_raw_bytes_are_one_character_each(api: Any) -> None:
    answer = api.post("/_emulator/faults", json={"method": "GET", "path": PATH, "raw": "\u0100"})
    assert answer.status_code == 400


def test_broken_json(api: Any) -> None:
    _fault(api, broken_json=True)
    answer = api.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()


def test_delay(api: Any) -> None:
    _fault(api, delay=0.2)
    started = time.monotonic()
    assert api.get(PATH).status_code == 200
    assert time.monotonic() - started >= 0.2


def test_token_endpoint_can_be_faulted(api: Any) -> None:
    _fault(api, method="POST", path="/oauth/token", status=503)
    assert [api.token().status_code for _turn in range(2)] == [503, 200]


def test_reset_closes_the_connection_and_does_nothing(serve: Callable[..., Any]) -> None:
    served = serve()
    served.authorize()
    served.call("POST", "/_emulator/faults", {"method": "POST", "path": PATH, "reset": True})
    with pytest.raises(requests.ConnectionError):
        served.call("POST", PATH, API)
    assert len(served.call("GET", PATH).json()) == 1
    log = served.call("GET", "/_emulator/requests").json()
    assert [(entry["method"], entry["status"]) for entry in log[1:]] == [("POST", None), ("GET", 200)]
    assert served.stop()[2] == ""


def test_reset_after_closes_the_connection_once_all_is_done(serve: Callable[..., Any]) -> None:
    served = serve()
    served.authorize()
    served.call("POST", "/_emulator/faults", {"method": "POST", "path": PATH, "reset_after": True})
    with pytest.raises(requests.ConnectionError):
        served.call("POST", PATH, API)
    assert [api["identifier"] for api in served.call("GET", PATH).json()][1:] == [API["identifier"]]
    assert served.stop()[2] == ""


def test_a_reset_of_the_tenant_drops_requests_under_way(serve: Callable[..., Any]) -> None:
    served = serve()
    served.authorize()
    served.call("POST", "/_emulator/faults", {"method": "POST", "path": PATH, "delay": 0.5})
    with pytest.raises(requests.Timeout):
        served.session.post(f"{served.url}{PATH}", json=API, timeout=0.1)
    served.call("POST", "/_emulator/reset")
    time.sleep(0.6)
    served.authorize()
    assert len(served.call("GET", PATH).json()) == 1


HEAD = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n"


def test_raw_bytes_in_place_of_an_answer(serve: Callable[..., Any]) -> None:
    served = serve()
    served.authorize()
    served.call("POST", "/_emulator/faults", {"method": "GET", "path": PATH, "raw": f'{HEAD}"\u00c3\u00a4"'})
    served.call("POST", "/_emulator/faults", {"method": "GET", "path": PATH, "raw": f'{HEAD}"'})
    assert served.call("GET", PATH).json() == "\u00e4"
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        served.call("GET", PATH)
    assert served.call("GET", PATH).status_code == 200
    assert served.stop()[2] == ""


@pytest.mark.parametrize("repeat", ["", "HTTP/1.1 100 Continue\r\n\r\n"])
def test_an_answer_that_never_ends(serve: Callable[..., Any], repeat: str) -> None:
    served = serve()
    served.authorize()
    served.call("POST", "/_emulator/faults", {"method": "*", "path": PATH, "repeat": repeat, "after": True})
    url, started = served.url.removeprefix("https://").partition(":"), time.monotonic()
    with _tls(url[0], int(url[2]), served.ready["ca_path"]) as connection:
        authorization = served.session.headers["authorization"]
        body = b'{"identifier": "https://api.example/mcp"}'
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        connection.settimeout(0.2)
        received = b""
        with contextlib.suppress(TimeoutError):
            while time.monotonic() - started < 1:
                received += connection.recv(1000)
    assert received == repeat.encode() * (len(received) // max(1, len(repeat)))
    assert bool(received) is bool(repeat)
    assert len(served.call("GET", PATH).json()) == 2
    assert served.stop()[2] == ""
