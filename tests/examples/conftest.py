from tests.browser.conftest import chromium, new_device, program

__all__ = ["chromium", "new_device", "program"]
