"""What is installed onto: instance family, operating system, Python, platform tags, date."""

from .model import Scope, Target, TargetOptions, make_target, parse_day

__all__ = ["Scope", "Target", "TargetOptions", "make_target", "parse_day"]
