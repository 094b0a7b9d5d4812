"""A report of a million runs: the page as a whole process, its time and its peak of memory."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.measuring import Figure, measured, posture
from benchmarks.sweeps import scratch

REPLICATES, RUNS = 1000, 1_000_000
SECONDS, MIB = 60.0, 2048.0


def report() -> list[Figure]:
    """`posture report` of a runs.csv with a million rows."""
    with scratch() as folder:
        posture(
            "compare", "--ensemble", "none", "fourteen", "six", "--replicates", str(REPLICATES), "--out", str(folder)
        )
        for name in ("weekly.csv", "squares.csv", "comparison.csv"):
            (folder / name).unlink()
        differences = _differences(folder)
        _repeat(folder / "runs.csv", RUNS // (2 * REPLICATES))
        used = measured("report", folder)
        if _differences(folder, again=False) != differences:
            raise SystemExit("the means of the repeated runs are not those of the runs: nothing is reported")
        size = (folder / "runs.csv").stat().st_size / 2**20
    return [
        Figure("report of a million runs", used.seconds, "s", SECONDS),
        Figure("  peak of memory", used.peak_mib, "MiB", MIB),
        Figure("  size of its runs.csv", size, "MiB"),
    ]


def _differences(folder: Path, *, again: bool = True) -> list[str]:
    """The mean differences in the page, all their digits that repeated rows leave as they are."""
    if again:
        posture("report", str(folder))
    page = (folder / "report.html").read_text(encoding="utf-8")
    table = page.split('data-table="differences"')[1].split("</table>")[0]
    means = re.findall(r'data-value="([^"]+)" data-low', table)
    return [f"{float(mean):.6g}" for mean in means]


def _repeat(path: Path, times: int) -> None:
    """The same rows many times over, under new numbers of replicates and seeds."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",", 4) for line in lines]
    with path.open("w", encoding="utf-8") as file:
        file.write(head + "\n")
        for posture_name in ("fourteen", "six"):
            own = [row for row in rows if row[0] == posture_name]
            for k in range(times):
                shift = k * REPLICATES
                file.writelines(
                    f"{name},{responses},{int(replicate) + shift},{int(seed) + k},{rest}\n"
                    for name, responses, replicate, seed, rest in own
                )
