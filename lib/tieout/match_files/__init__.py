"""`tieout match`: any one or two files of records, read, paired, matched and written for people.

`job.run` is the use case, from the files to the results; `look` is what happens before Spark runs.
"""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "request": "Request",
        "start": "match",
    },
)
