"""The workflow engine: issues arrive, wait, and are worked off by at most ten loops at a time."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque

from app.demo.simulation import run_ends
from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.faults import PLATFORMS, PROVIDERS
from app.demo.simulation.plan import ORCHESTRATOR, WORKERS
from app.demo.simulation.progress import Progress
from app.demo.simulation.rhythm import WEEKDAY_MEAN_LOAD, load_at
from app.demo.simulation.runs import Run, new_run

CONCURRENT_RUNS = 10
ISSUES_A_WEEKDAY = 250
# Arrivals a second at the busiest hour: thinned by the rhythm, so that a weekday has the figure above.
PEAK_ARRIVALS = ISSUES_A_WEEKDAY / 86400 / WEEKDAY_MEAN_LOAD
BACKLOG_FACTOR = 25.0
LULL_S = 15.0
PRIORITIES = ("high", "medium", "low")
POLL_S = {"github": 30.0, "gitlab": 120.0}
PROBE_S = {"anthropic_claude": 90.0, "openai": 215.0, "github_copilot": 360.0}
EPOCH_OF_ISSUES = 1.79e9


class Workflows:
    """All runs and the queue before them, moved on event by event."""

    def __init__(self, seed: int, now: float, conditions: Conditions) -> None:
        self._rng = random.Random(seed)
        self._conditions = conditions
        self.runs: dict[str, Run] = {}
        self.queue: deque[tuple[int, str]] = deque()
        self.last_issue = int((now - EPOCH_OF_ISSUES) / 345)
        self._order = 0
        self._heap: list[tuple[float, int, str, str]] = []
        self._progress = Progress(
            self._rng, conditions, choose_worker=self._free_worker, ended=lambda run: self.runs.pop(run.id, None)
        )
        self._put(now, "lull", "")
        for name in PLATFORMS:
            self._put(now + self._rng.random() * POLL_S[name], "poll", name)
        for name in PROVIDERS:
            self._put(now + self._rng.random() * PROBE_S[name], "probe", name)

    def adopt(self, runs: list[Run], queue: list[tuple[int, str]], last_issue: int) -> None:
        """Go on with the runs and queue that another engine left."""
        self.queue.extend(queue)
        self.last_issue = max(self.last_issue, last_issue)
        for run in runs:
            self.runs[run.id] = run
            self._put(run.todo[0][0], "run", run.id)

    def advance(self, until: float, out: Activity) -> None:
        """Let everything happen that is due up to ``until``."""
        for t, name in out.restarts:
            if name == ORCHESTRATOR:
                self._put(t, "restart", "")
        while self._heap and self._heap[0][0] <= until:
            t, _, kind, key = heapq.heappop(self._heap)
            if kind == "run":
                self._move(key, t, out)
            elif kind == "restart":
                self._fail_all(t, out)
            elif kind == "arrival":
                self._arrive(t, out)
                self._expect_arrival(t)
            elif kind == "lull":
                self._expect_arrival(t)
            elif kind == "poll":
                self._put(t + POLL_S[key], "poll", key)
                if not self._conditions.is_down(t, ORCHESTRATOR):
                    self._progress.calls.git(out, t, caller=ORCHESTRATOR, platform=key, operation="issues")
            else:
                self._put(t + PROBE_S[key], "probe", key)
                if not self._conditions.is_down(t, ORCHESTRATOR):
                    self._progress.calls.ai(out, t, caller=ORCHESTRATOR, provider=key, kind="analysis")

    def _fail_all(self, t: float, out: Activity) -> None:
        for run in list(self.runs.values()):
            self._progress.fail(run, t, out, error="orchestrator_lost", message="orchestrator restarted")
        self._start_waiting(t, out)

    def _put(self, t: float, kind: str, key: str) -> None:
        self._order += 1
        heapq.heappush(self._heap, (t, self._order, kind, key))

    def _move(self, key: str, t: float, out: Activity) -> None:
        run = self.runs.get(key)
        if run is None:
            return
        self._progress.step(run, out)
        if run.todo:
            self._put(run.todo[0][0], "run", key)
        else:
            self._start_waiting(t, out)

    def _expect_arrival(self, t: float) -> None:
        backlog = self._conditions.at(t, "queue-backlog", ORCHESTRATOR)
        wait = self._rng.expovariate(PEAK_ARRIVALS * (BACKLOG_FACTOR if backlog else load_at(t)))
        # Never look far ahead: a fault that starts meanwhile has to be felt.
        self._put(t + min(wait, LULL_S), "arrival" if wait <= LULL_S else "lull", "")

    def _arrive(self, t: float, out: Activity) -> None:
        if self._conditions.is_down(t, ORCHESTRATOR):
            return
        self.last_issue = max(self.last_issue + 1, int((t - EPOCH_OF_ISSUES) / 345))
        priority = self._rng.choices(PRIORITIES, (0.2, 0.6, 0.2))[0]
        self.queue.append((self.last_issue, priority))
        out.count(ORCHESTRATOR, t, "tamma_queue_depth", "issues", priority)
        out.count(ORCHESTRATOR, t, "tamma_orchestrator_tasks_queued")
        self._start_waiting(t, out)

    def _start_waiting(self, t: float, out: Activity) -> None:
        while self.queue and len(self.runs) < CONCURRENT_RUNS and not self._conditions.is_down(t, ORCHESTRATOR):
            worker = self._free_worker(t)
            if worker is None:
                return
            issue, priority = self.queue.popleft()
            out.count(ORCHESTRATOR, t, "tamma_queue_depth", "issues", priority, by=-1.0)
            out.count(ORCHESTRATOR, t, "tamma_orchestrator_tasks_queued", by=-1.0)
            run = new_run(t, issue, worker, self._rng)
            self.runs[run.id] = run
            run_ends.run_started(out, run, t)
            self._put(t, "run", run.id)

    def _free_worker(self, t: float) -> str | None:
        up = [name for name in WORKERS if not self._conditions.is_down(t, name)]
        if not up:
            return None
        tasks = Counter(run.worker for run in self.runs.values())
        return min(up, key=lambda name: (tasks[name], self._rng.random()))
