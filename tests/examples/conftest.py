from tests.browser.conftest import chromium, program

__all__ = ["chromium", "program"]
