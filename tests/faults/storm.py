"""The storm: people work at many desks, and after some acknowledgements something dies, at a named point of an
operation or at a random moment. Then everything settles and is counted.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from tests.faults.counting import ACCEPTING, Count, Counter
from tests.faults.floor import PATIENCE, Floor
from tests.faults.operations import DESKS, Desk
from tests.faults.points import POINTS, Point
from tests.faults.rig import Rig

ANYWHERE = "at any moment"
ANY_MOMENT = 0.25
DIES = {
    "self": "worker",
    "worker": "worker",
    "group": "web",
    "web": "web",
    "postgres": "database",
    "platform": "platform",
    "receivers": "receivers",
}
ARMED_AT_ONCE = 12
_NOBODY_CAME = 45.0  # seconds after which a point is taken back
_BEFORE_LEAVING = 10.0
_OFTEN = 3  # times taken back and never struck: the code has moved away from the point
_STANDSTILL = 240.0  # seconds without an acknowledgement after which the run is over


@dataclass
class Storm:
    """What was killed, by operation and by process, and the result of what was accepted meanwhile."""

    seed: int
    wanted: int
    kills: dict[str, dict[str, int]] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
    not_reached: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    settled_after: float = 0.0
    ledger_whole: bool = True

    @property
    def killed(self) -> int:
        return sum(sum(by_what.values()) for by_what in self.kills.values())

    @property
    def accepted(self) -> int:
        return sum(count.accepted for count in self.counts.values())

    def faults(self) -> list[str]:
        """Why the run fails; empty if it does not. Fewer accepted matters than kills is such a reason."""
        found = [
            f"{operation}: {len(names)} {kind}: {names[:5]}"
            for operation, count in self.counts.items()
            for kind, names in (("lost", count.lost), ("double", count.double), ("silent", count.silent))
            if names
        ]
        found += [f"somebody gave up: {failure}" for failure in self.failures]
        if self.killed < self.wanted:
            found.append(f"{self.killed} kills of {self.wanted}")
        if self.accepted < self.killed:
            found.append(f"{self.accepted} matters were accepted in {self.killed} kills")
        found += [
            f"{operation}: {count.accepted} accepted in {kills} kills"
            for operation, count in self.counts.items()
            if count.accepted < (kills := sum(self.kills.get(operation, {}).values()))
        ]
        found += [
            f"nobody comes by {point}, {times} times"
            for point, times in self.not_reached.items()
            if times >= _OFTEN and point not in self.points
        ]
        return found + ([] if self.ledger_whole else ["the ledger is not whole"])

    def struck(self, operation: str, what: str, point: str = "") -> None:
        mine = self.kills.setdefault(operation, {})
        mine[DIES[what]] = mine.get(DIES[what], 0) + 1
        if point:
            self.points[point] = self.points.get(point, 0) + 1


@contextmanager
def at_desks(floor: Floor, desks: tuple[type[Desk], ...], *, finish: bool) -> Iterator[None]:
    """People work at these desks during the block and finish what they began."""

    def sit(desk: type[Desk]) -> None:
        made: list[Desk] = []

        def turn() -> None:
            if not made:
                made.append(desk(floor))
            made[0].turn()

        floor.work(turn)

    threads = [threading.Thread(target=sit, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    try:
        yield
    except BaseException:  # whoever ends the run does not wait for what everybody began
        floor.leaving.set()
        raise
    finally:
        floor.ending.set()
        if not finish:
            floor.leaving.set()
        for thread in threads:
            thread.join()
        floor.closing.close()


class Killer:
    """Arms points and strikes; each strike waits for a number of accepted matters, never for the clock."""

    def __init__(self, floor: Floor, storm: Storm, points: tuple[Point, ...], anywhere: float) -> None:
        self._anywhere = anywhere
        self._floor, self._rig, self._storm = floor, floor.rig, storm
        self._chance = Random(storm.seed)
        self._points, self._deck = points, list[tuple[Point, str]]()
        self._armed: dict[str, tuple[Point, str, float]] = {}
        self._due = 0

    def run(self, say: Callable[[str], None]) -> None:
        """Until all have struck, or nothing is accepted any more."""
        told, last, moved = 0, -1, time.monotonic()
        while self._storm.killed < self._storm.wanted and not self._floor.failures:
            self._look()
            if self._floor.accepted() != last:
                last, moved = self._floor.accepted(), time.monotonic()
            elif time.monotonic() - moved > _STANDSTILL:
                self._floor.failures.append(f"nothing was accepted for {_STANDSTILL:.0f} s")
                break
            if self._storm.killed + len(self._armed) < self._storm.wanted and len(self._armed) < ARMED_AT_ONCE:
                if self._floor.wait_for(self._due, 0.05):
                    self._strike()
            else:
                time.sleep(0.05)
            if self._storm.killed >= told + 10:
                told = self._storm.killed
                say(f"{told} kills, {self._floor.accepted()} accepted")
        for name in list(self._armed):
            if self._rig.disarm(name):
                del self._armed[name]
        self._look()

    def _strike(self) -> None:
        """Strike, or arm the next point of an operation that has had its share of acknowledgements."""
        self._due = self._floor.accepted() + self._chance.randint(1, 3)
        if self._chance.random() < self._anywhere:
            what = self._chance.choice(("worker", "web", "postgres", "platform", "receivers"))
            if what not in ("platform", "receivers") or self._rig.app is not None:
                self._rig.kill(what, self._chance.randrange(2))
                self._storm.struck(ANYWHERE, what)
            return
        left = {point.operation for point, _ in self._deck}
        if any(self._may_be_hit(name) for name in {point.operation for point in self._points} - left):
            more = [(point, what) for point in self._points for what in point.kills]
            self._chance.shuffle(more)
            self._deck += more  # what is left of those before still comes first
        for place, (point, what) in enumerate(self._deck):
            if point.name not in self._armed and self._may_be_hit(point.operation):
                del self._deck[place]
                self._armed[point.name] = (point, what, time.monotonic())
                self._rig.arm([point.name], what)
                return

    def _may_be_hit(self, operation: str) -> bool:
        """Whether this operation has more accepted matters than kills, including the kills armed at its points."""
        kills = sum(self._storm.kills.get(operation, {}).values())
        kills += sum(point.operation == operation for point, _, _ in self._armed.values())
        return operation not in ACCEPTING or self._floor.accepted(operation) > kills

    def _look(self) -> None:
        """Which points have struck, and which nobody reaches."""
        still = self._rig.armed()
        for name, (point, what, since) in list(self._armed.items()):
            if name not in still:
                del self._armed[name]
                self._storm.struck(point.operation, what, name)
            elif time.monotonic() - since > _NOBODY_CAME and self._rig.disarm(name):
                del self._armed[name]
                self._storm.not_reached[name] = self._storm.not_reached.get(name, 0) + 1


def run(
    rig: Rig,
    kills: int,
    seed: int,
    *,
    desks: tuple[type[Desk], ...] = DESKS,
    points: tuple[Point, ...] = POINTS,
    anywhere: float = ANY_MOMENT,
    finish: bool = True,
    patience: float = PATIENCE,
    say: Callable[[str], None] = lambda text: None,
) -> Storm:
    """Run one storm until it has settled, and count. `anywhere` is the share of kills at random moments. What is
    unfinished after `patience` seconds counts as unfinished.
    """
    storm, began = Storm(seed, kills), time.monotonic()
    floor = Floor(rig, _name(seed), Random(seed + 1))
    with at_desks(floor, desks, finish=finish):
        # Signing in is not what is tested: nothing dies before everybody has something in hand.
        floor.wait_for(len(desks), _STANDSTILL)
        Killer(floor, storm, points, anywhere).run(say)
        if not finish:  # whoever was just answered, or not, notes it
            floor.wait_for(floor.accepted() + 2 * len(desks), _BEFORE_LEAVING)
    storm.seconds = time.monotonic() - began
    say(f"{storm.killed} kills, {floor.accepted()} accepted; settling")
    counter, settling = Counter(floor), time.monotonic()
    while (left := counter.unfinished()) and time.monotonic() - settling < patience:
        time.sleep(0.5)
    storm.settled_after = time.monotonic() - settling
    if left:
        say(f"unfinished: {left[:10]}")
    storm.counts, storm.failures = counter.count(), floor.failures
    storm.ledger_whole = rig.ledger_is_whole()
    return storm


def _name(seed: int) -> str:
    """Letters from the seed, so that several storms of one installation do not collide."""
    return "".join(chr(ord("k") + int(digit)) for digit in str(seed % 100_000))


def table(counts: dict[str, dict[str, int]], kills: dict[str, dict[str, int]]) -> str:
    """By operation: accepted, lost, double, silent, stuck, and what was killed at its points."""
    died = ("worker", "web", "database", "platform", "receivers")
    head = f"{'operation':<14}{'accepted':>9}{'lost':>6}{'double':>8}{'silent':>8}{'stuck':>7}  killed at its points"
    lines = [head]
    for operation in (*ACCEPTING, "ledger", ANYWHERE):
        count, mine = counts.get(operation, {}), kills.get(operation, {})
        told = ", ".join(f"{what} {mine[what]}" for what in died if what in mine)
        numbers = "".join(
            f"{count.get(name, 0) if operation in ACCEPTING else '':>{width}}"
            for name, width in (("accepted", 9), ("lost", 6), ("double", 8), ("silent", 8), ("stuck", 7))
        )
        lines.append(f"{operation:<14}{numbers}  {sum(mine.values())}{f' ({told})' if told else ''}")
    return "\n".join(lines)
