"""What a brigade does to an honest urgent report: `python -m bench.brigading [--reports N] [--over SECONDS]`.

N false reports on one lawful account, from networks of their own and half of them with copied words, are accepted
while honest urgent reports on other accounts come in, for all that time: a rush, or ten thousand in ten minutes.
Measured: from an urgent report's commit until its case waits for people, and its place in the queue, with the brigade
and (yardstick, same run) without it. Then what the brigade achieved: cases, independent sources, actions.
"""

import multiprocessing
import random
import time
from collections.abc import Callable
from statistics import quantiles

from bench.harness import Yardstick, benchmark, options
from bench.installation import installation

PLATFORM = "obrolan-uji"
CROWD = "@tetangga:localhost"
HONEST, PAUSE = 40, 0.25  # so many at least, and seconds between two
_WAKES = 2.0  # seconds until the brigade's process has begun
_WORDS = (
    "kakak saya adik teman sepupu tetangga ditahan dikunci disuruh bekerja tanpa upah di gudang mes pabrik kapal"
    " kebun restoran sejak kemarin minggu lalu bulan puasa tidak boleh pulang paspor diambil ponsel disita tolong"
    " segera cepat mereka menjaga pintu malam ini besok dipindah ke kota lain"
)
_SAID = 16
"""Words of an honest report. Many with the same words would count as one author, who waits for a turn (ADR 0064)."""


def main() -> None:
    parser = options("What a brigade does to an honest urgent report.")
    parser.add_argument("--reports", type=int, default=10_000, help="false reports of the brigade (10000)")
    parser.add_argument(
        "--over",
        type=float,
        default=HONEST * PAUSE,
        metavar="SECONDS",
        help=f"how long they take to come in ({HONEST * PAUSE:.0f})",
    )
    given = parser.parse_args()
    with installation() as place:
        _register_platform()
        place.start_processes("worker", "urgent")
        with benchmark("brigading", place.database_url, given.json) as bench:
            _honest("panas", 5)
            quiet = _honest("tenang", HONEST)
            crowd = multiprocessing.get_context("spawn").Process(target=_brigade, args=(given.reports, given.over))
            crowd.start()  # a process of its own: it must delay the honest ones by what it does to Jaga alone
            time.sleep(_WAKES)
            loud = _honest("ramai", HONEST, crowd.is_alive if given.over > HONEST * PAUSE else None)
            crowd.join()
            if crowd.exitcode:
                raise SystemExit("the brigade ended with an error")
            for name, percent in (("p50", 50), ("p95", 95)):
                before, during = (
                    quantiles(times, n=100, method="inclusive")[percent - 1] * 1000 for times in (quiet, loud)
                )
                bench.add(
                    f"urgent report waits for people, {name}",
                    during,
                    "ms",
                    Yardstick("the same without the brigade", before),
                    len(loud),
                )
            bench.notes |= _outcome(given.reports)


def _honest(name: str, count: int, longer: Callable[[], bool] | None = None) -> list[float]:
    """Seconds from each urgent report until its case is in the queue, ahead of all cases that are not urgent.

    Sends this many reports, and more while the flood lasts (`longer`).
    """
    from jaga.cases.models.cases import Case
    from jaga.core.actors import PUBLIC
    from jaga.core.cases import CaseState
    from jaga.reporting.verbs import intake

    seconds = list[float]()
    while len(seconds) < count or (longer is not None and longer()):
        number = len(seconds)
        words = random.Random(f"{name}{number}").sample(_WORDS.split(), _SAID)  # noqa: S311 - nothing secret
        new = intake.NewReport(
            PLATFORM, f"@{name}{number}:localhost", "trafficking", f"{name}{number}", text=" ".join(words)
        )
        began = time.perf_counter()
        report = intake.accept_report(new, actor=PUBLIC)
        case = Case.objects.filter(reports=report.report_id, state=CaseState.IN_REVIEW)
        while not case.exists():
            if time.perf_counter() - began > 60:
                raise SystemExit(f"the urgent report {report.report_id} is in nobody's queue after a minute")
            time.sleep(0.005)
        seconds.append(time.perf_counter() - began)
        if Case.objects.filter(subject__account_id=CROWD, rank_at__lt=case.get().rank_at).exists():
            raise SystemExit("the brigade's case stands before somebody in danger")
        time.sleep(PAUSE)
    return seconds


def _brigade(count: int, over: float) -> None:
    import django

    django.setup()
    from jaga.core.actors import PUBLIC
    from jaga.reporting.verbs import intake

    copied = "Akun ini jahat sekali dan harus segera ditutup, semua orang di kota kami sudah tahu soal ini sejak lama."
    together = max(1, min(100, round(count * PAUSE / over)))
    for start in range(0, count, together):
        intake.accept_reports(
            [
                intake.NewReport(
                    PLATFORM,
                    CROWD,
                    "fraud",
                    f"10.{n // 250}.{n % 250}.0",
                    network=f"10.{n // 250}.{n % 250}.0",
                    text=copied if n % 2 else f"Penipu nomor {n}, tutup!",
                )
                for n in range(start, min(start + together, count))
            ],
            actor=PUBLIC,
        )
        time.sleep(over * together / count)


def _outcome(count: int) -> dict[str, object]:
    """What the flood achieved once everything was filed and triaged."""
    from jaga.cases.models.cases import Case
    from jaga.cases.models.decisions import Action, Decision
    from jaga.cases.models.reports import Report

    crowd = Report.objects.filter(subject__account_id=CROWD)
    until = time.monotonic() + 600
    while crowd.filter(case__isnull=True).exists() or crowd.filter(screened_by="").exists():
        if time.monotonic() > until:
            raise SystemExit("the brigade's reports were not all read after ten minutes")
        time.sleep(0.5)
    cases = list(Case.objects.filter(subject__account_id=CROWD))
    if crowd.count() != count or len(cases) != 1 or Action.objects.exists() or Decision.objects.exists():
        raise SystemExit(
            f"{crowd.count()} of {count} reports made {len(cases)} cases, "
            f"{Decision.objects.count()} decisions and {Action.objects.count()} actions"
        )
    return {
        "reports": cases[0].reports_count,
        "cases": 1,
        "about independent": cases[0].sources_count,
        "decisions": 0,
        "actions": 0,
    }


def _register_platform() -> None:
    from jaga.core.actors import CLI
    from jaga.core.platforms import Capabilities, Capability
    from jaga.core.terms.cases import Step
    from jaga.core.terms.people import OrganisationKind
    from jaga.people.verbs.people import NewPlatform, create_organisation, register_platform

    operator = create_organisation("Operator Uji", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform(PLATFORM, "Obrolan Uji", operator.pk, "localhost", able, practice=True), actor=CLI)


if __name__ == "__main__":
    main()
