import subprocess
import sys

from bench.cold_import import ROOT
from bench.host import memory_of

BALLAST = 300  # MiB


def test_the_measured_peak_is_that_of_the_process_and_not_of_the_one_that_started_it() -> None:
    ballast = b"x" * (BALLAST << 20)
    code = "from bench.host import memory_of; print(memory_of('self', 'VmHWM'))"
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    assert 0 < float(output) < len(ballast) >> 20
    assert memory_of("self", "VmHWM") >= BALLAST
