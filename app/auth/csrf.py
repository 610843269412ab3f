"""Tells the product's own pages from other sites' forms, for every change made with a cookie.

The token is an HMAC of the session's secret, so a cookie that a neighbouring domain plants is worth nothing, and
nothing has to be stored.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import Request

HEADER = "X-CSRFToken"  # what Dash sends, from the cookie `_csrf_token`
FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Csrf:
    """Makes and checks tokens; ``key`` signs them."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def token_for(self, secret: str) -> str:
        """The token that belongs to a session's, or a sign-in form's, secret."""
        return hmac.new(self._key, b"csrf:" + secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def carried_by(self, request: Request, secret: str) -> bool:
        """Whether the request shows the token in its header or form."""
        given = request.headers.get(HEADER)
        if given is None and request.mimetype in _FORMS:
            given = request.form.get(FIELD)
        if not given:
            return False
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token_for(secret).encode())
