"""SQL, once, and the engines that run it."""
