"""Personal data: periods and legal holds, requests of persons, breaches."""
