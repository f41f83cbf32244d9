# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grafana's API: one organisation, asked as a user or with a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.connection import endpoint_of
from .._api.module import run_module
from .._api.plan import PlanError
from .._http.session import Api, Endpoint, Session

__all__ = ["grafana_api", "run_grafana_module"]

_NOT_FOUND = 404


def run_grafana_module(options: Mapping[str, Any], act: Callable[[AnsibleModule, Session], dict[str, Any]]) -> None:
    """Run a module of Grafana, with org_id among its options, as run_module does."""
    run_module("GRAFANA", {"org_id": {"type": "int"}, **options}, _endpoint, act)


def grafana_api(module: AnsibleModule, session: Session, secrets: Iterable[str] = ()) -> Api:
    """Return the API of the organisation in the module's parameters, which costs one request.

    Raises PlanError for a token of another organisation, and for an organisation that does not exist: Grafana would
    use the token's own, or answer as if the organisation were empty.
    """
    api = Api(session, "Grafana", secrets)
    wanted = module.params["org_id"]
    if wanted is None:
        return api
    answer = api.call("GET", "/api/org", attempt=f"read the organisation {wanted}", accept=(_NOT_FOUND,))
    own = answer.json() if answer.status != _NOT_FOUND else {}
    if own.get("id") == wanted:
        return api
    if module.params["token"]:
        raise PlanError(
            f"The token belongs to the organisation {own.get('name')!r} ({own.get('id')}), but org_id is {wanted}. A "
            "token works only for its own organisation: use one of that organisation, or a user and password."
        )
    raise PlanError(f"There is no organisation with the id {wanted}, or the user is not a member. Correct org_id.")


def _endpoint(parameters: Mapping[str, Any]) -> Endpoint:
    organisation = parameters["org_id"]
    if organisation is not None and organisation < 1:
        raise PlanError(f"org_id is {organisation}, but organisations are numbered from 1.")
    by_header = organisation is not None and not parameters["token"]
    return endpoint_of(parameters, {"X-Grafana-Org-Id": str(organisation)} if by_header else {})
