# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The job with the fewest requests over one connection, and nothing else: no checks, no retries, no reporting.

python bare.py JOB, a JSON file `{apis, flags, connection}`; the tenant and the credentials come from the environment.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t
from urllib.parse import quote

import requests

PER_PAGE = 100


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    domain = os.environ["AUTH0_DOMAIN"]
    session = requests.Session()

    def send(method: str, path: str, body: t.Any = None, **params: t.Any) -> t.Any:
        url = f"https://{domain}{path}"
        response = session.request(method, url, json=body, params=params, verify=os.environ["AUTH0_CA_PATH"])
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return response.json()

    login = {
        "grant_type": "client_credentials",
        "client_id": os.environ["AUTH0_CLIENT_ID"],
        "client_secret": os.environ["AUTH0_CLIENT_SECRET"],
        "audience": f"https://{domain}/api/v2/",
    }
    session.headers["Authorization"] = f"Bearer {send('POST', '/oauth/token', login)['access_token']}"

    path = "/api/v2/resource-servers"
    found: dict[str, t.Any] = {}
    if len(job["apis"]) == 1:
        (wanted,) = job["apis"]
        found[wanted["identifier"]] = send("GET", f"{path}/{quote(wanted['identifier'], safe='')}")
    else:
        page, total = 0, 1
        while page * PER_PAGE < total:
            answer = send("GET", path, per_page=PER_PAGE, page=page, include_totals="true")
            found.update({api["identifier"]: api for api in answer["resource_servers"]})
            page, total = page + 1, answer["total"]
    for wanted in job["apis"]:
        api = found.get(wanted["identifier"])
        changes = {key: value for key, value in wanted.items() if api is None or api.get(key) != value}
        if api is None:
            send("POST", path, changes)
        elif changes:
            send("PATCH", f"{path}/{api['id']}", changes)

    path = "/api/v2/tenants/settings"
    flags = send("GET", path, fields="flags", include_fields="true")["flags"]
    changes = {name: value for name, value in job["flags"].items() if flags.get(name) != value}
    if changes:
        send("PATCH", path, {"flags": changes})

    path = "/api/v2/connections"
    (connection,) = send("GET", path, name=job["connection"])
    if not connection["is_domain_connection"]:
        send("PATCH", f"{path}/{connection['id']}", {"is_domain_connection": True})


if __name__ == "__main__":
    main()
