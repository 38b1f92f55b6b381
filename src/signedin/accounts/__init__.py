"""The stand-alone server's own people and their ways to log in."""
