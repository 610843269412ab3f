"""What the platform says while a fault lasts: recurring log lines, error counts and events of those who notice."""

from __future__ import annotations

import math

from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.faults import Injected
from app.demo.simulation.pino import failure
from app.demo.simulation.plan import BAD_VERSION, NAMES, ORCHESTRATOR, VERSION
from app.demo.simulation.symptom_table import SYMPTOMS, Symptom
from app.demo.simulation.vocabulary import PROVIDER_WORDS


def advance(out: Activity, conditions: Conditions) -> None:
    """Write what is said in the stretch that ``out`` covers."""
    end = float(out.times[-1])
    for one in conditions.injected:
        if one.start < end and one.end > out.start:
            _deployment(out, one, end)
            _last_words(out, one, end)
            _recurring(out, one, conditions, end)


def touched(one: Injected) -> tuple[str, ...]:
    """The instances a fault is on; empty for providers, platforms and the database."""
    return tuple(name for name in NAMES if one.touches(name))


def _recurring(out: Activity, one: Injected, conditions: Conditions, end: float) -> None:
    symptom = SYMPTOMS[one.fault]
    first = max(0, math.ceil((out.start - one.start - 1.0) / symptom.every_s))
    for number in range(first, 100_000):
        t = one.start + 1.0 + number * symptom.every_s
        if t > min(end, one.end):
            return
        if t <= out.start:
            continue
        for witness in _witnesses(one, symptom, conditions, t):
            _say(out, one, symptom, witness, t, with_event=number % symptom.events == 0)


def _witnesses(one: Injected, symptom: Symptom, conditions: Conditions, t: float) -> tuple[str, ...]:
    wanted = touched(one) if symptom.witness == "target" else (symptom.witness, ORCHESTRATOR, "api-1", "dashboard-0")
    able = tuple(name for name in wanted if not conditions.is_down(t, name))
    return able if symptom.witness == "target" else able[:1]


def _say(out: Activity, one: Injected, symptom: Symptom, witness: str, t: float, *, with_event: bool) -> None:
    message = symptom.message.replace("{target}", PROVIDER_WORDS.get(one.target, one.target))
    fields = {"component": symptom.component, "correlationId": f"sys-{one.fault}-{int(one.start)}"}
    fields |= _whom(one)
    if symptom.level == "error":
        code = symptom.error_type.upper()
        line_fields = {**fields, "error": failure("SystemError", message, code, "HealthMonitor.check")}
    else:
        line_fields = {**fields}
    out.line(witness, t, symptom.level, message, line_fields)
    out.error(witness, t, symptom.error_type)
    if with_event:
        tags = {"service": witness.rsplit("-", 1)[0], "instance": witness, **_whom(one)}
        data = {"errorType": symptom.error_type, "message": message, "severity": symptom.level}
        out.event(witness, t, symptom.event, tags, data)


def _whom(one: Injected) -> dict[str, str]:
    if one.target in PROVIDER_WORDS:
        return {"provider": PROVIDER_WORDS[one.target]}
    return {"platform": one.target} if one.fault == "git-rate-limit" else {"target": one.target}


def _deployment(out: Activity, one: Injected, end: float) -> None:
    if one.fault != "bad-deploy":
        return
    for t, version in ((one.start, BAD_VERSION), (one.end, VERSION)):
        if out.start < t <= end or t == out.start == one.start:
            job = one.target
            tags = {"service": job, "version": version, "environment": "production"}
            before = VERSION if version == BAD_VERSION else BAD_VERSION
            rollback = version == VERSION
            out.event(ORCHESTRATOR, t, "DEPLOY.COMPLETED.SUCCESS", tags, {"previous": before, "rollback": rollback})
            fields = {"component": "deployer", "deployedVersion": version, "correlationId": f"deploy-{int(t)}"}
            verb = "rolled back to" if rollback else "deployed at"
            out.line(ORCHESTRATOR, t, "info", f"{job} {verb} version {version}", fields)


def _last_words(out: Activity, one: Injected, end: float) -> None:
    if one.fault != "service-crash" or not out.start < one.start <= end:
        return
    for name in touched(one):
        fields = {
            "component": "process",
            "correlationId": f"sys-crash-{int(one.start)}",
            "error": failure("FatalError", "Reached heap limit: JavaScript heap out of memory", "ERR_OOM", "process"),
        }
        out.line(name, one.start, "fatal", "Uncaught exception, the process ends", fields)
