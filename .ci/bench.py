"""Runs every benchmark in release mode and joins what they print into target/bench.json.

A benchmark is a program `benches/src/bin/bench_*.rs` that prints one JSON object a line on standard output:
`{"name": …, "value": …, "unit": …, "n": …}`, `n` being how many times it measured.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "benches/Cargo.toml"
# What a benchmark needs besides a Rust toolchain.
NEEDS = {"bench_moto": ROOT / ".venv/bin/moto_server"}
FIELDS = {"name": str, "value": (int, float), "unit": str, "n": int}


def features(program: str) -> list[str]:
    """The features that a benchmark cannot do without."""
    programs = tomllib.loads(MANIFEST.read_text()).get("bin", [])
    return [feature for named in programs if named["name"] == program for feature in named["required-features"]]


def results(program: str) -> list[dict[str, object]]:
    """What one benchmark measured; nothing where what it needs is missing."""
    print(f"==> {program}", file=sys.stderr, flush=True)
    needed = NEEDS.get(program)
    if needed is not None and not needed.exists():
        print(f"{program}: left out, there is no {needed.relative_to(ROOT)}; `make test` brings it", flush=True)
        return []
    command = ["cargo", "run", "--release", "--manifest-path", str(MANIFEST), "--bin", program]
    for feature in features(program):
        command += ["--features", feature]
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
