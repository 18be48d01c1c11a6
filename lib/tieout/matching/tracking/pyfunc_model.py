"""The file that MLflow runs to load the model, as it keeps models as code rather than as pickles."""

import mlflow.models

from tieout.matching.tracking.pyfunc import PairScorer

mlflow.models.set_model(PairScorer())
