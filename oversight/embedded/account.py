"""Which account runs the servers: PostgreSQL refuses root, and a server needs no more rights than its own folder."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from oversight.embedded.errors import ServiceFailed

# initdb looks its user up by name, so a free number without an entry in /etc/passwd does not do.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int

    def can_reach(self, path: Path) -> bool:
        """May pass through a folder, or run a program. Asks the system: ACLs and mount options count too."""
        probe = subprocess.run(
            ["/bin/sh", "-c", '[ -x "$1" ]', "sh", str(path)],
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            env={},
            check=False,
        )
        return probe.returncode == 0

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def server_account(owner_uid: int | None = None) -> Account | None:
    """The account to switch to, or None to run as who we are. An existing folder's owner is kept."""
    if os.geteuid() != 0:
        return None
    if owner_uid:
        return _account(owner_uid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in CANDIDATES:
        if name in known and known[name].pw_uid != 0:
            return Account(name, known[name].pw_uid, known[name].pw_gid)
    raise ServiceFailed(
        "PostgreSQL does not run as root and this machine has no account 'postgres' or 'nobody'."
        " Run as an ordinary user, or set DATABASE_URL and DATABASE_OWNER_URL."
    )


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ServiceFailed(f"the database folder belongs to uid {uid}, which has no entry in /etc/passwd") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
