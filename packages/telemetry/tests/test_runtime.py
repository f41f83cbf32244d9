from __future__ import annotations

import signal
import time

import pytest

from programs import PLENTY, begun, ran

# Starts telemetry with a part that tells on standard output what is asked of it.
TOLD = """
import os, signal, sys, threading, time
from vigil_telemetry import runtime
from vigil_telemetry.parts import Part
from vigil_telemetry.settings import settings_from

class Told(Part):
    def __init__(self, name):
        self.name = name
    def start(self):
        print(self.name, "starts", flush=True)
    def stop(self, timeout):
        print(self.name, "stops", round(timeout), flush=True)
    def after_fork(self, *, child):
        if child:
            print(self.name, "is a child", flush=True)

settings = settings_from({"service": "shop", "environment": "test"}, {})
telemetry = runtime.start(runtime.Telemetry(settings, (Told("logs"), Told("traces"))))
"""
STARTED = ["logs starts", "traces starts"]
STOPPED = ["traces stops 3", "logs stops 4"]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError('wrong')", 1),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(4)); os.kill(os.getpid(), signal.SIGTERM)", 4),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(600)", -signal.SIGTERM),
    ],
    ids=["normal", "sys.exit", "exception", "own SIGTERM", "SIGTERM"],
)
def test_parts_stop_once_in_reverse_order_however_the_process_ends(end: str, status: int) -> None:
    process = ran(TOLD + end)
    assert (process.stdout.splitlines(), process.returncode) == (STARTED + STOPPED, status), process.stderr


def test_sigterm_does_not_wait_for_a_lock_that_the_main_thread_holds() -> None:
    held = "lock = threading.Lock()\n"
    held += "Told.stop = lambda self, timeout: print(lock.acquire(timeout=60), lock.release(), flush=True)\n"
    process = begun(TOLD + held + "with lock:\n    print('held', flush=True)\n    time.sleep(1)\ntime.sleep(600)")
    assert process.stdout is not None
    while process.stdout.readline() != "held\n":
        pass
    process.send_signal(signal.SIGTERM)
    output, _errors = process.communicate(timeout=PLENTY)
    assert (output.splitlines(), process.returncode) == (["True None"] * 2, -signal.SIGTERM)


def test_a_process_does_not_end_while_another_thread_stops_its_parts() -> None:
    slow = "Told.stop = lambda self, timeout: (time.sleep(0.5), print(self.name, 'stopped', flush=True))\n"
    process = ran(TOLD + slow + "threading.Thread(target=runtime.stop, daemon=True).start(); time.sleep(0.1)")
    assert process.stdout.splitlines() == [*STARTED, "traces stopped", "logs stopped"], process.stderr


def test_a_stop_waits_no_longer_than_it_may_for_another_one_that_hangs() -> None:
    hangs = "begun = threading.Event()\nTold.stop = lambda self, timeout: (begun.set(), time.sleep(600))\n"
    hangs += "threading.Thread(target=runtime.stop, daemon=True).start(); begun.wait()\n"
    process = ran(TOLD + hangs + "runtime.stop(0.5)\nprint('goes on', flush=True)\nos._exit(0)")
    assert process.stdout.splitlines() == [*STARTED, "goes on"], process.stderr


def test_a_forked_child_goes_on_and_stops_its_own() -> None:
    process = ran(TOLD + "child = os.fork()\nif child:\n    os.waitpid(child, 0)\n")
    children = ["logs is a child", "traces is a child"]
    assert process.stdout.splitlines() == [*STARTED, *children, *STOPPED, *STOPPED], process.stderr


def test_a_process_of_multiprocessing_stops_although_it_leaves_without_atexit() -> None:
    program = "import multiprocessing\nchild = multiprocessing.get_context('fork').Process(target=int)\n"
    process = ran(TOLD + program + "child.start(); child.join()")
    children = ["logs is a child", "traces is a child"]
    assert process.stdout.splitlines() == [*STARTED, *children, *STOPPED, *STOPPED], process.stderr


def test_a_part_that_cannot_start_stops_those_before_it() -> None:
    program = """
class Refusing(Told):
    def start(self):
        raise runtime.TelemetryError("no")

runtime.stop()
try:
    runtime.start(runtime.Telemetry(settings, (Told("logs"), Refusing("traces"))))
except runtime.TelemetryError as error:
    print(error, runtime.running())
"""
    process = ran(TOLD + program)
    assert process.stdout.splitlines()[-3:] == ["logs starts", "logs stops 1", "no None"], process.stderr


def test_a_second_start_is_the_first_one_unless_its_settings_differ() -> None:
    program = """
assert runtime.start(runtime.Telemetry(settings)) is telemetry
try:
    runtime.start(runtime.Telemetry(settings_from({"service": "other", "environment": "test"}, {})))
except runtime.TelemetryError as error:
    print(error)
"""
    process = ran(TOLD + program)
    assert "Start of telemetry: it was started with other settings" in process.stdout, process.stderr


def test_a_telemetry_that_ran_once_can_start_again() -> None:
    process = ran(TOLD + "runtime.stop(); runtime.stop(); runtime.start(runtime.Telemetry(settings))")
    assert process.stdout.splitlines() == STARTED + STOPPED, process.stderr


def test_a_start_outside_the_main_thread_leaves_signals_alone() -> None:
    program = "import signal, threading, vigil_telemetry as telemetry\n"
    program += "started = threading.Thread(target=lambda: telemetry.start(service='a', environment='b'))\n"
    program += "started.start(); started.join(); print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    began = time.monotonic()
    assert ran(program).stdout == "True\n"
    assert time.monotonic() - began < PLENTY
