"""Coverage-guided fuzzing of the decoders by libFuzzer: 20 seconds here, HUEDOT_FUZZ_S=3600 for an hour."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SECONDS = int(os.environ.get("HUEDOT_FUZZ_S", "20"))
SHARE = {"header": 0.3, "request": 0.25, "reply": 0.2, "endpoint_file": 0.05, "connection": 0.2}
# fuzz.py limits memory by address space: libFuzzer's own limit counts the peak of the process that it was started from
LIMITS = ["-rss_limit_mb=0", "-timeout=5", "-max_len=70000"]


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris, which fuzzes, is not to be had for this Python")
@pytest.mark.timeout(SECONDS + 100)
@pytest.mark.parametrize("kind", SHARE)
def test_fuzz(kind, tmp_path, figure):
    """Nothing but an answer or one of our errors, within 5 s, and 192 MiB."""
    words = [sys.executable, Path(__file__).with_name("fuzz.py"), kind, tmp_path, *LIMITS]
    limit = f"-max_total_time={max(1, round(SHARE[kind] * SECONDS))}"
    done = subprocess.run([*words, limit], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    count = re.search(r"Done (\d+) runs in (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    figure(f"fuzzing: {kind}", f"{int(count[1]):,} inputs in {count[2]} s, {covered[-1]} edges from {covered[0]}")
