"""`jaga screen` from start to result.

    python -m bench.screening.files [--texts-folder FOLDER] [--rows N] [--json FILE]

A file of JSON lines is screened by one process and by two, each in a run of its own. Where cgroups can be made (Linux,
root), both are measured once more with each process that screens held to half a core: so two have twice the processor
of one also on a machine with other work. Printed are rows a second, the time until the first block is there, and the
largest memory of a process. Yardstick: sha256 of each line in one Python loop, in rows a second.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.harness import Bench, Yardstick, benchmark, options
from bench.screening import real_texts

_PERIOD = 100_000  # microseconds
_MEBI = 1024


class Screened(NamedTuple):
    """One run: seconds from start to result and to the first block, and the largest memory of a process in MiB."""

    seconds: float
    first: float
    memory: int


def main() -> None:
    parser = options(str(__doc__))
    parser.add_argument(
        "--texts-folder",
        type=Path,
        metavar="FOLDER",
        help="real texts, as of bench.screening.engine; else the labelled texts of the release",
    )
    parser.add_argument("--rows", type=int, default=600_000, help="of the file; texts are repeated (default 600000)")
    asked = parser.parse_args()
    texts = real_texts.of_folder(asked.texts_folder) if asked.texts_folder else real_texts.shipped()
    with TemporaryDirectory() as place, benchmark("screen_files", None, asked.json) as bench:
        file = Path(place) / "texts.jsonl"
        _write(file, texts, asked.rows)
        _run(file, 1, None)  # fills the cache of compiled kernels
        yardstick = Yardstick("sha256 of each line", _hashed_per_second(file))
        for held, name in ((None, "free"), (_half_a_core, "half a core each")):
            if held and not _may_hold():
                print("  no cgroups can be made here: half cores are not measured", flush=True)
                continue
            one, two = (_run(file, workers, held) for workers in (1, 2))
            _add(bench, f"1 process, {name}", one, asked.rows, yardstick)
            _add(bench, f"2 processes, {name}", two, asked.rows, yardstick)
            bench.notes[f"two to one, {name}"] = round(one.seconds / two.seconds, 3)
            print(f"  two processes did {one.seconds / two.seconds:.2f} times the work of one ({name})", flush=True)


def _add(bench: Bench, name: str, run: Screened, rows: int, yardstick: Yardstick) -> None:
    bench.add(f"rows, {name}", rows / run.seconds, "/s", yardstick, 1)
    bench.notes[name] = {"first block, seconds": round(run.first, 2), "memory, MiB": run.memory}
    print(f"    first block after {run.first:.1f} s, at most {run.memory} MiB a process", flush=True)


def _write(file: Path, texts: list[str], rows: int) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for number in range(rows):
            lines.write(json.dumps({"id": number, "text": texts[number % len(texts)]}, ensure_ascii=False) + "\n")


def _hashed_per_second(file: Path) -> float:
    lines = file.read_bytes().split(b"\n")
    began = time.process_time()
    for line in lines:
        hashlib.sha256(line).digest()
    return len(lines) / (time.process_time() - began)


def _run(file: Path, workers: int, held: Callable[[int], Path] | None) -> Screened:
    """Screen the file; `held` puts each process that screens into a cgroup. Raises SystemExit if the command fails."""
    result = file.with_name(f"{workers}.parquet")
    result.unlink(missing_ok=True)
    parts, groups = Path(f"{result}.parts"), dict[int, Path]()
    began, first, memory = time.perf_counter(), 0.0, 0
    with subprocess.Popen(
        [sys.executable, "-m", "jaga.app.cli", "screen", str(file), "--out", str(result), "--workers", str(workers)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as screening:
        while screening.poll() is None:
            of_them = [screening.pid, *_children(screening.pid)]
            memory = max(memory, *map(_memory, of_them))
            if (
                not first
                and parts.exists()
                and any(not part.name.startswith(".") and part.suffix == ".arrow" for part in parts.iterdir())
            ):
                first = time.perf_counter() - began
            if held:
                for pid in of_them[1:] if workers > 1 else of_them[:1]:
                    if pid not in groups:
                        groups[pid] = held(pid)
            time.sleep(0.02)
        assert screening.stderr is not None
        if screening.returncode:
            raise SystemExit(screening.stderr.read().decode())
    seconds = time.perf_counter() - began
    for group in groups.values():
        group.rmdir()
    return Screened(seconds, first, memory)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _memory(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(status.split("VmHWM:")[1].split()[0]) // _MEBI if "VmHWM:" in status else 0


_GROUPS = Path("/sys/fs/cgroup")
_OLD = _GROUPS / "cpu"  # of version 1


def _may_hold() -> bool:
    try:
        _new_group("try").rmdir()
    except OSError:
        return False
    return True


def _new_group(name: str) -> Path:
    """A new cgroup that gets half a core. Raises OSError if none can be made."""
    group = (_OLD if _OLD.is_dir() else _GROUPS) / f"jaga-bench-{os.getpid()}-{name}"
    group.mkdir()
    if _OLD.is_dir():
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(_PERIOD // 2))
    else:
        (group / "cpu.max").write_text(f"{_PERIOD // 2} {_PERIOD}")
    return group


def _half_a_core(pid: int) -> Path:
    group = _new_group(str(pid))
    (group / "cgroup.procs").write_text(str(pid))
    return group


if __name__ == "__main__":
    main()
