# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_action
short_description: Act on an incident, stop all automation, trust a runbook again
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Does what the buttons of the console of incident_response do, in the name of O(username), which its journal keeps.
    Accounts have rights by team; what an account may not do is refused.
  - An action whose result is there already changes nothing.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
options:
  action:
    description:
      - V(acknowledge) shows others that O(username) has the incident; automation goes on. It is refused while another
        person has it.
      - V(take_over) does the same whoever has it, and keeps automation from the incident.
      - V(stop) does the same, and cancels the step that runs for the incident. What it has done so far stays as it is;
        no rollback is started. The result is known once the step has ended, see the timeline of the incident.
      - V(hand_over) gives it to O(to), and V(release) to nobody, after which automation may act again.
      - V(note) adds a line to the timeline. The same note of the same account is not added again while it is the newest
        one of the incident.
      - V(approve) approves the step that waits under the name O(attempt), unless somebody has done so already. Without
        O(attempt) it approves the only step that waits, and fails if none or several do.
      - V(stop_automation) keeps automation from every host until somebody with the right to approve for every team does
        V(resume_automation). Whoever stopped it before, it stays stopped.
      - V(trust_runbook) has a runbook act by itself again that was lowered because it did not help. It needs the right
        to approve for every team. A O(runbook) that is not lowered is left as it is.
    type: str
    required: true
    choices:
      - acknowledge
      - take_over
      - stop
      - hand_over
      - release
      - note
      - approve
      - stop_automation
      - resume_automation
      - trust_runbook
  incident:
    description:
      - Number of the incident, required except for V(stop_automation), V(resume_automation) and V(trust_runbook).
    type: int
  to:
    description: Account to which the incident is handed over, required for that.
    type: str
  attempt:
    description: Attempt that is approved, as the incident names it, such as V(inc-4-d2-1772000000-s1-h1-a1).
    type: str
  runbook:
    description: Name of the runbook that is trusted, required for that.
    type: str
  text:
    description:
      - What is kept with the action. Required for O(action=note), O(action=stop_automation),
        O(action=resume_automation) and O(action=trust_runbook).
    type: str
    aliases: [reason]
"""

EXAMPLES = r"""
- name: Acknowledge an incident
  vigil.observability.incident_action:
    url: https://monitor1:9095
    username: ben
    password: "{{ incident_response_account_passwords.ben }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    action: acknowledge
    incident: 4
    text: The disk is being replaced

- name: Cancel the step that runs, and take the incident over
  vigil.observability.incident_action:
    url: https://monitor1:9095
    username: ben
    password: "{{ incident_response_account_passwords.ben }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    action: stop
    incident: 4
    text: It is the wrong disk

- name: Stop all automation
  vigil.observability.incident_action:
    url: https://monitor1:9095
    username: ben
    password: "{{ incident_response_account_passwords.ben }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    action: stop_automation
    reason: It makes it worse

- name: Have a runbook act by itself again
  vigil.observability.incident_action:
    url: https://monitor1:9095
    username: anna
    password: "{{ incident_response_account_passwords.anna }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    action: trust_runbook
    runbook: exporter_down
    reason: The unit is repaired
"""

RETURN = r"""
holder: {description: Who has the incident then; null for nobody., returned: for an incident, type: str}
took_over: {description: Whether automation leaves the incident alone., returned: for an incident, type: bool}
stopped: {description: Whether all automation is stopped., returned: without an incident, type: bool}
lowered:
  description: Names of the runbooks that need an approval for each step since they did not help.
  returned: without an incident
  type: list
  elements: str
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.module import apply
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._api.resource import Resource, Step
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Answer, Session
from ansible_collections.vigil.observability.plugins.module_utils._incidents.actions import (
    ACTIONS,
    Asked,
    State,
    asked,
    automation_state,
    incident_state,
)
from ansible_collections.vigil.observability.plugins.module_utils._incidents.client import (
    IncidentResponse,
    person_in,
    run_incident_module,
)

_OPTIONS = {
    "action": {"type": "str", "required": True, "choices": list(ACTIONS)},
    "incident": {"type": "int"},
    "to": {"type": "str"},
    "attempt": {"type": "str"},
    "runbook": {"type": "str"},
    "text": {"type": "str", "aliases": ["reason"]},
}


def _state(service: IncidentResponse, task: Asked) -> State:
    if task.incident is None:
        return automation_state(service.automation())
    return incident_state(service.incident(task.incident))


def _resource(service: IncidentResponse, task: Asked, before: State) -> Resource:
    key = "automation" if task.incident is None else f"incident {task.incident}"

    def write(step: Step) -> None:
        changed = {name: value for name, value in step.after.items() if value != step.before[name]}

        def outcome() -> Answer | None:
            now = _state(service, task)
            return Answer.of({}) if changed.items() <= now.items() else None

        service.do(task.path, task.fields, attempt=task.what, outcome=outcome)

    return Resource("", {key: task.after(before)}, {key: before}, write)


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    service, task = IncidentResponse(session), asked(module.params, person_in(module.params))
    before = _state(service, task)
    task = task.named(before)
    after = task.after(before)
    if module.check_mode and after != before and (refusal := task.refusal(before)):
        raise PlanError(f"Could not {task.what}: {refusal}")
    made = apply(module, _resource(service, task, before).plan())
    result: dict[str, Any] = {name: made[name] for name in ("changed", "diff") if name in made}
    if task.incident is None:
        return {**result, "stopped": bool(after["stopped"]), "lowered": after["lowered"]}
    return {**result, "holder": after["holder"], "took_over": after["took_over"]}


def main() -> None:
    """Run the module."""
    run_incident_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
