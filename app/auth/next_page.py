"""Where to go after signing in: only ever a page of this site."""

from __future__ import annotations

from urllib.parse import urlsplit

HOME = "/"
MAX_LENGTH = 2000
# Not pages, or pages that would send the person round in a circle.
_NOT_PAGES = ("/login", "/logout", "/api/", "/_dash")


def safe_next(text: str | None) -> str:
    """``text`` when it is a relative path of this site, else the home page.

    Browsers drop tabs and line breaks and read a backslash as a slash, so any of them is refused, not repaired.
    """
    if not text or len(text) > MAX_LENGTH or not text.startswith("/") or text.startswith("//"):
        return HOME
    if "\\" in text or any(ord(char) <= 0x20 or ord(char) == 0x7F for char in text):
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith(_NOT_PAGES):
        return HOME
    return text
