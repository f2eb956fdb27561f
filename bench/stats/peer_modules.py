"""What may be missing: a task whose module is not installed answers so and nothing else stops.

SURETY_BENCH_HIDE=sklearn,xgboost hides modules that are there, to see what the bench says without them.
"""
import importlib
import os
import sys

for hidden in filter(None, os.environ.get("SURETY_BENCH_HIDE", "").split(",")):
    sys.modules[hidden] = None


def optional(module, *names):
    """Names of a module, or stand-ins that say what is missing when they are called."""
    try:
        found = importlib.import_module(module)
        return [getattr(found, name) for name in names]
    except ModuleNotFoundError:
        def absent(*_, **__):
            raise ModuleNotFoundError(f"{module.split('.')[0]} is not installed")

        return [absent for _ in names]


def version(module):
    try:
        return importlib.import_module(module).__version__
    except ModuleNotFoundError:
        return "missing"


if __name__ == "__main__":
    print(" ".join(module for module in sys.argv[1:] if version(module) == "missing"))
