"""What each verb of the command line takes: one thin module a verb, with `HELP` and `add_arguments`.

The work of a verb is in the module of that name in `tieout.verbs`, which is imported when the verb runs. These
modules import neither that nor Spark, pandas or MLflow, so that `--help` answers at once.
"""
