"""A real Spark master and worker say the same of the same logs as DuckDB does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringfence.flows.store import opened
from tests.docs.paths import ROOT

pytest.importorskip("pyspark", reason="the extra 'spark' is not installed")

EXAMPLE = ROOT / "examples" / "flows" / "hubble.jsonl"

RINGFENCE = (sys.executable, "-c", "from ringfence.cli import main; main()", "flows")

QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A process of Java that lives for seconds spends most of them compiling with care what it then hardly runs."""

SETTINGS = f"""\
spark.driver.extraJavaOptions {QUICK_START}
spark.executor.extraJavaOptions {QUICK_START}
spark.driver.memory 512m
spark.executor.memory 512m
spark.sql.shuffle.partitions 1
spark.sql.adaptive.enabled false
spark.sql.codegen.wholeStage false
"""
"""Small, and without compiling plans to byte code, which takes longer than forty records do."""


@contextmanager
def daemon(directory: Path, name: str, *arguments: str) -> Iterator[Path]:
    """A process of Spark; gives its log."""
    import pyspark

    home = Path(pyspark.__file__).parent
    log = directory / f"{name}.log"
    command = [str(home / "bin" / "spark-class"), "-Xmx256m", f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1"]
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_JAVA_OPTS": QUICK_START,
    }
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [*command, "--webui-port", "0", *arguments], stdout=stream, stderr=stream, env=environment, cwd=directory
        ) as process,
    ):
        try:
            yield log
        finally:
            process.terminate()
            process.wait(30)


def wait_for(log: Path, pattern: str) -> str:
    """The first group of the pattern, once the log has it."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        found = re.search(pattern, log.read_text(encoding="utf-8"))
        if found is not None:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and there is none")
def test_spark_says_the_same_as_duckdb(tmp_path: Path) -> None:
    (tmp_path / "spark-defaults.conf").write_text(SETTINGS, encoding="utf-8")
    on_spark, on_duckdb = f"{tmp_path / 'spark'}/", str(tmp_path / "flows.duckdb")
    command = [*RINGFENCE, "ingest", str(EXAMPLE)]
    environment = os.environ | {"SPARK_CONF_DIR": str(tmp_path), "SPARK_LOCAL_IP": "127.0.0.1"}
    with daemon(tmp_path, "master.Master", "--port", "0") as master_log:
        master = wait_for(master_log, r"(spark://127\.0\.0\.1:\d+)")
        work = str(tmp_path / "work")
        with daemon(tmp_path, "worker.Worker", "-c", "1", "-m", "1g", "-d", work, master) as worker_log:
            wait_for(worker_log, r"(Successfully registered with master)")
            asked = [*command, "--store", on_spark, "--engine", master]
            result = subprocess.run(
                asked, env=environment, capture_output=True, text=True, timeout=500, check=False, cwd=tmp_path
            )
            assert result.returncode == 0, result.stderr
            assert "has 5 edges" in result.stdout
            assert re.search(r"Registered app ringfence", master_log.read_text(encoding="utf-8"))
            top = subprocess.run(
                [*RINGFENCE, "top", "--store", on_spark, "--engine", master, "-o", "json"],
                env=environment, capture_output=True, text=True, timeout=500, check=False, cwd=tmp_path,
            )  # fmt: skip
            assert top.returncode == 0, top.stderr
    subprocess.run([*command, "--store", on_duckdb], env=environment, capture_output=True, timeout=60, check=True)
    same = subprocess.run(
        [*RINGFENCE, "top", "--store", on_duckdb, "-o", "json"],
        env=environment,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(top.stdout) == json.loads(same.stdout)
    with opened(on_spark) as one, opened(on_duckdb) as other:
        assert list(one.edges(whole=True)) == list(other.edges(whole=True))
        assert one.coverage() == other.coverage()
