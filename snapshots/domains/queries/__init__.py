"""SQL that an agent writes for DuckDB: what it may be, the process that runs it, and how episodes ask for it."""
