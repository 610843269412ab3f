"""Explorations to start from, for those who open the explorer without one."""

from __future__ import annotations

from dataclasses import dataclass

from app.explore.text import parse


@dataclass(frozen=True)
class Beginning:
    """An exploration's canonical text under a question that it answers; everybody may ask it."""

    question: str
    text: str

    @property
    def metric(self) -> str:
        """The metric it asks for."""
        return parse(self.text).metric


BEGINNINGS = (
    Beginning("Which services answer their scrapes?", "metric=up&kind=gauge&agg=sum&by=job"),
    Beginning(
        "How many requests does each service answer?",
        "metric=tamma_api_response_duration_seconds_count&kind=counter&agg=sum&by=job",
    ),
    Beginning(
        "How long do nine in ten requests take at most?",
        "metric=tamma_api_response_duration_seconds_bucket&kind=histogram&agg=p90&by=job",
    ),
    Beginning("Which kinds of errors happen?", "metric=tamma_errors_total&kind=counter&agg=sum&by=error_type"),
    Beginning(
        "Which steps of workflows take long?",
        "metric=tamma_workflow_step_duration_seconds_bucket&kind=histogram&agg=p95&by=step_name",
    ),
    Beginning("Who uses how much memory?", "metric=process_resident_memory_bytes&kind=gauge"),
    Beginning("How many AI tokens go to whom?", "metric=tamma_ai_tokens_total&kind=counter&agg=sum&by=provider"),
    Beginning("Does work pile up?", "metric=tamma_queue_depth&kind=gauge"),
)
