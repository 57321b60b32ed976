"""The stubs say exactly what the compiled module holds."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=HERE.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_stubs_match_the_module() -> None:
    run("mypy.stubtest", "securebase")


def test_package_is_strictly_typed() -> None:
    run("mypy", "--strict", "python/securebase")
