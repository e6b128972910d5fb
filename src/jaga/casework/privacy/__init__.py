"""Personal data: requests of persons, breaches, periods, erasure."""
