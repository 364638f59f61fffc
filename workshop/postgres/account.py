"""PostgreSQL refuses to run as root: an ordinary account to run it as, when we are root."""

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError

if sys.platform != "win32":
    import pwd

_CANDIDATES = ("postgres", "nobody")
# The two capabilities that let a process through a folder that is closed to it, the lesser one first: it reads, but
# neither writes nor runs programs. A plain container has the second alone. Numbers as in linux/capability.h.
_CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


@dataclass(frozen=True)
class Account:
    """As whom to run PostgreSQL's programs: what to put before the command, and how to start it.

    Attributes:
        owner: (uid, gid) that the data has to belong to; None when that is ourselves.
    """

    owner: tuple[int, int] | None = None
    prefix: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def own(self, path: Path) -> None:
        """Give a file or folder that we made to this account."""
        if self.owner:
            os.chown(path, *self.owner, follow_symlinks=False)


def account_for(data: Path, program: Path) -> Account:
    """The account that can run `program` over `data`: ourselves, or an existing ordinary one when we are root.

    Nothing on the way to the two is opened up for it, and no account is made. Where a folder on the way is closed
    (a project below /root), the server gets the one capability that leads through; the learner's role is no superuser,
    so SQL can't use it to read files.

    Raises:
        WorkshopError: there is no such account, or no way to let it in.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return Account()
    uid, gid = _owner(data)
    runnable = _lets_in(program, uid, gid)
    if runnable and all(_lets_in(folder, uid, gid) for path in (data, program) for folder in path.resolve().parents):
        return Account((uid, gid), options={"user": uid, "group": gid, "extra_groups": []})
    setpriv, capability = shutil.which("setpriv"), _capability(_CAPABILITIES if runnable else ("dac_override",))
    if not setpriv or not capability:
        raise WorkshopError(
            f"PostgreSQL can't run as root, and an ordinary account has no way into {data.parent}: "
            "put the project where every user may read it, such as below /opt, or work as an ordinary user."
        )
    drop = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    keep = (f"--{kind}=-all,+{capability}" for kind in ("inh-caps", "ambient-caps", "bounding-set"))
    # PostgreSQL looks by access(2) whether its programs may be run, which leaves capabilities out of account for a user
    # other than root, unless this bit is set: capabilities(7).
    heed = "--securebits=+no_setuid_fixup"
    return Account((uid, gid), prefix=(setpriv, *drop, *keep, heed, "--"))


def _owner(data: Path) -> tuple[int, int]:
    """Whose the data is already, else the first account that is there."""
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in _CANDIDATES:
        if name in accounts:
            return accounts[name].pw_uid, accounts[name].pw_gid
    raise WorkshopError("PostgreSQL can't run as root, and here is no other account: work as an ordinary user.")


def _lets_in(path: Path, uid: int, gid: int) -> bool:
    """Whether the account may pass this folder, or run this program."""
    status = path.stat()
    if status.st_uid == uid:
        needed = stat.S_IXUSR
    elif status.st_gid == gid:
        needed = stat.S_IXGRP
    else:
        needed = stat.S_IXOTH
    return bool(status.st_mode & needed)


def _capability(sufficient: Iterable[str]) -> str | None:
    """The first of the sufficient capabilities that we have and so may hand on."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return next((name for name in sufficient if held >> _CAPABILITIES[name] & 1), None)
