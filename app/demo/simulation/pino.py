"""Log lines in the three Pino dialects that Tamma's documents know."""

from __future__ import annotations

from typing import Any

import orjson

from app.demo.simulation.plan import VERSION, Instance
from app.demo.simulation.records import Line, iso

NUMBERS = {"trace": 10, "debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60}


def render(line: Line, instance: Instance, *, pid: int, version: str = VERSION) -> str:
    """One JSON object without a line end: D1 flat, D2 Pino's own, D3 with nested context."""
    if instance.dialect == "D1":
        body = _flat(line, instance, pid, version)
    elif instance.dialect == "D2":
        body = _native(line, instance, pid)
    else:
        body = _nested(line, instance, version)
    return orjson.dumps(body).decode()


def _flat(line: Line, instance: Instance, pid: int, version: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "timestamp": iso(line.t),
        "level": line.level,
        "message": line.message,
        "pid": pid,
        "hostname": instance.name,
        "service": instance.log_service,
        "version": version,
        "environment": "prod",
    }
    for key, value in line.fields.items():
        body["duration" if key == "durationMs" else key] = value
    return body


def _native(line: Line, instance: Instance, pid: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "level": NUMBERS[line.level],
        "time": int(line.t * 1000),
        "pid": pid,
        "hostname": instance.name,
        "service": instance.log_service,
        "msg": line.message,
    }
    for key, value in line.fields.items():
        if key == "error":
            body["err"] = {"type": value["name"], "message": value["message"], "stack": value["stack"]}
        else:
            body[key] = value
    return body


def _nested(line: Line, instance: Instance, version: str) -> dict[str, Any]:
    context = {("duration" if key == "durationMs" else key): value for key, value in line.fields.items()}
    component = context.pop("component", "http")
    return {
        "timestamp": iso(line.t),
        "level": line.level,
        "message": line.message,
        "service": instance.log_service,
        "version": version,
        "hostname": instance.name,
        "component": component,
        "context": context,
    }


def failure(name: str, message: str, code: str, where: str) -> dict[str, str]:
    """The ``error`` field of a line, with a short stack."""
    places = f"    at {where} (/app/dist/{where.lower()}.js:112:17)\n    at async run (/app/dist/main.js:48:5)"
    stack = f"{name}: {message}\n{places}"
    return {"name": name, "message": message, "code": code, "stack": stack}
