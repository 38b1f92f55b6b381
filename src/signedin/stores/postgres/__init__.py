"""PostgreSQL: any number of machines."""
