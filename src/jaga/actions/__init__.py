"""What is done on a platform: attempts step by step, verified closures, the circuit breaker."""
