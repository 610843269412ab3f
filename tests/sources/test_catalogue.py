"""What there is to explore, from a real Prometheus: types by metadata or name, labels, values; and its outages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from app.sources.cache import SharedCache
from app.sources.catalogue import Catalogue, Kind, Known, Metric, kind_of
from app.sources.errors import SourceError, TimedOut, Unavailable
from app.sources.prometheus import Prometheus
from tests.conftest import PrometheusWith, ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer
from tests.sources.asked import questions_asked
from tests.sources.canned import http, saying
from tests.sources.conftest import END

CatalogueOf = Callable[[Prometheus | None], Catalogue]


@pytest.fixture
def catalogue_of(tmp_path: Path) -> CatalogueOf:
    return lambda prometheus: Catalogue(prometheus, SharedCache(tmp_path / "cache"), clock=lambda: END + 60.0)


@pytest.fixture
def catalogue(small_prometheus: PrometheusServer, catalogue_of: CatalogueOf) -> Catalogue:
    return catalogue_of(Prometheus(small_prometheus.url))


def test_every_metric_is_named_with_its_type_by_its_name(catalogue: Catalogue) -> None:
    found = {one.name: one.kind for one in catalogue.metrics()}
    assert found == {
        "rising_total": Kind.COUNTER, "reset_total": Kind.COUNTER, "odd": Kind.UNKNOWN, "brief": Kind.UNKNOWN,
        "gone": Kind.UNKNOWN, "hostile": Kind.UNKNOWN, "many": Kind.UNKNOWN,
    }  # fmt: skip
    assert Metric("odd", Kind.UNKNOWN) in catalogue.metrics()


def test_labels_and_values_are_those_of_the_metric(catalogue: Catalogue) -> None:
    assert catalogue.labels("hostile") == ("job", "text")
    assert catalogue.values("hostile", "text") == Known(('<b>"x"</b>\nnext=\\1',), 1)
    assert catalogue.values("odd", "kind").items == ("fine", "inf", "minus", "nan")
    assert catalogue.values("many", "number").total == 230


@pytest.mark.parametrize("name", ["nobody", "", "up{job='x'}", 'x"', "../names", "a" * 5_000, "é", "up\n"])
def test_what_does_not_exist_or_is_no_name_has_nothing(catalogue: Catalogue, name: str) -> None:
    assert catalogue.labels(name) is None
    assert catalogue.values(name, "job") == Known((), 0)
    assert catalogue.values("odd", name) == Known((), 0)


def test_more_values_than_are_kept_are_counted(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sources.catalogue.MOST_VALUES", 10)
    found = catalogue.values("many", "number")
    assert (len(found.items), found.total) == (10, 230)


def test_it_is_asked_once_a_minute(small_prometheus: PrometheusServer, catalogue: Catalogue) -> None:
    handlers = ("/api/v1/label/:name/values", "/api/v1/labels", "/api/v1/metadata")
    before = questions_asked(small_prometheus, *handlers)
    for _ in range(5):
        catalogue.metrics()
        catalogue.labels("odd")
        catalogue.values("odd", "kind")
    assert questions_asked(small_prometheus, *handlers) == before + 4


def test_what_scrape_targets_declare_goes_before_the_name(prometheus_with: PrometheusWith, tmp_path: Path) -> None:
    server = prometheus_with()
    scrape = [
        {"job_name": "self", "scrape_interval": "1s", "static_configs": [{"targets": [f"{LOOPBACK}:{server.port}"]}]}
    ]
    (server.folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": scrape}))
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(f"{server.url}/-/reload", timeout=10).status_code == 200
    source = Prometheus(server.url)
    wait_until(lambda: not source.instant("prometheus_http_requests_total", time.time()).empty)
    catalogue = Catalogue(source, SharedCache(tmp_path / "cache"))
    found = {one.name: one for one in catalogue.metrics()}
    assert found["prometheus_http_requests_total"].kind is Kind.COUNTER
    assert found["prometheus_http_requests_total"].help == "Counter of HTTP requests."
    assert found["prometheus_http_request_duration_seconds_bucket"].kind is Kind.HISTOGRAM
    assert found["prometheus_http_request_duration_seconds_bucket"].help.startswith("Histogram of latencies")
    assert found["prometheus_http_request_duration_seconds_count"].kind is Kind.COUNTER
    assert found["go_gc_duration_seconds"].kind is Kind.SUMMARY
    assert found["go_goroutines"].kind is Kind.GAUGE
    assert found["up"].kind is Kind.UNKNOWN  # Prometheus's own: nobody declares it


@pytest.mark.parametrize(
    ("name", "families", "kind"),
    [
        ("a_total", {}, Kind.COUNTER),
        ("a_total", {"a_total": ("gauge", "")}, Kind.GAUGE),
        ("a_total", {"a": ("counter", "")}, Kind.COUNTER),
        ("a_bucket", {}, Kind.HISTOGRAM),
        ("a_bucket", {"a": ("histogram", "")}, Kind.HISTOGRAM),
        ("a_bucket", {"a": ("gauge", "")}, Kind.UNKNOWN),
        ("a_count", {"a": ("summary", "")}, Kind.COUNTER),
        ("pg_stat_activity_count", {"pg_stat_activity_count": ("gauge", "")}, Kind.GAUGE),
        ("a", {"a": ("stateset", "")}, Kind.UNKNOWN),
        ("job:a:b_total", {}, Kind.UNKNOWN),
    ],
)
def test_the_type_of_a_metric(name: str, families: dict[str, tuple[str, str]], kind: Kind) -> None:
    assert kind_of(name, families) is kind


@pytest.mark.parametrize(("mode", "error"), [("refuse", Unavailable), ("hang", TimedOut), ("garbage", Unavailable)])
def test_an_outage_is_an_error_in_time_and_noted_and_over_when_it_is_over(
    small_prometheus: PrometheusServer,
    proxy_to: ProxyTo,
    catalogue_of: CatalogueOf,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    error: type[SourceError],
) -> None:
    monkeypatch.setattr("app.sources.cache.RETRY_S", 0.05)
    proxy = proxy_to(LOOPBACK, small_prometheus.port)
    catalogue = catalogue_of(Prometheus(proxy.url, timeout_s=0.3))
    proxy.switch(mode)  # type: ignore[arg-type]
    begun = time.monotonic()
    with pytest.raises(error):
        catalogue.metrics()
    assert time.monotonic() - begun < 4
    assert catalogue.wait_s < 1
    proxy.switch("pass")
    wait_until(lambda: _has_metrics(catalogue))
    assert catalogue.wait_s > 1


def _has_metrics(catalogue: Catalogue) -> bool:
    try:
        return bool(catalogue.metrics())
    except SourceError:
        return False


def test_nobody_waits_longer_than_they_want_to(
    small_prometheus: PrometheusServer, proxy_to: ProxyTo, catalogue_of: CatalogueOf
) -> None:
    proxy = proxy_to(LOOPBACK, small_prometheus.port)
    proxy.switch("hang")
    catalogue = catalogue_of(Prometheus(proxy.url, timeout_s=3))
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"within 0\.1 s"):
        catalogue.labels("odd", wait_s=0.1)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("body", [b'{"status":"success","data":{"a":1}}', b'{"status":"success","data":[1]}', b"[]"])
def test_an_answer_that_is_no_list_of_names_is_no_answer(catalogue_of: CatalogueOf, body: bytes) -> None:
    with saying(http(body)) as server, pytest.raises(Unavailable):
        catalogue_of(Prometheus(server.url)).metrics()


def test_names_outside_of_the_grammar_and_missing_metadata_stop_nobody(catalogue_of: CatalogueOf) -> None:
    """Every question gets the same answer, which as metadata is none."""
    with saying(http('{"status":"success","data":["up","a.b","é","1x",""]}'.encode())) as server:
        catalogue = catalogue_of(Prometheus(server.url))
        assert [one.name for one in catalogue.metrics()] == ["up"]
        assert catalogue.labels("up") == ("up",)


def test_without_prometheus_it_says_how_to_set_one(catalogue_of: CatalogueOf) -> None:
    with pytest.raises(Unavailable, match="set PROMETHEUS_URL"):
        catalogue_of(None).metrics()
