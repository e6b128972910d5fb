"""Build Jaga's environments from the locked requirements.

Standard library only, since nothing is installed yet.

    python3 tools/bootstrap.py run [--synapse]    for `make run`
    python3 tools/bootstrap.py test [--system]    for `make test` (--system: Debian's packages too)
    python3 tools/bootstrap.py test --atproto     also the AT Protocol's servers, used by tests only

A stamp in each environment names what it was built from, so that a second call is fast. `make clean` removes
everything; nothing outside the checkout changes, except that --system installs Debian packages as root. Failures are
one line with a remedy, never a traceback.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LAYOUT = "2"  # raise it when the build changes, so that older environments are rebuilt
OLDEST, NEWEST = (3, 11), (3, 13)
FREE_BYTES = 1_500_000_000
# command → Debian packages
PACKAGES = {
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "bwrap": "bubblewrap",
    "ejabberdctl": "ejabberd erlang-p1-pgsql",
    "prosody": "prosody",
    "go": "golang-go",
    "litewitness": "litetlog",
    "sigsum-witness": "sigsum-go",
    "ssh-agent": "openssh-client",
    "snac": "snac2",
}
GO_LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")  # golang-golang-x-mod-dev has no command

ATPROTO_PACKAGES = {"node": "nodejs", "npm": "npm", "g++": "g++", "make": "make"}
NODE_HEADERS = Path("/usr/include/node/node.h")  # from Debian's libnode-dev; without it the headers would be downloaded


class Stop(Exception):
    """A failure with its remedy, in one line."""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def seconds(since: float) -> str:
    return f"{time.monotonic() - since:.1f} s"


# Requirements of the machine


def check_python() -> None:
    found = sys.version_info[:2]
    if OLDEST <= found <= NEWEST:
        return
    others = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    remedy = (
        f"run it with `make PYTHON={others[0]} …`"
        if others
        else (
            "install Python 3.11, 3.12 or 3.13 (on Debian 13: apt-get install python3) and name it with `make PYTHON=…`"
        )
    )
    raise Stop(f"Jaga needs Python 3.11 to 3.13, but {sys.executable} is {sys.version.split()[0]}; {remedy}.")


def check_pip() -> None:
    if importlib.util.find_spec("pip") is None:
        raise Stop(f"{sys.executable} has no pip; install it (on Debian: apt-get install python3-pip) and try again.")


def check_room() -> None:
    if not os.access(CHECKOUT, os.W_OK | os.X_OK):
        raise Stop(f"you may not write in {CHECKOUT}; copy the folder to one of yours, or ask its owner to run this.")
    free = shutil.disk_usage(CHECKOUT).free
    if free < FREE_BYTES:
        raise Stop(
            f"only {free / 1e9:.1f} GB are free at {CHECKOUT}, and the first installation needs "
            f"{FREE_BYTES / 1e9:.1f} GB; make room and try again."
        )


# One environment


class Environment:
    """A virtual environment with exactly one locked requirements file (or a file that includes it)."""

    def __init__(self, folder: str, requirements: str, satisfied_by: tuple[str, ...] = ()) -> None:
        self.folder = CHECKOUT / folder
        self.requirements = requirements
        self.satisfied_by = (requirements, *satisfied_by)
        self.source = f"requirements/{requirements}.txt"
        self.python = self.folder / "bin" / "python"
        self.log = self.folder / "install.log"
        self.stamp = self.folder / "built-from"

    def key(self, requirements: str) -> str:
        """A key that changes with the requirements, the interpreter and the location: scripts inside contain absolute
        paths.
        """
        content = (CHECKOUT / "requirements" / f"{requirements}.txt").read_bytes()
        parts = [LAYOUT, sys.version, str(Path(sys.base_prefix)), str(self.folder), requirements]
        return hashlib.sha256(content + "\0".join(parts).encode()).hexdigest()

    def ready(self) -> bool:
        if not self.stamp.exists() or not self.python.exists():
            return False
        return self.stamp.read_text() in {self.key(name) for name in self.satisfied_by}

    def usable(self) -> bool:
        """Whether the environment can be updated; otherwise it is rebuilt."""
        config = self.folder / "pyvenv.cfg"
        if not config.exists() or not self.python.exists():
            return False
        found = re.search(r"^version\s*=\s*(\d+\.\d+)", config.read_text(), re.MULTILINE)
        return bool(found) and found.group(1) == "{}.{}".format(*sys.version_info[:2])

    def make(self) -> None:
        """Create an empty environment without pip, since Debian's bare python3 has no ensurepip."""
        shutil.rmtree(self.folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.folder)], check=True)

    def install(self) -> "subprocess.Popen[bytes]":
        """Start pip with hash-checked wheels only, so that no package code runs and no compiler is needed."""
        if not self.usable():
            self.make()
        self.stamp.unlink(missing_ok=True)
        environment = {k: v for k, v in os.environ.items() if k not in UNSAFE_FOR_PIP}
        environment.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PIP_ROOT_USER_ACTION="ignore")
        with open(self.log, "wb") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "pip",
                    "--python",
                    str(self.python),
                    "install",
                    "--no-compile",
                    "--no-deps",
                    "--only-binary",
                    ":all:",
                    "--require-hashes",
                    "--no-warn-script-location",
                    "-r",
                    str(CHECKOUT / "requirements" / f"{self.requirements}.txt"),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=str(CHECKOUT),
            )

    def finish(self) -> None:
        if self.folder.name == ".venv":
            self.put_jaga()
        self.stamp.write_text(self.key(self.requirements))

    def put_jaga(self) -> None:
        """Make `import jaga` and the `jaga` command, with the practice world, work without building a package."""
        purelib = next((self.folder / "lib").glob("python3.*")) / "site-packages"
        (purelib / "jaga.pth").write_text(f"{CHECKOUT / 'src'}\n{CHECKOUT / 'practice'}\n")
        command = self.folder / "bin" / "jaga"
        command.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m jaga_practice.entry "$@"\n')
        command.chmod(command.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)

    def progress(self) -> str:
        collected = self.log.read_text(errors="replace").count("\nCollecting ")
        return f"{collected} packages fetched so far"

    def explain(self) -> str:
        text = self.log.read_text(errors="replace")
        if "No space left on device" in text:
            return f"the disk is full at {CHECKOUT}; make room and try again."
        errors = [line.strip() for line in text.splitlines() if line.startswith("ERROR:")] or ["pip said no more."]
        return (
            f"{self.folder.name} could not be installed: {errors[-1][:300]} "
            f"Look into {self.log.relative_to(CHECKOUT)}, check the network or your pip settings, and try again."
        )


class NodeEnvironment:
    """The servers of tools/atproto by their lock file, with npm's cache inside.

    No package runs code at installation. The native part is compiled from its source, since its prebuilt binary would
    come from a place outside the lock file.
    """

    def __init__(self, folder: str, source: str) -> None:
        self.folder = CHECKOUT / folder
        self.source = f"{source}/package-lock.json"
        self.described = CHECKOUT / source
        self.log = self.folder / "install.log"
        self.stamp = self.folder / "built-from"

    def key(self) -> str:
        content = b"".join((self.described / name).read_bytes() for name in ("package.json", "package-lock.json"))
        node = subprocess.run([shutil.which("node") or "node", "--version"], capture_output=True, check=True).stdout
        return hashlib.sha256(content + node + "\0".join((LAYOUT, str(self.folder))).encode()).hexdigest()

    def ready(self) -> bool:
        for command in ("node", "npm"):
            if not present(command):
                raise Stop(
                    f"the AT Protocol's servers need {command}; install Node.js 20 or later with npm "
                    "(on Debian 13: apt-get install nodejs npm g++ make) and try again."
                )
        return self.stamp.exists() and self.stamp.read_text() == self.key()

    def usable(self) -> bool:
        return False  # npm removes what exists in any case

    def make(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copyfile(self.described / name, self.folder / name)

    def install(self) -> "subprocess.Popen[bytes]":
        self.make()
        environment = {
            **os.environ,
            "npm_config_cache": str(self.folder / "cache"),
            "npm_config_build_from_source": "true",
            "CFLAGS": "-O1",
            "CXXFLAGS": "-O1",
        }  # halves the time
        if NODE_HEADERS.exists():
            environment["npm_config_nodedir"] = "/usr"
        native = "npm rebuild better-sqlite3 --ignore-scripts=false --foreground-scripts"
        with open(self.log, "wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", f"npm ci --no-progress && {native}"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=str(self.folder),
            )

    def finish(self) -> None:
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        self.stamp.write_text(self.key())

    def progress(self) -> str:
        fetched = "added " in self.log.read_text(errors="replace")
        return "compiling its database" if fetched else "npm is fetching packages"

    def explain(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("npm err", "gyp err", "sh:"))] or lines[-1:]
        return (
            f"{self.folder.name} could not be installed: {' '.join(errors[:1])[:300]} Look into "
            f"{self.log.relative_to(CHECKOUT)}, check the network or your npm settings, and try again."
        )


UNSAFE_FOR_PIP = {
    "PYTHONPATH",
    "PYTHONHOME",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_PYTHON",
    "VIRTUAL_ENV",
}


def build(environments: "list[Environment | NodeEnvironment]") -> None:
    """Install missing environments in parallel; one that cannot be updated is rebuilt once."""
    check_pip()
    check_room()
    begun = time.monotonic()
    fresh = {e for e in environments if not e.usable()}
    for e in environments:
        say(f"installing {e.folder.name} from {e.source} …")
    running = [(e, e.install()) for e in environments]
    try:
        for e, pip in running:
            wait(e, pip, begun)
            if pip.returncode and e not in fresh:
                say(f"{e.folder.name} could not be brought up to date; building it afresh …")
                e.make()
                pip = e.install()
                wait(e, pip, begun)
            if pip.returncode:
                raise Stop(e.explain())
            e.finish()
            say(f"{e.folder.name} is complete ({seconds(begun)})")
    finally:
        for _, pip in running:
            if pip.poll() is None:
                pip.terminate()
                pip.wait()


def wait(e: "Environment | NodeEnvironment", pip: "subprocess.Popen[bytes]", begun: float) -> None:
    while True:
        try:
            pip.wait(timeout=15)
            return
        except subprocess.TimeoutExpired:
            say(f"… {e.folder.name}: {e.progress()} ({seconds(begun)})")


def check_zones(python: Path) -> None:
    asked = subprocess.run(
        [str(python), "-c", "import zoneinfo; zoneinfo.ZoneInfo('Asia/Jakarta')"], capture_output=True, check=False
    )
    if asked.returncode:
        raise Stop(
            "the time zone Asia/Jakarta is missing; install the zone data (on Debian: apt-get install tzdata) "
            "or run `make clean` and try again."
        )


# Debian's packages for the tests


def system_packages(*, atproto: bool = False) -> None:
    wanted = {**PACKAGES, **ATPROTO_PACKAGES} if atproto else PACKAGES
    missing = [package for command, package in wanted.items() if not present(command)]
    if not GO_LIBRARY.exists():
        missing.append("golang-golang-x-mod-dev")
    if atproto and not NODE_HEADERS.exists():
        missing.append("libnode-dev")
    if not missing:
        return
    command = "apt-get install -y --no-install-recommends " + " ".join(missing)
    if not shutil.which("apt-get"):
        raise Stop(f"the tests need {' and '.join(missing)}; install them with your system's package manager.")
    if os.geteuid() != 0:
        raise Stop(
            f"the tests need {' and '.join(missing)}; run this and try again: sudo apt-get update && sudo {command}"
        )
    begun = time.monotonic()
    say(f"installing Debian's {' and '.join(missing)} …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with quiet_services():
        for line in (["apt-get", "-q", "update"], command.split()):
            done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
                raise Stop(f"`{' '.join(line)}` failed: {' '.join(last)} Run it by hand to see why.")
    say(f"Debian's {' and '.join(missing)} installed ({seconds(begun)})")


def present(command: str) -> bool:
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/sbin") is not None


class quiet_services:
    """Keep a package from starting its daemon at installation (Debian's policy-rc.d answers 101)."""

    policy = Path("/usr/sbin/policy-rc.d")

    def __enter__(self) -> None:
        self.ours = not self.policy.exists()
        if self.ours:
            self.policy.write_text("#!/bin/sh\nexit 101\n")
            self.policy.chmod(0o755)

    def __exit__(self, *failure: object) -> None:
        if self.ours:
            self.policy.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description="Build Jaga's environments.")
    parser.add_argument("purpose", choices=["run", "test"])
    parser.add_argument("--synapse", action="store_true", help="also the practice platform's environment")
    parser.add_argument("--atproto", action="store_true", help="also the AT Protocol's servers, for tests")
    parser.add_argument("--system", action="store_true", help="also Debian's packages for the tests")
    asked = parser.parse_args()
    try:
        check_python()
        if not os.access(CHECKOUT, os.W_OK | os.X_OK):
            check_room()
        if asked.system:
            system_packages(atproto=asked.atproto)
        python = Environment(".venv", asked.purpose, () if asked.purpose == "test" else ("test",))
        wanted: list[Environment | NodeEnvironment] = [python]
        if asked.synapse:
            wanted.append(Environment(".synapse-venv", "synapse"))
        if asked.atproto:
            wanted.append(NodeEnvironment(".atproto", "tools/atproto"))
        lock = os.open(CHECKOUT, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)  # a concurrent make in this checkout waits
        missing = [e for e in wanted if not e.ready()]
        if missing:
            build(missing)
            check_zones(python.python)
        os.close(lock)
    except Stop as problem:
        print(f"jaga: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(
            f"jaga: {problem.strerror or problem}: {problem.filename or CHECKOUT}; put it right and try again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("jaga: interrupted; the next call goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
