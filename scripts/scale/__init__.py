"""Cost against corpus size: used by ``scripts/benchmark.py --scale``."""
