"""dnf 4 for tests, started once: the command line of dnf for each request, in a process of its own
that has the interpreter and dnf's modules already.

Run by the system's Python.  A request is a line of JSON on standard input: the words, and the paths
of two files for the output; the answer is a line with the exit code.
"""

import json
import os
import sys

import dnf.cli  # type: ignore[import-not-found]
import dnf.cli.main  # type: ignore[import-not-found]


def serve() -> None:
    """Answer until the input ends."""
    commands = os.path.join(os.path.dirname(dnf.cli.__file__), "commands")
    for name in os.listdir(commands):
        if name.endswith(".py") and name != "__init__.py":
            __import__(f"dnf.cli.commands.{name[:-3]}")
    for line in sys.stdin:
        words, outputs = json.loads(line)
        child = os.fork()
        if child == 0:
            run(words, outputs)
        status = os.waitpid(child, 0)[1]
        print(os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1, flush=True)


def run(words: "list[str]", outputs: "list[str]") -> None:
    """Be one dnf, and end with its exit code."""
    code = 1
    try:
        for number, path in enumerate(outputs, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = ["dnf", *words]
        dnf.cli.main.user_main(words, exit_code=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
