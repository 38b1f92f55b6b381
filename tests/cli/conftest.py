from tests.cli.calls import call, parts

__all__ = ["call", "parts"]
