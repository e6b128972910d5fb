"""The inventory of data, periods, erasure, requests of persons, holds, breaches."""
