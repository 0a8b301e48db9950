"""The one writer: a file is its old self or its new one, never anything between.

A temporary file in the same folder, fsync, rename, fsync of the folder.  The temporary file is
locked (flock(2)) for as long as its writer lives, so that one without a lock was left behind by
a process that was killed, and the next writer of the same file takes it away.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping

from neuron_pin.errors import CannotWrite

NEW_MODE = 0o644
"""The mode of a file that was not there before: apt must be able to read pins as any user,
whatever the umask says."""


def write_atomically(path: str, content: str | bytes, *, new_mode: int = NEW_MODE) -> bool:
    """Write a file whole; true if anything changed.

    Equal bytes are left alone, modification time included.  A new file gets ``new_mode``, an
    existing one keeps its mode, and its owner where that may be set; a symbolic link is
    refused, since a rename would replace it.  Raises `CannotWrite`.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        return _write(path, data, new_mode)
    except OSError as error:
        raise CannotWrite(path, f"cannot be written: {error.strerror}") from None


def write_new_files(folder: str, contents: Mapping[str, str]) -> None:
    """Files, by their path below a folder that nobody reads yet, all of them on the disk when this
    returns: the folder can then take its place.  Writing all and syncing them after that takes a
    fraction of the time of one after another.  Raises `OSError`.
    """
    paths = {os.path.join(folder, name): text for name, text in contents.items()}
    for path, text in paths.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), NEW_MODE)
    for path in (*paths, *{os.path.dirname(path) for path in paths}, folder):
        sync(path)


def sync(path: str) -> None:
    """What was written to a file or a folder is on the disk; raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_atomically(path: str) -> bool:
    """Remove a file for good; true if it was there.

    A symbolic link is refused, as for writing.  Raises `CannotWrite`.
    """
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            raise CannotWrite(path, "is not a regular file; it was left as it is")
        with _folder_of(path) as (folder, name):
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CannotWrite(path, f"cannot be removed: {error.strerror}") from None
    return True


def _write(path: str, data: bytes, new_mode: int) -> bool:
    mode, owner = new_mode, None
    try:
        before = os.lstat(path)
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISREG(before.st_mode):
            raise CannotWrite(path, "is not a regular file; it was left as it is")
        if before.st_size == len(data) and _read(path) == data:
            with contextlib.suppress(OSError), _folder_of(path) as (folder, name):
                _sweep(folder, name)
            return False
        mode, owner = stat.S_IMODE(before.st_mode), (before.st_uid, before.st_gid)

    def settle(descriptor: int) -> None:
        os.fchmod(descriptor, mode)
        if owner is not None and owner != (os.geteuid(), os.getegid()):
            _keep_owner(descriptor, owner)
        os.fsync(descriptor)

    with _folder_of(path) as (folder, name):
        mode_of_folder = os.fstat(folder).st_mode
        if mode_of_folder & stat.S_IWOTH and not mode_of_folder & stat.S_ISVTX:
            raise CannotWrite(
                path, "everybody may write to its folder, and so replace it", hint="chmod o-w"
            )
        put(folder, name, data, settle)
        os.fsync(folder)
    return True


@contextlib.contextmanager
def _folder_of(path: str) -> Iterator[tuple[int, str]]:
    """The folder of a file, open, and the file's name in it."""
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder, os.path.basename(path)
    finally:
        os.close(folder)


def put(
    folder: int,
    name: str,
    data: bytes | Iterable[bytes | memoryview],
    settle: Callable[[int], None] = lambda descriptor: None,
) -> None:
    """Bytes, or pieces one after another, under a name in an open folder, whole or not at all; what
    a writer of the same name that was killed has left there goes.

    ``settle`` is called with the temporary file's descriptor before it takes its place.  Raises
    `OSError`.
    """
    _sweep(folder, name)
    descriptor, temporary = _create(folder, name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines((data,) if isinstance(data, bytes) else data)
            stream.flush()
            settle(stream.fileno())
            # While it is locked: nobody may take it for one that was left behind.
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _create(folder: int, name: str) -> tuple[int, str]:
    """A temporary file beside ``name`` in an open folder, locked: its descriptor and its name.

    Raises `OSError`.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        # apt ignores names with a leading dot and .tmp, so a crash leaves it nothing to read.
        temporary = f".{name}.{os.urandom(6).hex()}.tmp"
        descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
        # Between those two somebody may have found it without a lock, and removed it.
        if is_free(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return descriptor, temporary
        os.close(descriptor)


def _sweep(folder: int, name: str) -> None:
    """Remove temporary files of ``name`` whose writers were killed."""
    beginning, size = f".{name}.", len(name) + len("..012345678901.tmp")
    for found in os.listdir(folder):
        if len(found) != size or not (found.startswith(beginning) and found.endswith(".tmp")):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                if is_free(descriptor):
                    os.unlink(found, dir_fd=folder)
            finally:
                os.close(descriptor)


def is_free(descriptor: int) -> bool | None:
    """Lock a file or a folder: whether nobody else has; none where that cannot be told."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems have no locks.
        return None
    return True


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _keep_owner(descriptor: int, owner: tuple[int, int]) -> None:
    try:
        os.fchown(descriptor, *owner)
    except PermissionError:
        # Only root may give a file away; the content matters more than the owner.
        return
