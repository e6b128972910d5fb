"""Which case comes next: queues, leases, routing, search, exposure limits."""
