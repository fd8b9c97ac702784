"""Apache Spark over the Parquet files of a store, which must lie where all its workers see them at the same path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ringfence.flows import compiling
from ringfence.model.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.log.level": "ERROR",
}
"""All else is as the user has it in ``SPARK_CONF_DIR``."""


_TYPES = {"int64": "bigint", "float64": "double", "string": "string", "boolean": "boolean"}


class SparkEngine:
    """A session on a Spark master, such as ``spark://10.0.0.5:7077``.

    Raises:
        InputError: PySpark or Java is missing, or the master can't be reached.
    """

    def __init__(self, master: str) -> None:
        try:
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            raise InputError("Spark needs the extra 'spark': pip install 'ringfence[spark]', and Java 17.") from None
        builder = SparkSession.builder.master(master).appName("ringfence")
        for key, value in SETTINGS.items():
            builder = builder.config(key, value)
        try:
            self._session: Any = builder.getOrCreate()
        except (Py4JError, PySparkException) as error:
            raise InputError(f"Spark at {master} can't be used: {_first_line(error)}") from None
        import ibis

        ibis.pyspark.connect(self._session)  # registers what compiling for Spark looks up

    def name(self, table: str, columns: Mapping[str, str], files: list[str]) -> None:
        """Makes a view of these files; with the columns told, Spark needn't look at the files for them."""
        schema = ", ".join(f"`{column}` {_TYPES[kind]}" for column, kind in columns.items())
        paths = [f"file://{file}" for file in files]
        self._session.read.schema(schema).parquet(*paths).createOrReplaceTempView(table)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Works an expression out."""
        return self._query(expression).toArrow()

    def write(self, expression: ir.Table, directory: str) -> None:
        """Works an expression out into Parquet files of a new directory."""
        self._query(expression).write.parquet(f"file://{directory}")

    def hold(self, table: str, rows: pa.Table | ir.Table) -> None:
        """Makes a table that Spark keeps with its workers once it is worked out."""
        import pyarrow as pa

        found = self._session.createDataFrame(rows) if isinstance(rows, pa.Table) else self._query(rows)
        found.persist().createOrReplaceTempView(table)

    def _query(self, expression: ir.Table) -> Any:
        return self._session.sql(compiling.sql(expression, "pyspark"))

    def close(self) -> None:
        """Ends the session."""
        self._session.stop()


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return f"{text or type(error).__name__}."
