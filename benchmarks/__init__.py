"""Benchmarks of throughput, latency, memory and start-up, and of correctness under concurrency and crashes."""
