"""A stand-in for AWX: a server of ours that answers what clients of jobs ask, and is not AWX.

It reproduces what AWX 24.6.1 says in its own files (https://github.com/ansible/awx/tree/24.6.1):

- launching, and its statuses 201, 400, 403, 405: `awx/api/templates/api/job_template_launch.md`, `JobTemplateLaunch` in
  `awx/api/views/__init__.py`; what a template ignores: `_accept_or_ignore_job_kwargs` in `awx/main/models/jobs.py`;
- cancelling, 202 or 405: `job_cancel.md` beside the former, `GenericCancelView` in `awx/api/generics.py`;
- lists, filters and pages of at most 200: `_list_common.md`, `awx/api/pagination.py`, `awx/settings/defaults.py`;
- a label is one of its name and organization (`awx/main/models/label.py`), and goes with the last job that has it
  (`awx/main/signals.py`);
- output of a job: `UnifiedJobStdout`; its statuses, and what it tells its playbook of itself and of who launched it
  (`awx_meta_vars`): `awx/main/models/unified_jobs.py`;
- events of a job, of results of tasks alone: `JobJobEventsList`, `JobEventSerializer` in `awx/api/serializers.py`;
  whether all of them are saved, which is told of a job by itself and not in lists: `event_processing_finished`.

Texts of refusals are its own, and only fields that a client reads are there. The modules of awx.awx 24.6.1 keep it
honest: `tests/unit/tests/standin_awx/` runs them against it unchanged. What it does not know it refuses.

A template with a `project` runs its playbook: `ansible-playbook` with the variables, the limit and the job type of the
launch, without checking keys of hosts, as AWX does. The job is running until that ends, and cancelling kills it. A job
of any other template runs nothing: it takes the next status of its template's `course` each time that it is looked at.
"""

from __future__ import annotations

from .application import StandinAwx
from .playing import Project
from .records import Job, Label, Template
from .server import running

__all__ = ["Job", "Label", "Project", "StandinAwx", "Template", "running"]
