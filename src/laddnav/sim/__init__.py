"""A seeded street of stations and cars on real input, for the demo, for tests and for benchmarks."""
