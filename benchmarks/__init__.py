"""Measurements. Ratios travel, microseconds do not: each table is made in one interleaved run."""
