# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every module that uses an API: options, one session, errors as sentences, counts of requests."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError
from .._http.session import Endpoint, Session
from .connection import connection_rules, connection_spec
from .plan import PlanError
from .resource import Plan, Step

__all__ = ["IncompleteError", "apply", "expect", "run_module"]

_LISTED = 20  # changes that a message names


class IncompleteError(OperatorError):
    """A change that failed after others: the text names those that were made, `made` is for exit_json."""

    def __init__(self, error: OperatorError, made: Plan, planned: int) -> None:
        names = [step.done for step in made.steps[:_LISTED]]
        more = len(made.steps) - len(names)
        listed = f": {', '.join(names)}{f' and {more} more' if more else ''}" if names else ""
        rest = "; run again to make the rest" if getattr(error, "again", False) else ""
        super().__init__(f"{error} {len(made.steps)} of {planned} changes were made before this{listed}{rest}.")
        self.made = {name: made.outcome()[name] for name in ("changed", "created", "updated", "deleted")}


class _Module(AnsibleModule):  # type: ignore[misc]  # Ansible publishes no types
    """Logs how many objects it got, to the system log and to callbacks, and not what is in them."""

    def _log_invocation(self) -> None:
        self.log(f"Invoked with {self.arguments()}")

    def arguments(self) -> dict[str, Any]:
        """Return the parameters, of lists and mappings only the length: they may be huge, or contain secrets."""
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
    """Run a module: exit with the result of `act`, or fail with the sentence of an error.

    Args:
        product: Prefix of the environment variables that are the fallback for the connection options.
        options: Argument spec of the module's own options.
        endpoint: Returns the endpoint for the parameters.
        act: Does the work; writes nothing in check mode. The session counts its requests.
    """
    # The models of hundreds of dashboards are a million objects, none of them in a cycle, which the garbage collector
    # would scan again and again.
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
    except OperatorError as error:
        module.fail_json(msg=str(error), invocation=invocation, **getattr(error, "made", {}))
    module.exit_json(**result, requests=session.requests, connections=session.connections, invocation=invocation)


def apply(module: AnsibleModule, plan: Plan, left_out: Collection[Step] = ()) -> dict[str, Any]:
    """Make the changes one after the other, except in check mode, and return what exit_json takes.

    Args:
        module: Decides on check mode and diff mode.
        plan: The changes.
        left_out: Changes that are skipped; filled while the others are made.

    Raises IncompleteError for the first change that fails.
    """
    done: list[Step] = []
    try:
        for step in () if module.check_mode else plan.steps:
            step.resource.write(step)
            done.append(step)
    except OperatorError as error:
        raise IncompleteError(error, Plan(tuple(done)), len(plan.steps)) from None
    made = plan.without(left_out)
    return {**made.outcome(), **({"diff": made.differences()} if module._diff else {})}


def expect(module: AnsibleModule, missing: Iterable[str]) -> None:
    """Raise PlanError for sentences on what is missing; warn in check mode, as an earlier task may create it."""
    sentences = list(missing)
    if sentences and not module.check_mode:
        raise PlanError(" ".join(sentences))
    for sentence in sentences:
        module.warn(f"{sentence} This is fine if an earlier task of this run creates it.")
