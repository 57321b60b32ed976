"""Runs every benchmark in release mode and joins what they print into target/bench.json.

A benchmark is a program `benches/src/bin/bench_*.rs` that prints one JSON object a line on standard output:
`{"name": …, "value": …, "unit": …, "n": …}`, `n` being how many times it measured.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIELDS = {"name": str, "value": (int, float), "unit": str, "n": int}


def results(program: str) -> list[dict[str, object]]:
    """What one benchmark measured."""
    print(f"==> {program}", file=sys.stderr, flush=True)
    command = ["cargo", "run", "--release", "--manifest-path", "benches/Cargo.toml", "--bin", program]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for row in rows:
        for field, kind in FIELDS.items():
            if not isinstance(row.get(field), kind):
                sys.exit(f"{program}: `{field}` is missing or of the wrong type in {row}")
        print(f"{row['name']:<48} {row['value']:>14} {row['unit']}  (n = {row['n']})", flush=True)
    if not rows:
        sys.exit(f"{program}: it printed no result")
    return rows


def main() -> None:
    """Runs all of them."""
    programs = sorted(path.stem for path in (ROOT / "benches/src/bin").glob("bench_*.rs"))
    rows = [row for program in programs for row in results(program)]
    target = ROOT / "target/bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"{len(rows)} results of {len(programs)} benchmarks in {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
