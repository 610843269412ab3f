"""A source that cannot tell of the last weeks: it is said, and not asked for again and again."""

from __future__ import annotations

from pathlib import Path

from app.sources.answers import Answers
from app.sources.cache import RETRY_S, SharedCache
from app.sources.errors import NotYet, TimedOut
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.sources.questions import Past
from app.sources.windows import read_window
from tests.conftest import PrometheusWith, ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.processes import wait_until
from tests.servers.samples import Samples

NOW = 1_790_000_000.0


def test_a_past_that_takes_too_long_is_a_failure_for_minutes(
    prometheus_with: PrometheusWith, proxy_to: ProxyTo, tmp_path: Path
) -> None:
    server = prometheus_with(Samples().add("up", {}, [(int(NOW) - 60, 1)]))
    proxy = proxy_to(LOOPBACK, server.port)
    cache = SharedCache(tmp_path / "cache")
    answers = Answers(
        prometheus=Prometheus(proxy.url, timeout_s=0.3),
        events=EventStore(None, "public"),  # type: ignore[arg-type]  # not asked
        cache=cache,
        clock=lambda: NOW,
    )
    window = read_window("now-1h", "now", NOW)
    ask = lambda: answers.together({"usual": Past("up")}, window)["usual"]  # noqa: E731  asked again and again
    proxy.switch("hang")
    assert isinstance(ask(), NotYet)
    assert isinstance(wait_until(lambda: None if isinstance(found := ask(), NotYet) else found), TimedOut)
    proxy.switch("pass")
    cache._failures.clear()  # what all questions remember, for RETRY_S
    assert RETRY_S < 60
    assert isinstance(ask(), TimedOut), "it could answer now, and is left alone for minutes all the same"
    server.stop()
