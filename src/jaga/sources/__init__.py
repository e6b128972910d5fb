"""What is watched: public content of platforms, turned into observations."""
