"""The rules of sessions: pure, with no input or output, no framework, no clock of their own."""
