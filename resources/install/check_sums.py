"""Compare the files of this kit with SHA256SUMS; exit with 1 if one differs."""

import hashlib
import sys
from pathlib import Path

kit = Path(__file__).resolve().parent
sums = {}
for line in (kit / "SHA256SUMS").read_text("utf-8").splitlines():
    value, _, name = line.partition("  ")
    sums[name] = value
wheels = {f"wheels/{path.name}" for path in (kit / "wheels").glob("*")}
bad = sorted(wheels - sums.keys())
for name, value in sums.items():
    digest = hashlib.sha256()
    try:
        with (kit / name).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        bad.append(name)
        continue
    if digest.hexdigest() != value:
        bad.append(name)
sys.exit("\n".join(f"{name} is not as it was when this kit was made." for name in bad) or 0)
