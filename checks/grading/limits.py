"""What a submission may take, and the account that its code runs as."""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass

import psutil

#: Accounts of nobody: systemd gives these numbers to services for as long as they run.
_NUMBERS = range(61_184, 65_520)


@dataclass(frozen=True)
class Limits:
    """For one submission. Sizes in bytes.

    Attributes:
        seconds: for all of it: to build and to grade.
        build_seconds: to build.
        memory: address space of each process, and what all of them and PostgreSQL's use together.
        processes: with threads; for an account that has others running, that many more.
        file: the largest file that its code may write.
        database: all its databases together.
        output: how much of what it prints is read.
    """

    seconds: float = 300
    build_seconds: float = 30
    memory: int = 1_000_000_000
    processes: int = 48
    file: int = 50_000_000
    database: int = 500_000_000
    output: int = 1_000_000


def spare_account() -> int | None:
    """A user id that no process and no user of this computer has, when we may take one on: as root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    taken = {process.info["uids"].real for process in psutil.process_iter(["uids"]) if process.info["uids"]}
    taken |= {entry.pw_uid for entry in pwd.getpwall()}
    return random.choice([number for number in _NUMBERS if number not in taken])


def processes_of_ours() -> int:
    """How many processes and threads our own account has: a limit on them counts those too."""
    own = os.getuid() if sys.platform != "win32" else 0
    found = psutil.process_iter(["uids", "num_threads"])
    return sum(p.info["num_threads"] or 1 for p in found if p.info["uids"] and p.info["uids"].real == own)
