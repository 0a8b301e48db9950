"""What is installed onto: instance family, operating system, Python, platform tags, date."""

from .model import Scope, Target, TargetOptions, check_python, make_target, parse_day

__all__ = ["Scope", "Target", "TargetOptions", "check_python", "make_target", "parse_day"]
