"""The product's own scripts and styles reach the browser as one file each, which it may keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.api.bundle import bundle
from tests.api.conftest import Whole

ASSETS = Path(__file__).parents[2] / "assets"


def paths(whole: Whole, bearer: dict[str, str]) -> list[str]:
    """The addresses of the bundles as the page names them."""
    page = whole.client().get("/", headers=bearer).text
    return sorted(re.findall(r"/assets/app-[0-9a-f]{16}\.(?:js|css)", page))


def test_a_bundle_is_every_file_of_its_kind_in_order(tmp_path: Path) -> None:
    for name, text in {"b.js": "two", "a.js": "one", "head.js": "no", "a.css": "style"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "c.js").write_text("theirs")
    assert bundle(tmp_path, "js", leave_out=("head.js",)).body == b"one\ntwo"


def test_its_name_changes_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("one")
    before = bundle(tmp_path, "js").path
    assert bundle(tmp_path, "js").path == before
    (tmp_path / "a.js").write_text("two")
    assert bundle(tmp_path, "js").path != before


def test_the_page_loads_them_and_no_file_of_ours_besides(whole: Whole, bearer: dict[str, str]) -> None:
    page = whole.client().get("/", headers=bearer).text
    own = [one for one in re.findall(r'"(/assets/[^"?]+)', page) if "/vendor/" not in one]
    assert sorted({*own}) == sorted([*paths(whole, bearer), "/assets/favicon.svg", "/assets/theme.js"])
    assert len(paths(whole, bearer)) == 2


def test_they_hold_all_of_the_folder_and_are_kept_for_ever(whole: Whole, bearer: dict[str, str]) -> None:
    for path in paths(whole, bearer):
        reply = whole.client().get(path, headers=bearer)
        assert reply.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        for one in ASSETS.glob(f"*.{path.rpartition('.')[2]}"):
            assert (one.read_bytes() in reply.data) == (one.name not in {"theme.js", "signin.css"})


def test_strangers_get_none(whole: Whole, bearer: dict[str, str]) -> None:
    for path in paths(whole, bearer):
        assert whole.client().get(path).status_code in {302, 401}


@pytest.mark.parametrize("name", ["plotly/plotly-cartesian-4.1.1.min.js", "inter/inter-latin-5.woff2"])
def test_versioned_files_of_others_are_kept_for_ever(whole: Whole, bearer: dict[str, str], name: str) -> None:
    reply = whole.client().get(f"/assets/vendor/{name}", headers=bearer)
    assert reply.headers["Cache-Control"].endswith("immutable")
