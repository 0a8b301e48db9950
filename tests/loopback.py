"""The loopback interface of a network of its own."""

from __future__ import annotations

import fcntl
import socket
import struct


def raise_loopback() -> None:
    """``ip link set lo up``, without the program."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS
