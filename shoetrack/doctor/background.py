"""The daemon, and the service that keeps it running."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

from shoetrack.doctor.findings import Finding, Patient, fault, note, ok
from shoetrack.service import program
from shoetrack.service.installing import Found, find
from shoetrack.service.standing import Life, Standing, standing

_START = "`shoetrack service install` starts it"
# The third failure in a row is no hiccup any more.
_FAILING = 3
_A_DAY = timedelta(days=1)


def daemon(patient: Patient) -> Iterator[Finding]:
    found = _place(patient)
    with patient.asked() as reader:
        stands = standing(reader, patient.location, patient.now)
    if stands.round_at is not None and patient.now - stands.round_at < _A_DAY:
        yield ok(f"single rounds are done, the last on {patient.show(stands.round_at)}")
    else:
        yield _life(patient, stands, found)
    if found is Found.OTHER:
        yield note(
            f"the {patient.manager.what} is for another Python, store or version",
            "`shoetrack service install` writes it anew",
        )
    for job in stands.failing:
        tell = fault if job.failures >= _FAILING else note
        times = "once" if job.failures == 1 else f"{job.failures} times in a row"
        yield tell(f"{job.name} failed {times}: {job.message or job.fault}")


def _place(patient: Patient) -> Found:
    location = patient.location if patient.named else None
    wanted = program.daemon(sys.executable, patient.environ, location)
    return find(patient.manager, patient.manager.content(wanted))


def _life(patient: Patient, stands: Standing, found: Found) -> Finding:
    beat = stands.heartbeat
    is_installed = found in (Found.SAME, Found.OTHER)
    if beat is None or stands.life is Life.STARTING:
        if stands.is_running:
            return ok("it is starting")
        if is_installed:
            return fault("it is installed, but has never run", _why(patient))
        return note("nothing runs by itself: no sync, no alerts", _START)
    last = patient.show(beat.beat_at)
    if stands.life is Life.RUNNING:
        return ok(f"runs since {patient.show(beat.started_at)} (process {beat.pid})")
    if stands.life is Life.SILENT:
        return fault(f"process {beat.pid} does not answer since {last}", "start it again")
    if stands.life is Life.STOPPED:
        stopped = patient.show(beat.stopped_at or beat.beat_at)
        return note(f"does not run: it was stopped on {stopped}", _START)
    message = f"does not run, and was not stopped: its last sign of life was on {last}"
    return fault(message, _why(patient) if is_installed else _START)


def _why(patient: Patient) -> str:
    return f"`{patient.manager.log}` may tell why; {_START}"
