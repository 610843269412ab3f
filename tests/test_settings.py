"""Settings: all findings at once, in words that name key, value and what is allowed, and never a secret."""

from __future__ import annotations

import string
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.settings import SETTINGS, Settings, SettingsError, load

SECRET = "0123456789abcdef" * 4
GOOD = {
    "PROMETHEUS_URL": "http://127.0.0.1:9090",
    "DASHBOARD_SECRET_KEY": SECRET,
    "DASHBOARD_JWT_SECRET": SECRET[::-1],
}
WRONG = {
    "HOST": ("http://127.0.0.1", "a b", "x/y", "\x01"),
    "PORT": ("0", "65536", "http", "-1", "3000.5"),
    "DATABASE_URL": ("mysql://h/d", "/var/lib/postgres", "sqlite:///x"),
    "EVENT_SCHEMA": ("Public", 'x"; drop schema public', "a-b", "1a", "x" * 64),
    "PROMETHEUS_URL": ("prometheus:9090", "ftp://h", "http://", "http://h:99999", "javascript:alert(1)"),
    "ALERTMANAGER_URL": ("//h", "http://h:port"),
    "REDIS_URL": ("http://h", "redis:", "redis://h/name", "redis://h/0?socket_timeout=60", "redis://h#0"),
    "DASHBOARD_SECRET_KEY": ("short", "x" * 64, "default-secret"),
    "DASHBOARD_JWT_SECRET": ("a" * 31, "changeme"),
    "DASHBOARD_CONFIG": ("/no/such/file.yml", "/"),
    "PUBLIC_URL": ("http://example.org", "example.org", "ftp://127.0.0.1"),
    "TRUSTED_PROXIES": ("-1", "11", "yes"),
    "CORS_ORIGINS": ("*", "https://a.example,nonsense"),
    "WEB_WORKERS": ("0", "65", "many"),
    "WEB_THREADS": ("0", "1025"),
    "LOG_LEVEL": ("loud", "trace"),
}


def findings(environ: dict[str, str], purpose: str = "serve") -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        load(environ, purpose)
    return raised.value.findings


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load(GOOD)
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 3000, Path("data"))
    assert (settings.event_schema, settings.database_url, settings.redis_url) == ("public", None, None)
    assert settings.log_paths == settings.cors_origins == ()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str) -> None:
    (finding,) = findings({**GOOD, name: value})
    declared = next(one for one in SETTINGS if one.name == name)
    assert finding.startswith(f"{name}: ")
    assert finding.endswith(f"allowed: {declared.allowed}")
    assert (repr(value) in finding) != declared.secret


def test_all_findings_come_at_once() -> None:
    found = findings({name: values[0] for name, values in WRONG.items()})
    assert [one.partition(":")[0] for one in found] == [one.name for one in SETTINGS if one.name in WRONG]
    assert str(SettingsError(found)).count("\n") == len(found) - 1


def test_what_is_missing_is_said_with_what_is_wrong() -> None:
    assert [one.partition(":")[0] for one in findings({"PORT": "x"})] == [
        "PORT", "PROMETHEUS_URL", "DASHBOARD_SECRET_KEY", "DASHBOARD_JWT_SECRET",
    ]  # fmt: skip


@pytest.mark.parametrize("purpose", ["migrate", "user", "worker"])
def test_other_commands_need_no_secrets(purpose: str) -> None:
    load({}, purpose)


@given(secret=st.text(string.ascii_letters + string.digits, min_size=4, max_size=31))
def test_no_finding_shows_a_secret(secret: str) -> None:
    wrong = {one.name: f"{secret}::" for one in SETTINGS if one.secret}
    with pytest.raises(SettingsError) as raised:
        load({**GOOD, **wrong, "REDIS_URL": f"http://user:{secret}@h", "DATABASE_URL": f"mysql://u:{secret}@h/d"})
    assert f"{secret}::" not in str(raised.value)
    assert f":{secret}@" not in str(raised.value)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    environ = {**GOOD, "DASHBOARD_SECRET_KEY": "", "DASHBOARD_SECRET_KEY_FILE": str(file)}
    assert load(environ).dashboard_secret_key == SECRET


@pytest.mark.parametrize("declared", SETTINGS, ids=lambda one: one.name)
def test_every_setting_may_stand_in_a_file(declared: object, tmp_path: Path) -> None:
    assert isinstance(declared.name, str)  # type: ignore[attr-defined]
    name = declared.name  # type: ignore[attr-defined]
    file = tmp_path / "value"
    file.write_text("\u0001 wrong \u0001")
    if name in WRONG:
        assert findings({**GOOD, name: "", f"{name}_FILE": str(file)})[0].startswith(f"{name}: ")
    else:
        assert load({**GOOD, f"{name}_FILE": str(file)}) != load(GOOD)


def test_the_variable_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("4000")
    assert load({**GOOD, "PORT": "5000", "PORT_FILE": str(file)}).port == 5000
    assert load({**GOOD, "PORT_FILE": str(file)}).port == 4000


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("\n")
    assert load({**GOOD, "PORT_FILE": str(file)}).port == 3000


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_a_finding(kind: str, tmp_path: Path) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "missing"
    (finding,) = findings({**GOOD, "DASHBOARD_SECRET_KEY": "", "DASHBOARD_SECRET_KEY_FILE": str(path)})
    assert finding.startswith("DASHBOARD_SECRET_KEY_FILE: cannot be read (")


def test_a_file_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe\x00" * 20)
    (finding,) = findings({**GOOD, "DASHBOARD_SECRET_KEY": "", "DASHBOARD_SECRET_KEY_FILE": str(path)})
    assert finding.startswith("DASHBOARD_SECRET_KEY")


def test_one_secret_for_two_purposes_is_a_finding() -> None:
    (finding,) = findings({**GOOD, "DASHBOARD_JWT_SECRET": SECRET})
    assert finding.startswith("DASHBOARD_JWT_SECRET: the same as DASHBOARD_SECRET_KEY")
    assert SECRET not in finding


def test_every_declared_setting_is_a_field_and_every_field_declared() -> None:
    assert [one.name.lower() for one in SETTINGS] == [one.name for one in fields(Settings)]


@pytest.mark.parametrize(
    ("environ", "secure"),
    [
        ({}, False),
        ({"HOST": "localhost"}, False),
        ({"HOST": "::1"}, False),
        ({"HOST": "0.0.0.0"}, True),
        ({"HOST": "dashboard.internal"}, True),
        ({"HOST": "0.0.0.0", "PUBLIC_URL": "https://health.example.org"}, True),
        ({"PUBLIC_URL": "http://127.0.0.1:3000"}, False),
    ],
)
def test_cookies_are_secure_wherever_others_can_reach(environ: dict[str, str], secure: bool) -> None:
    assert load({**GOOD, **environ}).secure_cookies is secure


def test_lists_are_split_and_trimmed() -> None:
    settings = load(
        {**GOOD, "LOG_PATHS": " /a/*.log, ,/b.log ", "CORS_ORIGINS": "https://a.example, https://b.example/"}
    )
    assert settings.log_paths == ("/a/*.log", "/b.log")
    assert settings.cors_origins == ("https://a.example", "https://b.example")
