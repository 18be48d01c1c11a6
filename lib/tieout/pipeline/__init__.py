"""The steps that join several packages: train, resolve, evaluate, and a whole run."""
