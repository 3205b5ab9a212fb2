"""`python -m tests.bench`: the rate and the time of each list, search and detail as the catalogue grows.

Starts a cluster and a server of its own, grows one demonstration catalogue step by step, and measures every operation at each
size, with one connection and with several. Nothing is judged: times depend on the machine, ratios hardly do.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.load import Measure, measure
from tests.bench.operations import Caller, Operation, log_in, operations
from tests.bench.plans import explain, plans_of, scans, statements
from tests.program import REPOSITORY, Server, environment, free_port

Measures = dict[str, dict[int, Measure]]


def main() -> None:
    wanted = _arguments()
    with _data_directory(wanted.data_dir) as data_dir:
        if wanted.explain:
            sys.exit(_explain(data_dir, wanted.sizes[-1], wanted.only))
        measured: dict[int, Measures] = {clients: {} for clients in wanted.clients}
        with Server(data_dir, port=free_port()) as server:
            for size in wanted.sizes:
                for operation, clients in _each(_caller(server, size), wanted.only, wanted.clients):
                    found = measure(server.port, operation.requests, clients=clients, seconds=wanted.seconds)
                    measured[clients].setdefault(operation.name, {})[size] = found
                    print(f"{size:>7,} {clients} {operation.name:<34}{found.rate:>8.0f}/s", file=sys.stderr)
    for clients, measures in measured.items():
        _print_table(clients, measures, wanted.sizes)


def _arguments() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return sorted({int(each) for each in text.split(",")})

    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=numbers,
        default=[100, 1_000, 10_000, 100_000],
        help="plug-ins, and as many extensions, e.g. 100,1000",
    )
    parser.add_argument("--clients", type=numbers, default=[1, 8], help="connections at once, e.g. 1,8")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each measurement")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="operations whose name this finds")
    parser.add_argument("--data-dir", type=Path, help="kept and used again; its catalogue may be larger than asked")
    parser.add_argument("--explain", action="store_true",
                        help="print each plan at the largest size instead; fails where one reads a whole table")  # fmt: skip
    return parser.parse_args()


@contextmanager
def _data_directory(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="plugport-bench-") as made:
        yield Path(made)


def _caller(server: Server, size: int) -> Caller:
    """Somebody who sees a catalogue of that size."""
    _grow(server.data_dir, size)
    password = (server.data_dir / "demo-password").read_text()
    return log_in(server.port, "demo", "demo", password)


def _grow(data_dir: Path, size: int) -> None:
    command = [sys.executable, "-m", "app", "demo", "--plugins", str(size), "--extensions", str(size)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment(data_dir), check=True, stdout=subprocess.PIPE, text=True
    )
    print(done.stdout.splitlines()[0], file=sys.stderr)


def _each(caller: Caller, only: re.Pattern[str], clients: list[int]) -> Iterator[tuple[Operation, int]]:
    for operation in operations(caller):
        if only.search(operation.name):
            for each in clients:
                yield operation, each


def _print_table(clients: int, measures: Measures, sizes: list[int]) -> None:
    print(f"\n{clients} connection{'s' if clients > 1 else ''}: answers per second, milliseconds at the median and the "
          f"99th percentile, rate as a share of that at {sizes[0]:,} plug-ins and extensions\n")  # fmt: skip
    print(f"{'':<32}" + "".join(f"{size:>28,}" for size in sizes))
    print(f"{'':<32}" + f"{'req/s    p50    p99  ratio':>28}" * len(sizes))
    for name, by_size in measures.items():
        line = f"{name:<32}"
        for size in sizes:
            found = by_size[size]
            ratio = found.rate / by_size[sizes[0]].rate
            line += f"{found.rate:>9.0f}{found.p50:>7.1f}{found.p99:>7.1f}{ratio:>5.2f}"
        print(line)


def _explain(data_dir: Path, size: int, only: re.Pattern[str]) -> int:
    _grow(data_dir, size)
    explain(data_dir, on=True)
    found: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}  # each plan is printed once
    try:
        with Server(data_dir, port=free_port()) as server:
            caller = _caller(server, size)
            for operation in operations(caller):
                if only.search(operation.name):
                    plans = plans_of(data_dir, caller, operation)
                    used = dict(statements(plans))
                    new = {likeness: plan for likeness, plan in used.items() if likeness not in numbers}
                    numbers |= {likeness: number for number, likeness in enumerate(new, start=len(numbers) + 1)}
                    listed = " ".join(str(numbers[likeness]) for likeness in used)
                    print(f"\n=== {operation.name}: plans {listed}")
                    for likeness, plan in new.items():
                        print(f"\n--- plan {numbers[likeness]}: {plan}")
                    found[operation.name] = list(scans(plans))
    finally:
        explain(data_dir, on=False)
    for name, lines in found.items():
        for line in lines:
            print(f"{name} reads a whole table: {line}", file=sys.stderr)
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    main()
