"""The use cases: start, check, list, end; memory that is provably fresh."""
