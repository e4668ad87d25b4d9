"""The audit fails for a known vulnerability, and never passes in silence where nothing could be looked up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parent.parent / ".ci" / "audit"
FINE = {"name": "numpy", "version": "1", "vulns": []}
UNKNOWN = {"name": "torch", "skip_reason": "Dependency not found."}
FLAWED = {"name": "pillow", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


@pytest.mark.skipif(not AUDIT.exists(), reason="not a checkout")
@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (json.dumps({"dependencies": [FINE]}), 0, "1 packages looked up, 0 known vulnerabilities"),
        (json.dumps({"dependencies": [FINE, UNKNOWN]}), 0, "torch was not looked up. Dependency not found."),
        (json.dumps({"dependencies": [FINE, FLAWED]}), 1, "pillow 1 has PYSEC-1, fixed in 2"),
        (json.dumps({"dependencies": [UNKNOWN]}), 0, "SKIPPED, none of 1 packages could be looked up"),
        ("", 0, "SKIPPED, the advisories cannot be reached: no route to host"),
    ],
)
def test_what_the_audit_makes_of_an_answer(tmp_path, answer, code, says):
    """The advisories' own program is stood in for: its real answers change from day to day."""
    program = f"import sys; print({answer!r}); print('no route to host', file=sys.stderr)"
    (tmp_path / "pip_audit.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, AUDIT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert says in done.stdout
