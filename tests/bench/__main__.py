"""`make bench`: run all benchmarks, or those named, and print their figures."""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import sys
import time

import tests.bench


def names() -> list[str]:
    found = [module.name for module in pkgutil.iter_modules(tests.bench.__path__)]
    return sorted(name.removeprefix("bench_") for name in found if name.startswith("bench_"))


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    print(f"# {platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in wanted or names():
        started = time.perf_counter()
        print(f"\n## {name}", flush=True)
        for line in importlib.import_module(f"tests.bench.bench_{name}").main():
            print(line, flush=True)
        print(f"({time.perf_counter() - started:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
