"""The phases of a start stand in `log/start.log`."""

import re
import time
from pathlib import Path

import pytest

from jaga.app.services.processes import Phases

_LINE = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC \[\d+\] ([\w ]+): (\d+\.\d) s, processor (\d+\.\d) s")


def test_each_phase_has_a_line_with_its_seconds(tmp_path: Path) -> None:
    """Seconds of the clock and of the processor; a phase that fails has its line, too."""
    phases = Phases(tmp_path)
    with phases.phase("a pause"):
        time.sleep(0.2)
    with phases.phase("work"):
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
    with pytest.raises(ValueError, match="refused"), phases.phase("tables"):
        raise ValueError("refused")
    log = tmp_path / "log" / "start.log"
    found = [_LINE.fullmatch(line) for line in log.read_text().splitlines()]
    assert [line and line[1] for line in found] == ["a pause", "work", "tables"]
    assert found[0]
    assert found[1]
    assert float(found[0][2]) >= 0.2
    assert float(found[1][3]) >= 0.2
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_stops_no_start(tmp_path: Path) -> None:
    """As on a full disk."""
    (tmp_path / "log").write_text("")
    with Phases(tmp_path).phase("tables"):
        pass
