"""The first page of each role."""

from __future__ import annotations

from collections.abc import Mapping

from app.access import Role
from app.views.overview import OVERVIEW
from app.views.view import View

HOMES: Mapping[Role, View] = dict.fromkeys(Role, OVERVIEW)
