"""The pages and the JSON API: one Starlette app."""
