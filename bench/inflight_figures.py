"""What a run of bench/inflight.py has cost: CPU and memory while it runs, the figures afterwards, and their table."""

import statistics
import threading
from dataclasses import dataclass
from typing import Any

import psutil

MIB = 1024 * 1024


@dataclass
class Result:
    """What one run has cost. Seconds, milliseconds of CPU per video, MiB."""

    name: str
    videos: int
    completed: int
    submitting: float
    total: float
    slowest: float
    delay_p50: float
    delay_p95: float
    cpu_ms: float
    cpu_whole_ms: float
    idle_mib: float
    most_mib: float
    at_once: int
    calls: dict[str, int]

    @property
    def looks(self) -> float:
        """Calls that ask how far a job is, per video."""
        return (self.calls.get("look", 0) + self.calls.get("list", 0)) / self.videos

    @property
    def mib_per_video(self) -> float:
        """All the memory of all the processes, by the videos in flight at once."""
        return self.most_mib / self.at_once


class Meter:
    """CPU and memory of a process and its children, in the background."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.most = self.idle = self._pss()
        self.spent: dict[int, float] = {}
        self._look()
        self.before = dict(self.spent)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _family(self) -> list[psutil.Process]:
        mine = [self.root, *self.root.children(recursive=True)]
        return [p for p in mine if "valkey" not in p.name()]

    def _pss(self) -> float:
        total = 0.0
        for process in self._family():
            try:
                total += process.memory_full_info().pss / MIB
            except psutil.Error:
                continue
        return total

    def _look(self) -> None:
        """What each has spent, with its children that have ended: a decoder lives shorter than from look to look."""
        for process in self._family():
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            self.spent[process.pid] = times.user + times.system + times.children_user + times.children_system

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            self._look()
            self.most = max(self.most, self._pss())

    def seconds(self) -> float:
        """CPU since the start."""
        self._stop.set()
        self._thread.join()
        self.spent.clear()  # who has ended is in its parent's
        self._look()
        return sum(spent - self.before.get(pid, 0.0) for pid, spent in self.spent.items())


def figures(name: str, stored: dict[str, float], told: dict[str, Any], at_once: int, meter: Meter) -> Result:
    """From when each file was stored, and when the server made each job and was done."""
    times: dict[str, tuple[float, float]] = told["times"]
    made = [times[prompt][0] for prompt in stored]
    delays = sorted(at - times[prompt][1] for prompt, at in stored.items())
    return Result(
        name=name,
        videos=len(times),
        completed=len(stored),
        submitting=max(made) - min(made),
        total=max(stored.values()) - min(made),
        slowest=max(times[prompt][1] - times[prompt][0] for prompt in stored),
        delay_p50=statistics.median(delays),
        delay_p95=delays[int(len(delays) * 0.95)],
        cpu_ms=meter.seconds() * 1000 / len(times),
        cpu_whole_ms=sum(meter.spent.values()) * 1000 / len(times),
        idle_mib=meter.idle,
        most_mib=meter.most,
        at_once=at_once,
        calls=told["calls"],
    )


def table(results: list[Result]) -> None:
    """One line per run; the ratios to the original if it ran."""
    print(
        f"\n{'':16}{'videos':>8}{'done':>7}{'submit':>8}{'total':>8}{'slowest':>9}{'delay p50':>11}{'p95':>8}"
        f"{'cpu/video':>11}{'with start':>12}{'looks/video':>13}{'idle':>7}{'most':>7}{'MiB/video':>11}"
    )
    for r in results:
        print(
            f"{r.name:16}{r.videos:>8}{r.completed:>7}{r.submitting:>7.1f}s{r.total:>7.1f}s{r.slowest:>8.1f}s"
            f"{r.delay_p50:>10.2f}s{r.delay_p95:>7.2f}s{r.cpu_ms:>9.1f}ms{r.cpu_whole_ms:>10.1f}ms{r.looks:>13.2f}"
            f"{r.idle_mib:>7.0f}{r.most_mib:>7.0f}{r.mib_per_video:>11.3f}"
        )
    base = next((r for r in results if r.name == "original"), None)
    print()
    for r in results:
        line = f"{r.name:16} total / (slowest job + submitting) {r.total / (r.slowest + r.submitting):.2f}"
        if base and r is not base:
            cpu, whole = base.cpu_ms / r.cpu_ms, base.cpu_whole_ms / r.cpu_whole_ms
            line += (
                f"   delay p95 1/{base.delay_p95 / r.delay_p95:.1f}   looks 1/{base.looks / r.looks:.1f}"
                f"   cpu 1/{cpu:.2f}, with start 1/{whole:.2f}"
                f"   memory per video in flight 1/{base.mib_per_video / r.mib_per_video:.0f}"
            )
        print(line)
