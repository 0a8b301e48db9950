# The first module of neuron-pin.pyz. Any Python reads this file, to say which one is needed.
#
# The program is unpacked once for each version, so that later runs need not compile it again:
# below /var/cache/neuron-pin for root, else below ~/.cache/neuron-pin; NEURON_PIN_UNPACK names
# another folder.
# Where nothing can be written it is unpacked into a temporary folder, which is removed at the end.
import os
import sys

TREE = ""
"""The digest of what is inside; script/zipapp writes it here."""

SPACE = 64 << 20
"""Bytes that have to be free for Python to keep what it compiles."""

LEFT_OUT = ("neuron_pin.proxy", "neuron_pin.catalog.importer", "urllib3")


class _LeftOut(object):
    """Says of what the file does not have how to get it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in LEFT_OUT:
            from neuron_pin.errors import WrongUsage

            raise WrongUsage(
                "neuron-pin.pyz has no network, no index server and no import of facts",
                hint="with --offline locks come from the facts inside; the rest is in the package: "
                "pip install neuron-pin",
            )
        return None


def _is_own(folder):
    """Whether nobody else can write into a folder."""
    about = os.lstat(folder)
    return about.st_uid == os.geteuid() and about.st_mode & 0o170022 == 0o040000


def _unpack(archive, folder):
    """Unpack into a new folder, and give it its name when it is whole."""
    import shutil
    import tempfile
    import zipfile

    base = os.path.dirname(folder)
    if not os.path.isdir(base):
        os.makedirs(base, 0o755)
    if not _is_own(base):
        raise OSError("%s can be written by others" % base)
    new = tempfile.mkdtemp(prefix=".new-", dir=base)
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(new)
        os.chmod(new, 0o755)
        try:
            os.rename(new, folder)
        except OSError:
            # Another run was faster.
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _find_folder():
    named = os.environ.get("NEURON_PIN_UNPACK")
    if not named and os.geteuid() == 0:
        named = "/var/cache/neuron-pin/program"
    if not named:
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        named = os.path.join(cache, "neuron-pin", "program")
    return os.path.join(os.path.abspath(named), TREE)


def unpack(archive):
    """The folder of the unpacked program, and whether it is a temporary one."""
    folder = _find_folder()
    try:
        if not os.path.isdir(folder):
            _unpack(archive, folder)
        if _is_own(folder):
            return folder, False
    except OSError:
        pass
    import tempfile

    for base in (None, "/dev/shm"):
        try:
            folder = os.path.join(tempfile.mkdtemp(prefix="neuron-pin-", dir=base), TREE)
            _unpack(archive, folder)
        except OSError as error:
            problem = error
        else:
            return os.path.dirname(folder), True
    raise SystemExit("neuron-pin.pyz: nowhere to unpack: %s" % problem)


def _is_short_of_space(folder):
    """Whether a disk may be full before everything is compiled: Python then keeps half a file, and
    reads it the next time."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < SPACE


def main():
    if sys.version_info < (3, 9):
        version = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write("neuron-pin.pyz needs Python 3.9 or newer; this is %s\n" % version)
        return 2
    folder, is_temporary = unpack(os.path.dirname(os.path.abspath(__file__)))
    if _is_short_of_space(folder):
        sys.dont_write_bytecode = True
    sys.path[0] = os.path.join(folder, TREE) if is_temporary else folder
    sys.meta_path.append(_LeftOut)
    try:
        if sys.argv[1:2] == ["task"]:
            from neuron_pin.tasks import entry

            return entry()
        from neuron_pin.cli import main as run

        return run()
    finally:
        if is_temporary:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Before 3.9 Python keeps what is written to a pipe.
    sys.stderr.flush()
    os._exit(code)
