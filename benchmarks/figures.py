"""The figures of one benchmark, by name: medians of repetitions, printed as one table and one JSON line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from statistics import median

RESULTS: dict[str, float] = {}


def timed(name: str, repeats: int, act: Callable[[], object]) -> None:
    """Keep the median of some repetitions, in ms."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1e3)
    RESULTS[f"{name}, ms"] = median(times)


def print_results(benchmark: str) -> None:
    """Print all figures that were kept."""
    width = max(map(len, RESULTS))
    for name, value in RESULTS.items():
        print(f"{name:{width}} {value:10,.1f}")
    print(json.dumps({"benchmark": benchmark, **{name: round(value, 2) for name, value in RESULTS.items()}}))
