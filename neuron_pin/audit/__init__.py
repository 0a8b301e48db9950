"""Checks against the policy: findings, each with its rule, fact and place."""

from .finding import Finding, Severity

__all__ = ["Finding", "Severity"]
