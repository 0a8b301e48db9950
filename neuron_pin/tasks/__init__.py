"""What a controller has a host do: one request, one answer, both JSON.

``neuron-pin.pyz task`` reads a request on standard input and writes the answer to standard
output; the Ansible modules call it.  A request has ``task``, a name of `TASKS`; ``arguments``;
``check``, to change nothing and tell what would change; and ``protocol``.  An answer has ``ok``;
where that is false ``error`` (the class), ``message``, ``hint`` and ``exit_code``; else
``result``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from neuron_pin.errors import NeuronPinError, WrongUsage

PROTOCOL = 1
"""The number of this form: a controller of another version is refused, not guessed at."""

MAX_BYTES = 64 * 1024 * 1024
"""The largest request that is read: a lock.json is the most of it."""

TASKS = ("facts", "check", "pin", "hook", "apply", "explain_error", "lock")
"""Each is a module of this package, which defines ``run(arguments, is_check)``."""


def entry() -> int:
    """Answer the one request of standard input; 0, and 70 for a bug."""
    answer = answer_request(sys.stdin.buffer.read(MAX_BYTES + 1))
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0 if answer["ok"] or answer["error"] != "Bug" else 70


def answer_request(data: bytes) -> dict[str, Any]:
    """The answer to a request; raises nothing: what goes wrong is in it."""
    try:
        return {"ok": True, "result": run_task(_read(data))}
    except NeuronPinError as error:
        return {
            "ok": False,
            "error": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "exit_code": error.exit_code,
        }
    except Exception as error:  # noqa: BLE001 (the answer has to say it)
        import traceback

        return {
            "ok": False,
            "error": "Bug",
            "message": f"a bug in neuron-pin: {type(error).__name__}: {error}",
            "hint": traceback.format_exc()[-4000:],
            "exit_code": 70,
        }


def run_task(request: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a request; raises `NeuronPinError`."""
    if request.get("protocol") != PROTOCOL:
        raise WrongUsage(
            f"the request has protocol {request.get('protocol')!r}, this program has {PROTOCOL}",
            hint="the collection and its neuron-pin.pyz are of two versions: install one again",
        )
    name, arguments = request.get("task"), request.get("arguments")
    if name not in TASKS or not isinstance(arguments, dict):
        raise WrongUsage(f"no such task: {name!r}")
    result: dict[str, Any] = import_module(f"{__name__}.{name}").run(
        arguments, bool(request.get("check"))
    )
    return result


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise WrongUsage(f"the request is larger than {MAX_BYTES} bytes")
    try:
        request = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"the request is not JSON: {error}") from None
    if not isinstance(request, dict):
        raise WrongUsage("the request is not a JSON object")
    return request
