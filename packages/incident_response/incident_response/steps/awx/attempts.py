# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attempts as jobs of AWX: launched once, found again, cancelled."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ..output import Output, output_from
from ..redacting.redaction import Redactor
from ..spec import Spec, StepError
from ..state import Kind, State
from .api import Api, AwxError
from .events import event_of
from .launches import Launches
from .order import order_of

__all__ = ["AwxAttempts"]

_RUNNING = ("new", "pending", "waiting", "running")
# As ansible-playbook ends where it does; a job that was cancelled ends like a command that was interrupted.
_CODES = {"successful": 0, "error": 1, "failed": 2, "canceled": 130}
_LONGEST_OUTPUT = 1 << 18
_MOST_EVENTS = 200  # of one page, and a step on one host has a handful


class AwxAttempts:
    """The attempts that AWX runs, by the job template of each step: its name, or its number.

    Every method raises StepError, also when AWX cannot be asked, and OSError.
    """

    def __init__(
        self,
        api: Api,
        templates: Mapping[str, str | int],
        folder: Path,
        *,
        interval: float = 2.0,
        patience: float = 60.0,
        saving: float = 10.0,
    ) -> None:
        """Take the directory that remembers launches, and how often and how long a cancelled job is looked at.

        For `saving` seconds AWX may go on to save the events of a job that has ended.
        """
        self._api, self._templates, self._launches = api, templates, Launches(folder)
        self._interval, self._patience, self._saving = interval, patience, saving

    def start(self, spec: Spec) -> State:
        """Launch a job unless it was launched before, and return the state of the attempt.

        After a failure, `state` says whether it started all the same.
        """
        if self._launches.after(spec.attempt) is not None:
            return self.state(spec.attempt)
        template = self._template(spec.step)
        order = order_of(spec, template)
        before = self._jobs(spec.attempt, order_by="-id")
        for job in before:
            if job.get("status") in _RUNNING:
                raise AwxError(f"job {job['id']} of AWX has the label {spec.attempt}, but another engine launched it.")
        order["labels"] = [self._label(spec.attempt, template)]
        self._launches.remember(spec.attempt, before[0]["id"] if before else 0)
        return self._launch(spec.attempt, template["id"], order)

    def state(self, name: str) -> State:
        """Return the state of an attempt, whoever started it."""
        if job := self._job(name):
            return _state_of(job)
        if self._launches.after(name) is None:
            return State(Kind.NEVER_STARTED)
        return State(Kind.UNKNOWN, reason=f"AWX has no job with the label {name}: it was never made, or is deleted")

    def cancel(self, name: str) -> State:
        """Cancel an attempt, and return its state when its job has ended; StepError if that goes on."""
        if (job := self._job(name)) and job.get("status") in _RUNNING:
            self._cancel(job["id"])
        until = time.monotonic() + self._patience
        while (state := self.state(name)).kind is Kind.RUNNING:
            if time.monotonic() >= until:
                raise AwxError(f"{state.reason}, {self._patience:.0f} seconds after it was cancelled.")
            time.sleep(self._interval)
        return state

    def forget(self, before: float) -> None:
        """Forget the launches before a time, in seconds since 1970; AWX keeps their jobs as long as it wants."""
        self._launches.forget_before(before)

    def output(self, name: str) -> Output:
        """Return what an attempt has done, without secrets, and why it failed, by the events of its job.

        Where none tells anything, the end of what the job has put out; why it failed is in its state then.
        """
        if not (job := self._job(name)):
            return Output()
        self._wait_for_events(job)
        path, redactor = f"jobs/{job['id']}", Redactor()
        events = self._api.page(f"{path}/job_events/", order_by="counter", page_size=_MOST_EVENTS)
        found = output_from(event_of(one, redactor) for one in events)
        if found.text:
            return found
        return Output(redactor.stack(self._api.text(f"{path}/stdout/", format="txt_download")[-_LONGEST_OUTPUT:]))

    def _wait_for_events(self, job: Mapping[str, Any]) -> None:
        """Wait until AWX has saved the events of a job: it does that beside the job, and they may come after its end.

        It may have lost one, and then it never says so.
        """
        until = time.monotonic() + (0 if job.get("status") in _RUNNING else self._saving)
        while self._api.record(f"jobs/{job['id']}/").get("event_processing_finished") is False:
            if time.monotonic() >= until:
                return
            time.sleep(self._interval)

    def _launch(self, name: str, template: int, order: Mapping[str, Any]) -> State:
        try:
            job = self._api.post(f"job_templates/{template}/launch/", order)
        except AwxError as error:
            if error.refused:
                self._launches.forget(name)
            elif (state := self.state(name)).kind is not Kind.UNKNOWN:
                return state
            raise
        if ignored := ", ".join(job.get("ignored_fields", ())):
            self._cancel(job["id"])
            raise AwxError(f"job {job['id']} of AWX is cancelled, as it ignores {ignored}: its template has changed.")
        return _state_of(job)

    def _cancel(self, job: int) -> None:
        try:
            self._api.post(f"jobs/{job}/cancel/", {})
        except AwxError as error:
            # It has ended meanwhile, or is deleted.
            if error.status not in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_FOUND):
                raise

    def _template(self, step: str) -> Mapping[str, Any]:
        if (told := self._templates.get(step)) is None:
            raise StepError(f"There is no job template of AWX for the step {step}.")
        found = self._api.page("job_templates/", **{"id" if isinstance(told, int) else "name": told})
        if len(found) != 1:
            raise AwxError(f"AWX shows {len(found)} job templates {told!r}: it has to be one, by name or by number.")
        return found[0]

    def _label(self, name: str, template: Mapping[str, Any]) -> int:
        """Return the number of the label of an attempt, which is made unless it is there."""
        told: dict[str, Any] = {"name": name, "organization": template["organization"]}
        if told["organization"] is None:
            raise AwxError(f"the project of the job template {template['name']} of AWX has no organization for labels.")
        found = self._api.page("labels/", **told)
        # Of two engines that make it at the same moment, AWX refuses one.
        return int((found[0] if found else self._api.post("labels/", told))["id"])

    def _job(self, name: str) -> Mapping[str, Any] | None:
        """Return the job of an attempt: the first, since one that a person launches again has the same label."""
        after = self._launches.after(name) or 0
        return next(iter(self._jobs(name, order_by="id", id__gt=after)), None)

    def _jobs(self, name: str, **query: str | int) -> list[Mapping[str, Any]]:
        return self._api.page("jobs/", labels__name=name, **query)


def _state_of(job: Mapping[str, Any]) -> State:
    status = job.get("status")
    explanation = " ".join(str(job.get("job_explanation", "")).split())
    reason = f"job {job['id']} of AWX is {status}{explanation and f': {explanation}'}"
    if status in _RUNNING:
        return State(Kind.RUNNING, reason=reason)
    if status not in _CODES:
        raise AwxError(f"{reason}, which is no status of a job.")
    return State(Kind.FINISHED, _CODES[status], reason, cancelled=status == "canceled")
