"""Logging in, and what a login is good for, as the OpenStack Identity API v3 spells it."""

from app.api.identity_v3.routes import HANDLERS

__all__ = ["HANDLERS"]
