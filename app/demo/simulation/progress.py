"""What a run does at each moment of a step: begins it, makes its calls, ends it, fails, finishes."""

from __future__ import annotations

import random
from collections.abc import Callable

from app.demo.simulation import holdings, outcomes, run_ends
from app.demo.simulation.activity import Activity
from app.demo.simulation.calls import Calls
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.plan import ORCHESTRATOR
from app.demo.simulation.runs import Run
from app.demo.simulation.steps import MAX_RETRIES, RETRY_DELAYS_S, STEP_SPECS

STUCK_PAUSE_S = 5.0
HEARTBEAT_LIMIT_S = 30.0
RETRY_CALL_S = 2.0
TROUBLE_RETRY_SHARE = 0.35


class Progress:
    """Carries runs from one deed to the next; ``ended`` is told about each run that is over."""

    def __init__(
        self,
        rng: random.Random,
        conditions: Conditions,
        *,
        choose_worker: Callable[[float], str | None],
        ended: Callable[[Run], object],
    ) -> None:
        self._rng = rng
        self._conditions = conditions
        self._choose_worker = choose_worker
        self._ended = ended
        self.calls = Calls(rng, conditions)

    def step(self, run: Run, out: Activity) -> None:
        """Do the run's next deed, at the time it is due."""
        t, deed = run.todo[0]
        if self._hindered(run, t, out):
            return
        run.todo.pop(0)
        if deed == "begin":
            self._begin(run, t, out)
        elif deed == "end":
            self._end(run, t, out)
        else:
            self._call(run, t, deed, out)

    def _hindered(self, run: Run, t: float, out: Activity) -> bool:
        if self._conditions.is_down(t, ORCHESTRATOR):
            return self._postpone(run, t)
        if self._conditions.at(t, "workflow-stuck", ORCHESTRATOR):
            if t - run.step_started > 4 * run.spec.median_s:
                self._complain_of_delay(run, t, out)
            return self._postpone(run, t)
        if run.spec.on_worker and run.todo[0][1] != "begin" and self._conditions.is_down(t, run.worker):
            self._lose_worker(run, t, out)
            return True
        return False

    def _postpone(self, run: Run, t: float) -> bool:
        late = t + STUCK_PAUSE_S - run.todo[0][0]
        run.todo = [(due + late, deed) for due, deed in run.todo]
        return True

    def _complain_of_delay(self, run: Run, t: float, out: Activity) -> None:
        if self._rng.random() < STUCK_PAUSE_S / 60.0:
            outcomes.step_overdue(out, run, t)

    def _lose_worker(self, run: Run, t: float, out: Activity) -> None:
        other = self._choose_worker(t)
        if other is None:
            self._postpone(run, t)
            return
        lost, run.worker = run.worker, other
        self._attempt_failed(run, t, out, error="worker_lost", message=f"{lost} missed 3 heartbeats")
        if run.todo:
            run.todo = [(t + HEARTBEAT_LIMIT_S, "begin")]

    def _begin(self, run: Run, t: float, out: Activity) -> None:
        spec = run.spec
        if run.attempt == 1:
            run.step_started = t
            outcomes.step_started(out, run, t, first=run.step == 0)
        if spec.on_worker:
            if self._conditions.is_down(t, run.worker):
                run.worker = self._choose_worker(t) or run.worker
            holdings.worker_takes(out, run, t)
        length = spec.median_s * self._rng.lognormvariate(0, spec.sigma)
        if self._conditions.at(t, "ai-provider-slow", run.kind.provider) and "ai:" in "".join(spec.calls):
            length *= 2.5
        gap = length / (len(spec.calls) + 1)
        run.todo = [(t + gap * (place + 1), call) for place, call in enumerate(spec.calls)]
        run.todo.append((t + length, "end"))
        if spec.name == "APPROVAL_GATE":
            holdings.approval_requested(out, run, t)

    def _call(self, run: Run, t: float, deed: str, out: Activity) -> None:
        target, _, what = deed.partition(":")
        caller = run.worker if run.spec.on_worker else ORCHESTRATOR
        again = what.endswith("!")
        what = what.rstrip("!")
        if target == "ai":
            answer = self.calls.ai(out, t, caller=caller, provider=run.kind.provider, kind=what, run=run)
        else:
            answer = self.calls.git(out, t, caller=caller, platform=run.kind.platform, operation=what, run=run)
        if not answer.error:
            if what == "push":
                outcomes.code_pushed(out, run, t, self._rng)
        elif not again:
            run.todo.insert(0, (t + RETRY_CALL_S, f"{target}:{what}!"))
            late = RETRY_CALL_S
            run.todo[1:] = [(due + late, later) for due, later in run.todo[1:]]
        else:
            known = answer.error if answer.error in run.spec.errors else "step_failed"
            known = "provider_unavailable" if answer.error == "provider_timeout" else known
            self._attempt_failed(run, t, out, error=known, message=f"{run.spec.name}: {answer.error} ({answer.code})")

    def _end(self, run: Run, t: float, out: Activity) -> None:
        spec = run.spec
        place = run.worker if spec.on_worker else ORCHESTRATOR
        trouble = max(self._conditions.at(t, fault, place) for fault in ("bad-deploy", "error-burst"))
        chance = self._rng.random()
        if chance < spec.fatal:
            message = f"{spec.name} failed: {outcomes.REASONS[spec.error]}"
            outcomes.attempt_failed(out, run, t, error=spec.error, message=message)
            self.fail(run, t, out, error=spec.error, message=message)
        elif chance < spec.fatal + spec.retried + trouble * TROUBLE_RETRY_SHARE:
            message = f"{spec.name} failed: {outcomes.REASONS[spec.error]}"
            self._attempt_failed(run, t, out, error=spec.error, message=message)
        else:
            self._pass(run, t, out)

    def _pass(self, run: Run, t: float, out: Activity) -> None:
        outcomes.step_completed(out, run, t, self._rng)
        if run.step == len(STEP_SPECS) - 1:
            run_ends.run_completed(out, run, t)
            self._ended(run)
            return
        run.step += 1
        run.attempt = 1
        run.todo = [(t + 0.5 + self._rng.random(), "begin")]
        out.runs[run.id] = run.row()

    def _attempt_failed(self, run: Run, t: float, out: Activity, *, error: str, message: str) -> None:
        outcomes.attempt_failed(out, run, t, error=error, message=message)
        if run.attempt > MAX_RETRIES:
            self.fail(run, t, out, error="retry_exhausted", message=f"{message}; {MAX_RETRIES} retries exhausted")
            return
        run.todo = [(t + RETRY_DELAYS_S[run.attempt], "begin")]
        run.attempt += 1

    def fail(self, run: Run, t: float, out: Activity, *, error: str, message: str) -> None:
        """End the run as failed."""
        run.todo = []
        run_ends.run_failed(out, run, t, error=error, message=message)
        self._ended(run)
