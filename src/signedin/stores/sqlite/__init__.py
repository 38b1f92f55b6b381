"""The SQLite store: one machine, any number of processes (design.md I2)."""
