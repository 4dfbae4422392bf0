"""Sample files as rows for requests. Only Parquet needs pandas: the command line shows predictions in a blink."""

from artifact_builder.samples.columns import Columns, read_columns
from artifact_builder.samples.csv_file import read_csv
from artifact_builder.samples.rows import Samples, read_samples

__all__ = ["Columns", "Samples", "read_columns", "read_csv", "read_samples"]
