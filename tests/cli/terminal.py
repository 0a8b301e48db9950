"""Commands on a real terminal: a pseudo-terminal of a width."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping

ESCAPE = re.compile(r"\033\[[\d;]*[mK]|\033\]8;[^\033]*\033\\")


def on_terminal(
    *arguments: str, width: int = 80, environ: Mapping[str, str] | None = None,
    stderr: int | None = None,
) -> str:  # fmt: skip
    """What a command prints on a terminal, both streams; ``stderr`` may go elsewhere."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    done = subprocess.Popen(
        [sys.executable, "-m", "neuron_pin", *arguments], stdin=subprocess.DEVNULL, stdout=other,
        stderr=other if stderr is None else stderr,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm",
             "PYTHONPATH": os.pathsep.join(sys.path), **(environ or {})},
    )  # fmt: skip
    os.close(other)
    parts = []
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    done.wait()
    os.close(main)
    return b"".join(parts).decode().replace("\r\n", "\n")
