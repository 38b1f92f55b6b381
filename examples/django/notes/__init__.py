"""A project that keeps notes."""
