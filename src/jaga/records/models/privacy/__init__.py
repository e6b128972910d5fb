"""Personal data: keys, periods, erasures, requests of persons, breaches."""
