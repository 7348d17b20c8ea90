# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The job over one connection, and nothing else: no checks, no retries, no reporting.

With `rehearse`, it sends what the role sends: everything is read before the first write, and again by its own step, and
a connection is promoted only if none is at domain level.

python bare.py JOB, a JSON file `{apis, flags, connection, rehearse}`; the tenant and the credentials come from the
environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t
from urllib.parse import quote

import requests

PER_PAGE = 100
# Seconds until the emptied rate limit of the free plan has room for one request.
PAUSE = 0.5

Write = tuple[str, str, dict[str, t.Any]]


class Tenant:
    def __init__(self) -> None:
        self._url = f"https://{os.environ['AUTH0_DOMAIN']}"
        self._session = requests.Session()
        self._ready = 0.0

    def log_in(self) -> None:
        login = {
            "grant_type": "client_credentials",
            "client_id": os.environ["AUTH0_CLIENT_ID"],
            "client_secret": os.environ["AUTH0_CLIENT_SECRET"],
            "audience": f"{self._url}/api/v2/",
        }
        token = self._send("POST", "/oauth/token", login)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def read(self, path: str, **params: t.Any) -> t.Any:
        return self._send("GET", f"/api/v2/{path}", **params)

    def write(self, method: str, path: str, body: dict[str, t.Any]) -> None:
        self._send(method, f"/api/v2/{path}", body)

    def _send(self, method: str, path: str, body: t.Any = None, **params: t.Any) -> t.Any:
        time.sleep(max(0.0, self._ready - time.monotonic()))
        url = f"{self._url}{path}"
        response = self._session.request(method, url, json=body, params=params, verify=os.environ["AUTH0_CA_PATH"])
        if response.headers.get("x-ratelimit-remaining") == "0":
            self._ready = time.monotonic() + PAUSE
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return response.json()


def plan_apis(tenant: Tenant, job: dict[str, t.Any]) -> list[Write]:
    path = "resource-servers"
    found: dict[str, t.Any] = {}
    if len(job["apis"]) == 1:
        (wanted,) = job["apis"]
        found[wanted["identifier"]] = tenant.read(f"{path}/{quote(wanted['identifier'], safe='')}")
    else:
        page, total = 0, 1
        while page * PER_PAGE < total:
            answer = tenant.read(path, per_page=PER_PAGE, page=page, include_totals="true")
            found.update({api["identifier"]: api for api in answer["resource_servers"]})
            page, total = page + 1, answer["total"]
    writes: list[Write] = []
    for wanted in job["apis"]:
        api = found.get(wanted["identifier"])
        changes = {key: value for key, value in wanted.items() if api is None or api.get(key) != value}
        if api is None:
            writes.append(("POST", path, changes))
        elif changes:
            writes.append(("PATCH", f"{path}/{api['id']}", changes))
    return writes


def plan_connection(tenant: Tenant, job: dict[str, t.Any]) -> list[Write]:
    path = "connections"
    if job["rehearse"] and any(one["is_domain_connection"] for one in tenant.read(path, per_page=PER_PAGE)):
        return []
    (connection,) = tenant.read(path, name=job["connection"])
    if connection["is_domain_connection"]:
        return []
    return [("PATCH", f"{path}/{connection['id']}", {"is_domain_connection": True})]


def plan_flags(tenant: Tenant, job: dict[str, t.Any]) -> list[Write]:
    path = "tenants/settings"
    flags = tenant.read(path, fields="flags", include_fields="true")["flags"]
    changes = {name: value for name, value in job["flags"].items() if flags.get(name) != value}
    return [("PATCH", path, {"flags": changes})] if changes else []


STEPS = (plan_apis, plan_connection, plan_flags)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    tenant = Tenant()
    tenant.log_in()
    if job["rehearse"]:
        for step in STEPS:
            step(tenant, job)
    for step in STEPS:
        for write in step(tenant, job):
            tenant.write(*write)


if __name__ == "__main__":
    main()
