"""What administrators see and do on the web: pages, and the same as JSON."""
