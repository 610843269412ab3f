"""The configuration: defaults, what a file changes, and every wrong thing named at once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from pydantic import ValidationError

from app.config import Config, load_both, load_config
from app.config_file import LARGEST_BYTES
from app.health.services import SERVICES
from app.settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
GIB = 1024**3
LEVEL: dict[str, Any] = {"name": "x", "kind": "errors", "service": "api", "target": 0.9, "window": "1h"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dashboard.yml"


def findings(file: Path, content: object) -> list[str]:
    """What is said about a file with this content, without the setting's name that each begins with."""
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    with pytest.raises(SettingsError) as raised:
        load_config(file)
    assert all(one.startswith("DASHBOARD_CONFIG: ") for one in raised.value.findings)
    return [one.removeprefix("DASHBOARD_CONFIG: ") for one in raised.value.findings]


# defaults


def test_without_a_file_the_data_dictionary_holds() -> None:
    config = load_config(None)
    assert config.zone == ZoneInfo("UTC")
    assert [(level.kind, level.services, level.target, level.window_s) for level in config.service_levels] == [
        *(("availability", (service,), 0.999, 30 * 86_400) for service in SERVICES),
        ("latency", SERVICES, 0.95, 7 * 86_400),
        ("errors", SERVICES, 0.999, 86_400),
    ]
    assert config.service_levels[-2].threshold_s == 0.5
    assert config.workflows.max_running == 10
    limits = config.limits.of("orchestrator")
    assert (limits.cpu_cores, limits.memory_bytes, limits.disk_bytes) == (1.0, 2 * GIB, 10 * GIB)
    assert config.limits.of("postgres").disk_bytes == 10 * GIB
    assert config.limits.of("of") == config.limits.of("nobody") == type(limits)()


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n", "{}", "\ufeff{}"])
def test_an_empty_file_is_the_defaults(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    assert load_config(file) == Config()


def test_nothing_can_be_changed_later() -> None:
    with pytest.raises(ValidationError):
        Config().time_zone = "Europe/Berlin"  # type: ignore[misc]


# what a file changes


def test_the_example_in_the_document_is_read_as_it_says(file: Path) -> None:
    found = re.search(r"```yaml\n(.+?)```", DOCUMENT, flags=re.S)
    assert found
    file.write_text(found[1])
    config = load_config(file)
    assert config.zone == ZoneInfo("Europe/Berlin")
    assert [level.name for level in config.service_levels] == ["API answers", "API is quick", "Requests without error"]
    assert config.workflows.max_running == 20
    assert config.limits.api.memory_bytes == 2 * GIB
    # What the file leaves out keeps its default; null takes it away.
    postgres = config.limits.postgres
    assert (postgres.cpu_cores, postgres.memory_bytes, postgres.disk_bytes) == (None, GIB, 50 * GIB)
    assert config.limits.redis == Config().limits.redis


def test_the_document_has_every_key() -> None:
    def keys(model: Any) -> set[str]:
        return set(model.model_fields)

    config = Config()
    named = set(re.findall(r"[\w]+", DOCUMENT))
    assert keys(Config) | keys(type(config.service_levels[0])) | keys(type(config.limits)) <= named
    assert keys(type(config.limits.api)) | keys(type(config.workflows)) <= named


def test_a_list_without_levels_has_none(file: Path) -> None:
    file.write_text("service_levels: []")
    assert load_config(file).service_levels == ()


@pytest.mark.parametrize(
    ("window", "seconds"), [("1h", 3_600), ("90m", 5_400), ("24h", 86_400), ("30d", 2_592_000), ("4w", 2_419_200)]
)
def test_windows(file: Path, window: str, seconds: int) -> None:
    file.write_text(yaml.safe_dump({"service_levels": [{**LEVEL, "window": window}]}))
    assert load_config(file).service_levels[0].window_s == seconds


# what is wrong


def test_everything_wrong_is_told_at_once_with_key_value_and_what_is_allowed(file: Path) -> None:
    wrong = {
        "time_zone": "Mars/Olympus",
        "colour": "red",
        "service_levels": [{**LEVEL, "target": 99.9, "window": "5m", "kind": "latency"}, 5, {"name": "y"}],
        "limits": {"api": {"cpu": 1, "memory_bytes": "2G"}, "mongo": {}, "redis": None},
        "workflows": {"max_running": 0},
    }
    found = {one.partition(": ")[0]: one.partition(": ")[2] for one in findings(file, wrong)}
    missing = "missing; allowed: "
    assert found == {
        "time_zone": "'Mars/Olympus' is not allowed; allowed: a time zone of the IANA list, like Europe/Berlin",
        "colour": "there is no such key; allowed: the keys time_zone, service_levels, limits, workflows",
        "service_levels[0].target": "99.9 is not allowed; allowed: a share above 0 and below 1, like 0.999 for 99.9 %",
        "service_levels[0].window": "'5m' is not allowed; allowed: a duration from 1h to 30d, like 90m, 24h, 7d",
        "service_levels[0].threshold_s": f"{missing}seconds above 0, needed for latency and for nothing else",
        "service_levels[1]": "5 is not allowed; allowed: "
        "a mapping with name, kind, service, target, window, threshold_s",
        "service_levels[2].kind": f"{missing}availability, latency or errors",
        "service_levels[2].service": f"{missing}orchestrator, workers, api, dashboard or all",
        "service_levels[2].target": f"{missing}a share above 0 and below 1, like 0.999 for 99.9 %",
        "service_levels[2].window": f"{missing}a duration from 1h to 30d, like 90m, 24h, 7d",
        "limits.api.cpu": "there is no such key; allowed: the keys cpu_cores, memory_bytes, disk_bytes",
        "limits.api.memory_bytes": "'2G' is not allowed; allowed: "
        "a whole number of bytes of at least 1 MiB, like 2147483648 or 2Gi, or null for no limit",
        "limits.mongo": "there is no such key; allowed: "
        "the keys orchestrator, workers, api, dashboard, postgres, redis",
        "limits.redis": "None is not allowed; allowed: a mapping with cpu_cores, memory_bytes, disk_bytes",
        "workflows.max_running": "0 is not allowed; allowed: a whole number from 1 to 100000",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("target", value) for value in (0, 1, 1.0, -0.1, "0.9", True, None, float("nan"), float("inf"))),
        *(("window", value) for value in (30, "30", "59m", "31d", "0d", "1y", "1.5h", "-1h", "9999999d", "１h", "")),
        *(("name", value) for value in ("", "x" * 81, "a\nb", "a\x00b", 5, None, ["x"])),
        *(("kind", value) for value in ("Availability", "", None, 1)),
        *(("service", value) for value in ("postgres", "API", "", None, "worker", ["api"])),
        *(("threshold_s", value) for value in (1, 0.5, 0, "1", True)),
    ],
)
def test_a_wrong_value_in_a_level_is_named(file: Path, key: str, value: object) -> None:
    (found,) = findings(file, {"service_levels": [{**LEVEL, key: value}]})
    assert found.startswith(f"service_levels[0].{key}: ")


@pytest.mark.parametrize("value", [0, -1, "1", True, float("nan"), 5_000])
def test_wrong_cores_are_named(file: Path, value: object) -> None:
    (found,) = findings(file, {"limits": {"api": {"cpu_cores": value}}})
    assert found.startswith("limits.api.cpu_cores: ")


@pytest.mark.parametrize("value", [0, -1, 1024, "1Ki", "2GB", "2 Gi", "9999999999999Ti", True, 2.5e9, 1.5, "1e9"])
def test_wrong_bytes_are_named(file: Path, value: object) -> None:
    (found,) = findings(file, {"limits": {"api": {"memory_bytes": value}}})
    assert found.startswith("limits.api.memory_bytes: ")


@pytest.mark.parametrize("zone", ["", "CET+1", "../../etc/passwd", "/etc/localtime", "Europe", "europe/berlin", 1])
def test_only_zones_of_the_list(file: Path, zone: object) -> None:
    (found,) = findings(file, {"time_zone": zone})
    assert found.startswith("time_zone: ")


def test_a_name_twice_is_named_where_it_comes_again(file: Path) -> None:
    (found,) = findings(file, {"service_levels": [LEVEL, {**LEVEL, "name": "X"}]})
    assert (
        found == "service_levels[1].name: 'X' is not allowed; allowed: 1 to 80 characters on one line, each name once"
    )


def test_too_many_levels(file: Path) -> None:
    (found,) = findings(file, {"service_levels": [{**LEVEL, "name": f"x{number}"} for number in range(51)]})
    assert found.startswith("service_levels: ")
    assert found.endswith("allowed: a list of at most 50 mappings, each name once")
    assert len(found) < 400


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [", "line 1, column 5: "),
        ("workflows:\n  max_running: 1\n  max_running: 2", "line 3, column 3: the key 'max_running' is there twice"),
        ("a: &x [1]\nb: *x", "line 2, column 4: aliases are not allowed"),
        ("a: !!python/object/apply:os.system ['true']", "line 1, column 4: could not determine a constructor"),
        ("[" * 100_000, "the file is nested too deeply"),
        ("{a: " * 30_000, "the file is nested too deeply"),
        ("time_zone: 2026-99-99", "a value cannot be read"),
        ("workflows: {max_running: " + "9" * 6_000 + "}", "a value cannot be read"),
        ("workflows: {max_running: 0x" + "f" * 6_000 + "}", "workflows.max_running: a number of thousands of digits"),
        ("- a\n- b", "the file: ['a', 'b'] is not allowed"),
        ("a\x01b", "unreadable characters"),
        (b"\xff\xfe\x00", "the file is no text"),
        ("# " + "x" * LARGEST_BYTES, "the file is too large; allowed: 256 KiB"),
        ("? [1, 2]\n: 3", "line 1, column 3: found unhashable key"),
        ("1: 2", "[1]: "),
        ("a: 1\n---\nb: 2", "line 2, column 1: "),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(file: Path, content: object, said: str) -> None:
    (found,) = findings(file, content)
    assert found.startswith(said)
    assert len(found) < 300


def test_a_file_that_went_away_is_a_finding(file: Path) -> None:
    with pytest.raises(SettingsError, match="the file cannot be read"):
        load_config(file)


def test_a_long_value_is_cut_in_its_finding(file: Path) -> None:
    (found,) = findings(file, {"time_zone": "x" * 100_000})
    assert len(found) < 300
    (found,) = findings(file, {"k" * 100_000: 1})
    assert len(found) < 300


# with the settings


def test_settings_and_configuration_are_told_together(file: Path) -> None:
    file.write_text("colour: red")
    with pytest.raises(SettingsError) as raised:
        load_both({"PORT": "web", "DASHBOARD_CONFIG": str(file)})
    named = [one.partition(":")[0] for one in raised.value.findings]
    assert named == [
        "PORT", "PROMETHEUS_URL", "DASHBOARD_SECRET_KEY", "DASHBOARD_JWT_SECRET", "DASHBOARD_CONFIG",
    ]  # fmt: skip


def test_a_file_that_does_not_exist_is_told_once() -> None:
    with pytest.raises(SettingsError) as raised:
        load_both({"DASHBOARD_CONFIG": "/no/such/file.yml"}, "user")
    assert len(raised.value.findings) == 1


def test_the_name_of_the_file_may_itself_stand_in_a_file(file: Path, tmp_path: Path) -> None:
    file.write_text("time_zone: Asia/Kolkata")
    (tmp_path / "name").write_text(str(file))
    _, config = load_both({"DASHBOARD_CONFIG_FILE": str(tmp_path / "name")}, "user")
    assert config.time_zone == "Asia/Kolkata"


@pytest.mark.parametrize("command", ["check", "serve"])
def test_commands_refuse_a_wrong_file_and_tell_it_with_all_else(file: Path, command: str) -> None:
    file.write_text("service_levels: 5")
    done = subprocess.run(
        [sys.executable, "-m", "app", command],
        env={"DASHBOARD_CONFIG": str(file), "PORT": "web"}, cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "PORT: 'web' is not allowed" in done.stderr
    assert "DASHBOARD_CONFIG: service_levels: 5 is not allowed; allowed: a list of at most 50" in done.stderr
