# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every module that talks to an API: options, one session, errors as sentences, counts of requests."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._http.session import Endpoint, HttpError, Session
from .connection import connection_rules, connection_spec
from .plan import Plan, PlanError, Step

__all__ = ["apply", "run_module"]


class _Module(AnsibleModule):  # type: ignore[misc]  # Ansible publishes no types
    """Tells the system log and the callbacks how many objects it got, not all that is in them."""

    def _log_invocation(self) -> None:
        self.log(f"Invoked with {self.arguments()}")

    def arguments(self) -> dict[str, Any]:
        """Return the parameters, of lists and mappings only the length: they may be megabytes, or hold secrets."""
        hidden = {name for name, option in self.argument_spec.items() if option.get("no_log")}
        return {
            name: f"({len(value)})" if isinstance(value, (list, dict)) else value
            for name, value in self.params.items()
            if value is not None and name not in hidden
        }


def run_module(
    product: str,
    options: Mapping[str, Any],
    endpoint: Callable[[Mapping[str, Any]], Endpoint],
    act: Callable[[AnsibleModule, Session], dict[str, Any]],
) -> None:
    """Run a module to its end: exit with what `act` returns, or fail with the sentence of an HttpError or PlanError.

    Args:
        product: Prefix of the environment variables that stand in for the options of the connection.
        options: Argument spec of the module's own options.
        endpoint: Makes the endpoint from the parameters.
        act: Does the work; writes nothing in check mode. The session counts what it asks.
    """
    # The models of hundreds of dashboards are a million objects, none of them in a cycle, among which the collector
    # would look for garbage again and again.
    gc.disable()
    module = _Module(
        argument_spec={**connection_spec(product), **options}, supports_check_mode=True, **connection_rules()
    )
    invocation = {"module_args": module.arguments()}
    try:
        session = Session(endpoint(module.params))
        try:
            result = act(module, session)
        finally:
            session.close()
    except (HttpError, PlanError) as error:
        module.fail_json(msg=str(error), invocation=invocation)
    module.exit_json(**result, requests=session.requests, connections=session.connections, invocation=invocation)


def apply(module: AnsibleModule, plan: Plan, write: Callable[[Step], None]) -> None:
    """Make the changes of the plan one after the other, none in check mode.

    Raises HttpError, which also says what was done before, for the first change that fails.
    """
    done = 0
    try:
        for step in () if module.check_mode else plan.steps:
            write(step)
            done += 1
    except HttpError as error:
        rest = "; another run makes the rest" if error.again else ""
        raise HttpError(f"{error} {done} of {len(plan.steps)} changes were made before it{rest}.") from None
