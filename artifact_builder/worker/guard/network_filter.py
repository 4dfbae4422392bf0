"""A seccomp filter that refuses the system calls by which a process reaches another one over a network.

Sockets may be made, so that Python comes to the call that names the address, and pairs of sockets work, which
multiprocessing uses; nothing can be connected, bound, listened on, or sent to an address. Unix sockets are no
exception: behind them are a Docker daemon, an ssh agent, a desktop.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass

# linux/prctl.h, linux/seccomp.h, linux/filter.h
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1  # threads that run already, too
_RET_ALLOW, _RET_ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Offsets in struct seccomp_data: the call's number, the architecture, the low and high half of an argument.
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT, _ARGUMENT_BYTES = 0, 4, 16, 8
_FAMILIES = (
    1,
    2,
    10,
)  # AF_UNIX, AF_INET, AF_INET6: made and never connected; netlink, packets and the rest not even made
_X32_CALLS = 0x40000000


@dataclass(frozen=True)
class _Calls:
    """Numbers of system calls of one architecture, from the kernel's tables."""

    architecture: int
    seccomp: int
    socket: int
    sendto: int
    refused: tuple[int, ...]


_CALLS = {
    # refused: connect, bind, listen, accept, accept4, sendmsg, sendmmsg, io_uring_setup (makes sockets of its own),
    # ptrace and process_vm_writev (would let another process do it)
    "x86_64": _Calls(0xC000003E, 317, 41, 44, (42, 49, 50, 43, 288, 46, 307, 425, 101, 311)),
    "aarch64": _Calls(0xC00000B7, 277, 198, 206, (203, 200, 201, 202, 242, 211, 269, 425, 117, 271)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_network_calls() -> bool:
    """Install the filter for this process, all its threads and what it will start; False where there is none to have.

    That is on other systems and processors than the two above, and where the kernel was built without seccomp.
    """
    calls = _CALLS.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 1 << 32 else None
    if calls is None:
        return False
    instructions = _filter(calls)
    program = _Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    result: int = libc.syscall(
        ctypes.c_long(calls.seccomp),
        ctypes.c_long(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_long(_SECCOMP_FILTER_FLAG_TSYNC),
        ctypes.byref(program),
    )
    return result == 0


def _filter(calls: _Calls) -> bytes:
    """The filter's instructions: each test either answers at once or goes on to the next."""
    refuse, allow = _answer(_RET_ERRNO | errno.EACCES), _answer(_RET_ALLOW)
    lines = [_load(_ARCHITECTURE_AT), _jump(_JUMP_IF_EQUAL, calls.architecture, 1, 0), refuse]
    lines += [_load(_NUMBER_AT), _jump(_JUMP_IF_AT_LEAST, _X32_CALLS, 0, 1), refuse]
    for number in calls.refused:
        lines += [_jump(_JUMP_IF_EQUAL, number, 0, 1), refuse]
    # sendto with an address; without one it is send(), along a pair that is connected already
    lines += [_jump(_JUMP_IF_EQUAL, calls.sendto, 0, 6)]
    lines += [_load(_argument(4)), _jump(_JUMP_IF_EQUAL, 0, 1, 0), refuse]
    lines += [_load(_argument(4) + 4), _jump(_JUMP_IF_EQUAL, 0, 1, 0), refuse]
    lines += [_load(_NUMBER_AT), _jump(_JUMP_IF_EQUAL, calls.socket, 1, 0), allow, _load(_argument(0))]
    for family in _FAMILIES:
        lines += [_jump(_JUMP_IF_EQUAL, family, 0, 1), allow]
    return b"".join([*lines, refuse])


def _argument(position: int) -> int:
    return _ARGUMENTS_AT + position * _ARGUMENT_BYTES


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(test: int, value: int, if_true: int, if_false: int) -> bytes:
    """Go over ``if_true`` or ``if_false`` instructions."""
    return struct.pack("=HBBI", test, if_true, if_false, value)


def _answer(action: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, action)
