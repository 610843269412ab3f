"""The SQL of each named question to the event store, with the columns of its answer.

Parameters: ``start`` and ``end`` of the window, ``now`` and ``last`` (the last whole step), epoch seconds; ``step`` in
seconds; ``names`` and ``instances``: the names a service goes by, and a pattern for those of its instances;
``most``: how many rows are wanted, of marks of each kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.sources.questions import Tally

MOST_ROWS = 500
MOST_EVENTS = 50

_RUN_COUNTS = """
select (select count(*) from {runs} where status = 'running'),
       count(*) filter (where status = 'success'),
       count(*) filter (where status = 'failed')
from {runs} where completed_at > to_timestamp(%(start)s) and completed_at <= to_timestamp(%(end)s)
"""

# Runs that ended in the window, and in as long a time before it.
_RUNS_COMPARED = """
select count(*) filter (where status = 'success' and completed_at > to_timestamp(%(start)s)),
       count(*) filter (where status = 'failed' and completed_at > to_timestamp(%(start)s)),
       count(*) filter (where status = 'success' and completed_at <= to_timestamp(%(start)s)),
       count(*) filter (where status = 'failed' and completed_at <= to_timestamp(%(start)s)),
       (select extract(epoch from min(completed_at))::float8 from {runs})
from {runs}
where completed_at > to_timestamp(2.0 * %(start)s - %(end)s) and completed_at <= to_timestamp(%(end)s)
"""

# Slot t holds the runs that ended in (t - step, t], as a rate over the step before t would. What has ended since the
# last whole step belongs to no slot yet.
_RUNS_ENDED = """
select status,
       (%(start)s + ceil((extract(epoch from completed_at) - %(start)s) / %(step)s) * %(step)s)::bigint,
       count(*)
from {runs}
where completed_at > to_timestamp(%(start)s) and completed_at <= to_timestamp(%(last)s)
  and status in ('success', 'failed')
group by 1, 2 order by 2
"""

_LAST_STARTS = """
select service, extract(epoch from max(timestamp))::float8
from (select coalesce(nullif(tags->>'service', ''), metadata->>'source', '') as service, timestamp
      from {events} where type = 'SYSTEM.STARTED' and timestamp <= to_timestamp(%(now)s)) starts
group by 1
"""

# What happened, told in words by the widget: no text of an event that only operators may read.
_MARKS = """
select at, type, service, version, workflow, step, rule
from (select extract(epoch from timestamp)::float8 as at, type,
             left(coalesce(nullif(tags->>'service', ''), metadata->>'source', ''), 80) as service,
             left(coalesce(tags->>'version', ''), 40) as version,
             left(coalesce(tags->>'workflowId', ''), 80) as workflow,
             left(coalesce(tags->>'stepId', ''), 80) as step,
             left(coalesce(tags->>'ruleName', data->>'name', data->>'ruleName', ''), 80) as rule,
             row_number() over (partition by split_part(type, '.', 1) order by timestamp desc) as nth
      from {events}
      where timestamp > to_timestamp(%(start)s) and timestamp <= to_timestamp(%(end)s)
        and type in ('DEPLOY.COMPLETED.SUCCESS', 'DEPLOY.COMPLETED.FAILED', 'DEPLOY.STARTED', 'WORKFLOW.FAILED',
                     'ALERT.FIRED', 'ALERT.ACKNOWLEDGED', 'ALERT.RESOLVED', 'SYSTEM.ALERT.RAISED',
                     'SYSTEM.ALERT.RESOLVED')) numbered
where nth <= %(most)s order by at desc
"""

_EVENTS = """
select extract(epoch from timestamp)::float8, type,
       left(coalesce(data->>'message', data->>'error', ''), 300),
       left(coalesce(tags->>'service', ''), 80),
       left(coalesce(tags->>'workflowId', ''), 80)
from {events}
where timestamp > to_timestamp(%(start)s) and timestamp <= to_timestamp(%(end)s)
  and (tags->>'service' = any(%(names)s) or metadata->>'source' = any(%(names)s) or tags->>'service' like %(instances)s)
order by timestamp desc limit %(most)s
"""

# Failed runs by the step they stood at.
_STEPS_FAILING = """
select coalesce(nullif(current_step, ''), 'unknown'), count(*), extract(epoch from max(completed_at))::float8
from {runs}
where status = 'failed' and completed_at > to_timestamp(%(start)s) and completed_at <= to_timestamp(%(end)s)
group by 1 order by 2 desc, 1 limit %(most)s
"""

_RUNS_FAILED = """
select id, coalesce(workflow_name, ''), coalesce(issue_id, ''), coalesce(current_step, ''),
       extract(epoch from started_at)::float8, extract(epoch from completed_at)::float8
from {runs}
where status = 'failed' and completed_at > to_timestamp(%(start)s) and completed_at <= to_timestamp(%(end)s)
order by completed_at desc limit %(most)s
"""

# Calls to providers that failed: by the step they name, else by the one in which their run failed.
_CALLS_FAILED = """
select calls.provider, coalesce(nullif(calls.step, ''), runs.current_step, ''),
       count(distinct calls.run) filter (where runs.status = 'failed'), extract(epoch from max(calls.timestamp))::float8
from (select left(coalesce(tags->>'provider', ''), 200) as provider, left(coalesce(tags->>'stepId', ''), 80) as step,
             tags->>'workflowId' as run, timestamp
      from {events}
      where type in ('AI.RESPONSE.RECEIVED', 'AI.PROVIDER.USED')
        and timestamp > to_timestamp(%(start)s) and timestamp <= to_timestamp(%(end)s)
        and coalesce(tags->>'success', data->'quality'->>'success', data->>'success') = 'false') calls
left join {runs} runs on runs.id::text = calls.run and runs.status = 'failed'
group by 1, 2 order by 4 desc, 1, 2 limit %(most)s
"""

STATEMENTS: Mapping[Tally, tuple[str, tuple[str, ...]]] = {
    Tally.RUN_COUNTS: (_RUN_COUNTS, ("running", "completed", "failed")),
    Tally.RUNS_COMPARED: (
        _RUNS_COMPARED,
        ("completed", "failed", "completed before", "failed before", "first"),
    ),
    Tally.RUNS_ENDED: (_RUNS_ENDED, ("status", "slot", "runs")),
    Tally.LAST_STARTS: (_LAST_STARTS, ("service", "started")),
    Tally.MARKS: (_MARKS, ("at", "type", "service", "version", "workflow", "step", "rule")),
    Tally.EVENTS: (_EVENTS, ("at", "type", "message", "service", "workflow")),
    Tally.STEPS_FAILING: (_STEPS_FAILING, ("step", "runs", "last")),
    Tally.CALLS_FAILED: (_CALLS_FAILED, ("provider", "step", "runs", "last")),
    Tally.RUNS_FAILED: (_RUNS_FAILED, ("id", "workflow", "issue", "step", "started", "ended")),
}

# How many rows of each are answered at most; of marks, of each kind. Those left out are bounded by what they group by.
MOST: dict[Tally, int] = {
    Tally.MARKS: MOST_ROWS,
    Tally.EVENTS: MOST_EVENTS,
    Tally.STEPS_FAILING: MOST_EVENTS,
    Tally.CALLS_FAILED: MOST_EVENTS,
    Tally.RUNS_FAILED: MOST_ROWS,
}
# What is said when there were more: rows are cut in the order of their statement.
NEWEST_KEPT = "The newest {most} are shown."
CUT: dict[Tally, str] = {Tally.STEPS_FAILING: "The {most} steps with the most failed runs are shown."}
